/// Why there is no answer to a call.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request cannot be sent as it is: its URL or a header is malformed.
        case invalidRequest
        /// Too many calls wait already; nothing was sent.
        case overloaded
        /// The client was shut down.
        case closed
        /// The host's name has no address or no connection came about; nothing was sent.
        case notSent
        /// No trusted TLS session came about; nothing was sent.
        case tls
        /// The time given was over first.
        case timedOut
        /// The connection broke before the answer was complete.
        case connectionLost
        /// The answer is longer than allowed.
        case tooLarge
        /// The answer is no HTTP.
        case invalidResponse
        /// The task that waited was cancelled.
        case cancelled
    }

    public let code: Code
    /// For people: what was tried where, and what went wrong. Holds no header, body or query.
    public let message: String
    /// Whether the server may have seen the request and acted on it. False is certain.
    public let mayHaveBeenSent: Bool

    public init(_ code: Code, message: String, mayHaveBeenSent: Bool) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    public var description: String { message }
}

extension HTTPError {
    /// An error about one request, in the house's words.
    init(_ code: Code, _ request: HTTPRequest, _ reason: String, mayHaveBeenSent: Bool = false) {
        self.init(code, message: "cannot \(request): \(reason)", mayHaveBeenSent: mayHaveBeenSent)
    }
}
