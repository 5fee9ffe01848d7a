// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The last thing that a subscription delivers that ends by itself.
public struct SubscriptionEnded: Sendable, Hashable, Codable {
    public var type: String
    public var reason: Open<SubscriptionEndReason>
    /// The place in the ledger up to which it delivered.
    public var seq: Int64

    public init(type: String = "subscription.ended", reason: Open<SubscriptionEndReason>, seq: Int64) {
        self.type = type
        self.reason = reason
        self.seq = seq
    }
}
