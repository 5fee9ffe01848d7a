public import AuraModel
import JSON
public import Storage

/// The decisions about one claimed job, without IO.
///
/// The state machine holds the rows of the job. Each method handles one occurrence and changes the rows. The state
/// machine collects the changes until ``takeTransition(releasing:)`` returns them to be committed. The order of use is:
/// `decide` → (`beginStep` → commit → the step runs → `stepDone` | `stepWaits` | `stepFailed`)…, until `decide` returns
/// `pause` or `finished`. Compensation follows the same order with `beginUndo`, `undoDone`, `undoWaits` and
/// `undoFailed`.
public struct JobStateMachine: Sendable {
    /// The next action of the worker.
    public enum Decision: Sendable, Hashable {
        /// Run the step at this index.
        case perform(Int)
        /// Undo the step at this index.
        case undo(Int)
        /// Release the job until it is due again.
        case pause
        /// Release the job, because it has ended.
        case finished
    }

    /// The job's row with all changes so far.
    public internal(set) var job: Job
    /// The instance's row with all changes so far.
    public internal(set) var instance: Instance
    /// The steps that were begun, by their index in the plan.
    public internal(set) var steps: [Int: StepRecord]
    /// The plan that the job follows.
    public let plan: JobPlan
    /// True if the steps that the job has begun are not the plan's first steps. Such a job runs no step and undoes no
    /// step.
    public let isForeign: Bool
    let policy: RetryPolicy

    var isPausing = false
    private var isInterrupted = false
    /// The steps whose undo failed for good under this claim.
    var givenUp: Set<Int> = []
    /// The earliest time at which the undo of a step in ``givenUp`` is due again.
    var undoDueAgain: Timestamp?
    /// The steps for which no driver has announced a change to a provider, in any try. They include steps with drivers
    /// that do not announce changes.
    var untouched: Set<Int> = []
    /// The steps of ``untouched`` whose drivers announce every change. These steps certainly sent no change.
    var unsent: Set<Int> = []
    var changedSteps: Set<Int> = []
    var instanceChanged = false
    var jobChanged = false
    var events: [EventDraft] = []

    /// Creates the state machine of a claimed job.
    public init(claim: Claim, plan: JobPlan, policy: RetryPolicy) {
        self.job = claim.job
        self.instance = claim.instance
        self.isForeign = !plan.begins(with: claim.steps)
        self.steps = isForeign ? [:] : Self.placed(claim.steps, in: plan)
        self.plan = plan
        self.policy = policy
    }

    /// Returns the records by the index of their step in the plan. A record belongs to the step with its name. The
    /// index in the row is not used; it helps people who read the table.
    private static func placed(_ records: [StepRecord], in plan: JobPlan) -> [Int: StepRecord] {
        var placed: [Int: StepRecord] = [:]
        for var record in records {
            guard let index = plan.index(ofStep: record.name) else { continue }
            record.index = index
            placed[index] = record
        }
        return placed
    }

    /// Returns the next action at `now`. First ends the job, begins its compensation or parks it, if one of these is
    /// due.
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

    /// Returns the changes since the last call, to be committed in one transaction, or `nil` if there are no changes.
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

    /// Records the job's cancellation. If the cancellation changes the next decision, a job that was about to pause
    /// continues, unless the daemon is stopping.
    public mutating func noteCancellation(_ cancellation: Cancellation?) {
        guard let cancellation, cancellation != job.cancellation else { return }
        job.cancellation = cancellation
        if isToTurnRound, !isInterrupted { isPausing = false }
    }

    /// True if cancellation is ignored: the job is compensating or past its pivot.
    var goesOnAnyway: Bool { job.state == .compensating || isPastPivot }

    /// True if the recorded cancellation changes the next decision.
    var isToTurnRound: Bool {
        switch job.cancellation {
        case .superseded: true
        case .requested: !goesOnAnyway
        case nil: false
        }
    }

    /// True if the job can no longer be undone.
    public var isPastPivot: Bool {
        guard let pivot = plan.pivot else { return false }
        // Pivot 0 counts as passed before any step starts. A destroy has pivot 0, because its acceptance already
        // cancels the instance's active job.
        return pivot == 0 || steps.values.contains { $0.index >= pivot && $0.startedAt != nil }
    }

    /// The time at which the whole job counts as failed. Time in which a step was parked does not count: parking moves
    /// the step's deadline, and this deadline by the same amount.
    var jobDeadline: Timestamp {
        steps.values.reduce(job.deadline) { deadline, record in
            guard plan.steps.indices.contains(record.index), let start = record.startedAt, let end = record.deadline
            else {
                return deadline
            }
            return deadline + max(end - (start + plan.steps[record.index].timeLimit), .zero)
        }
    }

    /// The deadline of the step that is being performed or undone; `nil` if no step was begun.
    public var presentDeadline: Timestamp? {
        if job.state.isTerminal { return nil }
        if job.state == .compensating {
            let record = nextUndo.flatMap { steps[$0] }
            return record?.state == .undoing ? record?.deadline : nil
        }
        return plan.steps.indices.first { steps[$0]?.state != .done }.flatMap { steps[$0]?.deadline }
    }

    /// Fails the step, or its undo, after the worker stopped it past its deadline. Does nothing before the deadline.
    public mutating func overran(_ index: Int, now: Timestamp) {
        guard let record = steps[index], let deadline = record.deadline, now >= deadline else { return }
        let isUndo = job.state == .compensating
        let failure = deadlineFailure(
            isUndo ? "undoing \(record.name)" : record.name, limit: plan.steps[index].timeLimit, last: "it hung")
        if isUndo { giveUpUndo(record, failure, now: now) } else { failForGood(index, failure, now: now) }
    }

    /// Releases the job because the daemon is stopping. The step does not lose a try.
    public mutating func interrupt(now: Timestamp) {
        if job.state == .running { job.state = .waiting }
        job.availableAt = now
        jobChanged = true
        isPausing = true
        isInterrupted = true
    }

    /// Ends the job in the given state: sets the rows and adds the final events.
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

    /// Returns the instance's phase at the job's end. A job that never started leaves the phase as it was, unless the
    /// instance is `queued`.
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
