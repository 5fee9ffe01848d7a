/// The web pages that may call the daemon.
///
/// A browser sends the page's origin with every WebSocket handshake and every POST to another site (RFC 6454 §7).
/// Other clients send no origin and are allowed.
///
/// A page of the daemon's own host is allowed if that host is an IP address or `localhost`, or if its origin is listed.
/// Other host names need the list, because any DNS zone can point a name at this address.
public struct OriginPolicy: Sendable, Hashable {
    /// The listed origins, such as `https://console.example.com`, in lower case.
    public var allowed: Set<String>

    /// Creates a policy.
    public init(allowed: Set<String> = []) {
        self.allowed = Set(allowed.map { $0.lowercased() })
    }

    /// Returns true if `text` can be listed: `http` or `https`, a host, and optionally a port (RFC 6454 §6.2). Browsers
    /// omit the default port.
    ///
    /// `null` and `*` are refused: every sandboxed frame sends `null`, and `*` would match every page.
    public static func isOrigin(_ text: String) -> Bool {
        let text = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return false }
        var host = text.dropFirst(scheme.count)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let port = host[host.index(after: colon)...]
            guard let number = UInt16(port), number > 0, String(number) == port else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inside = host.dropFirst().dropLast()
            return inside.contains(":") && inside.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty && !host.hasPrefix(".")
            && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    }

    /// Returns true if a request with these `Origin` and `Host` headers is allowed. Several `Origin` headers are
    /// refused as ambiguous.
    public func admits(origins: [String], host: String?) -> Bool {
        origins.count < 2 && admits(origin: origins.first, host: host)
    }

    /// Returns true if a request with these `Origin` headers comes from a page of a listed origin.
    func lists(_ origins: [String]) -> Bool {
        guard origins.count == 1, let origin = origins.first?.lowercased() else { return false }
        return allowed.contains(origin) && Self.isOrigin(origin)
    }

    /// Returns true if a browser may have the host of a `Host` header: an IP address, `localhost`, or the host of a listed
    /// origin.
    public func admits(host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        return Self.isAddress(Self.name(of: host)) || allowed.contains("https://\(host)")
            || allowed.contains("http://\(host)")
    }

    /// Returns true if a request with these headers is allowed.
    public func admits(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if lists([origin]) { return true }
        guard let host = host?.lowercased(), origin == "http://\(host)" || origin == "https://\(host)" else {
            return false
        }
        return Self.isAddress(Self.name(of: host))
    }

    /// Returns the host of a `Host` header, without its port and without the brackets of an IPv6 address.
    private static func name(of host: String) -> Substring {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            return host[host.index(after: host.startIndex)..<end]
        }
        return host.prefix { $0 != ":" }
    }

    private static func isAddress(_ name: Substring) -> Bool {
        if name == "localhost" { return true }
        let isIPv6 = name.contains(":") && name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return isIPv6 || (parts.count == 4 && parts.allSatisfy { UInt8($0) != nil })
    }
}
