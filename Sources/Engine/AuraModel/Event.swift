public import JSON

/// The content of a ledger entry that has no `seq` yet.
public struct EventDraft: Sendable, Hashable {
    /// The time of the event.
    public var at: Timestamp
    /// The type of the event.
    public var type: EventType
    /// The tenant of the instance; the default tenant if the event has no instance.
    public var tenant: TenantID
    /// The instance that the event concerns.
    public var instance: InstanceID?
    /// The job that the event concerns.
    public var job: JobID?
    /// The change that caused the event.
    public var change: ChangeID?
    /// The caller that caused the event; `nil` if the daemon acted by itself.
    public var principal: PrincipalID?
    /// The instance's phase after the event; `nil` if the event has no instance.
    public var phase: Phase?
    /// The name of the step that the event concerns.
    public var step: String?
    /// The job's progress, 0 to 1, which never decreases; `nil` if the event does not report progress.
    public var progress: Double?
    /// A description for people.
    public var message: String
    /// Further data, depending on the type.
    public var data: JSONValue?

    /// Creates an entry without instance, job, change, principal, phase, step, progress and data.
    public init(at: Timestamp, type: EventType, tenant: TenantID, message: String) {
        self.at = at
        self.type = type
        self.tenant = tenant
        self.message = message
    }
}

/// One entry of the ledger. `seq` has no gaps and follows the commit order.
public struct Event: Sendable, Hashable {
    /// The position in the ledger.
    public var seq: Int64
    /// The content of the entry.
    public var entry: EventDraft

    /// Creates an event from its position and content.
    public init(seq: Int64, entry: EventDraft) {
        self.seq = seq
        self.entry = entry
    }
}

/// The type of an event, a part of the wire contract. Any text is valid, because a newer daemon on the same database
/// may write types that this version does not know. Unknown types are passed on unchanged.
public struct EventType: OpenName {
    /// The type's name on the wire.
    public let rawValue: String

    /// Creates a type with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A job was accepted.
    public static let jobQueued = EventType("job.queued")
    /// The first step of a job begins.
    public static let jobStarted = EventType("job.started")
    /// A job begins to undo its steps.
    public static let jobCompensating = EventType("job.compensating")
    /// `job.cancel` was called.
    public static let jobCancelRequested = EventType("job.cancelRequested")
    /// `job.retry` made a waiting job due now.
    public static let jobRetryRequested = EventType("job.retryRequested")
    /// A job cannot continue until an operator removes the cause; it retries rarely. `data` has the failure.
    public static let jobParked = EventType("job.parked")
    /// Final: the job reached its goal.
    public static let jobSucceeded = EventType("job.succeeded")
    /// Final: the job did not reach its goal; `data` has the failure.
    public static let jobFailed = EventType("job.failed")
    /// Final: `job.cancel` or a destroy ended the job.
    public static let jobCancelled = EventType("job.cancelled")
    /// An instance entered another phase. `data` has the phases `from` and `to`.
    public static let phaseChanged = EventType("phase.changed")
    /// A step begins.
    public static let stepStarted = EventType("step.started")
    /// The progress of a step.
    public static let stepProgress = EventType("step.progress")
    /// A step waits for a condition.
    public static let stepWaiting = EventType("step.waiting")
    /// A step or its undo failed and is retried. `data` has the failure, `attempt` (the failed tries) and `retryAt`.
    public static let stepRetrying = EventType("step.retrying")
    /// A step succeeded. `data.milliseconds` is its duration.
    public static let stepDone = EventType("step.done")
    /// A step failed and is not retried; `data` has the failure.
    public static let stepFailed = EventType("step.failed")
    /// The undo of a step begins.
    public static let stepUndoing = EventType("step.undoing")
    /// A step was undone.
    public static let stepUndone = EventType("step.undone")
    /// The undo of a step used up its quick tries; it is retried rarely. `data` has the failure and the resource's id.
    public static let stepUndoFailed = EventType("step.undoFailed")
    /// An Ansible task begins.
    public static let taskStarted = EventType("task.started")
    /// An Ansible task ended without a failure. `data` has its `outcome` and its duration in `milliseconds`.
    public static let taskFinished = EventType("task.finished")
    /// An Ansible task failed. `data.ignored` is true if the run continues.
    public static let taskFailed = EventType("task.failed")
    /// An Ansible run ended; `data` has the number of tasks of each outcome.
    public static let runRecap = EventType("run.recap")
    /// A sweep recorded a server as the machine of its instance.
    public static let resourceAdopted = EventType("resource.adopted")
    /// A sweep decided to power off an orphaned server.
    public static let resourceQuarantined = EventType("resource.quarantined")
    /// A sweep deleted an orphaned resource.
    public static let resourceReaped = EventType("resource.reaped")
    /// The machine of an instance does not exist any more.
    public static let instanceLost = EventType("instance.lost")
    /// The machine of a lost instance exists again.
    public static let instanceFound = EventType("instance.found")
    /// An operator must act: `data.code` names the cause.
    public static let alertRaised = EventType("alert.raised")

    /// The types that this version writes.
    public static let allCases: [EventType] = [
        .jobQueued, .jobStarted, .jobCompensating, .jobCancelRequested, .jobRetryRequested, .jobParked, .jobSucceeded,
        .jobFailed, .jobCancelled, .phaseChanged, .stepStarted, .stepProgress, .stepWaiting, .stepRetrying, .stepDone,
        .stepFailed, .stepUndoing, .stepUndone, .stepUndoFailed, .taskStarted, .taskFinished, .taskFailed, .runRecap,
        .resourceAdopted, .resourceQuarantined, .resourceReaped, .instanceLost, .instanceFound, .alertRaised,
    ]

    /// True if the event only reports progress, so that a later event of the same job replaces it.
    public var isProgress: Bool {
        switch self {
        case .stepProgress, .taskStarted, .taskFinished: true
        default: false
        }
    }

    /// True if the event ends its job.
    public var endsJob: Bool {
        switch self {
        case .jobSucceeded, .jobFailed, .jobCancelled: true
        default: false
        }
    }
}
