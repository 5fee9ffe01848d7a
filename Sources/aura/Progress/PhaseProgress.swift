import AuraModel

/// How far a watched job is in one phase of its instance: what somebody who waits looks at first.
struct PhaseProgress: Sendable, Hashable {
    enum Mark: Sendable, Hashable {
        case waiting
        case running
        case done
        case failed
    }

    var name: String
    var mark: Mark
    var steps: [StepProgress]

    var expectedSeconds: Double {
        steps.reduce(0) { $0 + $1.expectedSeconds }
    }

    /// From its first step's start to its last one's end, or until now; nil before its start.
    func elapsed(now: Timestamp) -> Duration? {
        guard let start = steps.lazy.compactMap(\.startedAt).min() else { return nil }
        let end = mark == .running ? now : steps.lazy.compactMap(\.finishedAt).max() ?? now
        return max(end - start, .zero)
    }
}

extension ProgressState {
    /// The phases in order: `queued`, those of the plan, and the one that success ends in.
    var phases: [PhaseProgress] {
        var names = [Phase.queued.rawValue]
        for step in steps where !names.contains(step.phase) && !step.phase.isEmpty { names.append(step.phase) }
        if let goal = Self.goals[kind], !names.contains(goal.rawValue) { names.append(goal.rawValue) }
        let present = presentPhase
        let reached = names.firstIndex(of: present) ?? 0
        return names.enumerated().map { index, name in
            let within = steps.filter { $0.phase == name }
            return PhaseProgress(name: name, mark: mark(of: index, name, reached: reached), steps: within)
        }
    }

    private func mark(of index: Int, _ name: String, reached: Int) -> PhaseProgress.Mark {
        if outcome == .succeeded { return .done }
        if failedPhase == name { return .failed }
        if index < reached { return .done }
        return index == reached && failedPhase == nil ? .running : .waiting
    }

    /// Where the job is, or where it turned round.
    private var presentPhase: String {
        failedPhase ?? steps.last { $0.mark != .pending }?.phase ?? Phase.queued.rawValue
    }

    private static let goals: [String: Phase] = [
        JobKind.provision.rawValue: .running, JobKind.suspend.rawValue: .suspended,
        JobKind.resume.rawValue: .running, JobKind.restart.rawValue: .running,
        JobKind.destroy.rawValue: .destroyed,
    ]
}
