// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Parameters that name a subscription of this connection.
public struct UnsubscribeParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The id of the subscription.
    public var subscription: String

    public static let positions: [String] = ["subscription"]

    public init(subscription: String) {
        self.subscription = subscription
    }
}
