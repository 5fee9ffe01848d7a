internal import JSONRPC
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Finds the identity of a client.
enum PeerCredentials {
    /// Returns the peer of a connection that was accepted from a Unix socket or TCP.
    ///
    /// Fails if the kernel does not report the credentials of a Unix peer. Such a peer cannot be trusted.
    static func peer(of channel: any Channel) -> EventLoopFuture<Peer> {
        if let address = channel.remoteAddress?.ipAddress, let port = channel.remoteAddress?.port {
            return channel.eventLoop.makeSucceededFuture(.tcp(address: address, port: port))
        }
        #if os(Linux)
            guard let provider = channel as? any SocketOptionProvider else {
                return channel.eventLoop.makeFailedFuture(UnknownPeer())
            }
            let credentials: EventLoopFuture<LinuxCredentials> = provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
            return credentials.map { .unix(uid: $0.uid, gid: $0.gid, pid: $0.pid) }
        #else
            return channel.eventLoop.makeFailedFuture(UnknownPeer())
        #endif
    }

    /// `struct ucred` of unix(7).
    private struct LinuxCredentials: Sendable {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}

/// The system does not report the identity of a peer.
struct UnknownPeer: Error, CustomStringConvertible {
    var description: String { "cannot tell who connected, this system does not say" }
}
