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
            return credentials.flatMapThrowing { credentials in
                .unix(
                    UnixPeer(
                        uid: credentials.uid, gid: credentials.gid, pid: credentials.pid,
                        groups: try groups(of: channel)))
            }
        #else
            return channel.eventLoop.makeFailedFuture(UnknownPeer())
        #endif
    }

    /// Returns the supplementary groups of a Unix peer, as the kernel recorded them at connect(2) (`SO_PEERGROUPS` of unix(7)).
    private static func groups(of channel: any Channel) throws -> [UInt32] {
        // 65,536 is NGROUPS_MAX of Linux. Most users have few groups, so the first try is small.
        for room in [64, 65_536] {
            var groups = [UInt32](repeating: 0, count: room)
            var bytes = socklen_t(room * MemoryLayout<UInt32>.size)
            let result = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { getsockopt($0, SOL_SOCKET, SO_PEERGROUPS, &groups, &bytes) == 0 ? 0 : errno }
            if result == 0 { return Array(groups.prefix(Int(bytes) / MemoryLayout<UInt32>.size)) }
            guard result == ERANGE else { throw UnknownPeer() }
        }
        throw UnknownPeer()
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
