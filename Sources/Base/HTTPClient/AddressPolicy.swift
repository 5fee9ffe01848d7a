public import Encoding

/// The rule for the addresses to which a request may connect if a customer chose its URL.
///
/// Only addresses of the public internet are allowed. The ranges are those of IANA's registries of special-purpose
/// addresses. ``allowed`` opens further networks, except the addresses of metadata services and link-local addresses,
/// which are never allowed: they give a machine's credentials to everyone who can send a request from it.
public struct AddressPolicy: Sendable, Hashable {
    /// The reason why an address is refused.
    public enum Refusal: String, Sendable, Hashable, CaseIterable {
        /// `0.0.0.0/8` and `::`, which the system connects to this machine.
        case unspecified
        case loopback
        /// RFC 1918, and unique local addresses of IPv6.
        case privateNetwork = "private network"
        /// 100.64.0.0/10, behind the address translation of providers and in tailnets.
        case sharedNetwork = "shared network"
        case linkLocal = "link-local"
        case multicast
        case documentation
        /// Reserved, for benchmarks, or for a transition between IPv4 and IPv6.
        case reserved
        /// A service of a cloud that gives a machine its credentials.
        case metadata
    }

    /// The networks that are allowed although the rule refuses their range.
    public var allowed: [IPNetwork]

    /// Creates a rule.
    public init(allowed: [IPNetwork] = []) {
        self.allowed = allowed
    }

    /// Returns the reason to refuse the address, or `nil` if it is allowed.
    ///
    /// An IPv4 address inside `::ffff:0:0/96` or `64:ff9b::/96` (NAT64) is judged as the IPv4 address. The same holds
    /// for metadata and link-local addresses inside `2002::/16`; all others in that range are refused as reserved.
    public func refusal(of address: IPAddress) -> Refusal? {
        let target = Self.translated(address, prefix: Self.nat64, from: 12) ?? address
        let inside = Self.translated(address, prefix: Self.sixToFour, from: 2) ?? target
        if let refusal = Self.alwaysRefused.first(where: { $0.network.contains(inside) })?.refusal { return refusal }
        if allowed.contains(where: { $0.contains(target) || $0.contains(address) }) { return nil }
        let ranges = target.bytes.count == 4 ? Self.ranges4 : Self.ranges6
        if let refusal = ranges.first(where: { $0.network.contains(target) })?.refusal { return refusal }
        // IANA has assigned global unicast addresses of IPv6 from this range only.
        return target.bytes.count == 4 || target.bytes[0] & 0xE0 == 0x20 ? nil : .reserved
    }

    /// Returns the IPv4 address that begins at a byte of an IPv6 address with this prefix.
    private static func translated(_ address: IPAddress, prefix: [UInt8], from start: Int) -> IPAddress? {
        guard address.bytes.count == 16, address.bytes.starts(with: prefix) else { return nil }
        return IPAddress(bytes: Array(address.bytes[start..<start + 4]))
    }

    private static let nat64: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
    private static let sixToFour: [UInt8] = [0x20, 0x02]
}

// MARK: - The ranges

extension AddressPolicy {
    private typealias Range = (network: IPNetwork, refusal: Refusal)

    private static func ranges(_ table: [(String, Refusal)]) -> [Range] {
        table.compactMap { text, refusal in IPNetwork(text).map { ($0, refusal) } }
    }

    /// The addresses that no setting opens. A metadata address comes before the range that contains it.
    private static let alwaysRefused = ranges([
        // Hetzner, AWS, Azure, DigitalOcean, Google, OpenStack, Oracle, Vultr.
        ("169.254.169.254", .metadata),
        // AWS: tasks of ECS and pods of EKS.
        ("169.254.170.2", .metadata), ("169.254.170.23", .metadata), ("fd00:ec2::23", .metadata),
        ("fd00:ec2::254", .metadata),
        // Google, Oracle, Scaleway.
        ("fd20:ce::254", .metadata), ("fd00:c1::a9fe:a9fe", .metadata), ("fd00:42::42", .metadata),
        ("169.254.42.42", .metadata),
        // OpenStack over IPv6.
        ("fe80::a9fe:a9fe", .metadata),
        // Alibaba, Oracle's older cloud, and Azure's WireServer, which has an address of the public internet.
        ("100.100.100.200", .metadata), ("192.0.0.192", .metadata), ("168.63.129.16", .metadata),
        ("169.254.0.0/16", .linkLocal), ("fe80::/10", .linkLocal),
    ])

    private static let ranges4 = ranges([
        ("0.0.0.0/8", .unspecified), ("10.0.0.0/8", .privateNetwork), ("100.64.0.0/10", .sharedNetwork),
        ("127.0.0.0/8", .loopback), ("172.16.0.0/12", .privateNetwork), ("192.0.0.0/24", .reserved),
        ("192.0.2.0/24", .documentation), ("192.88.99.0/24", .reserved), ("192.168.0.0/16", .privateNetwork),
        ("198.18.0.0/15", .reserved), ("198.51.100.0/24", .documentation), ("203.0.113.0/24", .documentation),
        ("224.0.0.0/4", .multicast), ("240.0.0.0/4", .reserved),
    ])

    private static let ranges6 = ranges([
        ("::", .unspecified), ("::1", .loopback), ("fc00::/7", .privateNetwork), ("ff00::/8", .multicast),
        ("2001::/23", .reserved), ("2001:db8::/32", .documentation), ("2002::/16", .reserved),
        ("3fff::/20", .documentation),
    ])
}
