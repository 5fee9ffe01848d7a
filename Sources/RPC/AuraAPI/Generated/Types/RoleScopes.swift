// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A role with its scopes.
public struct RoleScopes: Sendable, Hashable, Codable {
    public var role: Open<Role>
    /// The scopes, sorted.
    public var scopes: [String]

    public init(role: Open<Role>, scopes: [String]) {
        self.role = role
        self.scopes = scopes
    }
}
