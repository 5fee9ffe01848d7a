public import JSON

/// An event of Stripe: its id, its type and the subscription that it names. The other contents are not read. They may be
/// older than the present state, because events come in any order.
public struct StripeEvent: Sendable, Hashable {
    /// The event's id, the same in each delivery.
    public var id: String
    /// The type, such as `invoice.paid`.
    public var type: String
    /// False for an event of the test mode.
    public var isLive: Bool
    /// The subscription that the event names; `nil` if it names none.
    public var subscription: String?

    /// Reads an event. Returns `nil` for anything else, such as an event of the second API (`v2.core.event`), which holds
    /// no object.
    public init?(_ value: JSONValue) {
        guard value["object"]?.stringValue == "event", let id = value["id"]?.stringValue, Self.isID(id),
            let type = value["type"]?.stringValue, type.utf8.count <= 100,
            let isLive = value["livemode"]?.boolValue
        else { return nil }
        self.id = id
        self.type = type
        self.isLive = isLive
        subscription = Self.subscription(of: value)
    }

    /// Returns the id of the subscription that an event's object is or names: a subscription itself, a checkout, or an
    /// invoice in its shape before or after the version 2025-03-31.
    static func subscription(of event: JSONValue) -> String? {
        guard let object = event["data"]?["object"] else { return nil }
        if object["object"]?.stringValue == "subscription" { return StripeWire.reference(object) }
        return StripeWire.reference(object["subscription"])
            ?? StripeWire.reference(object["parent"]?["subscription_details"]?["subscription"])
    }

    /// Returns true if a text has the form of Stripe's ids: 1 to 255 letters, digits and underscores.
    public static func isID(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x5F
            }
    }
}
