/// Where a daemon is to be found.
public enum DaemonAddress: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket's path.
    case unix(path: String)
    /// A TCP port.
    case tcp(host: String, port: Int)

    /// The path, or host and port.
    public var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// How to start a daemon there.
    var startCommand: String {
        switch self {
        case .unix(let path): "aurad --socket \(path)"
        case .tcp: "aurad --listen \(description)"
        }
    }
}
