// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Selects tokens and the page to return.
public struct TokenListParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Tokens of this principal; all principals if absent.
    public var principal: String?
    /// Whether tokens are included that are revoked or have expired.
    public var all: Bool?
    /// The `next` of the previous page; absent for the first page.
    public var after: String?
    public var limit: Int?

    public static let positions: [String] = ["principal", "all", "after", "limit"]

    public init(principal: String? = nil, all: Bool? = nil, after: String? = nil, limit: Int? = nil) {
        self.principal = principal
        self.all = all
        self.after = after
        self.limit = limit
    }
}
