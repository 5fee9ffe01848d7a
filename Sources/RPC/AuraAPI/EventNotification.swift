/// The parameters of the notification `status.event`.
public struct EventNotification: Sendable, Codable {
    /// The name of the notification.
    public static let method = "status.event"

    /// The id of the subscription.
    public var subscription: String
    /// The event. A snapshot page, a bookmark or the end of a subscription has another type in this position.
    public var result: EventView

    /// Creates the parameters.
    public init(subscription: String, result: EventView) {
        self.subscription = subscription
        self.result = result
    }
}
