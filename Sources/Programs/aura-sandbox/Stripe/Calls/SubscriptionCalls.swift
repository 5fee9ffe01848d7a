import JSON

extension Stripe {
    /// `/subscriptions`.
    static let subscriptionRoutes: [Route] = [
        route("POST", "/subscriptions") { stripe, request in
            try stripe.createSubscription(request.arguments).json(request.version)
        },
        route("GET", "/subscriptions") { stripe, request in try stripe.listSubscriptions(request) },
        route("GET", "/subscriptions/{id}") { stripe, request in
            try stripe.subscriptions.get(request.id).json(request.version)
        },
        route("POST", "/subscriptions/{id}") { stripe, request in
            try stripe.updateSubscription(request.id, request.arguments)
            return try stripe.subscriptions.get(request.id).json(request.version)
        },
        route("DELETE", "/subscriptions/{id}") { stripe, request in
            try request.arguments.allow(["invoice_now", "prorate", "cancellation_details"])
            guard try !stripe.subscriptions.get(request.id).status.isOver else {
                throw StripeError.missing("subscription", request.id)
            }
            let comment = try request.arguments.part("cancellation_details")?.text("comment")
            stripe.cancel(request.id, reason: "cancellation_requested", comment: comment)
            return try stripe.subscriptions.get(request.id).json(request.version)
        },
        route("POST", "/subscriptions/{id}/resume") { stripe, request in
            try request.arguments.allow(["billing_cycle_anchor", "proration_behavior"])
            guard try stripe.subscriptions.get(request.id).status == .paused else {
                throw StripeError.invalid(nil, "Only paused subscriptions can be resumed.")
            }
            let now = stripe.now
            stripe.update(request.id, "customer.subscription.resumed") {
                $0.status = .active
                $0.anchor = now
            }
            stripe.startPeriod(request.id, at: now, .update)
            return try stripe.subscriptions.get(request.id).json(request.version)
        },
    ]

    private func listSubscriptions(_ request: Request) throws -> JSONValue {
        let arguments = request.arguments
        try arguments.allow(Self.listNames.union(["customer", "price", "status", "collection_method"]))
        let customer = try arguments.text("customer")
        let price = try arguments.text("price")
        let status = try arguments.text("status")
        let known = Set(Subscription.Status.allCases.map(\.rawValue) + ["all", "ended"])
        if let status, !known.contains(status) {
            throw StripeError.invalid(
                "status", "Invalid status: must be one of \(known.sorted().joined(separator: ", "))")
        }
        return try subscriptions.page(arguments, url: request.url, request.version) { row in
            let isMeant =
                switch status {
                case nil: row.status != .canceled
                case "all": true
                case "ended": row.status.isOver
                case let name: row.status.rawValue == name
                }
            return isMeant && (customer ?? row.customer) == row.customer
                && (price == nil || row.items.contains { $0.price.id == price })
        }
    }

    private mutating func createSubscription(_ arguments: StripeArguments) throws -> Subscription {
        try arguments.allow([
            "customer", "items", "metadata", "description", "trial_period_days", "trial_end", "trial_settings",
            "payment_behavior", "cancel_at_period_end", "cancel_at", "default_payment_method", "collection_method",
            "proration_behavior", "payment_settings", "off_session", "automatic_tax", "currency",
        ])
        let customer = try self.customer(try arguments.required("customer"), param: "customer")
        let parts = try arguments.list("items")
        guard !parts.isEmpty else { throw arguments.missing("items") }
        let items = try parts.map { try item($0) }
        try Self.check(items)
        var trialEnd = try arguments.integer("trial_end", in: (now + 1)...(now + 63_072_000))
        if let days = try arguments.integer("trial_period_days", in: 0...730), days > 0 {
            trialEnd = now + days * 86_400
        }
        let behavior = try arguments.choice("payment_behavior", PaymentBehavior.self) ?? .allowIncomplete
        let method = customer.paymentMethod
        if behavior == .errorIfIncomplete, trialEnd == nil, method != .pays {
            throw Self.declined(method)
        }
        var data = SubscriptionData()
        data.metadata = try arguments.metadata()
        data.description = try arguments.text("description")
        data.missingMethod = try Self.missingMethod(arguments) ?? data.missingMethod
        var subscription = newSubscription(customer: customer.id, items, trialEnd: trialEnd, data)
        subscription.cancelAtPeriodEnd = try arguments.flag("cancel_at_period_end") ?? false
        subscription.cancelAt = try arguments.integer("cancel_at", in: (now + 1)...(now + 157_680_000))
        subscription.paymentMethod = try arguments.text("default_payment_method")
        if let time = subscription.cancelAt { plan(.cancels(subscription: subscription.id), at: time) }
        return start(subscription, attempts: behavior != .defaultIncomplete)
    }

