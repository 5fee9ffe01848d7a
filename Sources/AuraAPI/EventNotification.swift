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
