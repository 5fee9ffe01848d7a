// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Parameters for a list of notes.
public struct ListParameters: Sendable, Hashable, Codable, PositionalParams {
    public var order: Open<Order>?
    public var filter: Filter?
    /// The length of a page.
    public var max: Int64?

    public static let positions: [String] = ["order", "filter", "max"]

    public init(order: Open<Order>? = nil, filter: Filter? = nil, max: Int64? = nil) {
        self.order = order
        self.filter = filter
        self.max = max
    }
}
