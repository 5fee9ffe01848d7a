public import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A TCP address to listen at: an IP address, or `localhost` if that resolves to loopback addresses only.
///
/// ``check(hasTLS:hasProof:)`` decides whether a server may use it.
public struct ListenerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host as it was given, without brackets.
    public let host: String
    /// The port, 0 to 65535. With 0 the system chooses the port.
    public let port: Int
    /// The host as a number, such as `127.0.0.1` or `::1`.
    public let ip: String

    /// The address to bind.
    public let socketAddress: SocketAddress

    /// True for an address of the loopback interface: 127.0.0.0/8 or `::1`.
    public let isLoopback: Bool

    /// The error for a text or a host that cannot be used.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// A clause with the cause and its remedy.
        public let description: String
    }

    /// Parses `HOST:PORT`, with an IPv6 host in brackets. Throws ``Refusal``.
    public init(_ text: String) throws(Refusal) {
        let shape = Refusal(
            description: "expected HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070 on the loopback interface")
        guard let colon = text.lastIndex(of: ":") else { throw shape }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { throw shape }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw shape }
        } else if host.contains(":") {
            throw shape
        }
        guard !host.isEmpty else { throw shape }
        try self.init(host: String(host), port: port)
    }

    /// Checks a host without brackets, and resolves `localhost`. Throws ``Refusal``.
    public init(host: String, port: Int) throws(Refusal) {
        guard (0...65_535).contains(port) else {
            throw Refusal(description: "the port \(port) does not exist, choose one from 0 to 65535")
        }
        let addresses = host.lowercased() == "localhost" ? Self.addressesOfLocalhost() : [host]
        let resolved = addresses.map { try? SocketAddress(ipAddress: $0, port: port) }
        guard let first = addresses.first, let socketAddress = resolved.first ?? nil else {
            throw Self.notAnAddress(host)
        }
        isLoopback = resolved.allSatisfy { $0.map(Self.isLoopback) ?? false }
        // `localhost` must not lead beyond the loopback interface by the system's own configuration.
        guard isLoopback || addresses == [host] else {
            throw Refusal(
                description: "\(host) resolves to an address that is not a loopback address: use 127.0.0.1 or [::1]")
        }
        self.host = host
        self.port = port
        ip = first
        self.socketAddress = socketAddress
    }

    /// Throws ``Refusal`` unless a server may listen here: always at a loopback address, and beyond it only with TLS and
    /// if every caller must prove who it is.
    public func check(hasTLS: Bool, hasProof: Bool) throws(Refusal) {
        guard !isLoopback else { return }
        guard hasProof else {
            throw Refusal(
                description: "\(host) is not a loopback address, and callers do not prove here who they are: "
                    + "use 127.0.0.1, [::1] or localhost")
        }
        guard hasTLS else {
            throw Refusal(
                description: "\(host) is not a loopback address, and calls would travel in clear: use TLS, "
                    + "or 127.0.0.1, [::1] or localhost")
        }
    }

    private static func notAnAddress(_ host: String) -> Refusal {
        Refusal(
            description: "\(host) is neither an IP address nor localhost: use a loopback address such as 127.0.0.1 or "
                + "[::1], or with TLS another IP address")
    }

    /// Returns `HOST:PORT` with another port, such as the port that the system chose for port 0.
    public func text(port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// `HOST:PORT`, with an IPv6 host in brackets.
    public var description: String { text(port: port) }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        // `ipAddress` is the system's own spelling: `::1` for every spelling of that address.
        switch address {
        case .v4: address.ipAddress?.hasPrefix("127.") ?? false
        case .v6: address.ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }

    /// Returns all addresses of `localhost` on this system, as numbers. Empty if there are none.
    private static func addressesOfLocalhost() -> [String] {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("localhost", nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var entry = list
        while let present = entry {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let refused = getnameinfo(
                present.pointee.ai_addr, present.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST)
            // An address that cannot be converted to text is not a loopback address either.
            found.append(refused == 0 ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : "?")
            entry = present.pointee.ai_next
        }
        return found
    }
}

/// A TCP address of the loopback interface. A server without authentication uses this type for its address, so that
/// other hosts cannot reach it.
public struct LoopbackAddress: Sendable, Hashable, CustomStringConvertible {
    /// The error for a text or a host that is not a loopback address.
    public typealias Refusal = ListenerAddress.Refusal

    /// The address, without the promise of this type.
    public let listener: ListenerAddress

    /// Parses `HOST:PORT`, with an IPv6 host in brackets. Throws ``Refusal``.
    public init(_ text: String) throws(Refusal) {
        try self.init(ListenerAddress(text))
    }

    /// Checks a host without brackets, and resolves `localhost`. Throws ``Refusal``.
    public init(host: String, port: Int) throws(Refusal) {
        try self.init(ListenerAddress(host: host, port: port))
    }

    private init(_ listener: ListenerAddress) throws(Refusal) {
        try listener.check(hasTLS: false, hasProof: false)
        self.listener = listener
    }

    /// The host as it was given, without brackets.
    public var host: String { listener.host }
    /// The port, 0 to 65535. With 0 the system chooses the port.
    public var port: Int { listener.port }
    /// The host as a number, such as `127.0.0.1` or `::1`.
    public var ip: String { listener.ip }
    /// The address to bind.
    public var socketAddress: SocketAddress { listener.socketAddress }

    /// Returns `HOST:PORT` with another port, such as the port that the system chose for port 0.
    public func text(port: Int) -> String { listener.text(port: port) }

    /// `HOST:PORT`, with an IPv6 host in brackets.
    public var description: String { listener.description }
}
