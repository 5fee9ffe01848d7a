internal import AuraModel
internal import DriverREST

/// What Hetzner's error codes mean, after the API's documentation and the retry rules of its Go and Python clients.
///
/// The code decides, not the status: the same status stands for several meanings, and upstream's tables leave it blank
/// for many.
enum HetznerErrorClass {
    static func of(code: String, status: Int, text: String, effect: CallEffect) -> ErrorClass {
        switch code {
        // Sold out there; the two texts of a 422 and the 412 mean the same.
        case "resource_unavailable", "placement_error": .capacity
        case "invalid_input": isSoldOut(text) ? .capacity : .permanent
        // The name is taken, maybe by a call of ours whose answer was lost: whoever creates looks.
        case "uniqueness_error": effect == .once ? .ambiguous : .permanent
        case "conflict", "locked", "rate_limit_exceeded", "unavailable", "maintenance", "robot_unavailable": .transient
        // It may have happened all the same.
        case "server_error", "bad_gateway", "timeout", "unknown_error": effect.classOfLostAnswer
        case "json_error", "unauthorized", "token_readonly", "forbidden", "resource_limit_exceeded", "not_found",
            "method_not_allowed", "deprecated_api_endpoint", "service_error", "unsupported_error", "protected",
            "resource_locked":
            .permanent
        default: ofStatus(status, effect: effect)
        }
    }

    /// The concern of a permanent refusal; `nil` if the request itself is wrong or the code is not known.
    static func concern(code: String, text: String) -> Concern? {
        switch code {
        case "unauthorized", "token_readonly", "forbidden": .token
        case "resource_limit_exceeded", "resource_locked", "deprecated_api_endpoint", "method_not_allowed": .project
        case "invalid_server_type": .candidate
        // A type or location that is retired, not known or not offered together with the other.
        case "invalid_input", "not_found", "unsupported_error", "service_error": namesCandidate(text) ? .candidate : nil
        default: nil
        }
    }

    /// "server type 22 is deprecated", "unsupported location for server type", "invalid input (server_type: …)".
    private static func namesCandidate(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["server type", "server_type", "location", "datacenter"].contains { text.contains($0) }
    }

    /// A failure with the class and the concern that the code stands for.
    static func failure(
        code: String, status: Int, text: String, effect: CallEffect, message: String, correlationID: String? = nil
    ) -> Failure {
        let errorClass = of(code: code, status: status, text: text, effect: effect)
        return Failure(
            errorClass, code: code, message: message, correlationID: correlationID,
            concern: errorClass == .permanent ? concern(code: code, text: text) : nil)
    }

    /// For codes that are not known: operation-specific ones (422) cannot be helped by repeating.
    private static func ofStatus(_ status: Int, effect: CallEffect) -> ErrorClass {
        switch status {
        case 408, 409, 423, 425, 429, 503: .transient
        case 500...599: effect.classOfLostAnswer
        default: .permanent
        }
    }

    /// The code for an answer that is no JSON, such as a gateway's HTML page.
    static func code(forStatus status: Int) -> String {
        switch status {
        case 401: "unauthorized"
        case 403: "forbidden"
        case 404: "not_found"
        case 409: "conflict"
        case 423: "locked"
        case 429: "rate_limit_exceeded"
        case 500: "server_error"
        case 502: "bad_gateway"
        case 503: "unavailable"
        case 504: "timeout"
        default: "http\(status)"
        }
    }

    /// The codes after which Hetzner's own clients repeat a call.
    static func isRepeatedByOfficialClients(_ code: String) -> Bool {
        ["conflict", "rate_limit_exceeded", "bad_gateway", "timeout", "providerTimeout"].contains(code)
    }

    /// "Unsupported location for server type" is how a type that is out of stock is refused since 2026.
    private static func isSoldOut(_ text: String) -> Bool {
        text.lowercased().contains("unsupported location for server type")
    }
}
