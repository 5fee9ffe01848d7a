// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

/// A tenant: the owner of instances, secrets and quotas.
public struct TenantView: Sendable, Hashable, Codable {
    public var id: TenantID
    /// False if the tenant's principals may do nothing.
    public var enabled: Bool
    public var quota: TenantQuotaView
    public var createdAt: Timestamp
    /// The caller that created the tenant; absent for `default` and for tenants of an earlier version.
    public var createdBy: PrincipalID?

    public init(
        id: TenantID, enabled: Bool, quota: TenantQuotaView, createdAt: Timestamp, createdBy: PrincipalID? = nil
    ) {
        self.id = id
        self.enabled = enabled
        self.quota = quota
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
