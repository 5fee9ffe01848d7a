/// Where a server listens.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket; `mode` is the file's permission bits, 0600 unless given, and so who may connect.
    case unix(path: String, mode: UInt16 = 0o600)
    /// A TCP port of a loopback address; port 0 lets the system choose. The server refuses other addresses, since there is no
    /// encryption and no authentication.
    case tcp(host: String = "127.0.0.1", port: Int)

    /// The longest path of a Unix socket, in bytes.
    ///
    /// Linux takes 107 bytes, but SwiftNIO's clients and other systems take 103 (unix(7), `sun_path`).
    public static let unixPathLimitBytes = 103

    /// Short text for a log line: `unix:/run/aura/aurad.sock`, `tcp:127.0.0.1:7070`.
    public var description: String {
        switch self {
        case .unix(let path, _): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
