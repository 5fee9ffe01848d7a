import JSON

extension Stripe {
    /// A price and a quantity of a subscription.
    struct SubscriptionItem: Sendable {
        let id: String
        let created: Int64
        var price: Price
        var quantity: Int64
        var metadata: [String: String]

        /// The amount of one whole period.
        var amount: Int64 { price.unitAmount * quantity }

        /// Returns the JSON as a part of its subscription.
        func json(of subscription: Subscription, _ version: StripeVersion) -> JSONValue {
            var json: JSONValue = [
                "id": .string(id), "object": "subscription_item", "billing_thresholds": nil,
                "created": .integer(created), "discounts": [], "metadata": .labels(metadata),
            ]
            if version.isBasil {
                json["current_period_start"] = .integer(subscription.periodStart)
                json["current_period_end"] = .integer(subscription.periodEnd)
            }
            json["plan"] = price.plan
            json["price"] = price.json(version)
            json["quantity"] = .integer(quantity)
            json["subscription"] = .string(subscription.id)
            json["tax_rates"] = []
            return json
        }
    }

    /// A customer's recurring purchase.
    struct Subscription: StripeRow {
        /// The state of payment.
        enum Status: String, Sendable, CaseIterable, Decodable {
            /// The first payment has not succeeded. → active, incomplete_expired
            case incomplete
            /// The first payment did not succeed in time. An end.
            case incompleteExpired = "incomplete_expired"
            /// The first periods are free. → active, past_due, paused, canceled
            case trialing
            /// Paid. → past_due, canceled
            case active
            /// A payment failed and is tried again. → active, unpaid, canceled
            case pastDue = "past_due"
            /// No more attempts are made. → active, canceled
            case unpaid
            /// Ended. An end.
            case canceled
            /// The trial ended without a payment method. → active, canceled
            case paused

            /// True if the subscription is over.
            var isOver: Bool {
                switch self {
                case .canceled, .incompleteExpired: true
                case .incomplete, .trialing, .active, .pastDue, .unpaid, .paused: false
                }
            }
        }

        /// The treatment of invoices while collection is paused.
        enum PauseBehavior: String, Sendable, CaseIterable {
            case keepAsDraft = "keep_as_draft"
            case markUncollectible = "mark_uncollectible"
            case void
        }

        /// What happens at the end of a trial without a payment method.
        enum MissingMethod: String, Sendable, CaseIterable {
            case cancel
            case createInvoice = "create_invoice"
            case pause
        }

        static let kind = "subscription"

        let id: String
        let created: Int64
        let customer: String
        var items: [SubscriptionItem]
        var status: Status
        /// The time from which the ends of periods are computed.
        var anchor: Int64
        var periodStart: Int64
        var periodEnd: Int64
        var trialStart: Int64?
        var trialEnd: Int64?
        var cancelAtPeriodEnd = false
        var cancelAt: Int64?
        var canceledAt: Int64?
        var endedAt: Int64?
        var cancellationReason: String?
        var cancellationComment: String?
        var pause: PauseBehavior?
        var pauseResumesAt: Int64?
        var missingMethod = MissingMethod.createInvoice
        var latestInvoice: String?
        var description: String?
        var paymentMethod: String?
        var metadata: [String: String]
        /// The parts of the next invoice for changes within a period.
        var pendingLines: [InvoiceLine] = []

        /// The length of a period.
        var recurrence: Price.Recurrence {
            items.first?.price.recurrence ?? Price.Recurrence(interval: .month, count: 1)
        }

        var currency: String { items.first?.price.currency ?? "usd" }

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["billing_cycle_anchor"] = .integer(anchor)
            json["cancel_at"] = cancelAt.map(JSONValue.integer) ?? (cancelAtPeriodEnd ? .integer(periodEnd) : .null)
            json["cancel_at_period_end"] = .bool(cancelAtPeriodEnd)
            json["canceled_at"] = canceledAt.map(JSONValue.integer) ?? .null
            json["cancellation_details"] = [
                "comment": .text(cancellationComment), "feedback": nil, "reason": .text(cancellationReason),
            ]
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["customer"] = .string(customer)
            json["default_payment_method"] = .text(paymentMethod)
            json["description"] = .text(description)
            json["ended_at"] = endedAt.map(JSONValue.integer) ?? .null
            json["items"] = Stripe.list(
                items.map { $0.json(of: self, version) }, url: "/v1/subscription_items?subscription=\(id)")
            json["latest_invoice"] = .text(latestInvoice)
            json["metadata"] = .labels(metadata)
            if let pause {
                json["pause_collection"] = [
                    "behavior": .string(pause.rawValue),
                    "resumes_at": pauseResumesAt.map(JSONValue.integer) ?? .null,
                ]
            }
            json["start_date"] = .integer(created)
            json["status"] = .string(status.rawValue)
            json["trial_end"] = trialEnd.map(JSONValue.integer) ?? .null
            json["trial_settings"] = ["end_behavior": ["missing_payment_method": .string(missingMethod.rawValue)]]
            json["trial_start"] = trialStart.map(JSONValue.integer) ?? .null
            if !version.isBasil { addEarlierMembers(&json) }
            return json
        }

        /// Adds the members of versions before Basil.
        private func addEarlierMembers(_ json: inout JSONValue) {
            json["current_period_start"] = .integer(periodStart)
            json["current_period_end"] = .integer(periodEnd)
            json["plan"] = items.count == 1 ? items[0].price.plan : .null
            json["quantity"] = items.count == 1 ? .integer(items[0].quantity) : .null
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"subscription","application":null,"application_fee_percent":null,
            "automatic_tax":{"disabled_reason":null,"enabled":false,"liability":null},"billing_cycle_anchor":null,
            "billing_cycle_anchor_config":null,"billing_mode":{"flexible":null,"type":"classic"},"billing_schedules":[],
            "billing_thresholds":null,"cancel_at":null,"cancel_at_period_end":false,"canceled_at":null,
            "cancellation_details":null,"collection_method":"charge_automatically","created":null,"currency":null,
            "customer":null,"customer_account":null,"days_until_due":null,"default_payment_method":null,
            "default_source":null,"default_tax_rates":[],"description":null,"discounts":[],"ended_at":null,
            "invoice_settings":{"account_tax_ids":null,"custom_fields":null,"description":null,"footer":null,
            "issuer":{"type":"self"}},"items":null,"latest_invoice":null,"livemode":false,"managed_payments":null,
            "metadata":{},"next_pending_invoice_item_invoice":null,"on_behalf_of":null,"pause_collection":null,
            "payment_settings":{"payment_method_options":null,"payment_method_types":null,
            "save_default_payment_method":"off"},"pending_invoice_item_interval":null,"pending_setup_intent":null,
            "pending_update":null,"schedule":null,"start_date":null,"status":null,"test_clock":null,
            "transfer_data":null,"trial_end":null,"trial_settings":null,"trial_start":null}
            """)
    }
}
