/// The faults in the order in which they were set.
struct Faults: Sendable {
    private(set) var all: [Fault] = []
    static let limit = 1_000

    /// Adds a fault. Throws 422 beyond the limit, for a status outside 100 to 599, or for seconds outside 0 to 3,600.
    mutating func add(_ body: Fault.Body, id: Int64) throws {
        guard all.count < Self.limit else {
            throw APIError.invalid("fault", "cannot set more than \(Self.limit) faults")
        }
        guard (100...599).contains(body.status ?? 500), (0...3_600).contains(body.seconds ?? 0) else {
            throw APIError.invalid("fault", "status must be 100 to 599, seconds 0 to 3600")
        }
        all.append(Fault(id: id, body: body))
    }

    /// Removes one fault, or all faults if `id` is `nil`.
    mutating func remove(_ id: Int64?) throws {
        guard let id else {
            all = []
            return
        }
        guard all.contains(where: { $0.id == id }) else { throw APIError.notFound("fault", String(id)) }
        all.removeAll { $0.id == id }
    }

    /// Returns the combined effects of the faults on a call, and counts each fault that fires.
    mutating func take(_ call: Call, _ random: inout SeededRandom) -> Interference {
        var interference = Interference()
        for place in all.indices where !all[place].isSpent && all[place].matches(call) {
            all[place].seen += 1
            guard all[place].seen > all[place].body.after ?? 0 else { continue }
            if let probability = all[place].body.probability, !random.happens(probability) { continue }
            all[place].fired += 1
            interference.add(all[place].body, call)
        }
        return interference
    }
}

extension Interference {
    /// Adds the effects of one fault.
    mutating func add(_ fault: Fault.Body, _ call: Call) {
        switch fault.fault {
        case .loseAnswer, .slow, .trickle, .truncate: deliver(fault)
        case .status, .rateLimited, .html502, .resourceUnavailable, .unsupportedLocation, .limitExceeded:
            answer = Self.answer(fault, call)
            hasEffect = fault.effect ?? false
        case .actionFails:
            let code = fault.code ?? "action_failed"
            add(
                ForcedOutcome(
                    command: fault.action, failure: .init(code: code, message: fault.message ?? "Action failed")))
        case .actionStuck: add(ForcedOutcome(command: fault.action, isStuck: true))
        case .actionSlow: add(ForcedOutcome(command: fault.action, extraSeconds: fault.seconds ?? 60))
        case .staleList: staleSeconds = fault.seconds ?? 30
        case .emptyList: emptiesList = true
        case .neverBoots: traits.neverBoots = true
        case .bootSlow: traits.bootSeconds = fault.seconds ?? 60
        case .wrongHostKey: traits.hasOtherHostKey = true
        case .ignoresShutdown: traits.ignoresShutdown = true
        case .serverVanishes: vanishSeconds = fault.seconds ?? 0
        case .unknownFields: addsUnknownFields = true
        case .offsetTimes: writesOffsets = true
        case .deviceAppearsLate: deviceDelaySeconds = fault.seconds ?? 10
        case .tokenExpired: expiresTokens = true
        }
    }

    private mutating func deliver(_ fault: Fault.Body) {
        if fault.fault == .loseAnswer {
            delivery = .dropped
            hasEffect = fault.effect ?? true
        } else if fault.fault == .truncate {
            delivery = .truncated
        } else if fault.fault == .trickle {
            delivery = .trickled(seconds: fault.seconds ?? 10)
        } else {
            delaySeconds += fault.seconds ?? 10
        }
    }

    private static func answer(_ fault: Fault.Body, _ call: Call) -> Answer {
        var answer: Answer
        if fault.fault == .html502 {
            let status = fault.status ?? 502
            let title = status == 504 ? "504 Gateway Time-out" : "\(status) Bad Gateway"
            let page = "<html>\r\n<head><title>\(title)</title></head>\r\n<body><h1>\(title)</h1></body>\r\n</html>\r\n"
            answer = Answer(status, type: "text/html", text: page)
        } else if call.path.hasPrefix(Stripe.root) {
            answer = stripeAnswer(fault)
        } else {
            answer = .refusal(refusal(fault), path: call.path)
        }
        if fault.fault == .rateLimited, !call.path.hasPrefix(Stripe.root) {
            answer.headers.append(("RateLimit-Remaining", "0"))
        }
        if let seconds = fault.retryAfter { answer.headers.append(("Retry-After", String(seconds))) }
        return answer
    }

    private static func stripeAnswer(_ fault: Fault.Body) -> Answer {
        var error = StripeError(
            .plain(fault.status ?? 500, fault.code ?? "", fault.message ?? "injected by the sandbox"))
        if fault.fault == .rateLimited { error = .limited(by: fault.code ?? "global-rate") }
        if error.status >= 500 { error.shouldRetry = false }
        error.shouldRetry = fault.shouldRetry ?? error.shouldRetry
        return error.answer
    }

    private static func refusal(_ fault: Fault.Body) -> APIError {
        if fault.fault == .rateLimited {
            return .plain(429, "rate_limit_exceeded", "limit of requests per hour reached")
        }
        if fault.fault == .resourceUnavailable {
            return .plain(412, "resource_unavailable", fault.message ?? "error during placement")
        }
        if fault.fault == .unsupportedLocation { return .unsupportedLocation }
        if fault.fault == .limitExceeded {
            return .limit(fault.message ?? "server limit exceeded", name: "server_limit")
        }
        let status = fault.status ?? 500
        let code = fault.code ?? Self.codes[status] ?? "unknown_error"
        return .plain(status, code, fault.message ?? "injected by the sandbox")
    }

    private static let codes = [
        401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 412: "resource_unavailable",
        422: "invalid_input", 423: "locked", 429: "rate_limit_exceeded", 500: "server_error", 502: "bad_gateway",
        503: "unavailable", 504: "timeout",
    ]
}
