import JSON

extension Stripe {
    /// `/customers`.
    static let customerRoutes: [Route] = [
        route("POST", "/customers") { stripe, request in
            var customer = Customer(id: stripe.newID("cus_", length: 14), created: stripe.now, metadata: [:])
            try change(&customer, request.arguments)
            stripe.customers.put(customer)
            stripe.emit("customer.created", .customer(customer))
            return customer.json(request.version)
        },
        route("GET", "/customers") { stripe, request in
            try request.arguments.allow(listNames.union(["email"]))
            let email = try request.arguments.text("email")
            return try stripe.customers.page(request.arguments, url: request.url, request.version) {
                !$0.isDeleted && (email == nil || email == $0.email)
            }
        },
        route("GET", "/customers/{id}") { stripe, request in
            try stripe.customers.get(request.id).json(request.version)
        },
        route("POST", "/customers/{id}") { stripe, request in
            let old = try stripe.customer(request.id, param: "id")
            var customer = old
            try change(&customer, request.arguments)
            stripe.customers.put(customer)
            stripe.emit("customer.updated", .customer(customer), previous: .customer(old))
            return customer.json(request.version)
        },
        route("DELETE", "/customers/{id}") { stripe, request in
            var customer = try stripe.customer(request.id, param: "id")
            for subscription in stripe.subscriptions.all where subscription.customer == customer.id {
                stripe.cancel(subscription.id, reason: nil)
            }
            stripe.emit("customer.deleted", .customer(customer))
            customer.isDeleted = true
            stripe.customers.put(customer)
            return customer.json(request.version)
        },
    ]

    /// Returns a customer that is not deleted, or throws `resource_missing`.
    func customer(_ id: String, param: String) throws -> Customer {
        let customer = try customers.get(id, param: param)
        guard !customer.isDeleted else { throw StripeError.missing("customer", id, param: param) }
        return customer
    }

    private static func change(_ customer: inout Customer, _ arguments: StripeArguments) throws {
        try arguments.allow(["email", "name", "phone", "description", "metadata"])
        customer.email = try arguments.text("email") ?? customer.email
        customer.name = try arguments.text("name") ?? customer.name
        customer.phone = try arguments.text("phone") ?? customer.phone
        customer.description = try arguments.text("description") ?? customer.description
        customer.metadata = try arguments.metadata(changing: customer.metadata)
    }
}
