// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The last thing that a subscription with `until` delivers.
public struct SubscriptionEnded: Sendable, Hashable, Codable {
    public var type: String
    /// `terminal`: every job that the filter matched has come to its end.
    public var reason: String
    /// The place in the ledger up to which it delivered.
    public var seq: Int64

    public init(type: String = "subscription.ended", reason: String, seq: Int64) {
        self.type = type
        self.reason = reason
        self.seq = seq
    }
}
