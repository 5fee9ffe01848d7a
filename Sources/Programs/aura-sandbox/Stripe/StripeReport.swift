import JSON

/// The part of the state report about Stripe.
enum StripeReport {
    /// The objects with the members that tests compare, and the counts of deliveries.
    static func json(_ stripe: Stripe) -> JSONValue {
        var json: JSONValue = ["now": .integer(stripe.now)]
        json["products"] = rows(stripe.products) { ["id": .string($0.id), "name": .string($0.name)] }
        json["prices"] = rows(stripe.prices) {
            ["id": .string($0.id), "product": .string($0.product), "unitAmount": .integer($0.unitAmount)]
        }
        json["customers"] = rows(stripe.customers) {
            [
                "id": .string($0.id), "email": .text($0.email), "deleted": .bool($0.isDeleted),
                "paymentMethod": .string($0.paymentMethod.rawValue),
            ]
        }
        json["sessions"] = rows(stripe.sessions, session)
        json["paymentLinks"] = rows(stripe.links) { ["id": .string($0.id), "active": .bool($0.isActive)] }
        json["subscriptions"] = rows(stripe.subscriptions, subscription)
        json["invoices"] = rows(stripe.invoices, invoice)
        json["charges"] = rows(stripe.charges, charge)
        json["refunds"] = .count(stripe.refunds.all.count)
        json["disputes"] = .count(stripe.disputes.all.count)
        json["events"] = counts(stripe.events)
        json["webhookEndpoints"] = rows(stripe.endpoints, endpoint)
        json["webhooks"] = deliveries(stripe.webhooks)
        json["idempotencyKeys"] = .count(stripe.idempotency.count)
        return json
    }

    private static func rows<Row>(_ table: StripeTable<Row>, _ json: (Row) -> JSONValue) -> JSONValue {
        .array(table.all.map(json))
    }

    /// Returns the number of events of each type.
    private static func counts(_ events: StripeTable<Stripe.Event>) -> JSONValue {
        let types = Dictionary(grouping: events.all, by: \.type).sorted { $0.key < $1.key }
        return .object(JSONObject(uniqueKeysWithValues: types.map { ($0.key, .count($0.value.count)) }))
    }

    private static func deliveries(_ webhooks: WebhookQueue) -> JSONValue {
        [
            "waiting": .count(webhooks.waiting), "inProgress": .count(webhooks.inProgress),
            "delivered": .count(webhooks.delivered), "failed": .count(webhooks.failed),
            "givenUp": .count(webhooks.givenUp), "dropped": .count(webhooks.dropped),
        ]
    }

    private static func session(_ session: Stripe.CheckoutSession) -> JSONValue {
        [
            "id": .string(session.id), "status": .string(session.status.rawValue),
            "paymentStatus": .string(session.paymentStatus.rawValue), "customer": .text(session.customer),
            "subscription": .text(session.subscription),
        ]
    }

    private static func subscription(_ subscription: Stripe.Subscription) -> JSONValue {
        let items = subscription.items.map { item -> JSONValue in
            ["id": .string(item.id), "price": .string(item.price.id), "quantity": .integer(item.quantity)]
        }
        return [
            "id": .string(subscription.id), "customer": .string(subscription.customer),
            "status": .string(subscription.status.rawValue), "periodEnd": .integer(subscription.periodEnd),
            "cancelAtPeriodEnd": .bool(subscription.cancelAtPeriodEnd), "items": .array(items),
        ]
    }

    private static func invoice(_ invoice: Stripe.Invoice) -> JSONValue {
        [
            "id": .string(invoice.id), "subscription": .string(invoice.subscription), "total": .integer(invoice.total),
            "status": .string(invoice.status.rawValue), "attempts": .integer(invoice.attempts),
        ]
    }

    private static func charge(_ charge: Stripe.Charge) -> JSONValue {
        [
            "id": .string(charge.id), "amount": .integer(charge.amount), "refunded": .integer(charge.refunded),
            "succeeded": .bool(charge.failureCode == nil), "disputed": .bool(charge.isDisputed),
        ]
    }

    private static func endpoint(_ endpoint: Stripe.WebhookEndpoint) -> JSONValue {
        [
            "id": .string(endpoint.id), "url": .string(endpoint.url), "deleted": .bool(endpoint.isDeleted),
            "disabled": .bool(endpoint.isDisabled),
        ]
    }
}
