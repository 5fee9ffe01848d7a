import JSON

extension Stripe {
    /// `/subscription_items`.
    static let itemRoutes: [Route] = [
        route("GET", "/subscription_items") { stripe, request in
            try request.arguments.allow(listNames.union(["subscription"]))
            let subscription = try stripe.subscriptions.get(
                try request.arguments.required("subscription"), param: "subscription")
            return list(
                subscription.items.map { $0.json(of: subscription, request.version) }, url: request.url)
        },
        route("POST", "/subscription_items") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(["subscription", "price", "price_data", "quantity", "metadata", "proration_behavior"])
            let subscription = try stripe.subscriptions.get(
                try arguments.required("subscription"), param: "subscription")
            try checkIsNotOver(subscription)
            let price =
                if let data = try arguments.part("price_data") {
                    try stripe.newPrice(data, product: nil)
                } else {
                    try stripe.price(arguments)
                }
            let item = stripe.newItem(
                price, quantity: try arguments.integer("quantity", in: 0...999_999) ?? 1,
                metadata: try arguments.metadata())
            try stripe.replace(subscription.items + [item], of: subscription.id, arguments)
            return try stripe.item(item.id, request.version)
        },
        route("GET", "/subscription_items/{id}") { stripe, request in try stripe.item(request.id, request.version) },
        route("POST", "/subscription_items/{id}") { stripe, request in
            let arguments = request.arguments
            try arguments.allow([
                "price", "quantity", "metadata", "proration_behavior", "proration_date", "payment_behavior",
            ])
            let subscription = try stripe.owner(of: request.id)
            try checkIsNotOver(subscription)
            var items = subscription.items
            for place in items.indices where items[place].id == request.id {
                try stripe.change(&items[place], arguments)
            }
            try stripe.replace(items, of: subscription.id, arguments)
            return try stripe.item(request.id, request.version)
        },
        route("DELETE", "/subscription_items/{id}") { stripe, request in
            try request.arguments.allow(["clear_usage", "proration_behavior", "proration_date"])
            let subscription = try stripe.owner(of: request.id)
            try checkIsNotOver(subscription)
            let rest = subscription.items.filter { $0.id != request.id }
            guard !rest.isEmpty else {
                throw StripeError.invalid(nil, "A subscription must have at least one active price.")
            }
            try stripe.replace(rest, of: subscription.id, request.arguments)
            return ["id": .string(request.id), "object": "subscription_item", "deleted": true]
        },
    ]

    private mutating func replace(_ items: [SubscriptionItem], of id: String, _ arguments: StripeArguments) throws {
        try Self.check(items)
        let proration = try arguments.choice("proration_behavior", Proration.self) ?? .createProrations
        replaceItems(of: id, with: items, proration) { _ in }
    }

    /// Returns the subscription of an item, or throws 404.
    func owner(of item: String) throws -> Subscription {
        guard let id = itemOwners[item], let subscription = subscriptions[id] else {
            throw StripeError.missing("subscription_item", item)
        }
        return subscription
    }

    /// Returns the JSON of an item, or throws 404.
    func item(_ id: String, _ version: StripeVersion) throws -> JSONValue {
        let subscription = try owner(of: id)
        guard let item = subscription.items.first(where: { $0.id == id }) else {
            throw StripeError.missing("subscription_item", id)
        }
        return item.json(of: subscription, version)
    }
}
