internal import Logging
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Pauses a listener while the process or the system has no descriptor or memory left. Logs that at most once a minute.
///
/// After such an error NIO stays registered for the listener's readability, even if no handler requests a read. The
/// selector then reports the waiting connection again and again. Turning off automatic reading ends the registration.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// The pause after an error that means a lack of descriptors or memory.
    static let pause = TimeAmount.milliseconds(100)
    static let betweenWords = TimeAmount.minutes(1)

    private let logger: Logger
    private var nextWord: NIODeadline?
    private var isResting = false

    init(logger: Logger) {
        self.logger = logger
    }

    /// Adds the handler to a listener, before all other handlers.
    static func add(to channel: any Channel, logger: Logger) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger), position: .first)
        }
    }

    static func isShortage(_ error: IOError) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.isShortage(error) else {
            return context.fireErrorCaught(error)
        }
        rest(context.channel)
        logOnceInAWhile(error, now: context.eventLoop.now)
    }

    private func rest(_ channel: any Channel) {
        guard !isResting else { return }
        isResting = true
        // Setting the option fails only if the listener is closed.
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isResting = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    private func logOnceInAWhile(_ error: IOError, now: NIODeadline) {
        if let nextWord, now < nextWord { return }
        nextWord = now + Self.betweenWords
        logger.warning(
            "cannot accept connections for now, too few descriptors or too little memory is left",
            metadata: ["error": "\(error)"])
    }
}

/// TCP keepalive, which ends the connection of a vanished client after two minutes.
enum KeepAlive {
    /// Returns the socket options. On Linux: 60 seconds of silence, then 4 probes 15 seconds apart (tcp(7)).
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
