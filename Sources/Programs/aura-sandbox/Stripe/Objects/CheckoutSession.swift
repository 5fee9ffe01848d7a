import JSON

extension Stripe {
    /// A price and a quantity of a Checkout session or a payment link.
    struct LineItem: Sendable {
        let id: String
        let price: Price
        var quantity: Int64
        /// The quantities that the buyer may choose; `nil` if the quantity is fixed.
        var adjustable: ClosedRange<Int64>?

        var amount: Int64 { price.unitAmount * quantity }

        /// Returns the JSON with the name of the product.
        func json(_ version: StripeVersion, description: String?) -> JSONValue {
            [
                "id": .string(id), "object": "item", "adjustable_quantity": nil, "amount_discount": 0,
                "amount_subtotal": .integer(amount), "amount_tax": 0, "amount_total": .integer(amount),
                "currency": .string(price.currency), "description": .text(description), "metadata": [:],
                "price": price.json(version), "quantity": .integer(quantity),
            ]
        }
    }

    /// A field that the buyer fills in.
    struct CustomField: Sendable {
        /// The kind of a field.
        enum Kind: String, Sendable, CaseIterable {
            case text, numeric, dropdown
        }

        let key: String
        let label: String
        let kind: Kind
        let isOptional: Bool
        /// The values of a drop-down list.
        let options: [(label: String, value: String)]
        var value: String?

        var json: JSONValue {
            var details: JSONValue = ["default_value": nil, "value": .text(value)]
            switch kind {
            case .dropdown:
                details["options"] = .array(options.map { ["label": .string($0.label), "value": .string($0.value)] })
            case .text, .numeric:
                details["maximum_length"] = .null
                details["minimum_length"] = .null
            }
            return [
                "key": .string(key), "label": ["custom": .string(label), "type": "custom"],
                "optional": .bool(isOptional), "type": .string(kind.rawValue), kind.rawValue: details,
            ]
        }
    }

    /// The data that a Checkout session or a payment link gives to the subscription that it creates.
    struct SubscriptionData: Sendable {
        var metadata: [String: String] = [:]
        var description: String?
        var trialDays: Int64?
        var missingMethod = Subscription.MissingMethod.createInvoice
    }

    /// A page on which a buyer pays.
    struct CheckoutSession: StripeRow {
        /// The purpose of the page.
        enum Mode: String, Sendable, CaseIterable {
            case payment, subscription
        }

        /// The state of the page.
        enum Status: String, Sendable, CaseIterable {
            /// → complete, expired
            case open
            case complete, expired
        }

        /// The state of the payment.
        enum PaymentStatus: String, Sendable {
            /// → paid
            case unpaid
            case paid
            case noPaymentRequired = "no_payment_required"
        }

        static let kind = "checkout.session"

        let id: String
        let created: Int64
        let mode: Mode
        var items: [LineItem]
        var status = Status.open
        var paymentStatus = PaymentStatus.unpaid
        let expiresAt: Int64
        var customer: String?
        let clientReference: String?
        var customerEmail: String?
        /// The address and name that the buyer gave.
        var buyerEmail: String?
        var buyerName: String?
        var customFields: [CustomField]
        var subscriptionData: SubscriptionData
        var metadata: [String: String]
        let successURL: String?
        let cancelURL: String?
        let link: String?
        let uiMode: UIMode
        var subscription: String?
        var invoice: String?
        var intent: String?

        /// The sum of the line items.
        var total: Int64 { items.reduce(0) { $0 + $1.amount } }

        /// True if nothing is paid when the session completes.
        var isFree: Bool { total == 0 || (mode == .subscription && (subscriptionData.trialDays ?? 0) > 0) }

        /// The kind of the page. Dahlia renamed the values.
        enum UIMode: String, Sendable, CaseIterable {
            case hosted, embedded, custom
            case hostedPage = "hosted_page"
            case embeddedPage = "embedded_page"
            case elements

            /// Returns the name in a version.
            func name(_ version: StripeVersion) -> String {
                switch self {
                case .hosted, .hostedPage: version.isDahlia ? "hosted_page" : "hosted"
                case .embedded, .embeddedPage: version.isDahlia ? "embedded_page" : "embedded"
                case .custom, .elements: version.isDahlia ? "elements" : "custom"
                }
            }
        }

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount_subtotal"] = .integer(total)
            json["amount_total"] = .integer(total)
            json["cancel_url"] = .text(cancelURL)
            json["client_reference_id"] = .text(clientReference)
            json["created"] = .integer(created)
            json["currency"] = .text(items.first?.price.currency)
            json["custom_fields"] = .array(customFields.map(\.json))
            json["customer"] = .text(customer)
            json["customer_details"] = customerDetails
            json["customer_email"] = .text(customerEmail)
            json["expires_at"] = .integer(expiresAt)
            json["invoice"] = .text(invoice)
            json["metadata"] = .labels(metadata)
            json["mode"] = .string(mode.rawValue)
            json["payment_intent"] = .text(intent)
            json["payment_link"] = .text(link)
            json["payment_status"] = .string(paymentStatus.rawValue)
            json["status"] = .string(status.rawValue)
            json["subscription"] = .text(subscription)
            json["success_url"] = .text(successURL)
            json["ui_mode"] = .string(uiMode.name(version))
            json["url"] = status == .open ? .string("https://checkout.stripe.com/c/pay/\(id)") : .null
            return json
        }

