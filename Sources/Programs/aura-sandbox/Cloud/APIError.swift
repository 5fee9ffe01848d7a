import JSON

/// An error response: Hetzner's `{"error":{code,message,details}}` with its status, or Tailscale's `{"message"}`.
struct APIError: Error, Sendable {
    var status: Int
    var code: String
    var message: String
    var details: JSONValue = .null

    /// 422 about one field, in the shape that Hetzner documents for `invalid_input`.
    static func invalid(_ field: String, _ message: String) -> APIError {
        APIError(
            status: 422, code: "invalid_input", message: "invalid input in field '\(field)'",
            details: ["fields": [["name": .string(field), "messages": [.string(message)]]]])
    }

    /// 404 for a resource that does not exist or no longer exists.
    static func notFound(_ what: String, _ id: String) -> APIError {
        APIError(status: 404, code: "not_found", message: "\(what) with ID '\(id)' not found")
    }

    /// 409 for a name, key or similar value that is already used.
    static func taken(_ message: String, field: String) -> APIError {
        APIError(
            status: 409, code: "uniqueness_error", message: message, details: ["fields": [["name": .string(field)]]])
    }

    /// 423 while another action runs on the server.
    static let locked = APIError(
        status: 423, code: "locked", message: "cannot perform operation because server is locked")

    /// 422 for a type that is out of stock or not offered at a location.
    static let unsupportedLocation = APIError(
        status: 422, code: "invalid_input", message: "unsupported location for server type",
        details: ["fields": [["name": "location", "messages": ["unsupported location for server type"]]]])

    /// 423 for a resource with active protection.
    static func protected(_ message: String) -> APIError {
        APIError(status: 423, code: "protected", message: message)
    }

    /// 403 when the project has reached a limit.
    static func limit(_ message: String, name: String) -> APIError {
        APIError(
            status: 403, code: "resource_limit_exceeded", message: message,
            details: ["limits": [["name": .string(name)]]])
    }

    /// Any status with a code and a message.
    static func plain(_ status: Int, _ code: String, _ message: String) -> APIError {
        APIError(status: status, code: code, message: message)
    }

    /// A Tailscale error, which has only a status and a message.
    static func tailnet(_ status: Int, _ message: String) -> APIError {
        APIError(status: status, code: "", message: message)
    }
}
