internal import AuraModel
internal import DriverREST

/// The meaning of Hetzner's error codes, from the API's documentation and the retry rules of its Go and Python clients.
///
/// The code determines the class, not the status. One status has several meanings, and Hetzner's tables do not list it
/// for many codes.
enum HetznerErrorClass {
    static func of(code: String, status: Int, text: String, effect: CallEffect) -> ErrorClass {
        switch code {
        // The location has no capacity for the server type. `invalid_input` means the same if its text reports a type
        // that is out of stock.
        case "resource_unavailable", "placement_error": .capacity
        case "invalid_input": isSoldOut(text) ? .capacity : .permanent
        // The name is in use, maybe because of an earlier call with a lost reply. The caller of a creation checks that.
        case "uniqueness_error": effect == .once ? .ambiguous : .permanent
        case "conflict", "locked", "rate_limit_exceeded", "unavailable", "maintenance", "robot_unavailable": .transient
        // The call may have had its effect.
        case "server_error", "bad_gateway", "timeout", "unknown_error": effect.classOfLostAnswer
        case "json_error", "unauthorized", "token_readonly", "forbidden", "resource_limit_exceeded", "not_found",
            "method_not_allowed", "deprecated_api_endpoint", "service_error", "unsupported_error", "protected",
            "resource_locked":
            .permanent
        default: ofStatus(status, effect: effect)
        }
    }

    /// Returns the concern of a permanent refusal; `nil` if the request itself is wrong or the code is not known.
    static func concern(code: String, text: String) -> Concern? {
        switch code {
        case "unauthorized", "token_readonly", "forbidden": .token
        case "resource_limit_exceeded", "resource_locked", "deprecated_api_endpoint", "method_not_allowed": .project
        case "invalid_server_type": .candidate
        // A type or location that is retired, unknown, or not offered in this combination.
        case "invalid_input", "not_found", "unsupported_error", "service_error": namesCandidate(text) ? .candidate : nil
        default: nil
        }
    }

    /// Matches "server type 22 is deprecated", "unsupported location for server type", "invalid input (server_type:
    /// …)".
    private static func namesCandidate(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["server type", "server_type", "location", "datacenter"].contains { text.contains($0) }
    }

    /// Returns a failure with the class and the concern of the code.
    static func failure(
        code: String, status: Int, text: String, effect: CallEffect, message: String
    ) -> Failure {
        let errorClass = of(code: code, status: status, text: text, effect: effect)
        return Failure(
            errorClass, code: code, message: message,
            concern: errorClass == .permanent ? concern(code: code, text: text) : nil)
    }

    /// Returns the class for an unknown code. A retry cannot help with operation-specific codes (422).
    private static func ofStatus(_ status: Int, effect: CallEffect) -> ErrorClass {
        switch status {
        case 408, 409, 423, 425, 429, 503: .transient
        case 500...599: effect.classOfLostAnswer
        default: .permanent
        }
    }

    /// Returns the code for a response that is not JSON, such as a gateway's HTML page.
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

    /// The codes after which Hetzner's own clients retry a call, and the code of a timeout.
    static let retriedCodes: Set = ["conflict", "rate_limit_exceeded", "bad_gateway", "timeout", "providerTimeout"]

    /// Since 2026, a type that is out of stock is refused with "Unsupported location for server type".
    private static func isSoldOut(_ text: String) -> Bool {
        text.lowercased().contains("unsupported location for server type")
    }
}
