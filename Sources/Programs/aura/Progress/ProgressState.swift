import AuraAPI
import AuraModel

/// The state of one watched job. Events update it, and it determines the display. It does no IO and reads no clock.
///
/// The plan (names, phases and usual durations of the steps) comes from `job.get`, and the progress of the steps comes
/// from the events. If the watch does not start at the job's beginning, the earlier progress also comes from `job.get`.
struct ProgressState: Sendable, Hashable {
    /// The title of the display: `provision ada`.
    let title: String
    let job: JobID
    let kind: Open<JobKind>
    let createdAt: Timestamp
    private(set) var steps: [StepProgress]
    private(set) var startedAt: Timestamp?
    private(set) var finishedAt: Timestamp?
    private(set) var outcome: JobState?
    private(set) var isUndoing = false
    /// The phase in which the job failed or began to undo its steps.
    private(set) var failedPhase: String?
    /// 0 to 1; it never decreases.
    private(set) var progress = 0.0
    /// The last message about the running step or the job's end.
    private(set) var message = ""

    /// `isReplayed` is true if the events will come from the job's beginning. Only the plan is then taken from `job`.
    init(job: JobView, title: String, isReplayed: Bool = false) {
        self.title = title
        self.job = job.id
        kind = job.kind
        createdAt = job.createdAt
        steps = (job.steps ?? []).map { StepProgress($0, isReplayed: isReplayed) }
        guard !isReplayed else { return }
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        isUndoing = job.state == .compensating
        outcome = job.state.known.flatMap { $0.isTerminal ? $0 : nil }
        failedPhase = steps.last { $0.mark == .failed }?.phase
        message = job.failure?.message ?? job.waitingFor.map { "waits \($0)" } ?? ""
        progress = outcome == .succeeded ? 1 : doneShare
    }

    /// Applies the next event of this job.
    mutating func apply(_ event: EventView) {
        progress = max(progress, min(event.progress ?? 0, 1))
        if let name = event.step { applyToStep(name, event) }
        if event.type == .jobStarted { startedAt = event.at }
        if event.type == .jobCompensating || event.type == .stepUndoing { turnRound() }
        if event.type == .stepFailed { failedPhase = event.phase?.rawValue ?? failedPhase }
        if !Self.silent.contains(event.type) { message = event.message.printable }
        if let ending = event.ending { end(ending, at: event.at) }
    }

    private mutating func applyToStep(_ name: String, _ event: EventView) {
        guard let index = steps.firstIndex(where: { $0.name == name }) else {
            let added = StepProgress(name: name, phase: event.phase?.rawValue ?? "", startedAt: event.at)
            steps.append(added)
            return steps[steps.count - 1].apply(event)
        }
        if event.type == .stepStarted || event.type == .stepDone { message = "" }
        steps[index].apply(event)
    }

    /// Events that the display shows without their messages.
    private static let silent: Set<Open<EventType>> = [
        .jobQueued, .jobStarted, .phaseChanged, .stepStarted, .stepDone,
    ]

    private mutating func turnRound() {
        guard !isUndoing else { return }
        isUndoing = true
        failedPhase = failedPhase ?? steps.last { $0.mark != .pending }?.phase
    }

    private mutating func end(_ ending: JobState, at moment: Timestamp) {
        outcome = ending
        finishedAt = moment
        if ending == .succeeded {
            progress = 1
        } else {
            failedPhase = failedPhase ?? steps.last { $0.mark != .pending }?.phase ?? Phase.queued.rawValue
        }
    }

    /// The share of the finished steps, weighted by their usual durations.
    private var doneShare: Double {
        let total = expectedSeconds
        return total > 0 ? steps.filter { $0.mark == .done }.reduce(0) { $0 + $1.expectedSeconds } / total : 0
    }

    /// The usual duration of the whole job.
    var expectedSeconds: Double {
        steps.reduce(0) { $0 + $1.expectedSeconds }
    }

    /// Returns the time from the creation of the job to its end, or until now, including its waiting time.
    func elapsed(now: Timestamp) -> Duration {
        max((finishedAt ?? now) - createdAt, .zero)
    }
}
