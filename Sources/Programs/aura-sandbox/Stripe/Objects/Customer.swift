import JSON

extension Stripe {
    /// A buyer.
    struct Customer: StripeRow {
        /// The behaviour of the customer's payment method.
        enum PaymentMethod: String, Sendable, Decodable, CaseIterable {
            /// Every payment succeeds.
            case pays
            /// Every payment is declined.
            case declines
            /// Every payment needs an action of the customer (3-D Secure).
            case needsAction
            /// The customer has no payment method.
            case missing
        }

        static let kind = "customer"

        let id: String
        let created: Int64
        var email: String?
        var name: String?
        var phone: String?
        var description: String?
        var metadata: [String: String]
        var paymentMethod = PaymentMethod.pays
        var isDeleted = false
        /// True after a payment failed, until the next one succeeds.
        var isDelinquent = false
        /// The number of the next invoice.
        var nextInvoice: Int64 = 1

        /// The id of the payment method, or `nil` if the customer has none.
        var paymentMethodID: String? { paymentMethod == .missing ? nil : "pm_" + id.dropFirst(4) }

        /// The first part of the numbers of the customer's invoices.
        var invoicePrefix: String { id.suffix(8).uppercased() }

        func json(_ version: StripeVersion) -> JSONValue {
            guard !isDeleted else { return ["id": .string(id), "object": "customer", "deleted": true] }
            var json = Self.template
            json["id"] = .string(id)
            json["created"] = .integer(created)
            json["delinquent"] = .bool(isDelinquent)
            json["description"] = .text(description)
            json["email"] = .text(email)
            json["invoice_prefix"] = .string(invoicePrefix)
            json["invoice_settings"]?["default_payment_method"] = .text(paymentMethodID)
            json["metadata"] = .labels(metadata)
            json["name"] = .text(name)
            json["next_invoice_sequence"] = .integer(nextInvoice)
            json["phone"] = .text(phone)
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"customer","address":null,"balance":0,"created":null,"currency":null,
            "default_source":null,"delinquent":false,"description":null,"discount":null,"email":null,
            "invoice_prefix":null,"invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null,
            "rendering_options":null},"livemode":false,"metadata":{},"name":null,"next_invoice_sequence":1,"phone":null,
            "preferred_locales":[],"shipping":null,"tax_exempt":"none","test_clock":null}
            """)
    }
}
