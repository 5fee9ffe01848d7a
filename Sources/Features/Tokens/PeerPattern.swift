package import Encoding

/// The callers that a restriction allows: an address, a network, or a user of this machine.
package enum PeerPattern: Sendable, Hashable {
    /// TCP clients with an address of this network.
    case network(IPNetwork)
    /// A process of this user, on the Unix socket.
    case user(UInt32)

    /// Creates a pattern from `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` or `unix:1000`. Returns `nil` for other
    /// texts, and for a network whose address has set bits after the prefix.
    package init?(_ text: String) {
        if text.utf8.starts(with: "unix:".utf8) {
            guard let number = TokenRestriction.number(utf8: text.utf8.dropFirst(5)),
                let user = UInt32(exactly: number)
            else { return nil }
            self = .user(user)
            return
        }
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard let address = IPAddress(text) else { return nil }
            self = .network(IPNetwork(address))
            return
        }
        guard let address = IPAddress(String(text[..<slash])),
            let length = TokenRestriction.number(utf8: text.utf8[slash...].dropFirst()),
            let network = IPNetwork(address, length: Int(length))
        else { return nil }
        self = .network(network)
    }

    /// Returns true if the pattern allows a TCP client with this address.
    package func allows(address: String) -> Bool {
        guard case .network(let network) = self, let address = IPAddress(address) else { return false }
        return network.contains(address)
    }

    /// Returns true if the pattern allows a process of this user on the Unix socket.
    package func allows(user: UInt32) -> Bool { self == .user(user) }
}
