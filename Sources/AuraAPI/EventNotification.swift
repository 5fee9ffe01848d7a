/// The parameters of the notification `status.event`.
public struct EventNotification: Sendable, Codable {
    public static let method = "status.event"

    public var subscription: String
    public var result: EventView

    public init(subscription: String, result: EventView) {
        self.subscription = subscription
        self.result = result
    }
}

/// The parameters of the last `status.event` of a subscription that ends by itself.
public struct SubscriptionEndNotification: Sendable, Codable {
    public var subscription: String
    public var result: SubscriptionEnded

    public init(subscription: String, reason: String, seq: Int64) {
        self.subscription = subscription
        self.result = SubscriptionEnded(reason: reason, seq: seq)
    }
}
