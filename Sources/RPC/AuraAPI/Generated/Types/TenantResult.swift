// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A tenant.
public struct TenantResult: Sendable, Hashable, Codable {
    public var tenant: TenantView

    public init(tenant: TenantView) {
        self.tenant = tenant
    }
}
