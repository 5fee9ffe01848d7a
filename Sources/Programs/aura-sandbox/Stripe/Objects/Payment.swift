import JSON

extension Stripe {
    /// An attempt to collect an amount, over all its charges.
    struct PaymentIntent: StripeRow {
        /// The state of a payment.
        enum Status: String, Sendable {
            case requiresPaymentMethod = "requires_payment_method"
            case requiresAction = "requires_action"
            case processing
            case succeeded
        }

        static let kind = "payment_intent"

        let id: String
        let created: Int64
        let amount: Int64
        let currency: String
        var customer: String?
        var paymentMethod: String?
        var status: Status
        var latestCharge: String?
        /// The invoice that the payment is for, in versions before Basil.
        var invoice: String?
        var metadata: [String: String] = [:]

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount"] = .integer(amount)
            json["amount_received"] = .integer(status == .succeeded ? amount : 0)
            json["client_secret"] = .string("\(id)_secret_sandbox")
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["customer"] = .text(customer)
            json["latest_charge"] = .text(latestCharge)
            json["metadata"] = .labels(metadata)
            json["payment_method"] = .text(paymentMethod)
            json["status"] = .string(status.rawValue)
            if status == .requiresAction { json["next_action"] = ["type": "use_stripe_sdk", "use_stripe_sdk": [:]] }
            if !version.isBasil { json["invoice"] = .text(invoice) }
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"payment_intent","amount":null,"amount_capturable":0,"amount_details":{"tip":{}},
            "amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,
            "canceled_at":null,"cancellation_reason":null,"capture_method":"automatic","client_secret":null,
            "confirmation_method":"automatic","created":null,"currency":null,"customer":null,"customer_account":null,
            "description":null,"excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,
            "livemode":false,"managed_payments":null,"metadata":{},"next_action":null,"on_behalf_of":null,
            "payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{},
            "payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,
            "setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,
            "statement_descriptor_suffix":null,"status":null,"transfer_data":null,"transfer_group":null}
            """)
    }

    /// One movement of money, or a declined attempt.
    struct Charge: StripeRow {
        static let kind = "charge"

        let id: String
        let created: Int64
        let amount: Int64
        let currency: String
        let customer: String?
        let intent: String
        let paymentMethod: String?
        let invoice: String?
        let email: String?
        /// The code of the decline; `nil` if the charge succeeded.
        let failureCode: String?
        var refunded: Int64 = 0
        var isDisputed = false

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount"] = .integer(amount)
            json["amount_captured"] = .integer(failureCode == nil ? amount : 0)
            json["amount_refunded"] = .integer(refunded)
            json["billing_details"]?["email"] = .text(email)
            json["captured"] = .bool(failureCode == nil)
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["customer"] = .text(customer)
            json["disputed"] = .bool(isDisputed)
            json["failure_code"] = .text(failureCode)
            json["failure_message"] = .text(failureCode.map { _ in "Your card was declined." })
            json["outcome"]?["type"] = failureCode == nil ? "authorized" : "issuer_declined"
            json["paid"] = .bool(failureCode == nil)
            json["payment_intent"] = .string(intent)
            json["payment_method"] = .text(paymentMethod)
            json["refunded"] = .bool(refunded == amount && failureCode == nil)
            json["refunds"] = Stripe.list([], url: "/v1/charges/\(id)/refunds")
            json["status"] = failureCode == nil ? "succeeded" : "failed"
            if !version.isBasil { json["invoice"] = .text(invoice) }
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"charge","amount":null,"amount_captured":0,"amount_refunded":0,"application":null,
            "application_fee":null,"application_fee_amount":null,"balance_transaction":null,
            "billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":null,
            "state":null},"email":null,"name":null,"phone":null,"tax_id":null},"calculated_statement_descriptor":null,
            "captured":true,"created":null,"currency":null,"customer":null,"description":null,"disputed":false,
            "failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},
            "livemode":false,"metadata":{},"on_behalf_of":null,"outcome":{"advice_code":null,
            "network_advice_code":null,"network_decline_code":null,"network_status":null,"reason":null,
            "seller_message":null,"type":null},"paid":true,"payment_intent":null,"payment_method":null,
            "payment_method_details":null,"receipt_email":null,"receipt_number":null,"receipt_url":null,
            "refunded":false,"refunds":null,"review":null,"shipping":null,"source":null,"source_transfer":null,
            "statement_descriptor":null,"statement_descriptor_suffix":null,"status":null,"transfer_data":null,
            "transfer_group":null}
            """)
    }

    /// Money that was paid back.
    struct Refund: StripeRow {
        static let kind = "refund"

        let id: String
        let created: Int64
        let amount: Int64
        let currency: String
        let charge: String
        let intent: String
        let customer: String?
        let reason: String?
        var metadata: [String: String]

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount"] = .integer(amount)
            json["charge"] = .string(charge)
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["customer"] = .text(customer)
            json["metadata"] = .labels(metadata)
            json["payment_intent"] = .string(intent)
            json["reason"] = .text(reason)
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"refund","amount":null,"balance_transaction":null,"charge":null,"created":null,
            "currency":null,"customer":null,"customer_account":null,"destination_details":{"card":{"type":"refund"},
            "type":"card"},"metadata":{},"payment_intent":null,"payment_method":null,"reason":null,
            "receipt_number":null,"source_transfer_reversal":null,"status":"succeeded","transfer_reversal":null}
            """)
    }

    /// A charge that the customer's bank disputes.
    struct Dispute: StripeRow {
        /// The state of a dispute.
        enum Status: String, Sendable, Decodable {
            case needsResponse = "needs_response"
            case won, lost
        }

        static let kind = "dispute"

        let id: String
        let created: Int64
        let amount: Int64
        let currency: String
        let charge: String
        let intent: String
        let reason: String
        var status = Status.needsResponse

        func json(_ version: StripeVersion) -> JSONValue {
            var json = Self.template
            json["id"] = .string(id)
            json["amount"] = .integer(amount)
            json["charge"] = .string(charge)
            json["created"] = .integer(created)
            json["currency"] = .string(currency)
            json["payment_intent"] = .string(intent)
            json["reason"] = .string(reason)
            json["status"] = .string(status.rawValue)
            return json
        }

        private static let template = Stripe.template(
            """
            {"id":null,"object":"dispute","amount":null,"balance_transactions":[],"charge":null,"created":null,
            "currency":null,"enhanced_eligibility_types":[],"evidence":{},"evidence_details":{"due_by":null,
            "has_evidence":false,"past_due":false,"submission_count":0},"is_charge_refundable":false,"livemode":false,
            "metadata":{},"payment_intent":null,"reason":null,"status":null}
            """)
    }
}
