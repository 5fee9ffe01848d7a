// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// A secret and its new value.
public struct SecretSetParameters: Sendable, Hashable, Codable, PositionalParams {
    public var name: String
    public var value: String
    /// The owner; if absent, the caller's only tenant or else `default`.
    public var tenant: TenantID?
    /// If absent, that of the current version, or `sealed` for a new secret.
    public var `class`: Open<SecretClass>?

    public static let positions: [String] = ["name", "value", "tenant", "class"]

    public init(name: String, value: String, tenant: TenantID? = nil, `class`: Open<SecretClass>? = nil) {
        self.name = name
        self.value = value
        self.tenant = tenant
        self.class = `class`
    }
}
