// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// Which events, and from where.
public struct SubscribeParameters: Sendable, Hashable, Codable, PositionalParams {
    public var filter: FilterParameters?
    /// `"now"` where none is given.
    public var from: SubscriptionStart?
    /// The `epoch` of the reply that the cursor in `from` came with; another epoch now is `cursorExpired`.
    public var epoch: String?
    public var until: SubscriptionEnd?
    /// The client's own id for it; one is made where none is given.
    public var subscription: String?
    /// It ends after so many events.
    public var maxEvents: Int64?
    /// `replay` where none is given.
    public var onLag: LagPolicy?

    public static let positions: [String] = ["filter", "from", "epoch", "until", "subscription", "maxEvents", "onLag"]

    public init(
        filter: FilterParameters? = nil, from: SubscriptionStart? = nil, epoch: String? = nil,
        until: SubscriptionEnd? = nil, subscription: String? = nil, maxEvents: Int64? = nil, onLag: LagPolicy? = nil
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
