public import JSON

/// The row of one step of a job.
public struct StepRecord: Sendable, Hashable {
    /// The job to which the step belongs.
    public var job: JobID
    /// The index of the step in the definition, from 0.
    public var index: Int
    /// The step's name, which identifies it within its job.
    public var name: String
    /// The state of the step.
    public var state: StepState
    /// The number of consecutive failed tries of the action, or of its undo.
    public var attempt: Int
    /// The data that the step stored for itself: ids, choices, deadlines. `null` if it stored none.
    public var memory: JSONValue
    /// The provider's id of the resource that the step created. It is never cleared while the resource may exist.
    public var externalID: String?
    /// The time at which the step began.
    public var startedAt: Timestamp?
    /// The time at which the step, or its undo, counts as failed.
    public var deadline: Timestamp?
    /// The time at which the step or its undo ended.
    public var finishedAt: Timestamp?

    /// Creates the record of a pending step.
    public init(job: JobID, index: Int, name: String) {
        self.job = job
        self.index = index
        self.name = name
        self.state = .pending
        self.attempt = 0
        self.memory = .null
    }
}

extension StepRecord {
    /// The value of ``memory`` for a step whose tries so far have sent no change to a provider.
    public static let unsentMark = JSONValue.bool(false)

    /// True if ``memory`` is ``unsentMark``: the step has sent no change to a provider so far. The setter has no effect
    /// if the step has stored data of its own.
    public var isUnsent: Bool {
        get { memory == Self.unsentMark }
        set { if memory == .null || isUnsent { memory = newValue ? Self.unsentMark : .null } }
    }
}

/// The state of a step. Each case lists its successors.
public enum StepState: String, Sendable, Hashable, Codable {
    /// The step has not begun. → intent.
    case pending
    /// The step's intent is committed, and it may have called providers. → done, failed, ambiguous, undoing; undone if
    /// the step sent no change.
    case intent
    /// It is unknown whether the effect happened. → intent, done, failed, undoing; undone if the step sent no change.
    case ambiguous
    /// The step succeeded. → undoing.
    case done
    /// The step failed for good. → undoing.
    case failed
    /// The step's undo has begun. → undone, undoFailed.
    case undoing
    /// The step is undone, or had nothing to undo. A final state.
    case undone
    /// The undo used up its quick tries and is retried rarely. A resource may be left, so its id is kept. → undoing.
    case undoFailed
}
