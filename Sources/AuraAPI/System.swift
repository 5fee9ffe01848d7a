public import AuraModel

/// `system.ping`
public struct PingResult: Sendable, Codable {
    public var pong: Bool

    public init() {
        pong = true
    }
}

/// `system.info`
public struct InfoResult: Sendable, Codable {
    public var name: String
    public var version: String
    public var installation: String
    public var startedAt: Timestamp
    public var database: String
    /// The regions and sizes that `provision` takes.
    public var regions: [String]
    public var sizes: [String]

    public init(
        version: String, installation: String, startedAt: Timestamp, database: String, regions: [String],
        sizes: [String]
    ) {
        name = "aurad"
        self.version = version
        self.installation = installation
        self.startedAt = startedAt
        self.database = database
        self.regions = regions
        self.sizes = sizes
    }
}

/// `system.health`
public struct HealthResult: Sendable, Codable {
    /// True where the daemon can do its work.
    public var ok: Bool
    /// The oldest event's `seq` that a subscription can still have; one more than the head where none is left.
    public var oldest: Int64
    /// The newest event's `seq`, read from the database for this answer.
    public var head: Int64
    public var jobsRunning: Int

    public init(ok: Bool, oldest: Int64, head: Int64, jobsRunning: Int) {
        self.ok = ok
        self.oldest = oldest
        self.head = head
        self.jobsRunning = jobsRunning
    }
}

/// The version of the daemon and of the programs that come with it.
public enum AuraVersion {
    public static let text = "0.1.0"
}
