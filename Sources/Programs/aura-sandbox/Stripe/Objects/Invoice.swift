import JSON

extension Stripe {
    /// One position of an invoice.
    struct InvoiceLine: Sendable {
        let id: String
        var amount: Int64
        var description: String
        var price: Price
        var quantity: Int64
        var periodStart: Int64
        var periodEnd: Int64
        var subscription: String
        var item: String
        var isProration = false

        /// Returns the JSON as a part of its invoice.
        func json(of invoice: String, _ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount"] = .integer(amount)
            json["currency"] = .string(price.currency)
            json["description"] = .string(description)
            json["invoice"] = .string(invoice)
            json["period"] = ["end": .integer(periodEnd), "start": .integer(periodStart)]
            json["quantity"] = .integer(quantity)
            json["quantity_decimal"] = .string(String(quantity))
            json["subscription"] = .string(subscription)
            json["subtotal"] = .integer(amount)
            guard version.isBasil else {
                json["plan"] = price.plan
                json["price"] = price.json(version)
                json["proration"] = .bool(isProration)
                json["subscription_item"] = .string(item)
                json["type"] = isProration ? "invoiceitem" : "subscription"
                return json
            }
            json["parent"] = [
                "invoice_item_details": nil,
                "subscription_item_details": [
                    "invoice_item": nil, "proration": .bool(isProration), "proration_details": ["credited_items": nil],
                    "subscription": .string(subscription), "subscription_item": .string(item),
                ],
                "type": "subscription_item_details",
            ]
            json["pricing"] = [
                "price_details": ["price": .string(price.id), "product": .string(price.product)],
                "type": "price_details", "unit_amount_decimal": .string(String(price.unitAmount)),
            ]
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"line_item","amount":null,"currency":null,"description":null,"discount_amounts":[],
            "discountable":true,"discounts":[],"invoice":null,"livemode":false,"metadata":{},"period":null,
            "pretax_credit_amounts":[],"quantity":null,"quantity_decimal":null,"subscription":null,"subtotal":null,
            "taxes":[]}
            """)
    }

    /// A bill for a period of a subscription.
    struct Invoice: StripeRow {
        /// The state of an invoice.
        enum Status: String, Sendable, CaseIterable {
            /// → open, paid, void
            case draft
            /// → paid, uncollectible, void
            case open
            case paid
            /// → paid, void
            case uncollectible
            case void
        }

        /// The reason for the invoice.
        enum Reason: String, Sendable {
            case create = "subscription_create"
            case cycle = "subscription_cycle"
            case update = "subscription_update"
        }

        static let kind = "invoice"

        let id: String
        let created: Int64
        let customer: String
        let customerEmail: String?
        let customerName: String?
        let subscription: String
        /// The metadata of the subscription at the time of the invoice.
        let subscriptionMetadata: [String: String]
        let reason: Reason
        let currency: String
        let lines: [InvoiceLine]
        let periodStart: Int64
        let periodEnd: Int64
        var status = Status.draft
        /// True if the account's clock finalises the draft and makes further attempts.
        var advances = true
        var number: String?
        var attempts: Int64 = 0
        var nextAttempt: Int64?
        var finalizedAt: Int64?
        var paidAt: Int64?
        var voidedAt: Int64?
        var uncollectibleAt: Int64?
        var isPaidOutOfBand = false
        var charge: String?
        var intent: String?
        var metadata: [String: String] = [:]

        /// The sum of the lines.
        var total: Int64 { lines.reduce(0) { $0 + $1.amount } }

        /// The amount to pay. A credit is not paid out.
        var due: Int64 { max(0, total) }

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            for name in ["subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"] {
                json[name] = .integer(total)
            }
            json["amount_due"] = .integer(due)
            json["amount_paid"] = .integer(status == .paid ? due : 0)
            json["amount_remaining"] = .integer(status == .paid ? 0 : due)
            json["attempt_count"] = .integer(attempts)
            json["attempted"] = .bool(attempts > 0)
            json["auto_advance"] = .bool(advances && (status == .draft || status == .open))
            json["billing_reason"] = .string(reason.rawValue)
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["customer"] = .string(customer)
            json["customer_email"] = .text(customerEmail)
            json["customer_name"] = .text(customerName)
            json["effective_at"] = finalizedAt.map(JSONValue.integer) ?? .null
            json["lines"] = Stripe.list(lines.map { $0.json(of: id, version) }, url: "/v1/invoices/\(id)/lines")
            json["metadata"] = .labels(metadata)
            json["next_payment_attempt"] = nextAttempt.map(JSONValue.integer) ?? .null
            json["number"] = .text(number)
            json["period_end"] = .integer(periodEnd)
            json["period_start"] = .integer(periodStart)
            json["status"] = .string(status.rawValue)
            json["status_transitions"] = [
                "finalized_at": finalizedAt.map(JSONValue.integer) ?? .null,
                "marked_uncollectible_at": uncollectibleAt.map(JSONValue.integer) ?? .null,
                "paid_at": paidAt.map(JSONValue.integer) ?? .null,
                "voided_at": voidedAt.map(JSONValue.integer) ?? .null,
            ]
            json["webhooks_delivered_at"] = .integer(created)
            addSubscription(&json, version)
            return json
        }

        /// Adds the members that name the subscription and the payment, which differ by version.
        private func addSubscription(_ json: inout JSONValue, _ version: StripeVersion) {
            if version.isBasil {
                json["parent"] = [
                    "quote_details": nil,
                    "subscription_details": [
                        "metadata": .labels(subscriptionMetadata), "subscription": .string(subscription),
                    ],
                    "type": "subscription_details",
                ]
            } else {
                json["charge"] = .text(charge)
                json["paid"] = .bool(status == .paid)
                json["paid_out_of_band"] = .bool(isPaidOutOfBand)
                json["payment_intent"] = .text(intent)
                json["subscription"] = .string(subscription)
                json["subscription_details"] = ["metadata": .labels(subscriptionMetadata)]
                json["tax"] = .null
                json["total_tax_amounts"] = []
            }
        }

        /// The payments of the invoice, which Basil shows on request.
        var payments: JSONValue {
            var rows: [JSONValue] = []
            if let intent {
                var row: JSONValue = ["id": .string("inpay_" + id.dropFirst(3)), "object": "invoice_payment"]
                row["amount_paid"] = status == .paid ? .integer(due) : .null
                row["amount_requested"] = .integer(due)
                row["created"] = .integer(created)
                row["currency"] = .string(currency)
                row["invoice"] = .string(id)
                row["is_default"] = true
                row["livemode"] = false
                row["payment"] = ["payment_intent": .string(intent), "type": "payment_intent"]
                row["status"] = status == .paid ? "paid" : "open"
                rows.append(row)
            }
            return Stripe.list(rows, url: "/v1/invoice_payments?invoice=\(id)")
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"invoice","account_country":"DE","account_name":"Aura sandbox","account_tax_ids":null,
            "amount_due":0,"amount_overpaid":0,"amount_paid":0,"amount_remaining":0,"amount_shipping":0,
            "application":null,"attempt_count":0,"attempted":false,"auto_advance":true,
            "automatic_tax":{"disabled_reason":null,"enabled":false,"liability":null,"provider":null,"status":null},
            "automatically_finalizes_at":null,"billing_reason":null,"collection_method":"charge_automatically",
            "created":null,"currency":null,"custom_fields":null,"customer":null,"customer_account":null,
            "customer_address":null,"customer_email":null,"customer_name":null,"customer_phone":null,
            "customer_shipping":null,"customer_tax_exempt":"none","customer_tax_ids":[],"default_payment_method":null,
            "default_source":null,"default_tax_rates":[],"description":null,"discounts":[],"due_date":null,
            "effective_at":null,"ending_balance":0,"footer":null,"from_invoice":null,"hosted_invoice_url":null,
            "invoice_pdf":null,"issuer":{"type":"self"},"last_finalization_error":null,"latest_revision":null,
            "lines":null,"livemode":false,"metadata":{},"next_payment_attempt":null,"number":null,"on_behalf_of":null,
            "payment_settings":{"default_mandate":null,"payment_method_options":null,"payment_method_types":null},
            "period_end":null,"period_start":null,"post_payment_credit_notes_amount":0,
            "pre_payment_credit_notes_amount":0,"receipt_number":null,"rendering":null,"shipping_cost":null,
            "shipping_details":null,"starting_balance":0,"statement_descriptor":null,"status":null,
            "status_transitions":null,"subtotal":0,"subtotal_excluding_tax":0,"test_clock":null,"total":0,
            "total_discount_amounts":[],"total_excluding_tax":0,"total_pretax_credit_amounts":[],"total_taxes":[],
            "webhooks_delivered_at":null}
            """)
    }
}
