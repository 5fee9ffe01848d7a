// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel
public import JSONRPC

/// Selects entries of the audit and the page to return.
public struct AuditListParameters: Sendable, Hashable, Codable, PositionalParams {
    /// Only calls of this caller; all callers if absent.
    public var principal: PrincipalID?
    /// Only calls of this method; all methods if absent.
    public var method: String?
    /// Only entries from this time on.
    public var from: Timestamp?
    /// Only entries before this time.
    public var before: Timestamp?
    /// The `next` of the previous page; absent for the first page.
    public var after: Int64?
    public var limit: Int?

    public static let positions: [String] = ["principal", "method", "from", "before", "after", "limit"]

    public init(
        principal: PrincipalID? = nil, method: String? = nil, from: Timestamp? = nil, before: Timestamp? = nil,
        after: Int64? = nil, limit: Int? = nil
    ) {
        self.principal = principal
        self.method = method
        self.from = from
        self.before = before
        self.after = after
        self.limit = limit
    }
}
