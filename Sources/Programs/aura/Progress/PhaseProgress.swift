import AuraAPI
import AuraModel

/// The progress of a watched job in one phase of its instance.
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

    /// Returns the time from the start of the first step to the end of the last step, or until now while the phase
    /// runs. Returns `nil` before its start.
    func elapsed(now: Timestamp) -> Duration? {
        guard let start = steps.lazy.compactMap(\.startedAt).min() else { return nil }
        let end = mark == .running ? now : steps.lazy.compactMap(\.finishedAt).max() ?? now
        return max(end - start, .zero)
    }
}

extension ProgressState {
    /// The phases in order: `queued`, the phases of the plan, and the phase in which a successful job ends.
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

    /// The current phase, or the phase in which the job failed.
    private var presentPhase: String {
        failedPhase ?? steps.last { $0.mark != .pending }?.phase ?? Phase.queued.rawValue
    }

    private static let goals: [Open<JobKind>: Phase] = [
        .provision: .running, .suspend: .suspended, .resume: .running, .restart: .running, .destroy: .destroyed,
    ]
}
