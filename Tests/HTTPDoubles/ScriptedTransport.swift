public import HTTPClient
import Locking

/// A transport that returns what a closure returns, and records its requests.
public final class ScriptedTransport: HTTPTransport {
    public typealias Answer = @Sendable (_ request: HTTPRequest, _ number: Int) async throws(HTTPError) -> HTTPResponse

    private let log = Locked<[HTTPRequest]>([])
    private let answer: Answer

    /// - Parameter answer: gets each request with its number, counted from 1.
    public init(_ answer: @escaping Answer) {
        self.answer = answer
    }

    /// Returns these replies in order. A further request fails as `closed`.
    public convenience init(_ answers: [Result<HTTPResponse, HTTPError>]) {
        self.init { (_, number) throws(HTTPError) in
            guard answers.indices.contains(number - 1) else {
                throw HTTPError(
                    .closed, message: "the script has only \(answers.count) answers", mayHaveBeenSent: false)
            }
            return try answers[number - 1].get()
        }
    }

    /// The requests so far, in order.
    public var requests: [HTTPRequest] { log.withLock { $0 } }

    /// Each request as "GET /servers?name=x", without the endpoint.
    public var lines: [String] {
        requests.map { request in
            let rest = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3)
            return "\(request.method.rawValue) /\(rest.joined())"
        }
    }

    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let number = log.withLock { log in
            log.append(request)
            return log.count
        }
        return try await answer(request, number)
    }
}

extension Result where Success == HTTPResponse, Failure == HTTPError {
    /// A reply with a JSON text as its body.
    public static func json(_ status: Int, _ text: String, headers: HTTPHeaders = [:]) -> Self {
        .success(.json(status, text, headers: headers))
    }

    /// A request without a reply.
    public static func lost(_ code: HTTPError.Code, mayHaveBeenSent: Bool) -> Self {
        .failure(HTTPError(code, message: "cannot talk: \(code.rawValue)", mayHaveBeenSent: mayHaveBeenSent))
    }
}

extension HTTPResponse {
    /// A reply with a JSON text as its body.
    public static func json(_ status: Int, _ text: String, headers: HTTPHeaders = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}
