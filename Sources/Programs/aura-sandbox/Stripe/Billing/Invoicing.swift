extension Stripe {
    /// The time that the first payment of a subscription has: 23 hours.
    static let firstPaymentSeconds: Int64 = 82_800

    /// Makes the draft of an invoice and names it in its subscription. The caller makes the events.
    mutating func draft(
        for subscription: Subscription, _ reason: Invoice.Reason, _ lines: [InvoiceLine]
    ) -> Invoice {
        let customer = customers[subscription.customer]
        let invoice = Invoice(
            id: newID("in_1"), created: now, customer: subscription.customer, customerEmail: customer?.email,
            customerName: customer?.name, subscription: subscription.id, subscriptionMetadata: subscription.metadata,
            reason: reason, currency: subscription.currency, lines: lines, periodStart: subscription.periodStart,
            periodEnd: subscription.periodEnd)
        invoices.put(invoice)
        var changed = subscription
        changed.latestInvoice = invoice.id
        changed.pendingLines = []
        subscriptions.put(changed)
        return invoice
    }

    /// Returns the lines of the current period of a subscription, free during a trial.
    mutating func periodLines(of subscription: Subscription) -> [InvoiceLine] {
        subscription.items.map { item in
            let isFree = subscription.status == .trialing
            return line(
                subscription, item, amount: isFree ? 0 : item.amount, from: subscription.periodStart,
                isFree ? "Trial period" : "\(item.quantity) × \(products[item.price.product]?.name ?? "")")
        }
    }

    /// Returns one line until the end of the period.
    mutating func line(
        _ subscription: Subscription, _ item: SubscriptionItem, amount: Int64, from start: Int64, _ description: String,
        isProration: Bool = false
    ) -> InvoiceLine {
        InvoiceLine(
            id: newID("il_1"), amount: amount, description: description, price: item.price, quantity: item.quantity,
            periodStart: start, periodEnd: subscription.periodEnd, subscription: subscription.id, item: item.id,
            isProration: isProration)
    }

    /// Makes a draft final, and tries to pay it unless `attempts` is false.
    mutating func finalize(_ id: String, attempts: Bool = true) {
        guard let invoice = invoices[id], invoice.status == .draft else { return }
        let now = now
        var number: String?
        if var customer = customers[invoice.customer] {
            let sequence = String(customer.nextInvoice)
            number = customer.invoicePrefix + "-" + String(repeating: "0", count: max(0, 4 - sequence.count)) + sequence
            customer.nextInvoice += 1
            customers.put(customer)
        }
        updateInvoice(id, "invoice.finalized") { [number] in
            $0.status = .open
            $0.finalizedAt = now
            $0.number = number
        }
        if attempts { _ = attempt(id) }
    }

    /// A draft became final by the account's clock.
    mutating func finalizeDraft(_ id: String) {
        guard let invoice = invoices[id], invoice.status == .draft, invoice.advances else { return }
        let now = now
        switch subscriptions[invoice.subscription]?.pause {
        case nil: finalize(id)
        case .keepAsDraft:
            updateInvoice(id, "invoice.updated") { $0.advances = false }
        case .void:
            finalize(id, attempts: false)
            voidInvoice(id)
        case .markUncollectible:
            finalize(id, attempts: false)
            updateInvoice(id, "invoice.marked_uncollectible") {
                $0.status = .uncollectible
                $0.uncollectibleAt = now
            }
        }
    }

    /// Voids an invoice.
    mutating func voidInvoice(_ id: String) {
        let now = now
        updateInvoice(id, "invoice.voided") {
            $0.status = .void
            $0.voidedAt = now
            $0.nextAttempt = nil
        }
    }

    /// Tries to pay an invoice with the customer's payment method, or with `method`. Returns true if it is paid.
    mutating func attempt(_ id: String, with method: Customer.PaymentMethod? = nil) -> Bool {
        guard let invoice = invoices[id] else { return false }
        guard invoice.due > 0 else {
            markPaid(id, isCharged: false)
            return true
        }
        let method = method ?? customers[invoice.customer]?.paymentMethod ?? .missing
        let intent = self.intent(of: invoice)
        if collect(intent, method, email: invoice.customerEmail) {
            let charge = intents[intent]?.latestCharge
            updateInvoice(id) { $0.charge = charge }
            markPaid(id, isCharged: true)
            return true
        }
        failed(id, needsAction: method == .needsAction)
        return false
    }

    /// Returns the payment of an invoice, and makes it if there is none.
    mutating func intent(of invoice: Invoice, _ status: PaymentIntent.Status = .requiresPaymentMethod) -> String {
        if let intent = invoice.intent { return intent }
        let intent = newIntent(
            amount: invoice.due, currency: invoice.currency, customer: invoice.customer, invoice: invoice.id, status)
        updateInvoice(invoice.id) { $0.intent = intent }
        return intent
    }

    /// Records the payment of an invoice. It makes the subscription active if the invoice is its latest one.
    mutating func markPaid(_ id: String, isCharged: Bool, isOutOfBand: Bool = false) {
        guard let invoice = invoices[id] else { return }
        let now = now
        updateInvoice(id, "invoice.paid", "invoice.payment_succeeded") {
            $0.status = .paid
            $0.paidAt = now
            $0.nextAttempt = nil
            $0.attempts += isCharged ? 1 : 0
            $0.isPaidOutOfBand = isOutOfBand
        }
        setDelinquent(invoice.customer, false)
        guard let subscription = subscriptions[invoice.subscription], subscription.latestInvoice == id else { return }
        switch subscription.status {
        case .incomplete, .pastDue, .unpaid: update(subscription.id) { $0.status = .active }
        case .active, .trialing, .canceled, .incompleteExpired, .paused: break
        }
    }

    /// Records a failed attempt, and plans the next one or gives up.
    private mutating func failed(_ id: String, needsAction: Bool) {
        guard let invoice = invoices[id] else { return }
        let dunning = Dunning(
            retries: Int64(settings.dunningRetries), intervalSeconds: Int64(settings.dunningSeconds))
        let isFirstPayment = invoice.reason == .create
        let step = dunning.step(afterAttempt: invoice.attempts + 1, at: now)
        updateInvoice(id) {
            $0.attempts += 1
            $0.nextAttempt = nil
            if !isFirstPayment, case .retry(let time) = step { $0.nextAttempt = time }
        }
        if needsAction { updateInvoice(id, "invoice.payment_action_required") { _ in } }
        updateInvoice(id, "invoice.payment_failed") { _ in }
        setDelinquent(invoice.customer, true)
        guard let subscription = subscriptions[invoice.subscription], !subscription.status.isOver else { return }
        guard !isFirstPayment else {
            if subscription.status == .active { update(subscription.id) { $0.status = .pastDue } }
            return
        }
        switch step {
        case .retry(let time):
            plan(.retries(invoice: id), at: time)
            if subscription.status != .pastDue { update(subscription.id) { $0.status = .pastDue } }
        case .giveUp: giveUp(id, subscription)
        }
    }

    private mutating func giveUp(_ id: String, _ subscription: Subscription) {
        updateInvoice(id) { $0.advances = false }
        if settings.dunningCancels {
            cancel(subscription.id, reason: "payment_failed")
        } else if subscription.status != .unpaid {
            update(subscription.id) { $0.status = .unpaid }
        }
    }

    /// The planned time of the next attempt has come.
    mutating func retryPayment(_ id: String) {
        guard let invoice = invoices[id], invoice.status == .open, let time = invoice.nextAttempt, time <= now else {
            return
        }
        _ = attempt(id)
    }

    private mutating func setDelinquent(_ id: String, _ isDelinquent: Bool) {
        guard var customer = customers[id], customer.isDelinquent != isDelinquent else { return }
        customer.isDelinquent = isDelinquent
        customers.put(customer)
    }
}
