import AuraClient
import Foundation
import JSON
import JSONRPC
import Locking
import NIOCore
import NIOPosix
import RPCTransport
import Testing

@Suite(.timeLimit(.minutes(3))) struct ConnectionTests {
    /// Runs `body` with a connection to a server on a Unix socket.
    func connected(
        limits: RPCLimits = RPCLimits(), methods: Methods = Methods(), buffer: Int = 1024,
        _ body: (Connection, Methods) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)], router: methods.router, limits: limits) { _ in
            let client = try await Connection.connect(to: .unix(path: path), notificationBuffer: buffer)
            try await body(client, methods)
            await client.close()
        }
    }

    func failure(connectingTo address: DaemonAddress) async -> ClientError? {
        await #expect(throws: ClientError.self) { _ = try await Connection.connect(to: address) }
    }

    @Test func callsReturnResultsAndThrowErrors() async throws {
        try await connected { client, _ in
            let pong = try await client.call("ping")
            #expect(pong == "pong")
            #expect(try await client.call("big", ["bytes": 3]) == "xxx")
            let missing = await #expect(throws: RPCError.self) { try await client.call("no.such") }
            #expect(missing?.code == .methodNotFound)
            let invalid = await #expect(throws: RPCError.self) { try await client.call("big", ["bytes": "x"]) }
            #expect(invalid?.data["path"] == "params.bytes")
        }
    }

    @Test func parallelCallsGetTheirOwnReplies() async throws {
        try await connected { client, _ in
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                for size in 0..<200 {
                    tasks.addTask {
                        try await client.call("big", ["bytes": .integer(Int64(size))]).stringValue?.count == size
                    }
                }
                for try await isRight in tasks { #expect(isRight) }
            }
        }
    }

    @Test func callsWorkOverTCP() async throws {
        try await TestServer.run(on: [.tcp(port: 0)]) { server in
            guard case .tcp(let host, let port) = server.addresses[0] else { return }
            let client = try await Connection.connect(to: .tcp(host: host, port: port))
            #expect(try await client.call("ping") == "pong")
            await client.close()
        }
    }

    @Test func cancellingTheTaskCancelsTheCall() async throws {
        try await connected { client, methods in
            let call = Task { try await client.call("waitsCancellably") }
            await methods.gate.untilArrived()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            let pong = try await client.call("ping")
            #expect(pong == "pong")
        }
    }

    @Test func notificationsArriveInOrderThroughASmallBuffer() async throws {
        try await connected(limits: RPCLimits(outboundQueueBytes: 64 << 10), buffer: 4) { client, methods in
            _ = try await client.call("attach")
            let session = try #require(methods.sessions.withLock { $0.first })
            let count = 2_000
            let sender = Task {
                for n in 0..<count {
                    try await session.notify(
                        "event", params: ["n": .integer(Int64(n)), "text": .string(String(repeating: "x", count: 500))])
                }
                session.close()
            }
            var expected = 0
            for await notification in client.notifications {
                #expect(notification.method == "event")
                #expect(notification.params["n"]?.intValue == expected)
                expected += 1
            }
            #expect(expected == count)
            try await sender.value
        }
    }

    @Test func aLostConnectionFailsCallsAndEndsNotifications() async throws {
        try await connected { client, methods in
            _ = try await client.call("attach")
            let call = Task { try await client.call("waits") }
            await methods.gate.untilArrived()
            await client.close()
            let error = await #expect(throws: ClientError.self) { try await call.value }
            #expect(error?.code == .connectionLost)
            await #expect(throws: ClientError.self) { try await client.call("ping") }
            for await _ in client.notifications { Issue.record("a notification came after the close") }
            methods.gate.release()
        }
    }

    @Test func aRefusedConnectionThrowsItsReason() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)], limits: RPCLimits(connections: 1)) { _ in
            let first = try await Connection.connect(to: .unix(path: path))
            #expect(try await first.call("ping") == "pong")
            let second = try await Connection.connect(to: .unix(path: path))
            for await _ in second.notifications {}
            let error = await #expect(throws: RPCError.self) { try await second.call("ping") }
            #expect(error?.code == .tooManyConnections)
            await first.close()
        }
    }

    @Test func anUnreachableDaemonIsExplained() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let absent = await failure(connectingTo: .unix(path: path))
        #expect(absent?.code == .unreachable)
        #expect(
            absent?.message
                == "cannot reach aurad at \(path): there is no socket, is it running? "
                + "start it with aurad --socket \(path)"
        )
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
            host: "127.0.0.1", port: 0
        ).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        let refused = await failure(connectingTo: .tcp(host: "127.0.0.1", port: port))
        #expect(
            refused?.message.hasPrefix("cannot reach aurad at 127.0.0.1:\(port): nobody listens there, is it running?")
                == true)
    }

    @Test func aSocketOfAUserThatIsNotTrustedIsRefused() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)]) { _ in
            let own = try ServerTrust(users: [geteuid()])
            let client = try await Connection.connect(to: .unix(path: path), trust: own)
            #expect(try await client.call("ping") == "pong")
            await client.close()
            let other = try ServerTrust(users: [geteuid() + 1])
            let error = await #expect(throws: ClientError.self) {
                _ = try await Connection.connect(to: .unix(path: path), trust: other)
            }
            #expect(error?.code == .notTrusted)
            #expect(error?.message.contains("AURA_SERVER_USER") ?? false)
        }
    }

    @Test func anotherProtocolIsAnInvalidReply() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter()) }
            }
            .bind(unixDomainSocketPath: path).get()
        let client = try await Connection.connect(to: .unix(path: path))
        let error = await #expect(throws: ClientError.self) { try await client.call("ping") }
        #expect(error?.code == .invalidReply)
        try await server.close()
    }

    /// Speaks another protocol.
    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mail ready\r\n")), promise: nil)
        }
    }
}
