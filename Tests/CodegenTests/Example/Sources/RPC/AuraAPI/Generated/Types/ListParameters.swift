// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Parameters for a list of notes.
public struct ListParameters: Sendable, Hashable, Codable, PositionalParams {
    public var order: Order?
    public var filter: Filter?
    /// The length of a page.
    public var limit: Int64?

    public static let positions: [String] = ["order", "filter", "limit"]

    public init(order: Order? = nil, filter: Filter? = nil, limit: Int64? = nil) {
        self.order = order
        self.filter = filter
        self.limit = limit
    }
}
