import JSON

extension Stripe {
    /// `/charges` and `/payment_intents`.
    static let chargeRoutes: [Route] = [
        route("GET", "/charges") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["customer", "payment_intent"]))
            let customer = try arguments.text("customer")
            let intent = try arguments.text("payment_intent")
            return try stripe.charges.page(arguments, url: request.url, request.version) {
                (customer == nil || customer == $0.customer) && (intent ?? $0.intent) == $0.intent
            }
        },
        route("GET", "/charges/{id}") { stripe, request in
            try stripe.charges.get(request.id).json(request.version)
        },
        route("GET", "/charges/{id}/refunds") { stripe, request in
            try request.arguments.allow(listNames)
            return try stripe.refunds.page(request.arguments, url: request.url, request.version) {
                $0.charge == request.id
            }
        },
        route("GET", "/payment_intents") { stripe, request in
            try request.arguments.allow(listNames.union(["customer"]))
            let customer = try request.arguments.text("customer")
            return try stripe.intents.page(request.arguments, url: request.url, request.version) {
                customer == nil || customer == $0.customer
            }
        },
        route("GET", "/payment_intents/{id}") { stripe, request in
            try stripe.intents.get(request.id).json(request.version)
        },
    ]

    /// `/refunds` and `/disputes`.
    static let refundRoutes: [Route] = [
        route("POST", "/refunds") { stripe, request in
            try stripe.createRefund(request.arguments).json(request.version)
        },
        route("GET", "/refunds") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["charge", "payment_intent"]))
            let charge = try arguments.text("charge")
            let intent = try arguments.text("payment_intent")
            return try stripe.refunds.page(arguments, url: request.url, request.version) {
                (charge ?? $0.charge) == $0.charge && (intent ?? $0.intent) == $0.intent
            }
        },
        route("GET", "/refunds/{id}") { stripe, request in
            try stripe.refunds.get(request.id).json(request.version)
        },
        route("GET", "/disputes") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["charge", "payment_intent"]))
            let charge = try arguments.text("charge")
            return try stripe.disputes.page(arguments, url: request.url, request.version) {
                (charge ?? $0.charge) == $0.charge
            }
        },
        route("GET", "/disputes/{id}") { stripe, request in
            try stripe.disputes.get(request.id).json(request.version)
        },
    ]

    private mutating func createRefund(_ arguments: StripeArguments) throws -> Refund {
        try arguments.allow(["charge", "payment_intent", "amount", "reason", "metadata"])
        let charge = try refundedCharge(arguments)
        let rest = charge.amount - charge.refunded
        guard rest > 0 else {
            throw StripeError.invalid(
                nil, "Charge \(charge.id) has already been refunded.", code: "charge_already_refunded")
        }
        guard !charge.isDisputed else {
            throw StripeError.invalid(nil, "Charge \(charge.id) has been charged back.", code: "charge_disputed")
        }
        let amount = try arguments.integer("amount", in: 1...Int64.max) ?? rest
        guard amount <= rest else {
            throw StripeError.invalid(
                "amount", "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(rest)).",
                code: "amount_too_large")
        }
        return refund(
            charge, amount: amount, reason: try arguments.text("reason"), metadata: try arguments.metadata())
    }

    /// Returns the charge that `charge` or `payment_intent` names. Throws 400 if it did not succeed.
    private func refundedCharge(_ arguments: StripeArguments) throws -> Charge {
        let id: String
        if let intent = try arguments.text("payment_intent") {
            let latest = try intents.get(intent, param: "payment_intent").latestCharge
            guard let latest else {
                throw StripeError.invalid("payment_intent", "This PaymentIntent does not have a successful charge.")
            }
            id = latest
        } else {
            id = try arguments.required("charge")
        }
        let charge = try charges.get(id, param: "charge")
        guard charge.failureCode == nil else {
            throw StripeError.invalid("charge", "Charge \(id) did not succeed and cannot be refunded.")
        }
        return charge
    }
}
