public import AuraModel
import JSON
public import Storage

/// What one job does next, decided without IO.
///
/// The machine holds the rows of one claimed job. Each method takes what happened and changes the rows; what changed
/// gathers until ``takeTransition(releasing:)`` hands it over to be committed. The order of use is:
/// `decide` → (`beginStep` → commit → the step runs → `stepDone` | `stepWaits` | `stepFailed`)… until it says `pause` or
/// `finished`. Undoing follows the same order with `beginUndo`, `undoDone`, `undoWaits`, `undoFailed`.
public struct JobStateMachine: Sendable {
    /// What is to be done now.
    public enum Decision: Sendable, Hashable {
        /// Run the step at this index.
        case perform(Int)
        /// Undo the step at this index.
        case undo(Int)
        /// Let go of the job until it is due again.
        case pause
        /// Let go of the job: it has come to its end.
        case finished
    }

    public internal(set) var job: Job
    public internal(set) var instance: Instance
    /// The steps that were begun, by their places in the plan.
    public internal(set) var steps: [Int: StepRecord]
    public let plan: JobPlan
    /// Whether the job began under other steps than the plan's: nothing is done then, and nothing undone.
    public let isForeign: Bool
    let policy: RetryPolicy

    var isPausing = false
    private var isInterrupted = false
    /// The steps whose undo was given up under this claim, and when the first of them is due again.
    var givenUp: Set<Int> = []
    var undoDueAgain: Timestamp?
    /// Steps for which no change was sent before the present try.
    var untouched: Set<Int> = []
    /// The steps of ``untouched`` that track changes and have announced none.
    var unsent: Set<Int> = []
    var changedSteps: Set<Int> = []
    var instanceChanged = false
    var jobChanged = false
    var events: [EventDraft] = []

    public init(claim: Claim, plan: JobPlan, policy: RetryPolicy) {
        self.job = claim.job
        self.instance = claim.instance
        self.isForeign = !plan.begins(with: claim.steps)
        self.steps = isForeign ? [:] : Self.placed(claim.steps, in: plan)
        self.plan = plan
        self.policy = policy
    }

    /// The records by their steps' places in the plan. A step is known by its name; the place in its row is for people.
    private static func placed(_ records: [StepRecord], in plan: JobPlan) -> [Int: StepRecord] {
        var placed: [Int: StepRecord] = [:]
        for var record in records {
            guard let index = plan.index(ofStep: record.name) else { continue }
            record.index = index
            placed[index] = record
        }
        return placed
    }

    /// What is to be done now, given what is true and what others have asked.
    public mutating func decide(now: Timestamp) -> Decision {
        if job.state.isTerminal { return .finished }
        if isPausing { return .pause }
        if job.cancellation == .superseded { return finish(.cancelled, .superseded, now: now) }
        if isForeign { return parkForeign(now: now) }
        if job.state == .compensating { return decideUndo(now: now) }
        if job.cancellation == .requested, !isPastPivot {
            return compensate(Failure(.permanent, code: "cancelled", message: "the job was cancelled"), now: now)
        }
        guard let index = plan.steps.indices.first(where: { steps[$0]?.state != .done }) else {
            return finish(.succeeded, nil, now: now)
        }
        if now >= jobDeadline, !isPastPivot {
            return compensate(deadlineFailure("the job", limit: plan.timeLimit, last: nil), now: now)
        }
        return .perform(index)
    }

    /// What changed since the last call, to be committed as one; none where nothing did.
    public mutating func takeTransition(releasing: Bool) -> Transition? {
        guard releasing || jobChanged || instanceChanged || !changedSteps.isEmpty || !events.isEmpty else { return nil }
        defer {
            changedSteps = []
            instanceChanged = false
            jobChanged = false
            events = []
        }
        return Transition(
            job: job, releasesLease: releasing, steps: changedSteps.sorted().compactMap { steps[$0] },
            instance: instanceChanged ? instance : nil, events: events)
    }

    /// Takes note of what others asked of the job. A wait that was decided without that knowledge is not waited out.
    public mutating func noteCancellation(_ cancellation: Cancellation?) {
        guard let cancellation, cancellation != job.cancellation else { return }
        job.cancellation = cancellation
        if isToTurnRound, !isInterrupted { isPausing = false }
    }

