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

/// What an event says. The text is part of the wire's contract. Any text, since a newer daemon on the same database may write
/// types that this version does not know; they are passed on as they are.
public struct EventType: OpenName {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let jobQueued = EventType("job.queued")
    public static let jobStarted = EventType("job.started")
    public static let jobCompensating = EventType("job.compensating")
    public static let jobCancelRequested = EventType("job.cancelRequested")
    public static let jobRetryRequested = EventType("job.retryRequested")
    public static let jobParked = EventType("job.parked")
    public static let jobSucceeded = EventType("job.succeeded")
    public static let jobFailed = EventType("job.failed")
    public static let jobCancelled = EventType("job.cancelled")
    public static let phaseChanged = EventType("phase.changed")
    public static let stepStarted = EventType("step.started")
    public static let stepProgress = EventType("step.progress")
    public static let stepWaiting = EventType("step.waiting")
    public static let stepRetrying = EventType("step.retrying")
    public static let stepDone = EventType("step.done")
    public static let stepFailed = EventType("step.failed")
    public static let stepUndoing = EventType("step.undoing")
    public static let stepUndone = EventType("step.undone")
    public static let stepUndoFailed = EventType("step.undoFailed")
    public static let taskStarted = EventType("task.started")
    public static let taskFinished = EventType("task.finished")
    public static let taskFailed = EventType("task.failed")
    public static let runRecap = EventType("run.recap")
    public static let resourceAdopted = EventType("resource.adopted")
    public static let resourceQuarantined = EventType("resource.quarantined")
    public static let resourceReaped = EventType("resource.reaped")
    public static let instanceLost = EventType("instance.lost")
    public static let instanceFound = EventType("instance.found")
    /// Somebody has to look: `data.code` says at what.
    public static let alertRaised = EventType("alert.raised")

    /// The types that this version writes.
    public static let allCases: [EventType] = [
        .jobQueued, .jobStarted, .jobCompensating, .jobCancelRequested, .jobRetryRequested, .jobParked, .jobSucceeded,
        .jobFailed, .jobCancelled, .phaseChanged, .stepStarted, .stepProgress, .stepWaiting, .stepRetrying, .stepDone,
        .stepFailed, .stepUndoing, .stepUndone, .stepUndoFailed, .taskStarted, .taskFinished, .taskFailed, .runRecap,
        .resourceAdopted, .resourceQuarantined, .resourceReaped, .instanceLost, .instanceFound, .alertRaised,
    ]

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
