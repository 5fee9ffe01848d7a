// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The roles of this daemon.
public struct AccessListResult: Sendable, Hashable, Codable {
    /// The roles.
    public var roles: [RoleScopes]
    /// All scopes that methods have, sorted.
    public var scopes: [String]

    public init(roles: [RoleScopes], scopes: [String]) {
        self.roles = roles
        self.scopes = scopes
    }
}
