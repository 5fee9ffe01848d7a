// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// The result of `status.unsubscribe`.
public struct UnsubscribeResult: Sendable, Hashable, Codable {
    /// True if the call ended the subscription. False if the connection has no such subscription, or if its last
    /// notification, `subscription.ended`, was sent before.
    public var ended: Bool

    public init(ended: Bool) {
        self.ended = ended
    }
}
