// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects a secret.
public struct SecretParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The owner; if absent, the caller's only tenant or else `default`.
    public var tenant: TenantID?
    public var name: String

    public static let positions: [String] = ["tenant", "name"]

    public init(tenant: TenantID? = nil, name: String) {
        self.tenant = tenant
        self.name = name
    }
}
