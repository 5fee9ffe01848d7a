import JSONRPC
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import RPCTransport

@Suite("A WebSocket's silence")
struct WebSocketHandlerTests {
    private let channel = EmbeddedChannel()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(limits: RPCLimits(), pingInterval: .seconds(30)))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func pass(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    private func sent() throws -> [WebSocketOpcode] {
        var opcodes: [WebSocketOpcode] = []
        while let frame = try channel.readOutbound(as: WebSocketFrame.self) { opcodes.append(frame.opcode) }
        return opcodes
    }

    private func receive(_ opcode: WebSocketOpcode) throws {
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: opcode, data: ByteBuffer()))
    }

    @Test func whoSaysNothingIsAskedAndThenLetGo() throws {
        pass(29)
        #expect(try sent() == [])
        pass(1)
        #expect(try sent() == [.ping])
        #expect(channel.isActive)
        pass(30)
        #expect(try sent() == [.connectionClose])
        #expect(!channel.isActive)
    }

    @Test(arguments: [WebSocketOpcode.pong, .text, .ping])
    func whateverComesIsASignOfLife(opcode: WebSocketOpcode) throws {
        for _ in 1...3 {
            pass(30)
            try receive(opcode)
        }
        #expect(channel.isActive)
        #expect(try sent().filter { $0 == .ping }.count == 3)
    }

    /// A pong may stand behind calls that wait until the client has read what is there for it.
    @Test func whoTakesWhatIsWrittenIsAlive() throws {
        for _ in 1...3 {
            pass(30)
            try channel.writeOutbound(ByteBuffer(string: "{}\n"))
        }
        #expect(channel.isActive)
        pass(60)
        #expect(!channel.isActive)
    }

    @Test func eachLineIsAFrameOfItsOwn() throws {
        try channel.writeOutbound(ByteBuffer(string: "{}\n[1]\n"))
        var texts: [String] = []
        while let frame = try channel.readOutbound(as: WebSocketFrame.self) { texts.append(String(buffer: frame.data)) }
        #expect(texts == ["{}", "[1]"])
    }
}
