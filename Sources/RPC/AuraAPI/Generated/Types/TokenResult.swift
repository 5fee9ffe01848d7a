// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A token.
public struct TokenResult: Sendable, Hashable, Codable {
    public var token: TokenView

    public init(token: TokenView) {
        self.token = token
    }
}
