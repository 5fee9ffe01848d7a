import JSON

extension Stripe {
    /// The object of an event, as it was when the event was made. It is rendered for the version of each reader.
    indirect enum Snapshot: Sendable {
        case product(Product)
        case price(Price)
        case customer(Customer)
        case session(CheckoutSession)
        case subscription(Subscription)
        case invoice(Invoice)
        case intent(PaymentIntent)
        case charge(Charge)
        case refund(Refund)
        case dispute(Dispute)
        /// An object that a test gave.
        case given(JSONValue)

        /// Returns the JSON for a version.
        func json(_ version: StripeVersion) -> JSONValue {
            switch self {
            case .product(let row): row.json(version)
            case .price(let row): row.json(version)
            case .customer(let row): row.json(version)
            case .session(let row): row.json(version)
            case .subscription(let row): row.json(version)
            case .invoice(let row): row.json(version)
            case .intent(let row): row.json(version)
            case .charge(let row): row.json(version)
            case .refund(let row): row.json(version)
            case .dispute(let row): row.json(version)
            case .given(let json): json
            }
        }
    }

    /// A report of a change.
    struct Event: StripeRow {
        static let kind = "event"
        /// The time for which events can be read: 30 days.
        static let lifetimeSeconds: Int64 = 2_592_000

        let id: String
        let created: Int64
        let type: String
        let object: Snapshot
        /// The object before the change, for `previous_attributes` of `*.updated`.
        let previous: Snapshot?
        let cause: Cause?
        /// The endpoints that have not received the event yet.
        var receivers: [String] = []

        /// The number of endpoints that have not received the event yet.
        var pending: Int { receivers.count }

        /// Returns the JSON for the account's version.
        func json(_ version: StripeVersion) -> JSONValue { rendered(.account) }

        /// Returns the JSON with the object in this version.
        func rendered(_ version: StripeVersion) -> JSONValue {
            let current = object.json(version)
            var data: JSONValue = ["object": current]
            if let previous, let before = previous.json(version).objectValue {
                let changed = before.filter { current[$0.key] != $0.value }
                let added = current.objectValue?.filter { before[$0.key] == nil }.map { ($0.key, JSONValue.null) } ?? []
                data["previous_attributes"] = .object(
                    JSONObject(uniqueKeysWithValues: changed.map { ($0.key, $0.value) } + added))
            }
            return [
                "id": .string(id), "object": "event", "api_version": .string(version.text),
                "created": .integer(created), "data": data, "livemode": false, "pending_webhooks": .count(pending),
                "request": [
                    "id": .text(cause?.requestID), "idempotency_key": .text(cause?.idempotencyKey),
                ],
                "type": .string(type),
            ]
        }
    }

    /// A receiver of events.
    struct WebhookEndpoint: StripeRow {
        static let kind = "webhook endpoint"
        /// The number of endpoints that an account may have.
        static let limit = 16

        /// A secret that signs deliveries until it expires.
        struct Secret: Sendable {
            let text: String
            /// The real time in seconds since 1970 from which the secret is no longer used; `nil` for the newest one.
            var expires: Double?
        }

        let id: String
        let created: Int64
        var url: String
        var enabledEvents: [String]
        var isDisabled = false
        var isDeleted = false
        let version: StripeVersion?
        var description: String?
        var metadata: [String: String]
        var secrets: [Secret]

        /// Returns true if the endpoint receives events of a type.
        func accepts(_ type: String) -> Bool {
            !isDisabled && !isDeleted && enabledEvents.contains { $0 == "*" || $0 == type }
        }

        func json(_ version: StripeVersion) -> JSONValue {
            [
                "id": .string(id), "object": "webhook_endpoint", "api_version": .text(self.version?.text),
                "application": nil, "created": .integer(created), "description": .text(description),
                "enabled_events": .strings(enabledEvents), "livemode": false, "metadata": .labels(metadata),
                "status": isDisabled ? "disabled" : "enabled", "url": .string(url),
            ]
        }
    }
}
