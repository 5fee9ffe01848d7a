import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import NIOCore

/// The response to a call.
struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
    var headers: [(name: String, value: String)] = []

    /// Creates a JSON response.
    init(_ status: Int = 200, _ body: JSONValue) {
        self.status = status
        self.body = body.serialized()
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
    static func refusal(_ error: any Error, path: String) -> Answer {
        if let error = error as? StripeError, path.hasPrefix(Stripe.root) { return error.answer }
        let stripe = (error as? StripeError).map { APIError.plain($0.status, $0.code ?? $0.type, $0.message) }
        return refusal(
            stripe ?? error as? APIError ?? .plain(500, "server_error", "internal error"), path: path)
    }

    /// Creates an error response in the format of the API that the path belongs to.
    static func refusal(_ error: APIError, path: String) -> Answer {
        if path.hasPrefix(Stripe.root) { return StripeError(error).answer }
        if path.hasPrefix("/api/v2") || path.hasPrefix("/_sandbox/tailnet") {
            return Answer(error.status, ["message": .string(error.message)])
        }
        return Answer(
            error.status,
            ["error": ["code": .string(error.code), "message": .string(error.message), "details": error.details]])
    }

    /// Replaces each occurrence of a text in the body.
    mutating func replace(_ text: String, with other: String) {
        body = Array(String(decoding: body, as: UTF8.self).replacing(text, with: other).utf8)
    }

    /// The response with the whole body.
    var response: Response {
        response(body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    fileprivate func response(_ body: ResponseBody) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let field = HTTPField.Name(name) { fields[field] = value }
        }
        var response = Response(status: .init(code: status), headers: fields, body: body)
        if status == 204 { response.headers[.contentLength] = nil }
        return response
    }
}

/// The response to a call, its delivery and its delay.
struct Outcome: Sendable {
    var answer: Answer
    var delivery = Interference.Delivery.whole
    var delaySeconds = 0.0

    /// Waits for the delay and returns a response that is delivered as the faults require. Throws
    /// ``ConnectionDropped`` if the caller gets no response.
    func response() async throws -> Response {
        guard delivery != .dropped else { throw ConnectionDropped() }
        if delaySeconds > 0 { try await Task.sleep(for: .seconds(delaySeconds)) }
        let bytes = answer.body
        switch delivery {
        case .whole, .dropped: return answer.response
        case .truncated:
            let body = ResponseBody(contentLength: bytes.count) { writer in
                try await writer.write(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
                throw ConnectionDropped()
            }
            return answer.response(body)
        case .trickled(let seconds):
            let body = ResponseBody(contentLength: bytes.count) { writer in
                let size = max(1, (bytes.count + 9) / 10)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try await writer.write(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + size)]))
                    try await Task.sleep(for: .seconds(seconds / 10))
                }
                try await writer.finish(nil)
            }
            return answer.response(body)
        }
    }
}

/// Ends a connection without a complete response.
struct ConnectionDropped: Error {}
