/// The cookie of a browser's session (RFC 6265).
///
/// A browser accepts a name that begins with `__Host-` only from the host itself, with `Secure` and for the path `/`. It
/// sends the cookie with requests of pages of the same site only (`SameSite=Strict`), and shows it to no script.
public enum SessionCookie {
    /// The name of the cookie.
    public static let name = "__Host-aura"
    /// The number of characters of its value: 32 bytes in base64url.
    public static let valueLength = 43
    /// The maximum number of bytes of all `Cookie` headers of a request.
    public static let headersLimitBytes = 16 << 10

    private static let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict"

    /// Returns the value of the cookie in the `Cookie` headers of a request, or `nil` if it is not there.
    ///
    /// Throws `unauthenticated` if the cookie is there twice or has a value that no daemon makes, and for headers that
    /// are too long.
    public static func read(_ headers: [String]) throws(RPCError) -> String? {
        guard headers.reduce(0, { $0 + $1.utf8.count }) <= headersLimitBytes else { throw .uselessCookie }
        var found: String?
        for header in headers {
            for pair in header.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop(while: isSpace)
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8)
                else { continue }
                var value = pair[pair.index(after: equals)...]
                while let last = value.last, isSpace(last) { value.removeLast() }
                guard found == nil, value.count == valueLength, value.allSatisfy(isOfValue) else {
                    throw .uselessCookie
                }
                found = String(value)
            }
        }
        return found
    }

    /// Returns the value of a `Set-Cookie` header that gives the browser the cookie.
    public static func setting(_ value: String, lifeSeconds: Int) -> String {
        "\(name)=\(value); \(attributes); Max-Age=\(lifeSeconds)"
    }

    /// The value of a `Set-Cookie` header that takes the cookie from the browser.
    public static let clearing = "\(name)=; \(attributes); Max-Age=0"

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isOfValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension RPCError {
    fileprivate static let uselessCookie = RPCError(
        .unauthenticated, "cannot use the cookie \(SessionCookie.name), it is not one that a session has: sign in again"
    )
}

/// Opens and ends sessions of browsers. The ``Authenticator`` of a router may have them.
public protocol SessionKeeper: Sendable {
    /// Opens a session for the principal of a token. `session` is the connection of the request.
    ///
    /// Throws `unauthenticated` for a token that is not valid, and `forbidden` for a token with restrictions.
    func openSession(token: String, on session: Session) async throws(RPCError) -> OpenedSession

    /// Checks a cookie and gives the connection the principal of its session. Throws `unauthenticated`.
    func authenticate(_ session: Session, cookie: String) throws(RPCError)

    /// Ends the session of a cookie and its connections. A session that does not exist is ignored. `session` is the
    /// connection of the request.
    ///
    /// Throws `tooManyCalls` if the principal has made too many changes.
    func closeSession(cookie: String, on session: Session) async throws(RPCError)
}

/// A session that was opened.
public struct OpenedSession: Sendable {
    /// The value of the cookie.
    public var cookie: String
    /// The longest time that the session lasts, in seconds.
    public var lifeSeconds: Int

    /// Creates the result.
    public init(cookie: String, lifeSeconds: Int) {
        self.cookie = cookie
        self.lifeSeconds = lifeSeconds
    }
}
