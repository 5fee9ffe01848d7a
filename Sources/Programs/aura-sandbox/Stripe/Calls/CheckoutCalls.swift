import JSON

extension Stripe {
    /// `/checkout/sessions`.
    static let checkoutRoutes: [Route] = [
        route("POST", "/checkout/sessions") { stripe, request in
            let session = try stripe.newSession(request.arguments)
            stripe.open(session)
            return session.json(request.version)
        },
        route("GET", "/checkout/sessions") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(
                listNames.union(["customer", "payment_intent", "payment_link", "status", "subscription"]))
            let status = try arguments.choice("status", CheckoutSession.Status.self)
            let wanted = try ["customer", "payment_intent", "payment_link", "subscription"].map {
                try arguments.text($0)
            }
            return try stripe.sessions.page(arguments, url: request.url, request.version) { session in
                let values = [session.customer, session.intent, session.link, session.subscription]
                return (status ?? session.status) == session.status
                    && zip(wanted, values).allSatisfy { $0 == nil || $0 == $1 }
            }
        },
        route("GET", "/checkout/sessions/{id}") { stripe, request in
            try stripe.sessions.get(request.id).json(request.version)
        },
        route("POST", "/checkout/sessions/{id}") { stripe, request in
            try request.arguments.allow(["metadata"])
            var session = try stripe.sessions.get(request.id)
            session.metadata = try request.arguments.metadata(changing: session.metadata)
            stripe.sessions.put(session)
            return session.json(request.version)
        },
        route("GET", "/checkout/sessions/{id}/line_items") { stripe, request in
            stripe.lineItems(try stripe.sessions.get(request.id).items, url: request.url, request.version)
        },
        route("POST", "/checkout/sessions/{id}/expire") { stripe, request in
            guard try stripe.sessions.get(request.id).status == .open else {
                throw StripeError.invalid(
                    nil, "Only Checkout Sessions with a status in [\"open\"] can be expired.")
            }
            stripe.expireSession(request.id)
            return try stripe.sessions.get(request.id).json(request.version)
        },
    ]

    /// `/payment_links`.
    static let linkRoutes: [Route] = [
        route("POST", "/payment_links") { stripe, request in
            let arguments = request.arguments
            try arguments.allow([
                "line_items", "metadata", "custom_fields", "subscription_data", "after_completion",
                "allow_promotion_codes", "payment_method_types", "restrictions",
            ])
            let link = PaymentLink(
                id: stripe.newID("plink_1"), created: stripe.now, items: try stripe.lineItems(arguments),
                customFields: try customFields(arguments), subscriptionData: try subscriptionData(arguments),
                metadata: try arguments.metadata())
            stripe.links.put(link)
            return link.json(request.version)
        },
        route("GET", "/payment_links") { stripe, request in
            try request.arguments.allow(listNames.union(["active"]))
            let active = try request.arguments.flag("active")
            return try stripe.links.page(request.arguments, url: request.url, request.version) {
                (active ?? $0.isActive) == $0.isActive
            }
        },
        route("GET", "/payment_links/{id}") { stripe, request in
            try stripe.links.get(request.id).json(request.version)
        },
        route("POST", "/payment_links/{id}") { stripe, request in
            try request.arguments.allow(["active", "metadata"])
            var link = try stripe.links.get(request.id)
            link.isActive = try request.arguments.flag("active") ?? link.isActive
            link.metadata = try request.arguments.metadata(changing: link.metadata)
            stripe.links.put(link)
            return link.json(request.version)
        },
        route("GET", "/payment_links/{id}/line_items") { stripe, request in
            stripe.lineItems(try stripe.links.get(request.id).items, url: request.url, request.version)
        },
    ]

    /// Adds a session and plans its end.
    mutating func open(_ session: CheckoutSession) {
        sessions.put(session)
        plan(.expires(session: session.id), at: session.expiresAt)
    }

    /// Returns a session that a link gives to a visitor.
    mutating func newSession(of link: PaymentLink, clientReference: String?, email: String?) -> CheckoutSession {
        CheckoutSession(
            id: newID("cs_test_a1", length: 56), created: now, mode: link.mode, items: link.items,
            expiresAt: now + Self.sessionSeconds, clientReference: clientReference, customerEmail: email,
            customFields: link.customFields, subscriptionData: link.subscriptionData, metadata: link.metadata,
            successURL: nil, cancelURL: nil, link: link.id, uiMode: .hosted)
    }

    /// Returns the list of line items with the names of their products.
    func lineItems(_ items: [LineItem], url: String, _ version: StripeVersion) -> JSONValue {
        Stripe.list(
            items.map { $0.json(version, description: products[$0.price.product]?.name) }, url: url)
    }

    private mutating func newSession(_ arguments: StripeArguments) throws -> CheckoutSession {
        try arguments.allow([
            "mode", "line_items", "success_url", "cancel_url", "return_url", "customer", "customer_email",
            "client_reference_id", "metadata", "custom_fields", "subscription_data", "expires_at", "ui_mode",
            "payment_method_types", "allow_promotion_codes", "locale", "customer_creation", "payment_intent_data",
            "payment_method_collection", "automatic_tax", "billing_address_collection",
        ])
        guard let mode = try arguments.choice("mode", CheckoutSession.Mode.self) else {
            throw arguments.missing("mode")
        }
        let uiMode = try arguments.choice("ui_mode", CheckoutSession.UIMode.self) ?? .hosted
        let successURL = try arguments.text("success_url")
        if successURL == nil, uiMode == .hosted || uiMode == .hostedPage { throw arguments.missing("success_url") }
        let items = try lineItems(arguments)
        guard items.allSatisfy({ ($0.price.recurrence != nil) == (mode == .subscription) }) else {
            throw StripeError.invalid(
                "line_items", "In the mode \(mode.rawValue), the sandbox accepts only prices of the matching type.")
        }
        let customer = try arguments.text("customer").map { try self.customer($0, param: "customer").id }
        let range = (now + 1_800)...(now + Self.sessionSeconds)
        return CheckoutSession(
            id: newID("cs_test_a1", length: 56), created: now, mode: mode, items: items,
            expiresAt: try arguments.integer("expires_at", in: range) ?? now + Self.sessionSeconds, customer: customer,
            clientReference: try arguments.text("client_reference_id"),
            customerEmail: try arguments.text("customer_email"), customFields: try Self.customFields(arguments),
            subscriptionData: try Self.subscriptionData(arguments), metadata: try arguments.metadata(),
            successURL: successURL, cancelURL: try arguments.text("cancel_url"), link: nil, uiMode: uiMode)
    }

    private mutating func lineItems(_ arguments: StripeArguments) throws -> [LineItem] {
        let list = try arguments.list("line_items")
        guard !list.isEmpty, list.count <= 20 else { throw arguments.missing("line_items") }
        return try list.map { part in
            try part.allow(["price", "price_data", "quantity", "adjustable_quantity"])
            var adjustable: ClosedRange<Int64>?
            if let range = try part.part("adjustable_quantity"), try range.flag("enabled") ?? false {
                let minimum = try range.integer("minimum", in: 0...999_999) ?? 0
                adjustable = minimum...max(minimum, try range.integer("maximum", in: 1...999_999) ?? 99)
            }
            let price =
                if let data = try part.part("price_data") {
                    try newPrice(data, product: nil)
                } else {
                    try self.price(part)
                }
            return LineItem(
                id: newID("li_1"), price: price, quantity: try part.integer("quantity", in: 1...999_999) ?? 1,
                adjustable: adjustable)
        }
    }

    /// Returns the active price that `price` names.
    func price(_ arguments: StripeArguments) throws -> Price {
        let price = try prices.get(try arguments.required("price"), param: arguments.name(of: "price"))
        guard price.isActive else {
            throw StripeError.invalid(
                arguments.name(of: "price"), "The price specified is inactive. This field only accepts active prices.")
        }
        return price
    }

    private static func customFields(_ arguments: StripeArguments) throws -> [CustomField] {
        let list = try arguments.list("custom_fields")
        guard list.count <= 3 else {
            throw StripeError.invalid("custom_fields", "At most 3 custom fields are allowed.")
        }
        return try list.map { part in
            try part.allow(["key", "label", "type", "optional", "text", "numeric", "dropdown"])
            guard let kind = try part.choice("type", CustomField.Kind.self) else { throw part.missing("type") }
            let options = try part.part("dropdown")?.list("options") ?? []
            return CustomField(
                key: try part.required("key"), label: try part.part("label")?.required("custom") ?? "", kind: kind,
                isOptional: try part.flag("optional") ?? false,
                options: try options.map { (try $0.required("label"), try $0.required("value")) })
        }
    }

    private static func subscriptionData(_ arguments: StripeArguments) throws -> SubscriptionData {
        guard let part = try arguments.part("subscription_data") else { return SubscriptionData() }
        try part.allow(["metadata", "description", "trial_period_days", "trial_settings"])
        var data = SubscriptionData()
        data.metadata = try part.metadata()
        data.description = try part.text("description")
        data.trialDays = try part.integer("trial_period_days", in: 1...730)
        data.missingMethod = try missingMethod(part) ?? data.missingMethod
        return data
    }

    /// Returns `trial_settings[end_behavior][missing_payment_method]`.
    static func missingMethod(_ arguments: StripeArguments) throws -> Subscription.MissingMethod? {
        try arguments.part("trial_settings")?.part("end_behavior")?.choice(
            "missing_payment_method", Subscription.MissingMethod.self)
    }
}
