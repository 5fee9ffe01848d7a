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

    public init(subscription: String, reason: SubscriptionEndReason, seq: Int64) {
        self.subscription = subscription
        self.result = SubscriptionEnded(reason: reason, seq: seq)
    }
}

/// The parameters of a `status.event` that says how far the ledger has come while nothing matched.
public struct BookmarkNotification: Sendable, Codable {
    public var subscription: String
    public var result: Bookmark

    public init(subscription: String, seq: Int64) {
        self.subscription = subscription
        self.result = Bookmark(seq: seq)
    }
}
