/// The response to a call.
struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
    var headers: [(name: String, value: String)] = []

    /// Creates a JSON response.
    init(_ status: Int = 200, _ body: JSONValue) {
        self.status = status
        self.body = body.bytes
        self.headers = [("Content-Type", "application/json")]
    }

    /// Creates a response of any type, by default without a body and a content type.
    init(_ status: Int, type: String? = nil, text: String = "") {
        self.status = status
        self.body = Array(text.utf8)
        self.headers = type.map { [("Content-Type", $0)] } ?? []
    }

    /// 204 without a body.
    static let none = Answer(204)

    /// Creates an error response in the format of the API that the path belongs to.
    static func refusal(_ error: APIError, path: String) -> Answer {
        if path.hasPrefix("/api/v2") || path.hasPrefix("/_sandbox/tailnet") {
            return Answer(error.status, ["message": .string(error.message)])
        }
        return Answer(
            error.status,
            ["error": ["code": .string(error.code), "message": .string(error.message), "details": error.details]])
    }
}

extension Answer {
    /// Replaces each occurrence of a text in the body.
    mutating func replace(_ text: String, with other: String) {
        body = Array(String(decoding: body, as: UTF8.self).replacing(text, with: other).utf8)
    }
}
