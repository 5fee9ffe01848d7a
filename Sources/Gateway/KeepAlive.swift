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
    /// Has the system look after a silent client: after 60 seconds, by 4 probes in 15 seconds each (tcp(7)).
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
