// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The health of the daemon.
public struct HealthResult: Sendable, Hashable, Codable {
    /// True if a write to the database succeeded during this call.
    public var ok: Bool
    /// The `seq` of the oldest event that a subscription can read; `head` + 1 if no event is left.
    public var oldest: Int64
    /// The `seq` of the newest event, read from the database during this call; 0 if there never was one.
    public var head: Int64
    /// The number of jobs that this daemon is running.
    public var jobsRunning: Int
    /// Why the write failed; absent if `ok` is true.
    public var reason: String?

    public init(ok: Bool, oldest: Int64, head: Int64, jobsRunning: Int, reason: String? = nil) {
        self.ok = ok
        self.oldest = oldest
        self.head = head
        self.jobsRunning = jobsRunning
        self.reason = reason
    }
}
