// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A principal.
public struct PrincipalResult: Sendable, Hashable, Codable {
    public var principal: PrincipalView

    public init(principal: PrincipalView) {
        self.principal = principal
    }
}
