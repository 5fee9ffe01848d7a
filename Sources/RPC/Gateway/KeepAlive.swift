import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// TCP keepalive.
enum KeepAlive {
    /// Enables keepalive on a TCP channel. On Linux: 60 seconds of silence, then 4 probes 15 seconds apart (tcp(7)).
    static func set(_ channel: any Channel) throws {
        guard let options = channel.syncOptions, channel.remoteAddress?.port != nil else { return }
        try options.setOption(ChannelOptions.Types.SocketOption(level: .socket, name: .so_keepalive), value: 1)
        #if os(Linux)
            for (name, value) in [(TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4)] as [(Int32, Int)] {
                try options.setOption(
                    ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: name)),
                    value: value)
            }
        #endif
    }
}
