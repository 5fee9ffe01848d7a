public import JSON

/// A durable operation on an instance.
public struct Job: Sendable, Hashable {
    /// The job's own id.
    public var id: JobID
    /// The operation.
    public var kind: JobKind
    /// The instance on which the job works.
    public var instance: InstanceID
    /// The kind of that instance.
    public var instanceKind: InstanceKind
    /// The tenant of that instance.
    public var tenant: TenantID
    /// The id of the ``Change`` that caused the job.
    public var change: ChangeID
    /// The caller that requested the job; `nil` if no caller did, or if an older daemon wrote the row.
    public var principal: PrincipalID?
    /// The state of the job in its lifecycle.
    public var state: JobState
    /// The order of claims: lower runs first. A destroy never waits behind provisions.
    public var priority: Int
    /// The time before which the job is not claimed. Until then a waiting job uses no resource except its row.
    public var availableAt: Timestamp
    /// The lease's epoch. Each claim raises it, and a write with an older epoch changes nothing.
    public var epoch: Int64
    /// The number of consecutive failed tries of the present step or its undo.
    public var attempt: Int
    /// The job's progress, 0 to 1: the highest value that any of its events reported.
    public var progress: Double
    /// The time at which the whole job counts as failed. Time in which a step was parked does not count, and past the
    /// pivot the deadline does not apply.
    public var deadline: Timestamp
    /// The reason why the job must end early; `nil` if there is no such reason.
    public var cancellation: Cancellation?
    /// The job that must end before this one may start.
    public var blockedBy: JobID?
    /// The name of the limited driver if the job uses one of its concurrency slots now, otherwise `nil`.
    public var slot: String?
    /// The version of the definition under which the job was accepted. The job keeps it until its end.
    public var definitionVersion: Int
    /// The parameters of the operation.
    public var input: JSONValue
    /// The reason why the job waits, for people.
    public var waitingFor: String?
    /// The cause of the job's failure, undo or parking; `nil` otherwise.
    public var failure: Failure?
    /// The time at which the job was accepted.
    public var createdAt: Timestamp
    /// The time at which the job's first step began.
    public var startedAt: Timestamp?
    /// The time at which the job ended.
    public var finishedAt: Timestamp?

    /// True if a worker needs the rows of the job's steps: the job was leased before and is not superseded. To be read
    /// before ``lease()``.
    public var needsSteps: Bool { epoch > 0 && cancellation != .superseded }

    /// The definition that the job follows.
    public var definition: DefinitionID { DefinitionID(instanceKind, kind, version: definitionVersion) }

    /// Applies a claim to this value: increments the epoch, frees the slot, and sets the state to `running` unless the
    /// job is compensating.
    public mutating func lease() {
        epoch += 1
        slot = nil
        if state != .compensating { state = .running }
    }

    /// The ended job that this job retries; `nil` if it retries none.
    public var retryOf: JobID? {
        guard case .string(let id)? = input["retryOf"] else { return nil }
        return JobID(id)
    }

    /// Creates a queued job that is due at `createdAt`.
    public init(
        id: JobID, kind: JobKind, instance: InstanceID, instanceKind: InstanceKind, tenant: TenantID,
        change: ChangeID, definitionVersion: Int, input: JSONValue, createdAt: Timestamp, deadline: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.instance = instance
        self.instanceKind = instanceKind
        self.tenant = tenant
        self.change = change
        self.state = .queued
        self.priority = kind.priority
        self.availableAt = createdAt
        self.epoch = 0
        self.attempt = 0
        self.progress = 0
        self.deadline = deadline
        self.definitionVersion = definitionVersion
        self.input = input
        self.createdAt = createdAt
    }
}

/// The name of an operation, such as `provision`. Any text is valid, because another version of the daemon may know
/// other names.
public struct JobKind: OpenName {
    /// The name in rows and on the wire.
    public let rawValue: String

    /// Creates a kind with this name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Creates an instance's machine with its agent.
    public static let provision = JobKind("provision")
    /// Shuts the machine down and keeps its disk.
    public static let suspend = JobKind("suspend")
    /// Starts a suspended machine.
    public static let resume = JobKind("resume")
    /// Restarts the machine.
    public static let restart = JobKind("restart")
    /// Removes every resource of the instance.
    public static let destroy = JobKind("destroy")

    /// The kinds that this version knows.
    public static let allCases: [JobKind] = [.provision, .suspend, .resume, .restart, .destroy]

    /// The priority of new jobs of this kind. Lower runs first.
    public var priority: Int {
        switch self {
        case .destroy: 0
        case .suspend, .resume, .restart: 50
        default: 100
        }
    }
}

/// The identifier of a job definition: `agent/provision/3`.
public struct DefinitionID: Sendable, Hashable, CustomStringConvertible {
    /// The kind of instance.
    public var instanceKind: InstanceKind
    /// The operation.
    public var jobKind: JobKind
    /// The version of the definition.
    public var version: Int

    /// Creates an identifier from its parts.
    public init(_ instanceKind: InstanceKind, _ jobKind: JobKind, version: Int) {
        self.instanceKind = instanceKind
        self.jobKind = jobKind
        self.version = version
    }

    /// The three parts, separated by slashes.
    public var description: String { "\(instanceKind.rawValue)/\(jobKind.rawValue)/\(version)" }
}

/// The state of a job. Each case lists its successors.
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// No worker has claimed the job. → running, cancelled.
    case queued
    /// A worker holds the job. → waiting, compensating, succeeded, failed, cancelled.
    case running
    /// The job waits until `availableAt`, and no worker holds it. → running, compensating, cancelled.
    case waiting
    /// The job's steps are being undone, or their undo waits. → failed, cancelled.
    case compensating
    /// All steps are done. A final state.
    case succeeded
    /// The job failed. A final state.
    case failed
    /// The job was cancelled or superseded. A final state.
    case cancelled

    /// True if the job has ended.
    public var isTerminal: Bool {
        switch self {
        case .queued, .running, .waiting, .compensating: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// The reason why a job must end early.
public enum Cancellation: String, Sendable, Hashable, Codable {
    /// A client requested the cancellation: the job's steps are undone.
    case requested
    /// A destroy superseded the job: the job stops without undo, and the destroy removes the resources.
    case superseded
}
