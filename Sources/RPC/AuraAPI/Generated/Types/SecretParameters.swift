// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects a secret.
public struct SecretParameters: Sendable, Hashable, Codable, PositionalParams {
    public var name: String
    /// The owner; if absent, the caller's only tenant or else `default`.
    public var tenant: TenantID?

    public static let positions: [String] = ["name", "tenant"]

    public init(name: String, tenant: TenantID? = nil) {
        self.name = name
        self.tenant = tenant
    }
}
