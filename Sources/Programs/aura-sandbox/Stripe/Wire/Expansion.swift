import JSON

extension Stripe {
    /// Replaces the ids at a path of `expand` by their objects: `latest_invoice`, `items.data.price.product`.
    ///
    /// Throws 400 for a path with more than four steps and for a member that is not an id.
    func expand(_ json: inout JSONValue, _ path: String, _ version: StripeVersion) throws {
        let steps = path.split(separator: ".").map(String.init)
        let depth = steps.count { $0 != "data" }
        guard !steps.isEmpty, depth <= 4 else {
            throw StripeError.invalid("expand", "You cannot expand more than 4 levels of a property.")
        }
        try expand(&json, steps[...], path, version)
    }

    private func expand(
        _ json: inout JSONValue, _ steps: ArraySlice<String>, _ path: String, _ version: StripeVersion
    ) throws {
        if case .array(var elements) = json {
            for place in elements.indices { try expand(&elements[place], steps, path, version) }
            json = .array(elements)
            return
        }
        guard let step = steps.first else { return }
        var member: JSONValue
        switch json[step] {
        case .string(let id):
            guard let object = object(id, version) else { throw Self.notExpandable(path) }
            member = object
        case .null: return
        case let value?: member = value
        case nil:
            guard let included = includable(step, of: json, version) else { throw Self.notExpandable(path) }
            member = included
        }
        try expand(&member, steps.dropFirst(), path, version)
        json[step] = member
    }

    private static func notExpandable(_ path: String) -> StripeError {
        .invalid("expand", "This property cannot be expanded (\(path)).")
    }

    /// Returns a member that an object has only on request.
    private func includable(_ name: String, of json: JSONValue, _ version: StripeVersion) -> JSONValue? {
        guard let id = json["id"]?.stringValue else { return nil }
        switch (name, json["object"]?.stringValue ?? "") {
        case ("line_items", "checkout.session"):
            return sessions[id].map {
                lineItems($0.items, url: "/v1/checkout/sessions/\(id)/line_items", version)
            }
        case ("line_items", "payment_link"):
            return links[id].map { lineItems($0.items, url: "/v1/payment_links/\(id)/line_items", version) }
        case ("payments", "invoice"): return invoices[id]?.payments
        default: return nil
        }
    }

    /// Returns the object with an id, or `nil` if there is none of a kind that can be expanded.
    private func object(_ id: String, _ version: StripeVersion) -> JSONValue? {
        switch id.prefix(while: { $0 != "_" }) {
        case "prod": products[id]?.json(version)
        case "price": prices[id]?.json(version)
        case "cus": customers[id]?.json(version)
        case "sub": subscriptions[id]?.json(version)
        case "in": invoices[id]?.json(version)
        case "pi": intents[id]?.json(version)
        case "ch": charges[id]?.json(version)
        case "plink": links[id]?.json(version)
        default: nil
        }
    }
}
