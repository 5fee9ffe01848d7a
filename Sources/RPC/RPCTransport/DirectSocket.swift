internal import JSONRPC
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A second descriptor of a channel's socket. Any thread can write to it without a tick of the event loop.
///
/// The descriptor belongs to this connection alone. A write thus never reaches another connection that got the number
/// of a closed descriptor. These writes do not mix with NIO's writes: the session writes here only while NIO has none
/// of its bytes.
struct DirectSocket: Sendable {
    private let descriptor: CInt

    /// Duplicates the channel's descriptor. Returns `nil` if the channel is not a socket, or if only the last quarter
    /// of the process's descriptors is free, which is reserved for connections. NIO then writes all bytes.
    init?(of channel: any Channel) {
        let copy = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_DUPFD_CLOEXEC, 0)
        }
        guard let copy, copy >= 0 else { return nil }
        descriptor = copy
        let most = sysconf(CInt(_SC_OPEN_MAX))
        // The system assigns the lowest free number.
        guard most < 0 || Int(copy) < most / 4 * 3 else {
            close()
            return nil
        }
    }

    /// Writes as many bytes as the kernel accepts now. Returns 0 if it accepts none or the connection is broken; NIO
    /// then detects the error itself. Always returns 0 on systems other than Linux.
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
