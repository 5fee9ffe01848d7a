// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// All principals.
public struct PrincipalListResult: Sendable, Hashable, Codable {
    /// The principals, ordered by name.
    public var principals: [PrincipalView]

    public init(principals: [PrincipalView]) {
        self.principals = principals
    }
}
