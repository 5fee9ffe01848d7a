import FoundationEssentials
import JSON

extension Stripe {
    /// The data of one call.
    struct Request: Sendable {
        let arguments: StripeArguments
        let version: StripeVersion
        /// The value of the path's `{id}`.
        let id: String
        /// The path without `/stripe`, as lists name it.
        let url: String

        /// Parses the parameters: the query and, for a POST, the body.
        init(_ call: Call) throws {
            let text = call.method == "POST" ? String(decoding: call.body, as: UTF8.self) : call.queryText
            arguments = StripeArguments(try StripeForm.parse(text).objectValue ?? [:])
            let wanted = call.header("Stripe-Version")
            guard let version = wanted.map({ StripeVersion($0) }) ?? .account else {
                throw StripeError.invalid(nil, "Invalid Stripe API version: \(wanted ?? "")")
            }
            self.version = version
            id = call.parameter("id")
            url = String(call.path.dropFirst("/stripe".count))
        }
    }

    /// Handles a call and returns the object of the response.
    typealias Handler = @Sendable (inout Stripe, Request) throws -> JSONValue

    /// The path of Stripe's API on the main listener. A client's base address is `http://ADDRESS:PORT/stripe`.
    static let root = "/stripe/"

    /// All routes of Stripe's API.
    static let routes: [Route] = [
        productRoutes, priceRoutes, customerRoutes, checkoutRoutes, linkRoutes, subscriptionRoutes, itemRoutes,
        invoiceRoutes, chargeRoutes, refundRoutes, eventRoutes, endpointRoutes,
    ].flatMap { $0 }

    /// Returns the route of a handler; the handler's response is expanded as the call requests.
    static func route(_ method: String, _ path: String, _ handler: @escaping Handler) -> Route {
        Route(method, "/stripe/v1\(path)") { cloud, call in
            let request = try Request(call)
            var json = try handler(&cloud.stripe, request)
            for path in try request.arguments.texts("expand") ?? [] {
                try cloud.stripe.expand(&json, path, request.version)
            }
            return Answer(200, json)
        }
    }

    /// Throws 401 for a call without a known key, 403 for a change with the restricted key, and 429 beyond the limit.
    mutating func admit(_ call: Call, _ access: Cloud.Access) throws {
        guard let key = call.bearer ?? call.basic?.user else {
            throw StripeError(
                status: 401,
                message: """
                    You did not provide an API key. You need to provide your API key in the Authorization header, \
                    using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').
                    """)
        }
        guard key == access.stripeKey || key == access.stripeRestrictedKey else {
            throw StripeError(
                status: 401, message: "Invalid API Key provided: \(key.prefix(8))\(key.isEmpty ? "" : "****")")
        }
        guard limiter.admit(perSecond: settings.stripeCallsPerSecond, now: real) else {
            throw StripeError.limited(by: "global-rate")
        }
        guard key == access.stripeKey || call.method == "GET" else {
            throw StripeError(
                status: 403, code: "more_permissions_required",
                message: "The provided key does not have the required permissions for this endpoint.")
        }
    }
}

extension Cloud {
    /// Handles a call of Stripe's API.
    mutating func handleStripe(_ call: Call, by route: Route) -> Outcome {
        let requestID = "req_" + stripe.otherRandom.word(14)
        var outcome = Outcome(answer: Answer(500))
        do {
            try stripe.admit(call, access)
            interference = faults.take(call, &random)
            outcome.answer = try stripeAnswer(call, by: route, requestID)
        } catch {
            outcome.answer = .refusal(error, path: call.path)
        }
        outcome.delivery = interference.delivery
        outcome.delaySeconds = interference.delaySeconds
        finish(&outcome.answer, call)
        outcome.answer.headers.append(("Request-Id", requestID))
        let version = call.header("Stripe-Version").flatMap { StripeVersion($0) } ?? .account
        outcome.answer.headers.append(("Stripe-Version", version.text))
        return outcome
    }

    /// Executes a call, or replays the response to the earlier call with its idempotency key.
    private mutating func stripeAnswer(_ call: Call, by route: Route, _ requestID: String) throws -> Answer {
        let key = call.method == "POST" ? call.header("Idempotency-Key") : nil
        var parameters = JSONValue.null
        if let key {
            parameters = try StripeForm.parse(String(decoding: call.body, as: UTF8.self))
            let stored = try stripe.idempotency.replay(
                key, path: call.path, parameters, real: stripe.real, clock: stripe.now)
            if let stored { return stored }
        }
        stripe.cause = Stripe.Cause(requestID: requestID, idempotencyKey: key)
        defer { stripe.cause = nil }
        var answer = Answer(500)
        if interference.hasEffect {
            do {
                answer = try route.handler(&self, call)
            } catch {
                answer = .refusal(error, path: call.path)
            }
        }
        answer = interference.answer ?? answer
        if let key {
            stripe.idempotency.store(
                key, path: call.path, parameters, answer, requestID: requestID,
                busyUntil: stripe.real + interference.delaySeconds, clock: stripe.now)
        }
        return answer
    }
}
