import HTTPTypes
import HummingbirdCore
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// One connection of the gateway: HTTP requests, or a WebSocket after its handshake.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Use: Sendable {
        case http(HTTPConnection)
        case webSocket
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// The protocol that the first request selects.
        let use: EventLoopFuture<Use>
        let departure: Departure
    }

    let responder: Responder
    let upgrade: WebSocketUpgrade
    /// The time that requests in flight have on shutdown.
    let drain: TimeAmount
    let addresses: AddressCount

    /// The time limits for the head of the first request, and for an idle connection between requests.
    private static let headTime = TimeAmount.seconds(10)
    private static let idleSeconds = 60

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try KeepAlive.set(channel)
            guard addresses.admit(channel) else {
                try channel.pipeline.syncOperations.addHandler(CrowdedHandler())
                return Value(
                    channel: channel, use: channel.closeFuture.map { .webSocket }, departure: Departure())
            }
            let departure = Departure()
            try channel.pipeline.syncOperations.addHandler(DepartureHandler(departure))
            let configuration = NIOTypedHTTPServerUpgradeConfiguration<Use>(
                upgraders: [upgrade],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture { .http(try addHTTP(to: channel, logger)) }
                })
            var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration)
            pipeline.enableErrorHandling = false
            let use = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
            try channel.pipeline.syncOperations.addHandler(BrokenRequestHandler())
            // Placed before NIO's own handler, which drops a request for an unsupported upgrade.
            let upgrading = try channel.pipeline.syncOperations.context(
                handlerType: NIOTypedHTTPServerUpgradeHandler<Use>.self)
            try channel.pipeline.syncOperations.addHandler(
                HandshakeFilter(origins: upgrade.origins), position: .before(upgrading.handler))
            let deadline = channel.eventLoop.scheduleTask(in: Self.headTime) { channel.close(promise: nil) }
            use.whenComplete { _ in deadline.cancel() }
            return Value(channel: channel, use: use, departure: departure)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.use.get() {
            case .http(let connection):
                await Departure.$current.withValue(value.departure) {
                    await handleHTTP(asyncChannel: connection, logger: logger)
                }
            case .webSocket: try await value.channel.closeFuture.get()
            }
        } catch {
            logger.debug("connection ended early", metadata: ["error": "\(error)"])
            try? await value.channel.close()
        }
    }

    private func addHTTP(to channel: any Channel, _ logger: Logger) throws -> HTTPConnection {
        // Added after the upgrade decision, because the frames of a WebSocket are not requests.
        try channel.pipeline.syncOperations.addHandler(RequestRules(drain: drain))
        try channel.pipeline.syncOperations.addHandler(KeepAliveFilter())
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: .seconds(Self.idleSeconds), logger: logger))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}

/// Marks the last request of a connection with a `Connection: close` header (RFC 9112 §9.3), because Hummingbird reads
/// only that header.
final class KeepAliveFilter: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), !head.isKeepAlive else {
            return context.fireChannelRead(data)
        }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}

/// The open connections of each network address. One address can have at most `limit`.
final class AddressCount: Sendable {
    private let limit: Int
    private let counts = Locked<[String: Int]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a connection until it closes. Returns false if its address has too many.
    func admit(_ channel: any Channel) -> Bool {
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        let isAdmitted = counts.withLock { counts in
            guard counts[address, default: 0] < limit else { return false }
            counts[address, default: 0] += 1
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            counts.withLock { counts in
                let left = counts[address, default: 1] - 1
                counts[address] = left > 0 ? left : nil
            }
        }
        return true
    }
}

/// Refuses a connection over the limit of its address with status 503, and closes it.
private final class CrowdedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
            + "Content-Length: 0\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: answer)), promise: nil)
        LastWords.end(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
