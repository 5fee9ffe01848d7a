internal import Logging
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Pauses accepting while the process or the system has no descriptor or memory left, instead of trying without end.
enum AcceptPause {
    /// How long accepting rests after such an error.
    private static let pause = TimeAmount.milliseconds(250)

    /// Adds the handlers to a listener.
    static func add(to channel: any Channel, logger: Logger) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                AcceptBackoffHandler(shouldForwardIOErrorCaught: true) { isShortage($0) ? pause : nil },
                AcceptErrorLog(logger: logger),
            ])
        }
    }

    static func isShortage(_ error: IOError) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    }
}

/// Logs that connections cannot be accepted, once a minute at most.
final class AcceptErrorLog: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger
    private var nextWord = NIODeadline.distantPast

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, AcceptPause.isShortage(error) else {
            return context.fireErrorCaught(error)
        }
        guard NIODeadline.now() >= nextWord else { return }
        nextWord = .now() + .minutes(1)
        logger.warning(
            "cannot accept connections for now, too few descriptors or too little memory is left",
            metadata: ["error": "\(error)"])
    }
}

/// TCP keepalive, so that the connection of a client that vanished ends after two minutes.
enum KeepAlive {
    /// The options of tcp(7) on Linux: 60 seconds of silence, then 4 probes in 15 seconds each.
    static func options() -> [(ChannelOptions.Types.SocketOption, Int)] {
        #if os(Linux)
            let values: [(Int32, Int)] = [(TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4)]
            let own = values.map {
                (ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: $0)), $1)
            }
        #else
            let own: [(ChannelOptions.Types.SocketOption, Int)] = []
        #endif
        return [(ChannelOptions.Types.SocketOption(level: .socket, name: .so_keepalive), 1)] + own
    }
}
