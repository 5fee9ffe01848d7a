/// The other end of a connection.
public enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A local process on a Unix socket. The kernel recorded these ids when the process called connect(2).
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// A TCP client, with its address.
    case tcp(address: String, port: Int)
    /// A caller in this process.
    case memory

    /// A short text for a log line.
    public var description: String {
        switch self {
        case .unix(let uid, _, let pid): "uid \(uid) pid \(pid)"
        case .tcp(let address, let port): "\(address) port \(port)"
        case .memory: "this process"
        }
    }
}
