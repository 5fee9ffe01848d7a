extension Stripe {
    /// Starts a subscription: makes the event and the first invoice, and tries to pay it.
    ///
    /// With `attempts: false`, the first invoice stays open and the subscription `incomplete`. A trial starts without a
    /// payment.
    mutating func start(
        _ draft: Subscription, attempts: Bool, with method: Customer.PaymentMethod? = nil
    ) -> Subscription {
        var subscription = draft
        subscription.status = subscription.trialEnd == nil ? .incomplete : .trialing
        for item in subscription.items { itemOwners[item.id] = subscription.id }
        subscriptions.put(subscription)
        let invoice = self.draft(for: subscription, .create, periodLines(of: subscription))
        update(subscription.id, "customer.subscription.created") { _ in }
        updateInvoice(invoice.id, "invoice.created") { _ in }
        finalize(invoice.id, attempts: false)
        if attempts || invoice.due == 0 { _ = attempt(invoice.id, with: method) }
        plan(.periodEnds(subscription: subscription.id), at: subscription.periodEnd)
        if let end = subscription.trialEnd {
            let notice = max(now, end - 3 * 86_400)
            plan(.trialWillEnd(subscription: subscription.id), at: notice)
        } else {
            plan(.firstPaymentExpires(subscription: subscription.id), at: now + Self.firstPaymentSeconds)
        }
        return subscriptions[subscription.id] ?? subscription
    }

    /// Returns a subscription that starts now. With `trialEnd`, its first period is a free trial.
    mutating func newSubscription(
        customer: String, _ items: [SubscriptionItem], trialEnd: Int64?, _ data: SubscriptionData
    ) -> Subscription {
        var subscription = Subscription(
            id: newID("sub_1"), created: now, customer: customer, items: items, status: .incomplete,
            anchor: trialEnd ?? now, periodStart: now, periodEnd: now, metadata: data.metadata)
        subscription.periodEnd =
            trialEnd ?? BillingCalendar.nextEnd(after: now, from: now, subscription.recurrence)
        subscription.trialStart = trialEnd.map { _ in now }
        subscription.trialEnd = trialEnd
        subscription.missingMethod = data.missingMethod
        subscription.description = data.description
        return subscription
    }

    /// Returns an item of a subscription.
    mutating func newItem(_ price: Price, quantity: Int64, metadata: [String: String] = [:]) -> SubscriptionItem {
        SubscriptionItem(
            id: newID("si_", length: 14), created: now, price: price, quantity: quantity, metadata: metadata)
    }

    /// The period of a subscription ended: cancels it if that was planned, or starts the next period with an invoice.
    mutating func periodEnded(_ id: String) {
        guard let subscription = subscriptions[id], subscription.periodEnd <= now else { return }
        switch subscription.status {
        case .incomplete, .incompleteExpired, .canceled, .paused: return
        case .trialing, .active, .pastDue, .unpaid: break
        }
        if subscription.cancelAtPeriodEnd {
            return cancel(id, reason: "cancellation_requested")
        }
        if subscription.status == .trialing, customers[subscription.customer]?.paymentMethod ?? .missing == .missing {
            switch subscription.missingMethod {
            case .cancel: return cancel(id, reason: nil)
            case .pause:
                update(id) { $0.status = .paused }
                return update(id, "customer.subscription.paused") { _ in }
            case .createInvoice: break
            }
        }
        startPeriod(id, at: subscription.periodEnd, .cycle)
    }

    /// Starts a period of a subscription and makes its invoice, as a draft for a renewal.
    mutating func startPeriod(_ id: String, at start: Int64, _ reason: Invoice.Reason) {
        let now = now
        update(id) { subscription in
            subscription.periodStart = start
            subscription.periodEnd = BillingCalendar.nextEnd(
                after: start, from: subscription.anchor, subscription.recurrence)
            if subscription.status == .trialing { subscription.status = .active }
            if let time = subscription.pauseResumesAt, time <= now {
                (subscription.pause, subscription.pauseResumesAt) = (nil, nil)
            }
        }
        guard let subscription = subscriptions[id] else { return }
        plan(.periodEnds(subscription: id), at: subscription.periodEnd)
        let lines = subscription.pendingLines + periodLines(of: subscription)
        let invoice = draft(for: subscription, reason, lines)
        let isUnpaid = subscription.status == .unpaid
        updateInvoice(invoice.id, "invoice.created") { $0.advances = !isUnpaid }
        guard !isUnpaid else { return }
        if reason == .cycle {
            plan(.finalizes(invoice: invoice.id), at: now + Int64(settings.invoiceDraftSeconds))
        } else {
            finalize(invoice.id)
        }
    }

    /// Ends a subscription now. Its open invoices are no longer collected.
    mutating func cancel(_ id: String, reason: String?, comment: String? = nil) {
        guard let subscription = subscriptions[id], !subscription.status.isOver else { return }
        let now = now
        for invoice in invoices.all where invoice.subscription == id {
            guard invoice.status == .open || invoice.status == .draft else { continue }
            updateInvoice(invoice.id) {
                $0.advances = false
                $0.nextAttempt = nil
            }
        }
        update(id, "customer.subscription.deleted") {
            $0.status = .canceled
            $0.canceledAt = $0.canceledAt ?? now
            $0.endedAt = now
            $0.cancellationReason = reason ?? $0.cancellationReason
            $0.cancellationComment = comment ?? $0.cancellationComment
        }
    }

    /// The time `cancel_at` has come.
    mutating func cancelAtPlannedTime(_ id: String) {
        guard let time = subscriptions[id]?.cancelAt, time <= now else { return }
        cancel(id, reason: "cancellation_requested")
    }

    /// The time for the first payment is over. A payment that is still being processed has more time.
    mutating func expireFirstPayment(_ id: String) {
        guard let subscription = subscriptions[id], subscription.status == .incomplete else { return }
        let now = now
        let invoice = subscription.latestInvoice.flatMap { invoices[$0] }
        if let intent = invoice?.intent, intents[intent]?.status == .processing {
            return plan(.firstPaymentExpires(subscription: id), at: now + Self.firstPaymentSeconds)
        }
        if let invoice { voidInvoice(invoice.id) }
        update(id) {
            $0.status = .incompleteExpired
            $0.endedAt = now
        }
    }

    /// Announces that a trial ends in three days.
    mutating func announceEndOfTrial(_ id: String) {
        guard subscriptions[id]?.status == .trialing else { return }
        update(id, "customer.subscription.trial_will_end") { _ in }
    }
}

