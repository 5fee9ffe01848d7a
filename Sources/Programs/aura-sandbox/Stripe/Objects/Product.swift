import JSON

extension Stripe {
    /// A thing that is sold.
    struct Product: StripeRow {
        static let kind = "product"

        let id: String
        let created: Int64
        var updated: Int64
        var name: String
        var description: String?
        var isActive = true
        var metadata: [String: String]

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["active"] = .bool(isActive)
            json["created"] = .integer(created)
            json["updated"] = .integer(updated)
            json["name"] = .string(name)
            json["description"] = .text(description)
            json["metadata"] = .labels(metadata)
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"product","active":true,"created":null,"default_price":null,"description":null,
            "images":[],"livemode":false,"marketing_features":[],"metadata":{},"name":null,"package_dimensions":null,
            "shippable":null,"statement_descriptor":null,"tax_code":null,"type":"service","unit_label":null,
            "updated":null,"url":null}
            """)
    }

    /// An amount for a product, once or per period.
    struct Price: StripeRow {
        /// The unit of a period.
        enum Interval: String, Sendable, CaseIterable {
            case day, week, month, year
        }

        /// The period of a recurring price.
        struct Recurrence: Sendable, Hashable {
            var interval: Interval
            var count: Int64
            var trialDays: Int64?
        }

        static let kind = "price"

        let id: String
        let created: Int64
        let product: String
        let currency: String
        let unitAmount: Int64
        let recurrence: Recurrence?
        var isActive = true
        var lookupKey: String?
        var nickname: String?
        var metadata: [String: String]

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["active"] = .bool(isActive)
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["lookup_key"] = .text(lookupKey)
            json["nickname"] = .text(nickname)
            json["metadata"] = .labels(metadata)
            json["product"] = .string(product)
            json["type"] = recurrence == nil ? "one_time" : "recurring"
            json["unit_amount"] = .integer(unitAmount)
            json["unit_amount_decimal"] = .string(String(unitAmount))
            guard let recurrence else { return json }
            json["recurring"] = [
                "interval": .string(recurrence.interval.rawValue), "interval_count": .integer(recurrence.count),
                "meter": nil, "usage_type": "licensed",
                "trial_period_days": recurrence.trialDays.map(JSONValue.integer) ?? .null,
            ]
            return json
        }

        /// The older form of a recurring price.
        var plan: JSONValue {
            guard let recurrence else { return .null }
            var json = Self.planTemplate
            json["id"] = .string(id)
            json["active"] = .bool(isActive)
            json["amount"] = .integer(unitAmount)
            json["amount_decimal"] = .string(String(unitAmount))
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["interval"] = .string(recurrence.interval.rawValue)
            json["interval_count"] = .integer(recurrence.count)
            json["metadata"] = .labels(metadata)
            json["nickname"] = .text(nickname)
            json["product"] = .string(product)
            json["trial_period_days"] = recurrence.trialDays.map(JSONValue.integer) ?? .null
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"price","active":true,"billing_scheme":"per_unit","created":null,"currency":null,
            "custom_unit_amount":null,"livemode":false,"lookup_key":null,"metadata":{},"nickname":null,"product":null,
            "recurring":null,"tax_behavior":"unspecified","tiers_mode":null,"transform_quantity":null,"type":null,
            "unit_amount":null,"unit_amount_decimal":null}
            """)

        private static let planTemplate = Stripe.template(
            """
            {"id":null,"object":"plan","active":true,"amount":null,"amount_decimal":null,"billing_scheme":"per_unit",
            "created":null,"currency":null,"interval":null,"interval_count":null,"livemode":false,"metadata":{},
            "meter":null,"nickname":null,"product":null,"tiers_mode":null,"transform_usage":null,
            "trial_period_days":null,"usage_type":"licensed"}
            """)
    }
}
