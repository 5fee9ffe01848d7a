// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// How far the ledger has come while nothing matched: a place to go on from.
public struct Bookmark: Sendable, Hashable, Codable {
    public var type: String
    /// Everything up to here was looked at.
    public var seq: Int64

    public init(type: String = "subscription.bookmark", seq: Int64) {
        self.type = type
        self.seq = seq
    }
}
