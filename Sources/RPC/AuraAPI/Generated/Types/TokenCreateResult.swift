// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A new token.
public struct TokenCreateResult: Sendable, Hashable, Codable {
    public var token: TokenView
    /// The text of the token. It is shown only once.
    public var text: String

    public init(token: TokenView, text: String) {
        self.token = token
        self.text = text
    }
}
