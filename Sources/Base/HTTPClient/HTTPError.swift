/// The error of a call that gets no response.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request cannot be sent as it is: its URL or a header is malformed.
        case invalidRequest
        /// Too many calls wait already. The request was not sent.
        case overloaded
        /// The client was shut down.
        case closed
        /// The host's name has no address, or no connection was established in time. The request was not sent.
        case notSent
        /// The policy of the client refuses every address of the host. The request was not sent.
        case addressRefused
        /// No trusted TLS session was established. The request was not sent.
        case tls
        /// The time limit was reached in the queue, or after a part of the request was sent.
        case timedOut
        /// The connection broke before the response was complete.
        case connectionLost
        /// The body is longer than `responseLimitBytes`, or the headers are longer than 64 KiB.
        case tooLarge
        /// The response is not HTTP.
        case invalidResponse
        /// The waiting task was cancelled.
        case cancelled
    }

    /// The kind of failure.
    public let code: Code
    /// A readable text with the request and the error. It contains no header, body or query.
    public let message: String
    /// True if the server may have received and executed the request. False means that it certainly has not.
    public let mayHaveBeenSent: Bool

    /// Creates an error.
    public init(_ code: Code, message: String, mayHaveBeenSent: Bool) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    /// The message.
    public var description: String { message }
}

extension HTTPError {
    /// Creates an error about one request, in the project's form of error texts.
    init(_ code: Code, _ request: HTTPRequest, _ reason: String, mayHaveBeenSent: Bool = false) {
        self.init(code, message: "cannot \(request): \(reason)", mayHaveBeenSent: mayHaveBeenSent)
    }
}
