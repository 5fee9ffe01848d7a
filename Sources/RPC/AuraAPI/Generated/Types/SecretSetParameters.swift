// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// A secret and its new value.
public struct SecretSetParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The owner; if absent, the caller's only tenant or else `default`.
    public var tenant: TenantID?
    public var name: String
    public var value: String
    /// If absent, that of the current version, or `sealed` for a new secret.
    public var `class`: Open<SecretClass>?

    public static let positions: [String] = ["tenant", "name", "value", "class"]

    public init(tenant: TenantID? = nil, name: String, value: String, `class`: Open<SecretClass>? = nil) {
        self.tenant = tenant
        self.name = name
        self.value = value
        self.class = `class`
    }
}
