// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Limits of a tenant. A member that is absent is the installation's default.
public struct TenantQuotaView: Sendable, Hashable, Codable {
    /// The maximum number of live instances.
    public var liveInstances: Int64?
    /// The maximum number of jobs that have not ended. A destroy does not count and is never refused.
    public var jobsInFlight: Int64?
    /// The maximum number of calls of all callers of the tenant in 60 seconds, a fifth of them at once. Each daemon
    /// counts for itself.
    public var callsPerMinute: Int64?
    /// The maximum number of calls that may change something, of all callers of the tenant in 60 seconds. Each daemon
    /// counts for itself.
    public var mutationsPerMinute: Int64?
    /// The maximum number of tokens of the tenant that are neither revoked nor expired.
    public var tokens: Int64?
    /// The maximum number of secrets.
    public var secrets: Int64?

    public init(
        liveInstances: Int64? = nil, jobsInFlight: Int64? = nil, callsPerMinute: Int64? = nil,
        mutationsPerMinute: Int64? = nil, tokens: Int64? = nil, secrets: Int64? = nil
    ) {
        self.liveInstances = liveInstances
        self.jobsInFlight = jobsInFlight
        self.callsPerMinute = callsPerMinute
        self.mutationsPerMinute = mutationsPerMinute
        self.tokens = tokens
        self.secrets = secrets
    }
}
