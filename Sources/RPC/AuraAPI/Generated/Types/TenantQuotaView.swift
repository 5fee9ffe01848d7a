// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// Limits of a tenant. A member that is absent is the installation's default.
public struct TenantQuotaView: Sendable, Hashable, Codable {
    /// The maximum number of live instances.
    public var liveInstances: Int64?
    /// The maximum number of secrets.
    public var secrets: Int64?

    public init(liveInstances: Int64? = nil, secrets: Int64? = nil) {
        self.liveInstances = liveInstances
        self.secrets = secrets
    }
}
