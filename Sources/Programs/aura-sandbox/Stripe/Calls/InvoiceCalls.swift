import JSON

extension Stripe {
    /// `/invoices`.
    static let invoiceRoutes: [Route] = [
        route("GET", "/invoices") { stripe, request in
            let arguments = request.arguments
            try arguments.allow(listNames.union(["customer", "subscription", "status", "collection_method"]))
            let customer = try arguments.text("customer")
            let subscription = try arguments.text("subscription")
            let status = try arguments.choice("status", Invoice.Status.self)
            return try stripe.invoices.page(arguments, url: request.url, request.version) {
                (customer ?? $0.customer) == $0.customer && (subscription ?? $0.subscription) == $0.subscription
                    && (status ?? $0.status) == $0.status
            }
        },
        route("GET", "/invoices/{id}") { stripe, request in
            try stripe.invoices.get(request.id).json(request.version)
        },
        route("GET", "/invoices/{id}/lines") { stripe, request in
            let invoice = try stripe.invoices.get(request.id)
            return list(invoice.lines.map { $0.json(of: invoice.id, request.version) }, url: request.url)
        },
        route("POST", "/invoices/{id}") { stripe, request in
            try request.arguments.allow(["metadata", "auto_advance"])
            let invoice = try stripe.invoices.get(request.id)
            let metadata = try request.arguments.metadata(changing: invoice.metadata)
            let advances = try request.arguments.flag("auto_advance") ?? invoice.advances
            stripe.updateInvoice(request.id, "invoice.updated") { ($0.metadata, $0.advances) = (metadata, advances) }
            return try stripe.invoices.get(request.id).json(request.version)
        },
        route("POST", "/invoices/{id}/finalize") { stripe, request in
            try request.arguments.allow(["auto_advance"])
            guard try stripe.invoices.get(request.id).status == .draft else {
                throw StripeError.invalid(nil, "This invoice is already finalized, you can't re-finalize it.")
            }
            stripe.finalize(request.id, attempts: false)
            return try stripe.invoices.get(request.id).json(request.version)
        },
        route("POST", "/invoices/{id}/pay") { stripe, request in
            try stripe.payInvoice(request.id, request.arguments)
            return try stripe.invoices.get(request.id).json(request.version)
        },
        route("POST", "/invoices/{id}/void") { stripe, request in
            let status = try stripe.invoices.get(request.id).status
            guard status == .open || status == .uncollectible else {
                throw StripeError.invalid(nil, "You can only pass in open or uncollectible invoices.")
            }
            stripe.voidInvoice(request.id)
            return try stripe.invoices.get(request.id).json(request.version)
        },
    ]

    private mutating func payInvoice(_ id: String, _ arguments: StripeArguments) throws {
        try arguments.allow(["paid_out_of_band", "payment_method", "off_session", "source", "forgive"])
        let invoice = try invoices.get(id)
        switch invoice.status {
        case .paid: throw StripeError.invalid(nil, "Invoice is already paid", code: "invoice_already_paid")
        case .void: throw StripeError.invalid(nil, "Invoice is voided", code: "invoice_not_editable")
        case .draft: finalize(id, attempts: false)
        case .open, .uncollectible: break
        }
        if try arguments.flag("paid_out_of_band") ?? false {
            return markPaid(id, isCharged: false, isOutOfBand: true)
        }
        guard attempt(id) else {
            throw Self.declined(customers[invoice.customer]?.paymentMethod ?? .missing)
        }
    }
}
