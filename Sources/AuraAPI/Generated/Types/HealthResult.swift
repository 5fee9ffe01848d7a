// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Whether the daemon can do its work.
public struct HealthResult: Sendable, Hashable, Codable {
    /// True if it can: a write to the database was tried for this answer.
    public var ok: Bool
    /// The oldest event's `seq` that a subscription can still have; one more than the head where none is left.
    public var oldest: Int64
    /// The newest event's `seq`, read from the database for this answer.
    public var head: Int64
    /// Jobs that this daemon works on now.
    public var jobsRunning: Int
    /// Why it cannot; absent if `ok` is true.
    public var reason: String?

    public init(ok: Bool, oldest: Int64, head: Int64, jobsRunning: Int, reason: String? = nil) {
        self.ok = ok
        self.oldest = oldest
        self.head = head
        self.jobsRunning = jobsRunning
        self.reason = reason
    }
}
