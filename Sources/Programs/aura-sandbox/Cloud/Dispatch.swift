/// The response to a call, and the way in which it is delivered.
struct Outcome: Sendable {
    var answer: Answer
    var delivery = Interference.Delivery.whole
    var delaySeconds = 0.0
}

extension Cloud {
    /// All routes of the main listener.
    static let routes = RouteTable(
        ActionCalls.routes + ServerCalls.routes + SSHKeyCalls.routes + FirewallCalls.routes + CatalogCalls.routes
            + OAuthCalls.routes + AuthKeyCalls.routes + DeviceCalls.routes + RegisterCalls.routes + AdminCalls.routes)

    /// Handles one call. It first processes all events that are due at `time`.
    mutating func handle(_ call: Call, at time: Instant) -> Outcome {
        advance(to: time)
        let match = Self.routes.find(call.method, call.path)
        if case .route(let route, _) = match { counts.count(route.name) } else { counts.count("unknown") }
        let isAdmin = call.path.hasPrefix("/_sandbox/") && !call.path.hasPrefix("/_sandbox/tailnet/")
        if isAdmin, call.isFromPage {
            return Outcome(answer: .refusal(.plain(403, "forbidden", "web pages may not use this"), path: call.path))
        }
        if isAdmin { return Outcome(answer: answer(call, match)) }
        defer { interference = Interference() }
        var outcome = Outcome(answer: Answer(500))
        do {
            if call.path.hasPrefix("/v1") { try admit(call) }
            interference = faults.take(call, &dice)
            if interference.expiresTokens { tailnet.tokens = [:] }
            if call.path.hasPrefix("/api/v2"), call.path != "/api/v2/oauth/token" { try OAuthCalls.check(call, self) }
            if interference.hasEffect { outcome.answer = answer(call, match) }
            outcome.answer = interference.answer ?? outcome.answer
        } catch let error as APIError {
            outcome.answer = .refusal(error, path: call.path)
        } catch {
            outcome.answer = .refusal(.plain(500, "server_error", "internal error"), path: call.path)
        }
        outcome.delivery = interference.delivery
        outcome.delaySeconds = interference.delaySeconds
        finish(&outcome.answer, call)
        return outcome
    }

    private mutating func answer(_ call: Call, _ match: RouteTable.Match) -> Answer {
        do {
            switch match {
            case .route(let route, let parameters):
                var call = call
                call.parameters = parameters
                return try route.handler(&self, call)
            case .otherMethod: throw APIError.plain(405, "method_not_allowed", "method not allowed")
            case .nothing: throw APIError.plain(404, "not_found", "no such path")
            }
        } catch let error as APIError {
            return .refusal(error, path: call.path)
        } catch {
            return .refusal(.plain(500, "server_error", "internal error"), path: call.path)
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

    /// Adds the headers of every response and the changes that faults make.
    private mutating func finish(_ answer: inout Answer, _ call: Call) {
        if interference.addsUnknownFields {
            answer.replace("{\"id\":", with: "{\"x_new_field\":{\"a\":[1,null,\"b\"]},\"id\":")
        }
        if interference.writesOffsets { answer.replace("Z\"", with: "+00:00\"") }
        guard call.path.hasPrefix("/v1") else { return }
        let given = Set(answer.headers.map(\.name))
        answer.headers += bucket.headers.filter { !given.contains($0.name) }
        answer.headers.append(("X-Correlation-Id", dice.hex(16)))
    }
}
