// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A page of tokens, ordered by id.
public struct TokenListResult: Sendable, Hashable, Codable {
    /// The tokens.
    public var tokens: [TokenView]
    /// The value of `after` for the next page; absent on the last page.
    public var next: String?

    public init(tokens: [TokenView], next: String? = nil) {
        self.tokens = tokens
        self.next = next
    }
}
