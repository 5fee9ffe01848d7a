import HTTPTypes
import HummingbirdCore
import JSONRPC
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// One connection of the gateway: HTTP requests, or a WebSocket once its handshake is done.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Use: Sendable {
        case http(HTTPConnection)
        case webSocket
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// What the first request asked for.
        let use: EventLoopFuture<Use>
        let departure: Departure
    }

    let responder: Responder
    let upgrade: WebSocketUpgrade
    /// How long requests in flight may take once the daemon goes down.
    let drain: TimeAmount

    /// How long the first request's head may take, and a connection may idle between requests.
    private static let headTime = TimeAmount.seconds(10)
    private static let idleSeconds = 60

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try KeepAlive.set(channel)
            let departure = Departure()
            try channel.pipeline.syncOperations.addHandler(DepartureHandler(departure))
            let configuration = NIOTypedHTTPServerUpgradeConfiguration<Use>(
                upgraders: [upgrade],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture { .http(try addHTTP(to: channel, logger)) }
                })
            let use = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration))
            try channel.pipeline.syncOperations.addHandler(BrokenRequestHandler())
            // Before NIO's own handler, which loses the request where it finds no upgrade for it.
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
        // Only now: what a WebSocket reads and writes are no requests.
        try channel.pipeline.syncOperations.addHandler(RequestRules(drain: drain))
        try channel.pipeline.syncOperations.addHandler(KeepAliveFilter())
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: .seconds(Self.idleSeconds), logger: logger))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}

/// Says by a header, which is all that Hummingbird looks at, whether a request is the last of its connection (RFC 9112 §9.3).
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
