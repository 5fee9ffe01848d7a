extension Stripe {
    /// Creates a payment.
    mutating func newIntent(
        amount: Int64, currency: String, customer: String?, invoice: String?, _ status: PaymentIntent.Status,
        metadata: [String: String] = [:]
    ) -> String {
        let intent = PaymentIntent(
            id: newID("pi_3"), created: now, amount: amount, currency: currency, customer: customer,
            paymentMethod: customer.flatMap { customers[$0]?.paymentMethodID }, status: status, invoice: invoice,
            metadata: metadata)
        intents.put(intent)
        emit("payment_intent.created", .intent(intent))
        return intent.id
    }

    /// Tries to collect a payment with a payment method. Returns true if it succeeded.
    mutating func collect(_ id: String, _ method: Customer.PaymentMethod, email: String?) -> Bool {
        guard var intent = intents[id] else { return false }
        var charge: Charge?
        switch method {
        case .pays: intent.status = .succeeded
        case .declines, .missing: intent.status = .requiresPaymentMethod
        case .needsAction: intent.status = .requiresAction
        }
        if method == .pays || method == .declines {
            let made = Charge(
                id: newID("ch_3"), created: now, amount: intent.amount, currency: intent.currency,
                customer: intent.customer, intent: id, paymentMethod: intent.paymentMethod, invoice: intent.invoice,
                email: email, failureCode: method == .pays ? nil : "card_declined")
            charges.put(made)
            intent.latestCharge = made.id
            charge = made
        }
        intents.put(intent)
        switch method {
        case .pays:
            if let charge { emit("charge.succeeded", .charge(charge)) }
            emit("payment_intent.succeeded", .intent(intent))
        case .declines:
            if let charge { emit("charge.failed", .charge(charge)) }
            emit("payment_intent.payment_failed", .intent(intent))
        case .needsAction: emit("payment_intent.requires_action", .intent(intent))
        case .missing: break
        }
        return method == .pays
    }

    /// Pays a charge back, in whole or in part.
    mutating func refund(_ charge: Charge, amount: Int64, reason: String?, metadata: [String: String]) -> Refund {
        var charge = charge
        charge.refunded += amount
        charges.put(charge)
        let refund = Refund(
            id: newID("re_3"), created: now, amount: amount, currency: charge.currency, charge: charge.id,
            intent: charge.intent, customer: charge.customer, reason: reason, metadata: metadata)
        refunds.put(refund)
        emit("refund.created", .refund(refund))
        emit("charge.refunded", .charge(charge))
        return refund
    }

    /// Opens a dispute about a charge.
    mutating func openDispute(_ charge: Charge, amount: Int64, reason: String) -> Dispute {
        var charge = charge
        charge.isDisputed = true
        charges.put(charge)
        let dispute = Dispute(
            id: newID("du_1"), created: now, amount: amount, currency: charge.currency, charge: charge.id,
            intent: charge.intent, reason: reason)
        disputes.put(dispute)
        emit("charge.dispute.created", .dispute(dispute))
        return dispute
    }

    /// Ends a dispute.
    mutating func closeDispute(_ dispute: Dispute, _ status: Dispute.Status) -> Dispute {
        var dispute = dispute
        dispute.status = status
        disputes.put(dispute)
        emit("charge.dispute.closed", .dispute(dispute))
        return dispute
    }
}
