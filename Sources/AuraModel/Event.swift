public import JSON

/// One entry of the ledger, before it has its place there.
public struct EventDraft: Sendable, Hashable {
    public var at: Timestamp
    public var type: EventType
    public var tenant: TenantID
    public var instance: InstanceID?
    public var job: JobID?
    public var change: ChangeID?
    public var phase: Phase?
    public var step: String?
    /// How far the job is, 0 to 1; never falls while the job goes forward.
    public var progress: Double?
    public var message: String
    public var data: JSONValue?

    public init(at: Timestamp, type: EventType, tenant: TenantID, message: String) {
        self.at = at
        self.type = type
        self.tenant = tenant
        self.message = message
    }
}

/// One entry of the ledger. `seq` is gap-free and in commit order.
public struct Event: Sendable, Hashable {
    public var seq: Int64
    public var entry: EventDraft

    public init(seq: Int64, entry: EventDraft) {
        self.seq = seq
        self.entry = entry
    }
}

/// What an event says. The text is part of the wire's contract.
public enum EventType: String, Sendable, Hashable, Codable, CaseIterable {
    case jobQueued = "job.queued"
    case jobStarted = "job.started"
    case jobCompensating = "job.compensating"
    case jobCancelRequested = "job.cancelRequested"
    case jobRetryRequested = "job.retryRequested"
    case jobParked = "job.parked"
    case jobSucceeded = "job.succeeded"
    case jobFailed = "job.failed"
    case jobCancelled = "job.cancelled"
    case phaseChanged = "phase.changed"
    case stepStarted = "step.started"
    case stepProgress = "step.progress"
    case stepWaiting = "step.waiting"
    case stepRetrying = "step.retrying"
    case stepDone = "step.done"
    case stepFailed = "step.failed"
    case stepUndoing = "step.undoing"
    case stepUndone = "step.undone"
    case stepUndoFailed = "step.undoFailed"
    case taskStarted = "task.started"
    case taskFinished = "task.finished"
    case taskFailed = "task.failed"
    case runRecap = "run.recap"
    case resourceAdopted = "resource.adopted"
    case resourceQuarantined = "resource.quarantined"
    case resourceReaped = "resource.reaped"
    case instanceLost = "instance.lost"
    case instanceFound = "instance.found"
    /// Somebody has to look: `data.code` says at what.
    case alertRaised = "alert.raised"

    /// Whether such an event only says how far its job is, so that a later one of the job says more.
    public var isProgress: Bool {
        switch self {
        case .stepProgress, .taskStarted, .taskFinished: true
        default: false
        }
    }

    /// Whether the job of such an event has come to its end.
    public var endsJob: Bool {
        switch self {
        case .jobSucceeded, .jobFailed, .jobCancelled: true
        default: false
        }
    }
}