extension Stripe {
    /// The treatment of a change within a period.
    enum Proration: String, Sendable, CaseIterable {
        /// The difference is part of the next invoice.
        case createProrations = "create_prorations"
        /// The difference is invoiced now.
        case alwaysInvoice = "always_invoice"
        /// The difference is not invoiced.
        case none
    }

    /// Replaces the items of a subscription together with other changes, as one event. Another length of the period
    /// starts a new period now.
    mutating func replaceItems(
        of id: String, with items: [SubscriptionItem], _ proration: Proration, _ change: (inout Subscription) -> Void
    ) {
        guard let old = subscriptions[id] else { return }
        let now = now
        var lines: [InvoiceLine] = []
        if proration != .none, old.status == .active || old.status == .pastDue {
            lines = prorations(of: old, with: items)
        }
        for item in old.items { itemOwners[item.id] = nil }
        for item in items { itemOwners[item.id] = id }
        let startsPeriod =
            items.first?.price.recurrence?.interval != old.recurrence.interval
            || items.first?.price.recurrence?.count != old.recurrence.count
        update(id) { [lines] subscription in
            subscription.items = items
            subscription.pendingLines += lines
            if startsPeriod, !subscription.status.isOver, subscription.status != .trialing { subscription.anchor = now }
            change(&subscription)
        }
        guard let new = subscriptions[id] else { return }
        if startsPeriod, new.status == .active || new.status == .pastDue {
            startPeriod(id, at: now, .update)
        } else if proration == .alwaysInvoice, !new.pendingLines.isEmpty {
            let invoice = draft(for: new, .update, new.pendingLines)
            updateInvoice(invoice.id, "invoice.created") { _ in }
            finalize(invoice.id)
        }
    }

    /// Returns a credit for the rest of the old items and a debit for the rest of the new ones. If the length of the
    /// period changes, only the credit, because a new period starts.
    private mutating func prorations(of old: Subscription, with items: [SubscriptionItem]) -> [InvoiceLine] {
        let whole = max(1, old.periodEnd - old.periodStart)
        let rest = min(max(0, old.periodEnd - now), whole)
        var lines: [InvoiceLine] = []
        for item in old.items where !items.contains(where: { $0.id == item.id && $0.amount == item.amount }) {
            lines.append(
                line(
                    old, item, amount: -Self.share(item.amount, rest, of: whole), from: now, "Unused time",
                    isProration: true))
        }
        for item in items where item.price.recurrence?.interval == old.recurrence.interval {
            guard !old.items.contains(where: { $0.id == item.id && $0.amount == item.amount }) else { continue }
            lines.append(
                line(
                    old, item, amount: Self.share(item.amount, rest, of: whole), from: now, "Remaining time",
                    isProration: true))
        }
        return lines
    }

    /// Returns the part of an amount that is due for `rest` of `whole` seconds, at most the amount. The product of
    /// amount and time may exceed 64 bits.
    private static func share(_ amount: Int64, _ rest: Int64, of whole: Int64) -> Int64 {
        whole.dividingFullWidth(amount.multipliedFullWidth(by: rest)).quotient
    }
}
