import JSON

extension Stripe {
    /// `/products`.
    static let productRoutes: [Route] = [
        route("POST", "/products") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(["name", "id", "description", "active", "metadata", "default_price_data"])
            let id = try arguments.text("id") ?? stripe.newID("prod_", length: 14)
            guard stripe.products[id] == nil else {
                throw StripeError.invalid("id", "Product already exists.", code: "resource_already_exists")
            }
            let product = Product(
                id: id, created: stripe.now, updated: stripe.now, name: try arguments.required("name"),
                description: try arguments.text("description"), isActive: try arguments.flag("active") ?? true,
                metadata: try arguments.metadata())
            stripe.products.put(product)
            stripe.emit("product.created", .product(product))
            if let data = try arguments.part("default_price_data") {
                _ = try stripe.newPrice(data, product: product.id)
            }
            return product.json(request.version)
        },
        route("GET", "/products") { stripe, request in
            try request.arguments.allow(listNames.union(["active", "ids"]))
            let active = try request.arguments.flag("active")
            let ids = try request.arguments.texts("ids")
            return try stripe.products.page(request.arguments, url: request.url, request.version) {
                (active ?? $0.isActive) == $0.isActive && ids?.contains($0.id) ?? true
            }
        },
        route("GET", "/products/{id}") { stripe, request in
            try stripe.products.get(request.id).json(request.version)
        },
        route("POST", "/products/{id}") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(["name", "description", "active", "metadata"])
            let old = try stripe.products.get(request.id)
            var product = old
            product.name = try arguments.text("name") ?? old.name
            product.description = try arguments.text("description") ?? old.description
            product.isActive = try arguments.flag("active") ?? old.isActive
            product.metadata = try arguments.metadata(changing: old.metadata)
            product.updated = stripe.now
            stripe.products.put(product)
            stripe.emit("product.updated", .product(product), previous: .product(old))
            return product.json(request.version)
        },
    ]

    /// `/prices`.
    static let priceRoutes: [Route] = [
        route("POST", "/prices") { stripe, request in
            try request.arguments.allow([
                "currency", "unit_amount", "product", "product_data", "recurring", "active", "lookup_key", "nickname",
                "metadata",
            ])
            return try stripe.newPrice(request.arguments, product: nil).json(request.version)
        },
        route("GET", "/prices") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["active", "product", "type", "lookup_keys", "currency"]))
            let active = try arguments.flag("active")
            let product = try arguments.text("product")
            let currency = try arguments.text("currency")
            let isRecurring = try arguments.text("type").map { $0 == "recurring" }
            let keys = try arguments.texts("lookup_keys")
            return try stripe.prices.page(arguments, url: request.url, request.version) { price in
                (active ?? price.isActive) == price.isActive && (product ?? price.product) == price.product
                    && (currency ?? price.currency) == price.currency
                    && (isRecurring ?? (price.recurrence != nil)) == (price.recurrence != nil)
                    && keys.map { $0.contains(price.lookupKey ?? "") } ?? true
            }
        },
        route("GET", "/prices/{id}") { stripe, request in
            try stripe.prices.get(request.id).json(request.version)
        },
        route("POST", "/prices/{id}") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(["active", "lookup_key", "nickname", "metadata"])
            let old = try stripe.prices.get(request.id)
            var price = old
            price.isActive = try arguments.flag("active") ?? old.isActive
            price.lookupKey = try arguments.text("lookup_key") ?? old.lookupKey
            price.nickname = try arguments.text("nickname") ?? old.nickname
            price.metadata = try arguments.metadata(changing: old.metadata)
            stripe.prices.put(price)
            stripe.emit("price.updated", .price(price), previous: .price(old))
            return price.json(request.version)
        },
    ]

    /// The largest amount of a price, as Stripe documents it.
    private static let amounts: ClosedRange<Int64> = 0...99_999_999

    /// Creates a price from the parameters of `/prices`, or from `price_data` of a line item.
    mutating func newPrice(_ arguments: StripeArguments, product: String?) throws -> Price {
        let currency = try arguments.required("currency")
        guard currency.count == 3 else {
            throw StripeError.invalid(arguments.name(of: "currency"), "Invalid currency: \(currency)")
        }
        guard let amount = try arguments.integer("unit_amount", in: Self.amounts) else {
            throw arguments.missing("unit_amount")
        }
        var recurrence: Price.Recurrence?
        if let recurring = try arguments.part("recurring") {
            try recurring.allow(["interval", "interval_count", "usage_type", "trial_period_days"])
            guard let interval = try recurring.choice("interval", Price.Interval.self) else {
                throw recurring.missing("interval")
            }
            recurrence = Price.Recurrence(
                interval: interval, count: try recurring.integer("interval_count", in: 1...1_095) ?? 1,
                trialDays: try recurring.integer("trial_period_days", in: 0...730))
        }
        let price = Price(
            id: newID("price_1"), created: now, product: try product ?? productID(arguments),
            currency: currency.lowercased(), unitAmount: amount, recurrence: recurrence,
            isActive: try arguments.flag("active") ?? true, lookupKey: try arguments.text("lookup_key"),
            nickname: try arguments.text("nickname"), metadata: try arguments.metadata())
        prices.put(price)
        emit("price.created", .price(price))
        return price
    }

    /// Returns the product that `product` names or that `product_data` describes.
    private mutating func productID(_ arguments: StripeArguments) throws -> String {
        guard let data = try arguments.part("product_data") else {
            return try products.get(try arguments.required("product"), param: arguments.name(of: "product")).id
        }
        let product = Product(
            id: newID("prod_", length: 14), created: now, updated: now, name: try data.required("name"),
            description: try data.text("description"), metadata: try data.metadata())
        products.put(product)
        emit("product.created", .product(product))
        return product.id
    }
}
