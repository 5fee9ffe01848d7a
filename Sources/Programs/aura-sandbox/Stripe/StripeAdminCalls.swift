import FoundationEssentials
import JSON

/// `/_sandbox/stripe/…`: the calls with which tests play buyers, banks and time, and disturb webhooks.
enum StripeAdminCalls {
    static let routes: [Route] = [
        Route("GET", "/_sandbox/stripe/clock") { cloud, _ in Answer(200, clock(cloud)) },
        Route("POST", "/_sandbox/stripe/clock") { cloud, call in
            try call.allow(["advanceSeconds", "to"])
            let body = try call.decode(Clock.self)
            let seconds = body.to.map { max(0, $0) - cloud.stripe.now } ?? body.advanceSeconds ?? 0
            guard (0...Clock.limitSeconds).contains(seconds) else {
                throw APIError.invalid("advanceSeconds", "must be 0 to \(Clock.limitSeconds)")
            }
            cloud.stripe.moveClock(bySeconds: seconds)
            return Answer(200, clock(cloud))
        },
        Route("POST", "/_sandbox/stripe/checkout/sessions/{id}") { cloud, call in
            try call.allow(Buyer.fields)
            let session = try cloud.stripe.visit(call.parameter("id"), try call.decode(Buyer.self))
            return Answer(200, session.json(.account))
        },
        Route("POST", "/_sandbox/stripe/payment-links/{id}/visit") { cloud, call in
            try call.allow(["clientReferenceId", "email"])
            let body = try call.decode(Visit.self)
            let link = try cloud.stripe.links.get(call.parameter("id"))
            guard link.isActive else { throw APIError.plain(409, "inactive", "the link is not active") }
            let session = cloud.stripe.newSession(
                of: link, clientReference: body.clientReferenceId, email: body.email)
            cloud.stripe.open(session)
            return Answer(200, session.json(.account))
        },
        Route("POST", "/_sandbox/stripe/customers/{id}") { cloud, call in
            try call.allow(["paymentMethod"])
            var customer = try cloud.stripe.customer(call.parameter("id"), param: "id")
            customer.paymentMethod = try call.decode(Method.self).paymentMethod
            cloud.stripe.customers.put(customer)
            return Answer(200, customer.json(.account))
        },
        Route("POST", "/_sandbox/stripe/charges/{id}/dispute") { cloud, call in
            try call.allow(["reason", "amount"])
            let body = try call.decode(Complaint.self)
            let charge = try cloud.stripe.charges.get(call.parameter("id"))
            guard charge.failureCode == nil, !charge.isDisputed else {
                throw APIError.plain(409, "conflict", "the charge failed or is disputed already")
            }
            let dispute = cloud.stripe.openDispute(
                charge, amount: body.amount ?? charge.amount, reason: body.reason ?? "fraudulent")
            return Answer(200, dispute.json(.account))
        },
        Route("POST", "/_sandbox/stripe/disputes/{id}") { cloud, call in
            try call.allow(["outcome"])
            let dispute = try cloud.stripe.disputes.get(call.parameter("id"))
            let outcome = try call.decode(Verdict.self).outcome
            return Answer(200, cloud.stripe.closeDispute(dispute, outcome).json(.account))
        },
        Route("POST", "/_sandbox/stripe/subscriptions/{id}") { cloud, call in
            try call.allow(SilentChange.fields)
            let id = try cloud.stripe.subscriptions.get(call.parameter("id")).id
            let change = try call.decode(SilentChange.self)
            try change.check()
            cloud.stripe.apply(change, to: id)
            return Answer(200, try cloud.stripe.subscriptions.get(id).json(.account))
        },
        Route("POST", "/_sandbox/stripe/after-event") { cloud, call in
            try call.allow(SilentChange.fields.union(["type", "subscription"]))
            let selection = try call.decode(Selection.self)
            let change = try call.decode(SilentChange.self)
            try change.check()
            cloud.stripe.changesAfterEvents.append(
                ChangeAfterEvent(type: selection.type, subscription: selection.subscription, change: change))
            return .none
        },
    ]