        private var customerDetails: JSONValue {
            guard let email = buyerEmail ?? customerEmail else { return .null }
            return [
                "address": nil, "business_name": nil, "email": .string(email), "individual_name": nil,
                "name": .text(buyerName), "phone": nil, "tax_exempt": "none", "tax_ids": [],
            ]
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"checkout.session","adaptive_pricing":null,"after_expiration":null,
            "allow_promotion_codes":null,"amount_subtotal":null,"amount_total":null,"automatic_tax":{"enabled":false,
            "liability":null,"provider":null,"status":null},"billing_address_collection":null,"cancel_url":null,
            "client_reference_id":null,"client_secret":null,"collected_information":null,"consent":null,
            "consent_collection":null,"created":null,"currency":null,"currency_conversion":null,"custom_fields":[],
            "custom_text":{"after_submit":null,"shipping_address":null,"submit":null,
            "terms_of_service_acceptance":null},
            "customer":null,"customer_account":null,"customer_creation":null,"customer_details":null,
            "customer_email":null,"discounts":[],"expires_at":null,"integration_identifier":null,"invoice":null,
            "invoice_creation":null,"livemode":false,"locale":null,"managed_payments":null,"metadata":{},"mode":null,
            "origin_context":null,"payment_intent":null,"payment_link":null,"payment_method_collection":"always",
            "payment_method_configuration_details":null,"payment_method_options":{},"payment_method_types":["card"],
            "payment_status":null,"permissions":null,"phone_number_collection":{"enabled":false},
            "recovered_from":null,"saved_payment_method_options":null,"setup_intent":null,
            "shipping_address_collection":null,"shipping_cost":null,"shipping_options":[],"status":null,
            "submit_type":null,"subscription":null,"success_url":null,"total_details":{"amount_discount":0,
            "amount_shipping":0,"amount_tax":0},"ui_mode":null,"url":null,"wallet_options":null}
            """)
    }

    /// An address that gives each visitor a Checkout session.
    struct PaymentLink: StripeRow {
        static let kind = "payment_link"

        let id: String
        let created: Int64
        let items: [LineItem]
        var isActive = true
        let customFields: [CustomField]
        let subscriptionData: SubscriptionData
        var metadata: [String: String]

        /// A link to recurring prices creates subscriptions.
        var mode: CheckoutSession.Mode {
            items.contains { $0.price.recurrence != nil } ? .subscription : .payment
        }

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["active"] = .bool(isActive)
            json["currency"] = .text(items.first?.price.currency)
            json["custom_fields"] = .array(customFields.map(\.json))
            json["metadata"] = .labels(metadata)
            if mode == .subscription {
                json["subscription_data"] = [
                    "description": .text(subscriptionData.description),
                    "invoice_settings": ["issuer": ["type": "self"]],
                    "metadata": .labels(subscriptionData.metadata),
                    "trial_period_days": subscriptionData.trialDays.map(JSONValue.integer) ?? .null,
                    "trial_settings": nil,
                ]
            }
            json["url"] = .string("https://buy.stripe.com/test_\(id.dropFirst(6))")
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"payment_link","active":true,"after_completion":{"hosted_confirmation":
            {"custom_message":null},"type":"hosted_confirmation"},"allow_promotion_codes":false,"application":null,
            "application_fee_amount":null,"application_fee_percent":null,"automatic_tax":{"enabled":false,
            "liability":null},"billing_address_collection":"auto","consent_collection":null,"currency":null,
            "custom_fields":[],"custom_text":{"after_submit":null,"shipping_address":null,"submit":null,
            "terms_of_service_acceptance":null},"customer_creation":"if_required","inactive_message":null,
            "invoice_creation":null,"livemode":false,"metadata":{},"on_behalf_of":null,"payment_intent_data":null,
            "payment_method_collection":"always","payment_method_types":null,"phone_number_collection":
            {"enabled":false},"restrictions":null,"shipping_address_collection":null,"shipping_options":[],
            "submit_type":"auto","subscription_data":null,"tax_id_collection":{"enabled":false,"required":"never"},
            "transfer_data":null,"url":null}
            """)
    }
}
