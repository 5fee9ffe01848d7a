import Foundation
import JSON
import JSONRPC
import Locking
import NIOCore
import RPCTransport
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(3))) struct RPCServerTests {
    static func ping(_ id: Int) -> String { "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"ping\"}" }

    /// Runs `body` against a server on a Unix socket, and again against one on TCP.
    func onBoth(
        limits: RPCLimits = RPCLimits(), methods: @autoclosure () -> Methods = Methods(),
        _ body: (ListenAddress, Methods) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        for address in [ListenAddress.unix(path: scratch.socket), .tcp(port: 0)] {
            let methods = methods()
            try await TestServer.run(on: [address], router: methods.router, limits: limits) {
                try await body($0.addresses[0], methods)
            }
        }
    }

    @Test func theServerAnswersOnUnixAndTCPAndIdentifiesThePeer() async throws {
        let scratch = try ScratchDirectory()
        try await TestServer.run(on: [.unix(path: scratch.socket), .tcp(port: 0)]) { server in
            let unix = try await RawClient.connect(to: server.addresses[0])
            #expect(try await unix.ask(Self.ping(1)) == ["jsonrpc": "2.0", "id": 1, "result": "pong"])
            let peer = try await unix.ask(#"{"jsonrpc":"2.0","id":2,"method":"peer"}"#)?["result"]
            #expect(peer == .string("uid \(getuid()) pid \(getpid())"))
            let tcp = try await RawClient.connect(to: server.addresses[1])
            let address = try await tcp.ask(#"{"jsonrpc":"2.0","id":3,"method":"peer"}"#)?["result"]?.stringValue
            #expect(address?.hasPrefix("127.0.0.1 port ") == true)
            #expect(server.server.connections == 2)
        }
    }

    @Test func messagesSentByteByByteAreAnswered() async throws {
        try await onBoth { address, _ in
            let client = try await RawClient.connect(to: address)
            for byte in Array((Self.ping(1) + "\r\n" + Self.ping(2) + "\n").utf8) { try await client.send([byte]) }
            #expect(try await client.nextJSON()?["id"] == 1)
            #expect(try await client.nextJSON()?["id"] == 2)
        }
    }

    @Test func manyMessagesSentAtOnceAreAnsweredInOrder() async throws {
        try await onBoth { address, _ in
            let client = try await RawClient.connect(to: address)
            try await client.send((1...5_000).map(Self.ping).joined(separator: "\n"))
            for id in 1...5_000 {
                guard try await client.nextJSON()?["id"]?.intValue == id else {
                    Issue.record("reply \(id) is out of order or missing")
                    return
                }
            }
        }
    }

    @Test func repliesInFlightArriveAfterAHalfClose() async throws {
        try await onBoth { address, methods in
            let client = try await RawClient.connect(to: address)
            try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"waits"}"#)
            try await client.send(Array(Self.ping(2).utf8))
            try await client.endInput()
            #expect(try await client.nextJSON()?["id"] == 2)
            await methods.gate.untilArrived()
            methods.gate.release()
            #expect(try await client.nextJSON() == ["jsonrpc": "2.0", "id": 1, "result": "done"])
            #expect(await client.next() == nil)
        }
    }

    @Test func messagesWithoutLineEndsAreAnswered() async throws {
        try await onBoth { address, _ in
            let client = try await RawClient.connect(to: address)
            for id in 1...3 {
                // Sent in two pieces. The first piece ends with a brace but is not a complete message.
                let call = Array("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"params\":{},\"method\":\"ping\"}".utf8)
                let cut = (call.firstIndex(of: UInt8(ascii: "}")) ?? 0) + 1
                try await client.send(Array(call[..<cut]))
                try await client.send(Array(call[cut...]))
                #expect(try await client.nextJSON()?["id"]?.intValue == id)
            }
        }
    }

    @Test func anOverlongLineIsRefusedAndTheConnectionStaysOpen() async throws {
        try await onBoth(limits: RPCLimits(messageBytes: 1000)) { address, _ in
            let client = try await RawClient.connect(to: address)
            #expect(try await client.ask(Self.ping(1))?["id"] == 1)
            try await client.send(String(repeating: "x", count: 300_000))
            #expect(try await client.nextJSON()?["error"]?["data"]?["code"] == "messageTooLarge")
            #expect(try await client.ask("{bad")?["error"]?["code"] == -32700)
            #expect(try await client.ask(Self.ping(3))?["id"] == 3)
        }
    }

    @Test func aClientThatDoesNotReadBlocksNoOtherAndLosesNothing() async throws {
        let limits = RPCLimits(outboundQueueBytes: 256 << 10)
        try await onBoth(limits: limits) { address, methods in
            let slow = try await RawClient.connect(to: address, reads: false)
            try await slow.send(#"{"jsonrpc":"2.0","id":0,"method":"attach"}"#)
            // The client does not read, so no reply can show that it is attached.
            while methods.sessions.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
            let session = try #require(methods.sessions.withLock { $0.first })
            let quick = try await RawClient.connect(to: address)
            _ = try await quick.ask(#"{"jsonrpc":"2.0","id":0,"method":"attach"}"#)
            let message = Session.notification("event", params: ["text": .string(String(repeating: "x", count: 1000))])
            let sent = 5_000
            let sender = Task { for _ in 0..<sent { try await session.notify(message) } }
            while session.offer(message) != .busy { await Task.yield() }
            for id in 1...100 { #expect(try await quick.ask(Self.ping(id))?["id"]?.intValue == id) }
            slow.startReading()
            try await sender.value
            #expect(try await slow.nextJSON()?["id"] == 0)
            for _ in 0..<sent { #expect(await slow.next()?.utf8.count == message.count) }
        }
    }

    @Test func largeRepliesToAFloodOfCallsAllArriveInOrder() async throws {
        try await onBoth(limits: RPCLimits(outboundQueueBytes: 256 << 10)) { address, _ in
            let client = try await RawClient.connect(to: address, reads: false)
            let calls = (1...500).map {
                "{\"jsonrpc\":\"2.0\",\"id\":\($0),\"method\":\"big\",\"params\":{\"bytes\":50000}}\n"
            }
            client.sendWithoutWaiting(Array(calls.joined().utf8))
            client.startReading()
            for id in 1...500 { #expect(try await client.nextJSON()?["id"]?.intValue == id) }
        }
    }

    @Test func callsOverTheLimitAreRefusedAfterAWhile() async throws {
        try await onBoth(limits: RPCLimits(inFlightPerConnection: 1, inFlightPatienceMs: 10)) { address, methods in
            let client = try await RawClient.connect(to: address)
            try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"waits"}"#)
            let refusal = try await client.ask(#"{"jsonrpc":"2.0","id":2,"method":"waits"}"#)
            #expect(refusal?["error"]?["data"]?["code"] == "tooManyInFlight")
            #expect(refusal?["id"] == 2)
            methods.gate.release()
            #expect(try await client.nextJSON()?["id"] == 1)
        }
    }

    @Test func tooManyConnectionsGetOneErrorLine() async throws {
        try await onBoth(limits: RPCLimits(connections: 2)) { address, _ in
            let first = try await RawClient.connect(to: address)
            let second = try await RawClient.connect(to: address)
            #expect(try await first.ask(Self.ping(1))?["id"] == 1)
            #expect(try await second.ask(Self.ping(1))?["id"] == 1)
            let third = try await RawClient.connect(to: address)
            let refusal = try await third.nextJSON()
            #expect(refusal?["id"] == .null)
            #expect(refusal?["error"]?["data"]?["code"] == "tooManyConnections")
            #expect(refusal?["error"]?["data"]?["limit"] == 2)
            #expect(await third.next() == nil)
            try await first.endInput()
            #expect(await first.next() == nil)
            #expect(try await second.ask(Self.ping(2))?["id"] == 2)
        }
    }

    @Test func connectionsPerUserAreLimited() async throws {
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.unix(path: scratch.socket), .tcp(port: 0)], limits: RPCLimits(connectionsPerUser: 1)
        ) { server in
            let first = try await RawClient.connect(to: server.addresses[0])
            #expect(try await first.ask(Self.ping(1))?["id"] == 1)
            let second = try await RawClient.connect(to: server.addresses[0])
            #expect(try await second.nextJSON()?["error"]?["data"]?["code"] == "tooManyConnectionsOfUser")
            let tcp = try await RawClient.connect(to: server.addresses[1])
            #expect(try await tcp.ask(Self.ping(1))?["id"] == 1)
        }
    }

    @Test func connectionsPerAddressAreLimited() async throws {
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.unix(path: scratch.socket), .tcp(port: 0)], limits: RPCLimits(connectionsPerAddress: 1)
        ) { server in
            let first = try await RawClient.connect(to: server.addresses[1])
            #expect(try await first.ask(Self.ping(1))?["id"] == 1)
            let second = try await RawClient.connect(to: server.addresses[1])
            #expect(try await second.nextJSON()?["error"]?["data"]?["code"] == "tooManyConnectionsOfUser")
            let unix = try await RawClient.connect(to: server.addresses[0])
            #expect(try await unix.ask(Self.ping(1))?["id"] == 1)
            try await first.close()
            while server.server.connections > 1 { try await Task.sleep(for: .milliseconds(1)) }
            let third = try await RawClient.connect(to: server.addresses[1])
            #expect(try await third.ask(Self.ping(1))?["id"] == 1)
        }
    }

    /// The client that has sent a message connected first, so its time would be over before the others are closed.
    @Test func aTCPClientWithoutACompleteMessageIsClosed() async throws {
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.unix(path: scratch.socket), .tcp(port: 0)], firstMessageTime: .seconds(2)
        ) { server in
            let unix = try await RawClient.connect(to: server.addresses[0])
            let spoken = try await RawClient.connect(to: server.addresses[1])
            #expect(try await spoken.ask(Self.ping(1))?["id"] == 1)
            let silent = try await RawClient.connect(to: server.addresses[1])
            let unfinished = try await RawClient.connect(to: server.addresses[1])
            // On a busy machine the server may have closed the connection already.
            try? await unfinished.send(Array(#"{"jsonrpc":"#.utf8))
            #expect(await silent.next() == nil)
            #expect(await unfinished.next() == nil)
            #expect(try await spoken.ask(Self.ping(2))?["id"] == 2)
            #expect(try await unix.ask(Self.ping(3))?["id"] == 3)
        }
    }

    // MARK: Shutdown

    @Test func shutdownAnswersCallsInFlight() async throws {
        let methods = Methods()
        let scratch = try ScratchDirectory()
        let path = scratch.socket
        try await TestServer.run(on: [.unix(path: path)], router: methods.router) { server in
            let client = try await RawClient.connect(to: server.addresses[0])
            let idle = try await RawClient.connect(to: server.addresses[0])
            #expect(try await idle.ask(Self.ping(1))?["id"] == 1)
            try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"waits"}"#)
            await methods.gate.untilArrived()
            await server.services.triggerGracefulShutdown()
            #expect(await idle.next() == nil)
            #expect(!FileManager.default.fileExists(atPath: path))
            methods.gate.release()
            #expect(try await client.nextJSON()?["result"] == "done")
            #expect(await client.next() == nil)
        }
    }

    @Test func shutdownCancelsCallsThatOnlyWait() async throws {
        let methods = Methods()
        let scratch = try ScratchDirectory()
        try await TestServer.run(on: [.unix(path: scratch.socket)], router: methods.router) { server in
            let client = try await RawClient.connect(to: server.addresses[0])
            try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"waitsCancellably"}"#)
            await methods.gate.untilArrived()
            await server.services.triggerGracefulShutdown()
            #expect(try await client.nextJSON()?["error"]?["data"]?["code"] == "shuttingDown")
            #expect(await client.next() == nil)
        }
    }

    @Test func shutdownWaitsNoLongerThanItsDeadline() async throws {
        let methods = Methods()
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.unix(path: scratch.socket)], router: methods.router, drain: .milliseconds(20)
        ) { server in
            let client = try await RawClient.connect(to: server.addresses[0])
            try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"waits"}"#)
            await methods.gate.untilArrived()
            await server.services.triggerGracefulShutdown()
            #expect(await client.next() == nil)
        }
        methods.gate.release()
    }

    /// The drain time is so long that only the check for a stalled reader can end the connection.
    @Test func shutdownDoesNotWaitForAReaderThatStalls() async throws {
        let methods = Methods()
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.unix(path: scratch.socket)], router: methods.router, drain: .hours(1)
        ) { server in
            let slow = try await RawClient.connect(to: server.addresses[0], reads: false)
            // Sent in one piece, so that both calls are answered in one turn of the event loop.
            try await slow.send(
                #"{"jsonrpc":"2.0","id":1,"method":"attach"}"# + "\n"
                    + #"{"jsonrpc":"2.0","id":2,"method":"big","params":{"bytes":3000000}}"#)
            // The client does not read, so no reply can show that both calls were answered.
            while methods.sessions.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
            await server.services.triggerGracefulShutdown()
        }
    }
}
