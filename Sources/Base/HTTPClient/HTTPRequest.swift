/// A call to an HTTP server.
///
/// Descriptions contain the method and the URL without its query. They never contain headers, body or query, which may
/// hold secrets.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// An absolute URL with `http` or `https`, percent-encoded, without user name and password.
    public var url: String
    public var headers: HTTPHeaders
    /// The body, sent with `Content-Length`. `nil` sends no body; a `POST`, `PUT` or `PATCH` then has the length 0.
    public var body: [UInt8]?
    /// The time from the call to the last byte of the response, including the wait in the client's queue.
    public var timeout: Duration
    /// The time for the name look-up, the connection and the TLS handshake together.
    public var connectTimeout: Duration
    /// The maximum length of the response body, in bytes.
    public var responseLimitBytes: Int
    /// The effect of task cancellation on the call.
    public var cancellation: CancellationRule

    /// Defines the effect on the call if the waiting task is cancelled.
    public enum CancellationRule: Sendable, Hashable {
        /// The call ends at once. For calls that only read.
        case abort
        /// Cancellation has no effect. The call runs to its response or its timeout, so that its outcome is known.
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
    /// A mirror without children, so that reflection shows no secrets.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }

    /// The URL without query, fragment and user, for messages.
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
    /// The host and, if the URL contains it, the port.
    var host: String {
        guard let scheme = place.firstRange(of: "://") else { return "the host" }
        return String(place[scheme.upperBound...].prefix { $0 != "/" })
    }
}

/// The method of a request.
public enum HTTPMethod: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// True if two equal requests have the same effect as one (RFC 9110, 9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete: true
        case .post, .patch: false
        }
    }
}
