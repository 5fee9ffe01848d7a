import JSON
import JSONRPC
import Logging
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import RPCTransport

/// The limits of connections that have not shown who calls.
@Suite(.timeLimit(.minutes(3))) struct UnprovenConnectionTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    private static func code(_ reply: JSONValue?) -> String? { reply?["error"]?["data"]?["code"]?.stringValue }

    /// Runs a server with TCP and a Unix socket, where `most` connections may be without a proof.
    private func serving(most: Int, _ body: (TestServer) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        try await TestServer.run(
            on: [.tcp(port: 0), .unix(path: scratch.socket)], router: try TestAuthenticator().router(),
            limits: RPCLimits(unprovenConnections: most), body: body)
    }

    private func connect(_ server: TestServer) async throws -> RawClient {
        try await RawClient.connect(to: server.addresses[0])
    }

    /// Connects, and waits until the server counts the connection.
    private func unproven(_ server: TestServer) async throws -> RawClient {
        let client = try await connect(server)
        #expect(try await client.ask(Self.ping)?["result"] == "pong")
        return client
    }

    /// Waits until as many connections without a proof are open.
    private func wait(_ server: TestServer, for count: Int) async throws {
        while server.server.unprovenConnections != count { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func oneMoreThanTheLimitIsToldSoAndClosed() async throws {
        try await serving(most: 2) { server in
            let first = [try await unproven(server), try await unproven(server)]
            let refused = try await connect(server)
            let error = try await refused.nextJSON()
            #expect(error?["id"] == .null)
            #expect(Self.code(error) == "tooManyConnections")
            #expect(error?["error"]?["data"]?["limit"] == 2)
            #expect(await refused.next() == nil)
            #expect(server.server.unprovenConnections == 2)
            // Processes on the Unix socket do not count.
            let local = try await RawClient.connect(to: server.addresses[1])
            #expect(try await local.ask(#"{"jsonrpc":"2.0","id":1,"method":"whoami"}"#)?["result"] == "local")
            // A proof frees a slot, and the connection stays.
            #expect(try await first[0].ask(TestAuthenticator.call())?["result"] == "ada")
            #expect(server.server.unprovenConnections == 1)
            let third = try await unproven(server)
            #expect(try await first[0].ask(#"{"jsonrpc":"2.0","id":1,"method":"whoami"}"#)?["result"] == "ada")
            for client in first + [third, local] { try await client.close() }
            try await wait(server, for: 0)
        }
    }

    /// However a connection ends, it is not counted any more.
    @Test func noEndOfAConnectionLeavesItCounted() async throws {
        try await serving(most: 64) { server in
            for round in 0..<30 {
                let client = try await connect(server)
                switch round % 6 {
                case 0: try await client.close()
                case 1: try await client.endInput()
                case 2: client.sendWithoutWaiting(Array("GET / HTTP/1.1\r\n\r\n".utf8))
                case 3:
                    try await client.send(TestAuthenticator.call("bad"))
                    try await client.close()
                case 4:
                    // The reset of a connection with unread bytes.
                    client.sendWithoutWaiting(Array((Self.ping + "\n").utf8))
                    try await client.close()
                default:
                    #expect(try await client.ask(TestAuthenticator.call())?["result"] == "ada")
                    try await client.close()
                }
                try await wait(server, for: 0)
            }
            let all = [try await unproven(server), try await unproven(server), try await unproven(server)]
            try await wait(server, for: 3)
            for client in all { try await client.close() }
            try await wait(server, for: 0)
        }
    }

    @Test func refusedConnectionsAreNotCounted() async throws {
        try await serving(most: 1) { server in
            let only = try await unproven(server)
            for _ in 0..<20 {
                let refused = try await connect(server)
                #expect(Self.code(try await refused.nextJSON()) == "tooManyConnections")
            }
            try await only.close()
            try await wait(server, for: 0)
            try await unproven(server).close()
        }
    }

    @Test func theTimeForAProofEndsAConnectionWithAnError() throws {
        let client = try Embedded(framing: .strictStream)
        client.pass(seconds: 5)
        #expect(try client.ask(Self.ping)?["result"] == "pong")
        client.pass(seconds: 4)
        #expect(try client.output() == "" && client.isOpen)
        client.pass(seconds: 1)
        let error = try JSONValue(parsing: client.output())
        #expect(error["id"] == .null)
        #expect(Self.code(error) == "unauthenticated")
        #expect(error["error"]?["message"]?.stringValue?.contains("session.authenticate") == true)
        #expect(!client.isOpen)
    }

    /// A stream without a message may be another protocol, which gets no word.
    @Test(arguments: ["", "{", "{\"jsonrpc\":"]) func aSilentConnectionEndsWithoutAWord(sent: String) throws {
        let client = try Embedded(framing: .strictStream)
        try client.send(sent)
        client.pass(seconds: 10)
        #expect(try client.output() == "")
        #expect(!client.isOpen)
    }

    @Test func aWebSocketEndsWithAnErrorAndACloseFrame() throws {
        let client = try Embedded(framing: .webSocket)
        client.pass(seconds: 10)
        #expect(try client.output().contains("unauthenticated"))
        #expect(!client.isOpen)
    }

    @Test func aConnectionWithAProofMayStay() throws {
        let client = try Embedded(framing: .strictStream)
        client.pass(seconds: 9)
        #expect(try client.ask(TestAuthenticator.call())?["result"] == "ada")
        client.pass(seconds: 3600)
        #expect(client.isOpen)
        #expect(try client.output() == "")
    }

    @Test func plainTCPStaysOnTheLoopbackInterfaceWithAnAuthenticatorToo() async throws {
        let router = try TestAuthenticator().router()
        for host in ["0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"] {
            let error = await #expect(throws: ListenError.self) {
                try await TestServer.run(on: [.tcp(host: host, port: 0)], router: router) { _ in
                    Issue.record("listened on \(host)")
                }
            }
            #expect(error?.code == .notLoopback)
        }
    }
}

/// A connection over a channel whose time the test advances. It has ten seconds for a proof.
private struct Embedded {
    private let channel = EmbeddedChannel()

    init(framing: Framing) throws {
        let authenticator = TestAuthenticator()
        let peer = Peer.tcp(address: "192.0.2.1", port: 1)
        let target = HandlerReference(channel.eventLoop)
        let session = Session(
            id: 1, peer: peer, limits: RPCLimits(), principal: authenticator.principal(of: peer)
        ) { target.run { $0.wake() } }
        let handler = ConnectionHandler(
            session: session, router: try authenticator.router(), framing: framing, closeDeadline: .seconds(1),
            firstMessageTime: .minutes(1), proofTime: .seconds(10),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onClose: {})
        target.set(handler)
        if framing == .webSocket {
            try channel.pipeline.syncOperations.addHandler(
                WebSocketHandler(session: session, pingInterval: .hours(2)))
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    var isOpen: Bool { channel.isActive }

    func pass(seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    func ask(_ message: String) throws -> JSONValue? {
        try send(message + "\n")
        return try JSONValue(parsing: output())
    }

    /// Everything that was written since the last call.
    func output() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) {
            text += String(decoding: part.readableBytesView, as: UTF8.self)
        }
        return text
    }
}
