public import AuraModel
public import JSONRPC

/// `provision`: one call, one running agent.
public struct ProvisionParameters: Sendable, Codable, PositionalParams {
    /// A DNS label: 1 to 40 lower-case letters, digits and hyphens, a letter first.
    public var name: String
    public var region: String
    public var size: String
    public var tenant: String?
    /// The same key with the same parameters is the same job.
    public var idempotencyKey: String?
    /// What causes this: any text of 1 to 128 visible characters. A new UUIDv7 where none is given.
    public var change: String?

    public static let positions = ["name", "region", "size", "tenant", "idempotencyKey", "change"]

    public init(
        name: String, region: String, size: String, tenant: String? = nil, idempotencyKey: String? = nil,
        change: String? = nil
    ) {
        self.name = name
        self.region = region
        self.size = size
        self.tenant = tenant
        self.idempotencyKey = idempotencyKey
        self.change = change
    }
}

/// `suspend`, `resume`, `restart`, `destroy`: an operation on an instance that exists.
public struct InstanceOperationParameters: Sendable, Codable, PositionalParams {
    /// An id or a name.
    public var instance: String
    public var tenant: String?
    public var idempotencyKey: String?
    public var change: String?

    public static let positions = ["instance", "tenant", "idempotencyKey", "change"]

    public init(instance: String, tenant: String? = nil, idempotencyKey: String? = nil, change: String? = nil) {
        self.instance = instance
        self.tenant = tenant
        self.idempotencyKey = idempotencyKey
        self.change = change
    }
}

/// The answer to every call that changes something.
public struct OperationResult: Sendable, Codable {
    public var instance: InstanceView
    public var job: JobView

    public init(instance: InstanceView, job: JobView) {
        self.instance = instance
        self.job = job
    }
}

/// `status.get`
public struct StatusGetParameters: Sendable, Codable, PositionalParams {
    /// An id or a name.
    public var instance: String
    public var tenant: String?

    public static let positions = ["instance", "tenant"]
}

public struct StatusGetResult: Sendable, Codable {
    public var instance: InstanceView
    /// The job that works on it now.
    public var job: JobView?

    public init(instance: InstanceView, job: JobView?) {
        self.instance = instance
        self.job = job
    }
}

/// `status.list`
public struct StatusListParameters: Sendable, Codable, PositionalParams {
    public var tenant: String?
    public var phases: [Phase]?
    /// Destroyed instances are left out unless this is true or `phases` names them.
    public var includeDestroyed: Bool?
    /// The `next` of the page before.
    public var after: InstanceID?
    /// 1 to 1000; 100 where none is given.
    public var limit: Int?

    public static let positions = ["tenant", "phases", "includeDestroyed", "after", "limit"]
}

public struct StatusListResult: Sendable, Codable {
    public var instances: [InstanceView]
    /// Ask for `after` this for the next page; absent on the last.
    public var next: InstanceID?

    public init(instances: [InstanceView], next: InstanceID?) {
        self.instances = instances
        self.next = next
    }
}

/// `job.get`, `job.cancel` and `job.explain`
public struct JobParameters: Sendable, Codable, PositionalParams {
    public var job: JobID

    public static let positions = ["job"]
}

public struct JobResult: Sendable, Codable {
    public var job: JobView

    public init(job: JobView) {
        self.job = job
    }
}

/// `job.retry`
public struct JobRetryParameters: Sendable, Codable, PositionalParams {
    public var job: JobID
    public var idempotencyKey: String?

    public static let positions = ["job", "idempotencyKey"]
}

/// `job.wait`
public struct JobWaitParameters: Sendable, Codable, PositionalParams {
    public var job: JobID
    /// In milliseconds, up to an hour; ten minutes where none is given.
    public var timeoutMs: Int64?

    public static let positions = ["job", "timeoutMs"]
}

/// The order of a list.
public enum ListOrder: String, Sendable, Codable {
    case oldest
    case newest
}

/// `job.list`
public struct JobListParameters: Sendable, Codable, PositionalParams {
    /// An id or a name.
    public var instance: String?
    public var tenant: String?
    public var change: ChangeID?
    public var states: [JobState]?
    /// The `next` of the page before.
    public var after: JobID?
    /// 1 to 1000; 100 where none is given.
    public var limit: Int?
    /// Which end comes first; the oldest where none is given.
    public var order: ListOrder?

    public static let positions = ["instance", "tenant", "change", "states", "after", "limit", "order"]
}

public struct JobListResult: Sendable, Codable {
    public var jobs: [JobView]
    public var next: JobID?

    public init(jobs: [JobView], next: JobID?) {
        self.jobs = jobs
        self.next = next
    }
}
