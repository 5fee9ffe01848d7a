#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable {
    /// The 4 or 16 bytes of the address, in network byte order.
    public let bytes: [UInt8]

    /// Parses an address without brackets, port or zone. Returns `nil` for other texts. An IPv4 address inside an IPv6
    /// one (`::ffff:192.0.2.7`) becomes the IPv4 address.
    public init?(_ text: String) {
        // C would end the text at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        bytes = Self.unmapped(withUnsafeBytes(of: &sixteen) { Array($0) })
    }

    /// Creates an address from its 4 or 16 bytes, in network byte order. Returns `nil` for another number of bytes. An
    /// IPv4 address inside an IPv6 one (`::ffff:0:0/96`) becomes the IPv4 address.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes.count == 4 ? bytes : Self.unmapped(bytes)
    }

    private static func unmapped(_ whole: [UInt8]) -> [UInt8] {
        let isMapped = whole[..<10].allSatisfy { $0 == 0 } && whole[10] == 0xFF && whole[11] == 0xFF
        return isMapped ? Array(whole[12...]) : whole
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as a number, such as `192.0.2.7` or `2001:db8::7`.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// An IP network: an address and the length of its prefix.
public struct IPNetwork: Sendable, Hashable {
    private let address: IPAddress
    private let length: Int

    /// Creates a network from an address and the length of its prefix, in bits. Returns `nil` if the address has fewer
    /// bits, or if a bit after the prefix is set.
    public init?(_ address: IPAddress, length: Int) {
        let bits = address.bytes.count * 8
        guard (0...bits).contains(length), (length..<bits).allSatisfy({ !Self.bit($0, of: address) }) else {
            return nil
        }
        self.address = address
        self.length = length
    }

    /// Creates the network that has only this address.
    public init(_ address: IPAddress) {
        self.address = address
        length = address.bytes.count * 8
    }

    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or an address, which stands for the network of it alone. Returns `nil`
    /// for other texts, and for a network whose address has set bits after the prefix.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits == "0" || digits.first != "0", let length = Int(digits)
        else { return nil }
        self.init(address, length: length)
    }

    /// Returns true if the network has the address. An IPv4 network has no IPv6 address, and vice versa.
    public func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count
            && (0..<length).allSatisfy { Self.bit($0, of: other) == Self.bit($0, of: address) }
    }

    private static func bit(_ index: Int, of address: IPAddress) -> Bool {
        address.bytes[index / 8] & (0x80 >> (index % 8)) != 0
    }
}