    /// The calls about events and their deliveries.
    static let webhookRoutes: [Route] = [
        Route("POST", "/_sandbox/stripe/webhook-faults") { cloud, call in
            try call.allow(WebhookFault.Body.fields)
            try cloud.stripe.webhookFaults.add(try call.decode(WebhookFault.Body.self))
            return .none
        },
        Route("DELETE", "/_sandbox/stripe/webhook-faults") { cloud, _ in
            cloud.stripe.webhookFaults.removeAll()
            return .none
        },
        Route("POST", "/_sandbox/stripe/webhook-endpoints/{id}/roll") { cloud, call in
            try call.allow(["expiresInSeconds"])
            let seconds = try call.decode(Roll.self).expiresInSeconds ?? 0
            guard (0...86_400).contains(seconds) else {
                throw APIError.invalid("expiresInSeconds", "must be 0 to 86400")
            }
            return Answer(200, ["secret": .string(try cloud.stripe.roll(call.parameter("id"), seconds))])
        },
        Route("POST", "/_sandbox/stripe/events") { cloud, call in
            try call.allow(["type", "object"])
            let body = try call.decode(Given.self)
            cloud.stripe.emit(body.type, .given(body.object))
            return Answer(200, cloud.stripe.events.all.last?.json(.account) ?? .null)
        },
        Route("POST", "/_sandbox/stripe/events/{id}/resend") { cloud, call in
            let event = try cloud.stripe.events.get(call.parameter("id"))
            for endpoint in cloud.stripe.endpoints.all where endpoint.accepts(event.type) {
                cloud.stripe.deliver(event, to: endpoint.id)
            }
            return .none
        },
        Route("GET", "/_sandbox/stripe/deliveries") { cloud, _ in
            let attempts = cloud.stripe.webhooks.attempts.map { attempt -> JSONValue in
                [
                    "event": .string(attempt.event), "type": .string(attempt.type),
                    "endpoint": .string(attempt.endpoint), "attempt": .count(attempt.number),
                    "delivered": .bool(attempt.isDelivered), "result": .string(attempt.result),
                ]
            }
            return Answer(200, ["attempts": .array(attempts)])
        },
    ]

    /// A movement of the clock, by seconds or to a time in seconds since 1970.
    private struct Clock: Decodable {
        /// The longest movement of one call: 400 days.
        static let limitSeconds: Int64 = 34_560_000

        var advanceSeconds: Int64?
        var to: Int64?
    }

    private struct Visit: Decodable {
        var clientReferenceId: String?
        var email: String?
    }

    private struct Method: Decodable { var paymentMethod: Stripe.Customer.PaymentMethod }

    private struct Complaint: Decodable {
        var reason: String?
        var amount: Int64?
    }

    private struct Verdict: Decodable { var outcome: Stripe.Dispute.Status }

    private struct Selection: Decodable {
        var type: String
        var subscription: String?
    }

    private struct Roll: Decodable { var expiresInSeconds: Double? }

    private struct Given: Decodable {
        var type: String
        var object: JSONValue
    }

    private static func clock(_ cloud: Cloud) -> JSONValue { ["now": .integer(cloud.stripe.now)] }
}

extension Stripe {
    /// Gives an endpoint a new secret and returns it. The old ones sign for `seconds` more of real time.
    fileprivate mutating func roll(_ id: String, _ seconds: Double) throws -> String {
        var endpoint = try endpoint(id)
        let time = real.timeIntervalSince1970
        endpoint.secrets = endpoint.secrets.compactMap { secret -> WebhookEndpoint.Secret? in
            let expires = min(secret.expires ?? .infinity, time + seconds)
            return expires > time ? WebhookEndpoint.Secret(text: secret.text, expires: expires) : nil
        }
        let secret = newID("whsec_", length: 32)
        endpoint.secrets.insert(.init(text: secret), at: 0)
        endpoints.put(endpoint)
        return secret
    }
}
