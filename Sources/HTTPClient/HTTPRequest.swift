/// A call to an HTTP server.
///
/// Descriptions name the method and the place, never the headers, the body or the query, which may hold secrets.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// Absolute, `http` or `https`, percent-encoded, without user name and password.
    public var url: String
    public var headers: HTTPHeaders
    /// Sent with `Content-Length`; none sends no body (a `POST`, `PUT` or `PATCH` then says that its length is 0).
    public var body: [UInt8]?
    /// From the call to the last byte of the answer, waiting for a place in the client's queue included.
    public var timeout: Duration
    /// For the name look-up, the connection and the TLS handshake together.
    public var connectTimeout: Duration
    /// The longest body that is taken.
    public var responseLimitBytes: Int
    public var cancellation: CancellationRule

    /// What happens to the call when the Swift task that waits for it is cancelled.
    public enum CancellationRule: Sendable, Hashable {
        /// The call ends at once: for calls that only read.
        case abort
        /// Cancelling changes nothing: the call runs to its answer or its time-out, so that what it did is known.
        case finish
    }

    public init(
        _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10),
        responseLimitBytes: Int = 4 << 20, cancellation: CancellationRule = .abort
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.responseLimitBytes = responseLimitBytes
        self.cancellation = cancellation
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(method.rawValue) \(place)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }

    /// The URL without its query, its fragment and its user, for messages.
    var place: String {
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = bare.firstRange(of: "://") else { return "a URL without a scheme" }
        let rest = bare[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let user = authority.lastIndex(of: "@") else { return String(bare) }
        return bare[..<scheme.upperBound] + String(rest[rest.index(after: user)...])
    }
}

extension HTTPRequest {
    /// The host and, if the URL names it, the port.
    var host: String {
        guard let scheme = place.firstRange(of: "://") else { return "the host" }
        return String(place[scheme.upperBound...].prefix { $0 != "/" })
    }
}

/// What a call does to its resource.
public enum HTTPMethod: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Whether doing it twice leaves the same as doing it once (RFC 9110, 9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete: true
        case .post, .patch: false
        }
    }
}
