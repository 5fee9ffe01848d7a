/// Who is at the other end of a connection.
public enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A process of this machine, over a Unix socket; the kernel vouches for the numbers as of its connect call.
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// A TCP client, by address.
    case tcp(address: String, port: Int)
    /// A caller within this process.
    case memory

    /// Short text for a log line.
    public var description: String {
        switch self {
        case .unix(let uid, _, let pid): "uid \(uid) pid \(pid)"
        case .tcp(let address, let port): "\(address) port \(port)"
        case .memory: "this process"
        }
    }
}