    /// Whether a wish that the job end early is not heard: it is on its way back already, or past its pivot.
    var goesOnAnyway: Bool { job.state == .compensating || isPastPivot }

    /// Whether what others have asked changes what comes next.
    var isToTurnRound: Bool {
        switch job.cancellation {
        case .superseded: true
        case .requested: !goesOnAnyway
        case nil: false
        }
    }

    /// Whether there is no way back any more.
    public var isPastPivot: Bool {
        guard let pivot = plan.pivot else { return false }
        // What takes over from another job has no way back from its beginning: that job was stopped for it.
        return pivot == 0 || steps.values.contains { $0.index >= pivot && $0.startedAt != nil }
    }

    /// When the whole job counts as failed. Time in which a step was parked does not count: each parking moves the step's
    /// deadline, and so this one by as much.
    var jobDeadline: Timestamp {
        steps.values.reduce(job.deadline) { deadline, record in
            guard plan.steps.indices.contains(record.index), let start = record.startedAt, let end = record.deadline
            else {
                return deadline
            }
            return deadline + max(end - (start + plan.steps[record.index].timeLimit), .zero)
        }
    }

    /// When the step that is being done or undone counts as failed; none where none was begun.
    public var presentDeadline: Timestamp? {
        if job.state.isTerminal { return nil }
        if job.state == .compensating {
            let record = nextUndo.flatMap { steps[$0] }
            return record?.state == .undoing ? record?.deadline : nil
        }
        return plan.steps.indices.first { steps[$0]?.state != .done }.flatMap { steps[$0]?.deadline }
    }

    /// The step, or its undo, was broken off since it had not returned by its deadline.
    public mutating func overran(_ index: Int, now: Timestamp) {
        guard let record = steps[index], let deadline = record.deadline, now >= deadline else { return }
        let isUndo = job.state == .compensating
        let failure = deadlineFailure(
            isUndo ? "undoing \(record.name)" : record.name, limit: plan.steps[index].timeLimit, last: "it hung")
        if isUndo { giveUpUndo(record, failure, now: now) } else { failForGood(index, failure, now: now) }
    }

    /// Lets go of the job without spending a try: the daemon is stopping.
    public mutating func interrupt(now: Timestamp) {
        if job.state == .running { job.state = .waiting }
        job.availableAt = now
        jobChanged = true
        isPausing = true
        isInterrupted = true
    }

    /// The pure half of ending a job, in every way that it may end.
    mutating func finish(_ state: JobState, _ failure: Failure?, now: Timestamp) -> Decision {
        job.state = state
        job.failure = failure
        job.finishedAt = now
        job.waitingFor = nil
        jobChanged = true
        if job.cancellation == .superseded {
            emit(.jobCancelled, "\(job.kind.rawValue) stopped: a destroy took over", now: now)
            return .finished
        }
        let phase = phaseAtEnd(failure)
        changeInstance(now: now) { instance in
            instance.failure = failure
            if phase == .running, instance.runningAt == nil { instance.runningAt = now }
            if phase == .destroyed { instance.destroyedAt = now }
        }
        enter(phase, now: now)
        emitEnd(now: now)
        return .finished
    }

    /// A job that never began leaves its instance as it was, unless that was waiting for it alone.
    private func phaseAtEnd(_ failure: Failure?) -> Phase {
        if failure == nil { return plan.phaseOnSuccess }
        return job.startedAt == nil && instance.phase != .queued ? instance.phase : plan.phaseOnFailure
    }

    private mutating func emitEnd(now: Timestamp) {
        let took = Self.seconds(now - job.createdAt)
        switch (job.state, job.failure) {
        case (.succeeded, _):
            emit(.jobSucceeded, "\(job.kind.rawValue) succeeded after \(took)", now: now, progress: 1)
        case (.cancelled, _):
            emit(.jobCancelled, "\(job.kind.rawValue) was cancelled after \(took)", now: now)
        case (_, let failure):
            emit(
                .jobFailed, "\(job.kind.rawValue) failed after \(took): \(failure?.message ?? "no cause given")",
                now: now, data: failure.map(Self.describe))
        }
    }
}
