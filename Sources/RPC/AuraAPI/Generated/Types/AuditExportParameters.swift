// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Selects the page of an export.
public struct AuditExportParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The `next` of the previous page; absent for the first page.
    public var after: Int64?
    public var limit: Int?

    public static let positions: [String] = ["after", "limit"]

    public init(after: Int64? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }
}
