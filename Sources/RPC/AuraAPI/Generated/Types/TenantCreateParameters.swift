// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Describes the tenant to create.
public struct TenantCreateParameters: Sendable, Hashable, Codable, PositionalParams {
    public var tenant: TenantID
    /// The tenant's own limits.
    public var quota: TenantQuotaView?

    public static let positions: [String] = ["tenant", "quota"]

    public init(tenant: TenantID, quota: TenantQuotaView? = nil) {
        self.tenant = tenant
        self.quota = quota
    }
}
