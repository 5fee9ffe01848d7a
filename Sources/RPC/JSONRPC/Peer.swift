internal import Encoding

/// The other end of a connection.
public enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A local process on a Unix socket.
    case unix(UnixPeer)
    /// A TCP client, with its address.
    case tcp(address: String, port: Int)
    /// A TCP client that uses TLS, with its address, and its certificate if it showed one.
    case tls(address: String, port: Int, certificate: ClientCertificate?)
    /// A caller in this process.
    case memory

    /// A short text for a log line.
    public var description: String {
        switch self {
        case .unix(let peer): "uid \(peer.uid) pid \(peer.pid)"
        case .tcp(let address, let port): "\(address) port \(port)"
        case .tls(let address, let port, let certificate):
            certificate.map { "\($0.uri) at \(address) port \(port)" } ?? "\(address) port \(port)"
        case .memory: "this process"
        }
    }
}

extension Peer {
    /// The network of a TCP client (``network(of:)``), by which limits count such clients; `nil` for other peers.
    public var network: String? {
        switch self {
        case .tcp(let address, _), .tls(let address, _, _): Self.network(of: address)
        case .unix, .memory: nil
        }
    }

    /// True for a TCP client with an address of the loopback interface: 127.0.0.0/8 or `::1`.
    public var isLoopback: Bool {
        switch self {
        case .tcp(let address, _), .tls(let address, _, _):
            guard let bytes = IPAddress(address)?.bytes else { return false }
            return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        case .unix, .memory: return false
        }
    }

    /// Returns an IPv4 address as it is, and the network of 64 bits of an IPv6 address, such as `2001:db8:1:2::/64`: one
    /// client mostly has all addresses of such a network. A text that is no address is returned as it is.
    public static func network(of address: String) -> String {
        guard let parsed = IPAddress(address) else { return address }
        guard parsed.bytes.count == 16,
            let first = IPAddress(bytes: parsed.bytes.prefix(8) + [UInt8](repeating: 0, count: 8))
        else { return parsed.description }
        return "\(first)/64"
    }
}

/// A local process, as the kernel recorded it when the process called connect(2).
public struct UnixPeer: Sendable, Hashable {
    /// The user.
    public let uid: UInt32
    /// The primary group.
    public let gid: UInt32
    /// The process, for logs and for the count of connections. It proves nothing, because the kernel reuses numbers.
    public let pid: Int32
    /// The supplementary groups.
    public let groups: [UInt32]

    /// Creates a peer.
    public init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.groups = groups
    }

    /// Returns true if the group is the primary or a supplementary group.
    public func isMember(of group: UInt32) -> Bool { gid == group || groups.contains(group) }
}

/// The identity in a client's certificate, which the transport has checked.
public struct ClientCertificate: Sendable, Hashable {
    /// The only URI of the certificate: `aura://INSTALLATION/principal/ID`.
    public var uri: String
    /// The SHA-256 digest of the certificate's public key (SubjectPublicKeyInfo in DER).
    public var keyDigest: [UInt8]
    /// The end of the certificate's life, in seconds since 1970.
    public var notAfter: Int64

    /// Creates an identity.
    public init(uri: String, keyDigest: [UInt8], notAfter: Int64) {
        self.uri = uri
        self.keyDigest = keyDigest
        self.notAfter = notAfter
    }
}
