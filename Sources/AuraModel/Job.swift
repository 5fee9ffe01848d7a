public import JSON

/// A durable operation on an instance.
public struct Job: Sendable, Hashable {
    public var id: JobID
    public var kind: JobKind
    public var instance: InstanceID
    public var instanceKind: InstanceKind
    public var tenant: TenantID
    public var change: ChangeID
    public var state: JobState
    /// Lower runs first; a destroy never waits behind provisions.
    public var priority: Int
    /// Not before this moment; a waiting job costs a row until then.
    public var availableAt: Timestamp
    /// Raised by every claim; a write with an older one changes nothing.
    public var epoch: Int64
    /// Tries of the present step that failed in a row.
    public var attempt: Int
    /// How far it has come, 0 to 1: the most that any of its events said.
    public var progress: Double
    /// When the whole job counts as failed.
    public var deadline: Timestamp
    public var cancellation: Cancellation?
    /// The job that must end before this one may start.
    public var blockedBy: JobID?
    /// The limited driver at which its step is at work.
    public var place: String?
    /// The version of the definition under which it was accepted, and under which it ends.
    public var definitionVersion: Int
    public var input: JSONValue
    /// Why the job waits, for people.
    public var waitingFor: String?
    public var failure: Failure?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?

    /// The definition that it follows.
    public var definition: DefinitionID { DefinitionID(instanceKind, kind, version: definitionVersion) }

    /// A worker takes it: what its row shows from then on.
    public mutating func lease() {
        epoch += 1
        place = nil
        if state != .compensating { state = .running }
    }

    /// The job that this one tries again.
    public var retryOf: JobID? {
        guard case .string(let id)? = input["retryOf"] else { return nil }
        return JobID(id)
    }

    public init(
        id: JobID, kind: JobKind, instance: InstanceID, instanceKind: InstanceKind = .agent, tenant: TenantID,
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

/// What an operation is called: `provision`. Any text, since another version of the daemon may know others.
public struct JobKind: OpenName {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let provision = JobKind("provision")
    public static let suspend = JobKind("suspend")
    public static let resume = JobKind("resume")
    public static let restart = JobKind("restart")
    public static let destroy = JobKind("destroy")

    /// The kinds that this version knows.
    public static let allCases: [JobKind] = [.provision, .suspend, .resume, .restart, .destroy]

    /// Lower runs first.
    public var priority: Int {
        switch self {
        case .destroy: 0
        case .suspend, .resume, .restart: 50
        default: 100
        }
    }
}

/// Which definition a job follows: `agent/provision/3`.
public struct DefinitionID: Sendable, Hashable, CustomStringConvertible {
    public var instanceKind: InstanceKind
    public var jobKind: JobKind
    public var version: Int

    public init(_ instanceKind: InstanceKind, _ jobKind: JobKind, version: Int) {
        self.instanceKind = instanceKind
        self.jobKind = jobKind
        self.version = version
    }

    /// Its three parts with slashes between them.
    public var description: String { "\(instanceKind.rawValue)/\(jobKind.rawValue)/\(version)" }
}

/// How far a job is.
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing of it ran. → running, cancelled.
    case queued
    /// A worker has it. → waiting, compensating, succeeded, failed, cancelled.
    case running
    /// It waits for a moment, holding no worker. → running, compensating, cancelled.
    case waiting
    /// Its steps are being undone, by a worker or waiting for one. → failed, cancelled.
    case compensating
    case succeeded
    case failed
    case cancelled

    public var isTerminal: Bool {
        switch self {
        case .queued, .running, .waiting, .compensating: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// Why a job is to end early.
public enum Cancellation: String, Sendable, Hashable, Codable {
    /// Somebody asked: its steps are undone.
    case requested
    /// A destroy took over: it stops where it is, and the destroy cleans up.
    case superseded
}
