import JSONRPC
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import RPCTransport

@Suite("What a WebSocket writes, and its silence")
struct WebSocketHandlerTests {
    private let channel = EmbeddedChannel()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(WebSocketFrameEncoder())
        try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(limits: RPCLimits(), pingInterval: .seconds(30)))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func pass(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    private struct Frame: Equatable {
        var opcode: WebSocketOpcode
        var data: ByteBuffer
    }

    /// The whole frames that were written, read by RFC 6455 §5.2.
    private func frames() throws -> [Frame] {
        var bytes = ByteBuffer()
        while var part = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&part) }
        var frames: [Frame] = []
        while let first = bytes.readInteger(as: UInt8.self) {
            #expect(first & 0xF0 == 0x80, "a frame's first byte is \(first)")
            var length = bytes.readInteger(as: UInt8.self).map(Int.init)
            if length == 126 { length = bytes.readInteger(as: UInt16.self).map(Int.init) }
            if length == 127 { length = bytes.readInteger(as: UInt64.self).map(Int.init) }
            let data = length.flatMap { bytes.readSlice(length: $0) }
            let opcode = try #require(WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F))
            frames.append(Frame(opcode: opcode, data: try #require(data)))
        }
        return frames
    }

    private func sent() throws -> [WebSocketOpcode] { try frames().map(\.opcode) }

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

    /// At the lengths where a header gets longer, and with a ping in between.
    @Test func eachLineIsAFrameOfItsOwn() throws {
        let lines = [2, 125, 126, 65_535, 65_536].map { String(repeating: "x", count: $0) }
        try channel.writeOutbound(ByteBuffer(string: lines.map { $0 + "\n" }.joined()))
        pass(30)
        try channel.writeOutbound(ByteBuffer(string: "[1]\n"))
        var wanted = lines.map { Frame(opcode: .text, data: ByteBuffer(string: $0)) }
        wanted.append(Frame(opcode: .ping, data: ByteBuffer()))
        wanted.append(Frame(opcode: .text, data: ByteBuffer(string: "[1]")))
        #expect(try frames() == wanted)
    }
}
