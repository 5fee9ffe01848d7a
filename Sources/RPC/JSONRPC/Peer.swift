/// The other end of a connection.
public enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A local process on a Unix socket. The kernel recorded these ids when the process called connect(2).
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// A TCP client, with its address.
    case tcp(address: String, port: Int)
    /// A TCP client that uses TLS, with its address, and its certificate if it showed one.
    case tls(address: String, port: Int, certificate: ClientCertificate?)
    /// A caller in this process.
    case memory

    /// A short text for a log line.
    public var description: String {
        switch self {
        case .unix(let uid, _, let pid): "uid \(uid) pid \(pid)"
        case .tcp(let address, let port): "\(address) port \(port)"
        case .tls(let address, let port, let certificate):
            certificate.map { "\($0.uri) at \(address) port \(port)" } ?? "\(address) port \(port)"
        case .memory: "this process"
        }
    }
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
