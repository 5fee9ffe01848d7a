// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Parameters that name an instance.
public struct StatusGetParameters: Sendable, Hashable, Codable, PositionalParams {
    public var instance: String
    /// The tenant of the instance. If absent, an id is looked up in all tenants and a name in `default`.
    public var tenant: TenantID?

    public static let positions: [String] = ["instance", "tenant"]

    public init(instance: String, tenant: TenantID? = nil) {
        self.instance = instance
        self.tenant = tenant
    }
}
