/// The address of a listener.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket. `access` defines the users that can connect.
    case unix(path: String, access: SocketAccess = .owner)
    /// A TCP port of a loopback address. With port 0 the system chooses the port. The server refuses other addresses,
    /// because calls and tokens would travel in clear.
    case tcp(host: String = "127.0.0.1", port: Int)
    /// A TCP port with TLS, for which the server needs a certificate. Beyond loopback addresses the server also needs an
    /// authenticator.
    case tls(host: String = "127.0.0.1", port: Int)

    /// The longest path of a Unix socket, in bytes.
    ///
    /// Linux accepts 107 bytes, but SwiftNIO's clients and other systems accept 103 (unix(7), `sun_path`).
    public static let unixPathLimitBytes = 103

    /// A short text for a log line: `unix:/run/aura/aurad.sock`, `tcp:127.0.0.1:7070`,
    /// `tls://127.0.0.1:7071`.
    public var description: String {
        switch self {
        case .unix(let path, _): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        case .tls(let host, let port): host.contains(":") ? "tls://[\(host)]:\(port)" : "tls://\(host):\(port)"
        }
    }
}

/// The permissions of a Unix socket's file.
public struct SocketAccess: Sendable, Hashable {
    /// The permission bits.
    public var mode: UInt16
    /// The group of the file; `nil` for that of the process.
    public var group: UInt32?

    /// Creates permissions.
    public init(mode: UInt16, group: UInt32? = nil) {
        self.mode = mode
        self.group = group
    }

    /// Only the owner, and root, can connect.
    public static let owner = SocketAccess(mode: 0o600)
}
