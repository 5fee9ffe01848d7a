// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The last message of a subscription that ends without a call of the client.
public struct SubscriptionEnded: Sendable, Hashable, Codable {
    public var type: String
    public var reason: Open<SubscriptionEndReason>
    /// The position in the ledger up to which matching events were delivered.
    public var seq: Int64

    public init(type: String = "subscription.ended", reason: Open<SubscriptionEndReason>, seq: Int64) {
        self.type = type
        self.reason = reason
        self.seq = seq
    }
}
