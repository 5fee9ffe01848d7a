// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A position in the ledger. It is sent when the filter has matched none of the last 1,000 or more events, so that a
/// client can resume from there.
public struct Bookmark: Sendable, Hashable, Codable {
    public var type: String
    /// Every event up to this `seq` was compared with the filter.
    public var seq: Int64

    public init(type: String = "subscription.bookmark", seq: Int64) {
        self.type = type
        self.seq = seq
    }
}
