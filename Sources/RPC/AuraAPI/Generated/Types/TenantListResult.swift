// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The tenants that the caller may see.
public struct TenantListResult: Sendable, Hashable, Codable {
    /// The tenants, ordered by id.
    public var tenants: [TenantView]

    public init(tenants: [TenantView]) {
        self.tenants = tenants
    }
}