    /// The treatment of the first payment.
    private enum PaymentBehavior: String, CaseIterable {
        case allowIncomplete = "allow_incomplete"
        case defaultIncomplete = "default_incomplete"
        case errorIfIncomplete = "error_if_incomplete"
        case pendingIfIncomplete = "pending_if_incomplete"
    }

    /// Returns the error of a payment that fails.
    static func declined(_ method: Customer.PaymentMethod) -> StripeError {
        switch method {
        case .pays, .declines:
            .declined("card_declined", "Your card was declined.", declineCode: "generic_decline")
        case .needsAction:
            .declined(
                "invoice_payment_intent_requires_action",
                "Payment for this invoice requires additional user action before it can be completed successfully.",
                declineCode: nil)
        case .missing:
            .invalid(
                nil,
                "This customer has no attached payment source or default payment method. Please consider adding one.",
                code: "resource_missing")
        }
    }

    private mutating func item(_ part: StripeArguments) throws -> SubscriptionItem {
        try part.allow(["price", "price_data", "quantity", "metadata"])
        let price =
            if let data = try part.part("price_data") { try newPrice(data, product: nil) } else { try self.price(part) }
        return newItem(
            price, quantity: try part.integer("quantity", in: 0...999_999) ?? 1, metadata: try part.metadata())
    }

    /// Throws 400 unless all items are recurring with periods of the same length and have one currency.
    static func check(_ items: [SubscriptionItem]) throws {
        guard items.allSatisfy({ $0.price.recurrence != nil }) else {
            throw StripeError.invalid(
                "items[0][price]",
                "The price specified is set to `type=one_time` but this field only accepts prices "
                    + "with `type=recurring`.")
        }
        let kinds = Set(
            items.map { "\($0.price.recurrence?.interval.rawValue ?? "") \($0.price.recurrence?.count ?? 0)" })
        guard kinds.count <= 1, Set(items.map(\.price.currency)).count <= 1 else {
            throw StripeError.invalid(
                "items", "All prices of a subscription must have the same interval and the same currency.")
        }
        guard Set(items.map(\.price.id)).count == items.count, items.count <= 20 else {
            throw StripeError.invalid("items", "Cannot add multiple subscription items with the same price.")
        }
    }

    /// Throws 400 for a subscription that is over, which cannot be changed.
    static func checkIsNotOver(_ subscription: Subscription) throws {
        guard !subscription.status.isOver else {
            throw StripeError.invalid(nil, "A canceled subscription can only update its cancellation_details.")
        }
    }

