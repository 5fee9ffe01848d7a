/// The actions of the buyer on a Checkout page, as `POST /_sandbox/stripe/checkout/sessions/{id}` describes them.
struct Buyer: Decodable, Sendable {
    static let fields: Set<String> = [
        "outcome", "email", "name", "customFields", "quantity", "paymentMethod", "subscriptionStatus",
    ]

    /// The outcome of the visit, or of the delayed payment of an earlier visit.
    enum Outcome: String, Decodable, Sendable {
        /// The buyer pays. A session without an amount needs no payment.
        case paid
        /// The buyer chooses a payment method with a delayed result.
        case unpaid
        /// The card is declined; the session stays open.
        case declined
        /// The delayed payment succeeds.
        case succeeded
        /// The delayed payment fails.
        case failed
    }

    var outcome: Outcome
    var email: String?
    var name: String?
    /// The values of the custom fields by key.
    var customFields: [String: String]?
    /// The quantity of the first line item, if it is adjustable.
    var quantity: Int64?
    /// The payment method that the customer has from now on.
    var paymentMethod: Stripe.Customer.PaymentMethod?
    /// With `unpaid`, the status of the subscription while the payment is processed: `incomplete` (the default) or
    /// `active`. Which of the two Stripe chooses is not verified.
    var subscriptionStatus: Stripe.Subscription.Status?
}

extension Stripe {
    /// The lifetime of a session: one day.
    static let sessionSeconds: Int64 = 86_400

    /// Plays the buyer of a session and returns the changed session. Throws 400 if the outcome is not possible.
    mutating func visit(_ id: String, _ buyer: Buyer) throws -> CheckoutSession {
        let session = try sessions.get(id)
        switch buyer.outcome {
        case .paid, .unpaid, .declined:
            guard session.status == .open else {
                throw StripeError.invalid("outcome", "The session is \(session.status.rawValue), not open.")
            }
            return try complete(session, buyer)
        case .succeeded, .failed:
            guard session.status == .complete, session.paymentStatus == .unpaid else {
                throw StripeError.invalid("outcome", "The session does not wait for a delayed payment.")
            }
            return settle(session, succeeds: buyer.outcome == .succeeded)
        }
    }

    private mutating func complete(_ session: CheckoutSession, _ buyer: Buyer) throws -> CheckoutSession {
        var session = session
        try fillIn(&session, buyer)
        if buyer.outcome == .declined {
            let intent = newIntent(
                amount: session.total, currency: session.items[0].price.currency, customer: session.customer,
                invoice: nil, .requiresPaymentMethod)
            _ = collect(intent, .declines, email: buyer.email)
            return session
        }
        let isPaid = buyer.outcome == .paid
        switch session.mode {
        case .subscription:
            let customer = self.customer(of: session, buyer)
            session.customer = customer
            let data = session.subscriptionData
            let items = session.items.map { newItem($0.price, quantity: $0.quantity) }
            let trialEnd = data.trialDays.flatMap { $0 > 0 ? now + $0 * 86_400 : nil }
            var subscription = newSubscription(customer: customer, items, trialEnd: trialEnd, data)
            subscription.paymentMethod = customers[customer]?.paymentMethodID
            subscription = start(subscription, attempts: isPaid, with: .pays)
            session.subscription = subscription.id
            session.invoice = subscription.latestInvoice
            if !isPaid, !session.isFree { awaitPayment(of: subscription, buyer) }
        case .payment:
            if !session.isFree {
                let intent = newIntent(
                    amount: session.total, currency: session.items[0].price.currency, customer: session.customer,
                    invoice: nil, isPaid ? .requiresPaymentMethod : .processing)
                session.intent = intent
                if isPaid { _ = collect(intent, .pays, email: session.buyerEmail) }
            }
        }
        session.status = .complete
        session.paymentStatus = session.isFree ? .noPaymentRequired : isPaid ? .paid : .unpaid
        sessions.put(session)
        emit("checkout.session.completed", .session(session))
        return session
    }

    /// The first invoice of a subscription is paid with a delayed method.
    private mutating func awaitPayment(of subscription: Subscription, _ buyer: Buyer) {
        guard let invoice = subscription.latestInvoice.flatMap({ invoices[$0] }) else { return }
        _ = intent(of: invoice, .processing)
        if buyer.subscriptionStatus == .active { update(subscription.id) { $0.status = .active } }
    }

    /// The result of a delayed payment is known.
    private mutating func settle(_ session: CheckoutSession, succeeds: Bool) -> CheckoutSession {
        var session = session
        let method: Customer.PaymentMethod = succeeds ? .pays : .declines
        if let invoice = session.invoice {
            _ = attempt(invoice, with: method)
            if !succeeds, let id = session.subscription {
                plan(.firstPaymentExpires(subscription: id), at: now + Self.firstPaymentSeconds)
            }
        } else if let intent = session.intent {
            _ = collect(intent, method, email: session.buyerEmail)
        }
        if succeeds { session.paymentStatus = .paid }
        sessions.put(session)
        emit("checkout.session.async_payment_\(succeeds ? "succeeded" : "failed")", .session(session))
        return session
    }

    private func fillIn(_ session: inout CheckoutSession, _ buyer: Buyer) throws {
        for key in (buyer.customFields ?? [:]).keys.sorted()
        where !session.customFields.contains(where: { $0.key == key }) {
            throw StripeError.invalid("customFields", "The session has no custom field '\(key)'.")
        }
        for place in session.customFields.indices {
            let field = session.customFields[place]
            let value = buyer.customFields?[field.key]
            guard value != nil || field.isOptional || buyer.outcome == .declined else {
                throw StripeError.invalid("customFields", "The custom field '\(field.key)' is required.")
            }
            if let value, field.kind == .dropdown, !field.options.contains(where: { $0.value == value }) {
                throw StripeError.invalid("customFields", "The custom field '\(field.key)' has no option '\(value)'.")
            }
            session.customFields[place].value = value
        }
        if let quantity = buyer.quantity {
            guard session.items[0].adjustable?.contains(quantity) ?? false else {
                throw StripeError.invalid("quantity", "The quantity is not adjustable to \(quantity).")
            }
            session.items[0].quantity = quantity
        }
        let known = session.customer.flatMap { customers[$0] }
        session.buyerEmail = buyer.email ?? session.customerEmail ?? known?.email ?? "buyer@example.com"
        session.buyerName = buyer.name ?? known?.name
    }

    /// Returns the customer of a session, and creates one if there is none.
    private mutating func customer(of session: CheckoutSession, _ buyer: Buyer) -> String {
        if let id = session.customer {
            if let method = buyer.paymentMethod, var customer = customers[id] {
                customer.paymentMethod = method
                customers.put(customer)
            }
            return id
        }
        let customer = Customer(
            id: newID("cus_", length: 14), created: now, email: session.buyerEmail, name: session.buyerName,
            metadata: [:], paymentMethod: buyer.paymentMethod ?? .pays)
        customers.put(customer)
        emit("customer.created", .customer(customer))
        return customer.id
    }

    /// The lifetime of a session is over, or the seller ends it.
    mutating func expireSession(_ id: String) {
        guard var session = sessions[id], session.status == .open else { return }
        session.status = .expired
        sessions.put(session)
        emit("checkout.session.expired", .session(session))
    }
}
