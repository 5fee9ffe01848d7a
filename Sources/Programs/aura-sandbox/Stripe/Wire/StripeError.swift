import JSON

/// An error in Stripe's format: `{"error": {"type", "code", "message", "param", …}}`.
struct StripeError: Error, Sendable {
    var status: Int
    var type = "invalid_request_error"
    var code: String?
    var message: String
    var param: String?
    var declineCode: String?
    /// The value of `Stripe-Should-Retry`; `nil` sends no such header.
    var shouldRetry: Bool?
    /// The value of `Stripe-Rate-Limited-Reason`.
    var limiter: String?

    /// 400 about a parameter.
    static func invalid(_ param: String?, _ message: String, code: String? = nil) -> StripeError {
        StripeError(status: 400, code: code, message: message, param: param)
    }

    /// 404 for an object that a path names, or 400 for one that a parameter names.
    static func missing(_ kind: String, _ id: String, param: String = "id") -> StripeError {
        StripeError(
            status: param == "id" ? 404 : 400, code: "resource_missing", message: "No such \(kind): '\(id)'",
            param: param)
    }

    /// 402 for a payment that failed.
    static func declined(_ code: String, _ message: String, declineCode: String?) -> StripeError {
        StripeError(status: 402, type: "card_error", code: code, message: message, declineCode: declineCode)
    }

    /// 429 of a limiter.
    static func limited(by limiter: String) -> StripeError {
        StripeError(
            status: 429, code: "rate_limit",
            message:
                "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
            shouldRetry: false, limiter: limiter)
    }

    /// Translates an error of a fault or of the router.
    init(_ error: APIError) {
        self.init(status: error.status, message: error.message)
        let code = error.code.isEmpty ? nil : error.code
        switch error.status {
        case 402: (type, self.code, declineCode) = ("card_error", "card_declined", code ?? "generic_decline")
        case 429 where code == nil: self = .limited(by: "global-rate")
        case 500...: type = "api_error"
        default: self.code = code
        }
    }

    init(
        status: Int, type: String = "invalid_request_error", code: String? = nil, message: String,
        param: String? = nil, declineCode: String? = nil, shouldRetry: Bool? = nil, limiter: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.param = param
        self.declineCode = declineCode
        self.shouldRetry = shouldRetry
        self.limiter = limiter
    }

    /// The response.
    var answer: Answer {
        var error: JSONValue = ["type": .string(type), "message": .string(message)]
        if let code {
            error["code"] = .string(code)
            error["doc_url"] = .string("https://stripe.com/docs/error-codes/\(code.replacing("_", with: "-"))")
        }
        if let param { error["param"] = .string(param) }
        if let declineCode { error["decline_code"] = .string(declineCode) }
        var answer = Answer(status, ["error": error])
        if let shouldRetry { answer.headers.append(("Stripe-Should-Retry", String(shouldRetry))) }
        if let limiter { answer.headers.append(("Stripe-Rate-Limited-Reason", limiter)) }
        return answer
    }
}