    private mutating func updateSubscription(_ id: String, _ arguments: StripeArguments) throws {
        try arguments.allow([
            "items", "metadata", "description", "cancel_at_period_end", "cancel_at", "pause_collection", "trial_end",
            "trial_settings", "proration_behavior", "proration_date", "payment_behavior", "default_payment_method",
            "collection_method", "cancellation_details", "payment_settings", "off_session",
        ])
        let old = try subscriptions.get(id)
        try Self.checkIsNotOver(old)
        var new = old
        new.metadata = try arguments.metadata(changing: old.metadata)
        new.description = try arguments.text("description") ?? old.description
        new.paymentMethod = try arguments.text("default_payment_method") ?? old.paymentMethod
        new.missingMethod = try Self.missingMethod(arguments) ?? old.missingMethod
        let trialEnd = try arguments.text("trial_end")
        guard trialEnd == nil || trialEnd == "now" else {
            throw StripeError.invalid("trial_end", "The sandbox accepts only trial_end=now in an update.")
        }
        try changeEnd(&new, arguments)
        try changePause(&new, arguments)
        let proration = try arguments.choice("proration_behavior", Proration.self) ?? .createProrations
        let items = try changed(old.items, arguments)
        try Self.check(items)
        if let time = new.cancelAt, time != old.cancelAt { plan(.cancels(subscription: id), at: time) }
        replaceItems(of: id, with: items, proration) { row in
            (row.metadata, row.description, row.paymentMethod) = (new.metadata, new.description, new.paymentMethod)
            (row.cancelAtPeriodEnd, row.cancelAt, row.canceledAt) = (
                new.cancelAtPeriodEnd, new.cancelAt, new.canceledAt
            )
            (row.cancellationReason, row.missingMethod) = (new.cancellationReason, new.missingMethod)
            (row.pause, row.pauseResumesAt) = (new.pause, new.pauseResumesAt)
        }
        if trialEnd == "now", old.status == .trialing { endTrial(id) }
    }

    private mutating func endTrial(_ id: String) {
        let now = now
        update(id) { ($0.trialEnd, $0.periodEnd, $0.anchor) = (now, now, now) }
        startPeriod(id, at: now, .update)
    }

    private func changeEnd(_ subscription: inout Subscription, _ arguments: StripeArguments) throws {
        if let isPlanned = try arguments.flag("cancel_at_period_end") {
            if isPlanned != subscription.cancelAtPeriodEnd {
                subscription.canceledAt = isPlanned ? now : nil
                subscription.cancellationReason = isPlanned ? "cancellation_requested" : nil
            }
            subscription.cancelAtPeriodEnd = isPlanned
        }
        if arguments.has("cancel_at") {
            subscription.cancelAt = try arguments.integer("cancel_at", in: (now + 1)...(now + 157_680_000))
            subscription.canceledAt = subscription.cancelAt.map { _ in now }
        }
        subscription.cancellationComment =
            try arguments.part("cancellation_details")?.text("comment") ?? subscription.cancellationComment
    }

    private func changePause(_ subscription: inout Subscription, _ arguments: StripeArguments) throws {
        guard arguments.has("pause_collection") else { return }
        guard let part = try arguments.part("pause_collection") else {
            (subscription.pause, subscription.pauseResumesAt) = (nil, nil)
            return
        }
        try part.allow(["behavior", "resumes_at"])
        guard let behavior = try part.choice("behavior", Subscription.PauseBehavior.self) else {
            throw part.missing("behavior")
        }
        subscription.pause = behavior
        subscription.pauseResumesAt = try part.integer("resumes_at", in: (now + 1)...(now + 157_680_000))
    }

    /// Returns the items after the changes of `items`: elements with an `id` change or delete an item, others add one.
    private mutating func changed(
        _ old: [SubscriptionItem], _ arguments: StripeArguments
    ) throws -> [SubscriptionItem] {
        var items = old
        for part in try arguments.list("items") {
            guard let id = try part.text("id") else {
                items.append(try item(part))
                continue
            }
            try part.allow(["id", "price", "quantity", "metadata", "deleted"])
            guard let place = items.firstIndex(where: { $0.id == id }) else {
                throw StripeError.missing("subscription_item", id, param: part.name(of: "id"))
            }
            if try part.flag("deleted") ?? false {
                items.remove(at: place)
            } else {
                try change(&items[place], part)
            }
        }
        guard !items.isEmpty else {
            throw StripeError.invalid("items", "A subscription must have at least one active price.")
        }
        return items
    }

    /// Changes the price, the quantity and the metadata of an item.
    func change(_ item: inout SubscriptionItem, _ part: StripeArguments) throws {
        if part.has("price") { item.price = try price(part) }
        item.quantity = try part.integer("quantity", in: 0...999_999) ?? item.quantity
        item.metadata = try part.metadata(changing: item.metadata)
    }
}
