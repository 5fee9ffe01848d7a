internal import JSONRPC
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A second descriptor of a channel's socket, for writes from any thread that need no turn of the event loop.
///
/// It is the connection's own, so that a write never meets another connection that got the number of a closed one. NIO's own writes
/// and these do not mix: the session writes here only while nothing of it is with NIO.
struct DirectSocket: Sendable {
    private let descriptor: CInt

    /// None where the channel is no socket, or descriptors are getting scarce: the last quarter of those that the process may have is for
    /// connections themselves. NIO then writes everything.
    init?(of channel: any Channel) {
        let copy = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_DUPFD_CLOEXEC, 0)
        }
        guard let copy, copy >= 0 else { return nil }
        descriptor = copy
        let most = sysconf(CInt(_SC_OPEN_MAX))
        // The system hands out the lowest number that is free.
        guard most < 0 || Int(copy) < most / 4 * 3 else {
            close()
            return nil
        }
    }

    /// Writes as much as the kernel takes now; 0 where it takes nothing or the connection is broken, which NIO finds out as well.
    var sendNow: Session.SendNow {
        Session.SendNow(descriptor: descriptor) { descriptor, bytes in
            #if os(Linux)
                let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
                return max(0, send(descriptor, bytes.baseAddress, bytes.count, flags))
            #else
                return 0
            #endif
        }
    }

    func close() {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
