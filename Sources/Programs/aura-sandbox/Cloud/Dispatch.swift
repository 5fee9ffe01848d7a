import FoundationEssentials
import JSON

/// One method and path of the sandbox, with its handler.
struct Route: Sendable {
    /// Handles a call. It runs under the cloud's lock, so it must not wait or do IO.
    typealias Handler = @Sendable (inout Cloud, Call) throws -> Answer

    let method: String
    /// The path as in the documentation of the APIs: `/v1/servers/{id}`.
    let path: String
    /// The name in the state report.
    let name: String
    let handler: Handler

    init(_ method: String, _ path: String, name: String? = nil, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.name = name ?? "\(method) \(path)"
        self.handler = handler
    }

    /// The route of calls to a known path with another method.
    static let otherMethod = Route("*", "*", name: "unknown") { _, _ in
        throw APIError.plain(405, "method_not_allowed", "method not allowed")
    }

    /// The route of calls to any other path.
    static let unknownPath = Route("*", "*", name: "unknown") { _, _ in
        throw APIError.plain(404, "not_found", "no such path")
    }
}

extension Cloud {
    /// All routes of the main listener.
    static let routes: [Route] = [
        ActionCalls.routes, ServerCalls.routes, SSHKeyCalls.routes, FirewallCalls.routes, CatalogCalls.routes,
        OAuthCalls.routes, AuthKeyCalls.routes, DeviceCalls.routes, RegisterCalls.routes, Stripe.routes,
        AdminCalls.routes, StripeAdminCalls.routes, StripeAdminCalls.webhookRoutes,
    ].flatMap { $0 }

    /// Handles one call by its route. It first processes all events that are due at `time`.
    mutating func handle(_ call: Call, by route: Route, at time: Date) -> Outcome {
        advance(to: time)
        counts.count(route.name)
        if call.path.hasPrefix("/_sandbox/"), !call.path.hasPrefix("/_sandbox/tailnet/") {
            if call.isFromPage {
                let error = APIError.plain(403, "forbidden", "web pages may not use this")
                return Outcome(answer: .refusal(error, path: call.path))
            }
            return Outcome(answer: answer(call, by: route))
        }
        defer { interference = Interference() }
        if call.path.hasPrefix(Stripe.root) { return handleStripe(call, by: route) }
        var outcome = Outcome(answer: Answer(500))
        do {
            if call.path.hasPrefix("/v1") { try admit(call) }
            interference = faults.take(call, &random)
            if interference.expiresTokens { tailnet.tokens = [:] }
            if call.path.hasPrefix("/api/v2"), call.path != "/api/v2/oauth/token" { try OAuthCalls.check(call, self) }
            if interference.hasEffect { outcome.answer = answer(call, by: route) }
            outcome.answer = interference.answer ?? outcome.answer
        } catch {
            outcome.answer = .refusal(error, path: call.path)
        }
        outcome.delivery = interference.delivery
        outcome.delaySeconds = interference.delaySeconds
        finish(&outcome.answer, call)
        return outcome
    }

    private mutating func answer(_ call: Call, by route: Route) -> Answer {
        do {
            return try route.handler(&self, call)
        } catch {
            return .refusal(error, path: call.path)
        }
    }

    /// Checks the token and the request budget of the project.
    private mutating func admit(_ call: Call) throws {
        let isWriter = call.authorization == "Bearer \(access.token)"
        guard isWriter || call.authorization == "Bearer \(access.readOnlyToken)" else {
            throw APIError.plain(401, "unauthorized", "unable to authenticate")
        }
        guard bucket.take(now: now) else {
            counts.rateLimited += 1
            throw APIError.plain(
                429, "rate_limit_exceeded", "limit of \(bucket.limit) requests per hour reached")
        }
        guard isWriter || call.method == "GET" else {
            throw APIError.plain(401, "token_readonly", "token is only allowed to perform GET requests")
        }
    }

    /// Makes the changes that faults require, and adds the headers of every response of Hetzner's API.
    mutating func finish(_ answer: inout Answer, _ call: Call) {
        if interference.addsUnknownFields {
            answer.replace("{\"id\":", with: "{\"x_new_field\":{\"a\":[1,null,\"b\"]},\"id\":")
        }
        if interference.writesOffsets { answer.replace("Z\"", with: "+00:00\"") }
        guard call.path.hasPrefix("/v1") else { return }
        let given = Set(answer.headers.map(\.name))
        answer.headers += bucket.headers.filter { !given.contains($0.name) }
        answer.headers.append(("X-Correlation-Id", random.hex(16)))
    }
}
