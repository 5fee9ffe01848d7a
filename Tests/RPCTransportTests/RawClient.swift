import JSON
import JSONRPC
import Locking
import NIOCore
import NIOPosix
import RPCTransport

/// A client that sends raw bytes, and that reads only when the test wants it to.
final class RawClient: Sendable {
    private let channel: any Channel
    private let lines: AsyncStream<String>
    private let isPaused: Locked<Bool>

    private init(channel: any Channel, lines: AsyncStream<String>, isPaused: Locked<Bool>) {
        self.channel = channel
        self.lines = lines
        self.isPaused = isPaused
    }

    static func connect(to address: ListenAddress, reads: Bool = true) async throws -> RawClient {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let isPaused = Locked(!reads)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(lines: continuation, isPaused: isPaused))
                }
            }
        let channel: any Channel
        switch address {
        case .unix(let path, _): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        case .tcp(let host, let port), .tls(let host, let port):
            channel = try await bootstrap.connect(host: host, port: port).get()
        }
        return RawClient(channel: channel, lines: lines, isPaused: isPaused)
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes))
    }

    func send(_ message: String) async throws {
        try await send(Array(message.utf8) + [UInt8(ascii: "\n")])
    }

    /// Sends without waiting for the write to complete.
    func sendWithoutWaiting(_ bytes: [UInt8]) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    func endInput() async throws {
        try await channel.close(mode: .output)
    }

    /// The next line, or `nil` when the connection is closed.
    func next() async -> String? {
        for await line in lines { return line }
        return nil
    }

    func nextJSON() async throws -> JSONValue? {
        try await next().map { try JSONValue(parsing: $0) }
    }

    func ask(_ message: String) async throws -> JSONValue? {
        try await send(message)
        return try await nextJSON()
    }

    /// Starts to read, for a client that was connected with `reads: false`.
    func startReading() {
        isPaused.withLock { $0 = false }
        channel.read()
    }

    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        private let lines: AsyncStream<String>.Continuation
        private let isPaused: Locked<Bool>
        private var framer = LineFramer(limit: 64 << 20)

        init(lines: AsyncStream<String>.Continuation, isPaused: Locked<Bool>) {
            self.lines = lines
            self.isPaused = isPaused
        }

        func read(context: ChannelHandlerContext) {
            if !isPaused.withLock({ $0 }) { context.read() }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
            while case .message(let range)? = framer.next() {
                lines.yield(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) })
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            lines.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
