public import JSON

/// What is durable of one step of a job.
public struct StepRecord: Sendable, Hashable {
    public var job: JobID
    /// Its place in the definition, from 0.
    public var index: Int
    public var name: String
    public var state: StepState
    /// Tries that failed in a row, of doing or of undoing.
    public var attempt: Int
    /// What the step wrote down for itself: ids, choices, deadlines of its own.
    public var memory: JSONValue
    /// The id of what it made in the outside world; never set back to none while that may exist.
    public var externalID: String?
    public var startedAt: Timestamp?
    /// When doing it (or undoing it) counts as failed.
    public var deadline: Timestamp?
    public var finishedAt: Timestamp?

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
    /// What ``memory`` holds between the tries of a step that has not sent any change so far.
    public static let unsentMark = JSONValue.bool(false)

    /// True if the record states that the step has sent no change so far. A step that stores its own memory cannot be
    /// marked.
    public var isUnsent: Bool {
        get { memory == Self.unsentMark }
        set { if memory == .null || isUnsent { memory = newValue ? Self.unsentMark : .null } }
    }
}

/// How far a step is.
public enum StepState: String, Sendable, Hashable, Codable {
    /// Not begun. → intent.
    case pending
    /// Its intent is committed; the outside world may have been touched. → done, failed, ambiguous, undoing.
    case intent
    /// Nobody knows whether the effect happened. → intent, done, failed, undoing.
    case ambiguous
    /// It succeeded. → undoing.
    case done
    /// It failed for good. → undoing.
    case failed
    /// Its undo was begun. → undone, undoFailed.
    case undoing
    case undone
    /// Its undo ran out of quick tries: something may be left, and its id is kept. It is tried again, rarely. → undoing.
    case undoFailed
}
