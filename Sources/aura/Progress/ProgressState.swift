import AuraModel

/// What is known of one job while it is watched: fed with events, it says what to show. No IO, no clock.
///
/// The plan (names, phases and usual lengths of the steps) comes from `job.get`; what became of them comes from the
/// events, or from the same answer where the watch does not start at the job's beginning.
struct ProgressState: Sendable, Hashable {
    /// `provision ada`.
    let title: String
    let job: String
    let kind: String
    let createdAt: Timestamp
    private(set) var steps: [StepProgress]
    private(set) var startedAt: Timestamp?
    private(set) var finishedAt: Timestamp?
    private(set) var outcome: JobState?
    private(set) var isUndoing = false
    /// The phase in which the job turned round.
    private(set) var failedPhase: String?
    /// 0 to 1; it never falls.
    private(set) var progress = 0.0
    /// What was said last of the running step, or of the job's end.
    private(set) var message = ""

    /// `isReplayed`: the events will come from the job's beginning, so that only the plan is taken from `job`.
    init(job: JobAnswer, title: String, isReplayed: Bool = false) {
        self.title = title
        self.job = job.id
        kind = job.kind
        createdAt = job.createdAt
        steps = (job.steps ?? []).map { StepProgress($0, isReplayed: isReplayed) }
        guard !isReplayed else { return }
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        isUndoing = job.state == JobState.compensating.rawValue
        outcome = JobState(rawValue: job.state).flatMap { $0.isTerminal ? $0 : nil }
        failedPhase = steps.last { $0.mark == .failed }?.phase
        message = job.failure?.message ?? job.waitingFor.map { "waits \($0)" } ?? ""
        progress = outcome == .succeeded ? 1 : doneShare
    }

    /// Takes the next event of this job.
    mutating func apply(_ event: EventAnswer) {
        progress = max(progress, min(event.progress ?? 0, 1))
        if let name = event.step { applyToStep(name, event) }
        if event.isA(.jobStarted) { startedAt = event.at }
        if event.isA(.jobCompensating) || event.isA(.stepUndoing) { turnRound() }
        if event.isA(.stepFailed) { failedPhase = event.phase ?? failedPhase }
        if !Self.silent.contains(event.type) { message = event.message.printable }
        if let ending = event.ending { end(ending, at: event.at) }
    }

    private mutating func applyToStep(_ name: String, _ event: EventAnswer) {
        guard let index = steps.firstIndex(where: { $0.name == name }) else {
            let added = StepProgress(name: name, phase: event.phase ?? "", startedAt: event.at)
            steps.append(added)
            return steps[steps.count - 1].apply(event)
        }
        if event.isA(.stepStarted) || event.isA(.stepDone) { message = "" }
        steps[index].apply(event)
    }

    /// Events whose words the display shows in other ways.
    private static let silent = Set(
        [EventType.jobQueued, .jobStarted, .phaseChanged, .stepStarted, .stepDone].map(\.rawValue))

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

    /// The steps that are done, weighed by their usual lengths.
    private var doneShare: Double {
        let total = expectedSeconds
        return total > 0 ? steps.filter { $0.mark == .done }.reduce(0) { $0 + $1.expectedSeconds } / total : 0
    }

    /// How long the whole job usually takes.
    var expectedSeconds: Double {
        steps.reduce(0) { $0 + $1.expectedSeconds }
    }

    /// How long the job has been there, its waiting included.
    func elapsed(now: Timestamp) -> Duration {
        max((finishedAt ?? now) - createdAt, .zero)
    }
}
