import HTTPTypes
import HummingbirdCore
import JSONRPC
import Locking
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import TLS

/// One connection of the gateway: HTTP requests, or a WebSocket after its handshake.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Use: Sendable {
        case http(HTTPConnection, Peer)
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
    /// Decides who calls; `nil` if every caller may do everything.
    let authenticator: (any Authenticator)?
    /// Performs the handshakes of TLS; `nil` for connections without TLS.
    let tls: TLSAcceptor?

    /// The time limits for the head of the first request, and for an idle connection between requests.
    private static let headTime = TimeAmount.seconds(10)
    private static let idleSeconds = 60

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try KeepAlive.set(channel)
            guard addresses.admit(channel) else {
                try channel.pipeline.syncOperations.addHandler(CrowdedHandler(answers: tls == nil))
                return Value(
                    channel: channel, use: channel.closeFuture.map { .webSocket }, departure: Departure())
            }
            let departure = Departure()
            let remote = channel.remoteAddress
            let (address, port) = (remote?.ipAddress ?? "unknown", remote?.port ?? 0)
            guard let tls else {
                let use = try serve(channel, .tcp(address: address, port: port), departure, logger)
                return Value(channel: channel, use: use, departure: departure)
            }
            let use = channel.eventLoop.makePromise(of: Use.self)
            do {
                try tls.accept(
                    channel, as: .http,
                    onReady: { certificate in
                        let peer = Peer.tls(address: address, port: port, certificate: certificate)
                        try serve(channel, peer, departure, logger).cascade(to: use)
                    }, onFailure: { use.fail(ChannelError.eof) })
            } catch {
                use.fail(error)
                throw error
            }
            return Value(channel: channel, use: use.futureResult, departure: departure)
        }
    }

    /// Adds the handlers of HTTP. Returns the protocol that the first request selects.
    private func serve(
        _ channel: any Channel, _ peer: Peer, _ departure: Departure, _ logger: Logger
    ) throws -> EventLoopFuture<Use> {
        try channel.pipeline.syncOperations.addHandler(DepartureHandler(departure))
        let tokens = URLTokens(authenticator: authenticator, peer: peer)
        var upgrade = upgrade
        upgrade.peer = peer
        let configuration = NIOTypedHTTPServerUpgradeConfiguration<Use>(
            upgraders: [upgrade],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture { .http(try addHTTP(to: channel, tokens, logger), peer) }
            })
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration)
        pipeline.enableErrorHandling = false
        let use = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
        try channel.pipeline.syncOperations.addHandler(BrokenRequestHandler())
        // Placed before NIO's own handler, which drops a request for an unsupported upgrade.
        let upgrading = try channel.pipeline.syncOperations.context(
            handlerType: NIOTypedHTTPServerUpgradeHandler<Use>.self)
        try channel.pipeline.syncOperations.addHandler(
            HandshakeFilter(origins: upgrade.origins, peer: peer, tokens: tokens), position: .before(upgrading.handler))
        let deadline = channel.eventLoop.scheduleTask(in: Self.headTime) { channel.close(promise: nil) }
        use.whenComplete { _ in deadline.cancel() }
        return use
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.use.get() {
            case .http(let connection, let peer):
                await Departure.$current.withValue(value.departure) {
                    await GatewayContext.$peer.withValue(peer) {
                        await handleHTTP(asyncChannel: connection, logger: logger)
                    }
                }
            case .webSocket: try await value.channel.closeFuture.get()
            }
        } catch {
            logger.debug("connection ended early", metadata: ["error": "\(error)"])
            try? await value.channel.close()
        }
    }

    private func addHTTP(to channel: any Channel, _ tokens: URLTokens, _ logger: Logger) throws -> HTTPConnection {
        // Added after the upgrade decision, because the frames of a WebSocket are not requests.
        try channel.pipeline.syncOperations.addHandler(RequestRules(drain: drain, tokens: tokens))
        try channel.pipeline.syncOperations.addHandler(KeepAliveFilter())
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
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

/// The open connections of each network address (``Peer/network(of:)``). One can have at most `limit`.
final class AddressCount: Sendable {
    private let limit: Int
    private let counts = Locked<[String: Int]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a connection until it closes. Returns false if its address has too many.
    func admit(_ channel: any Channel) -> Bool {
        let address = Peer.network(of: channel.remoteAddress?.ipAddress ?? "unknown")
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

/// Refuses a connection over the limit of its address with status 503, and closes it. Before a handshake of TLS the
/// client could not read the status, so that there is none.
private final class CrowdedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answers: Bool

    init(answers: Bool) {
        self.answers = answers
    }

    func channelActive(context: ChannelHandlerContext) {
        guard answers else { return context.close(promise: nil) }
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
