import Gateway
import HTTPClient
import JSONRPC
import Locking
import Logging
import Loopback
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestKit

/// A gateway that runs on a free port of the loopback interface, and a client.
struct TestGateway: Sendable {
    let port: Int
    let client: HTTPClient
    let services: ServiceGroup

    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs a gateway with the routes while `body` runs, then shuts it down gracefully. Returns when the gateway, every
    /// connection and every handler have ended.
    static func run(
        _ routes: [HTTPRoute], router: JSONRPC.Router = JSONRPC.Router { _ in }, drain: TimeAmount = .seconds(30),
        bodyTime: TimeAmount = .minutes(10),
        _ body: (TestGateway) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = Gateway.Settings(address: try ListenerAddress("127.0.0.1:0"))
        let client = HTTPClient()
        try await withService(logger: logger) { onReady in
            Gateway(
                settings: settings, router: router, routes: routes, limits: RPCLimits(), drain: drain,
                bodyTime: bodyTime, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
                webSocket: { _, _, _, _ in }, onReady: onReady)
        } body: { _, port, services in
            try await body(TestGateway(port: port, client: client, services: services))
        }
        await client.shutdown()
    }
}

/// A client that sends raw bytes, and keeps what the server sends.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let pieces: AsyncStream<String>

    private init(channel: any Channel, pieces: AsyncStream<String>) {
        self.channel = channel
        self.pieces = pieces
    }

    static func open(_ gateway: TestGateway) async throws -> RawConnection {
        let (pieces, continuation) = AsyncStream<String>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(pieces: continuation))
                }
            }
            .connect(host: "127.0.0.1", port: gateway.port).get()
        return RawConnection(channel: channel, pieces: pieces)
    }

    /// Throws if the connection is closed.
    func send(_ text: String) async throws {
        try await channel.writeAndFlush(channel.allocator.buffer(string: text))
    }

    /// Returns everything that the server sends until the connection is closed.
    func rest() async -> String {
        await pieces.reduce(into: "") { $0 += $1 }
    }

    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let pieces: AsyncStream<String>.Continuation

        init(pieces: AsyncStream<String>.Continuation) {
            self.pieces = pieces
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            pieces.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
