// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects a tenant and says what to change. A member that is absent stays as it is.
public struct TenantSetParameters: Sendable, Hashable, Codable, PositionalParams {
    public var tenant: TenantID
    /// Limits that replace the present ones.
    public var quota: TenantQuotaView?
    /// Whether the tenant's principals may do anything.
    public var enabled: Bool?

    public static let positions: [String] = ["tenant", "quota", "enabled"]

    public init(tenant: TenantID, quota: TenantQuotaView? = nil, enabled: Bool? = nil) {
        self.tenant = tenant
        self.quota = quota
        self.enabled = enabled
    }
}
