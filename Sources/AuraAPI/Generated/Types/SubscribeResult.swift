// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A subscription that stands.
public struct SubscribeResult: Sendable, Hashable, Codable {
    public var subscription: String
    /// The `seq` of the newest event now.
    public var head: Int64

    public init(subscription: String, head: Int64) {
        self.subscription = subscription
        self.head = head
    }
}
