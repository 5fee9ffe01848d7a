#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The callers that a restriction allows: an address, a network, or a user of this machine.
enum PeerPattern: Sendable, Hashable {
    /// The first `length` bits of an IPv4 or IPv6 address.
    case network([UInt8], length: Int)
    /// A process of this user, on the Unix socket.
    case user(UInt32)

    /// Creates a pattern from `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` or `unix:1000`. Returns `nil` for other texts,
    /// and for a network whose address has bits after its length.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            guard let number = TokenRestriction.number(text.dropFirst(5)), let user = UInt32(exactly: number) else {
                return nil
            }
            self = .user(user)
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        let length = parts.count == 1 ? Int64(bytes.count * 8) : TokenRestriction.number(parts[1])
        guard let length, length <= bytes.count * 8, Self.isZero(bytes, from: Int(length)) else { return nil }
        self = .network(bytes, length: Int(length))
    }

    /// Returns the 4 or 16 bytes of an address, or `nil` for another text. An IPv4 address inside an IPv6 one
    /// (`::ffff:192.0.2.7`) becomes the IPv4 address.
    static func bytes(of address: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }

    private static func isZero(_ bytes: [UInt8], from length: Int) -> Bool {
        (length..<bytes.count * 8).allSatisfy { bytes[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }
    }

    /// Returns true if the pattern allows a TCP client with this address.
    func allows(address: String) -> Bool {
        guard case .network(let network, let length) = self, let bytes = Self.bytes(of: address),
            bytes.count == network.count
        else { return false }
        return (0..<length).allSatisfy { bit in
            (bytes[bit / 8] ^ network[bit / 8]) & (0x80 >> (bit % 8)) == 0
        }
    }

    /// Returns true if the pattern allows a process of this user on the Unix socket.
    func allows(user: UInt32) -> Bool { self == .user(user) }
}
