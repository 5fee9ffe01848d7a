// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Selects the events, the start and the end of a subscription.
public struct SubscribeParameters: Sendable, Hashable, Codable, PositionalParams {
    /// The events to deliver; all events if absent.
    public var filter: FilterParameters?
    /// The start; `"now"` if absent.
    public var from: SubscriptionStart?
    /// The `epoch` of the reply that belongs to the `seq` in `from`. If the ledger has another epoch now, the call
    /// fails with `cursorExpired`. Absent: no check.
    public var epoch: String?
    /// The condition that ends the subscription; no condition if absent.
    public var until: Open<SubscriptionEnd>?
    /// The client's own id for the subscription; the daemon assigns one if absent. An id in use is
    /// `subscriptionExists`.
    public var subscription: String?
    /// The number of events after which the subscription ends; no limit if absent.
    public var maxEvents: Int64?
    /// The policy for a client that does not read fast enough; `replay` if absent.
    public var onLag: Open<LagPolicy>?

    public static let positions: [String] = ["filter", "from", "epoch", "until", "subscription", "maxEvents", "onLag"]

    public init(
        filter: FilterParameters? = nil, from: SubscriptionStart? = nil, epoch: String? = nil,
        until: Open<SubscriptionEnd>? = nil, subscription: String? = nil, maxEvents: Int64? = nil,
        onLag: Open<LagPolicy>? = nil
    ) {
        self.filter = filter
        self.from = from
        self.epoch = epoch
        self.until = until
        self.subscription = subscription
        self.maxEvents = maxEvents
        self.onLag = onLag
    }
}
