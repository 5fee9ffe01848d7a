import JSONRPC
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import RPCTransport

@Suite("Frames and liveness of a WebSocket")
struct WebSocketHandlerTests {
    private enum Opcode: UInt8 {
        case text = 1
        case close = 8
        case ping = 9
        case pong = 10
    }

    private struct Frame: Equatable {
        var opcode: Opcode
        var data: ByteBuffer
    }

    private let channel = EmbeddedChannel()
    private let session: Session

    init() throws {
        let target = HandlerReference(channel.eventLoop)
        let limits = RPCLimits()
        session = Session(id: 1, peer: .memory, limits: limits) { target.run { $0.wake() } }
        let handler = ConnectionHandler(
            session: session, router: Router { _ in }, framing: .webSocket, closeDeadline: .seconds(1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onClose: {})
        target.set(handler)
        try channel.pipeline.syncOperations.addHandler(
            WebSocketHandler(session: session, pingInterval: .seconds(30)))
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    private func pass(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    /// The complete frames that were written, parsed by RFC 6455 §5.2.
    private func frames() throws -> [Frame] {
        channel.embeddedEventLoop.run()
        var bytes = ByteBuffer()
        while var part = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&part) }
        var frames: [Frame] = []
        while let first = bytes.readInteger(as: UInt8.self) {
            #expect(first & 0xF0 == 0x80, "a frame's first byte is \(first)")
            var length = bytes.readInteger(as: UInt8.self).map(Int.init)
            if length == 126 { length = bytes.readInteger(as: UInt16.self).map(Int.init) }
            if length == 127 { length = bytes.readInteger(as: UInt64.self).map(Int.init) }
            let data = length.flatMap { bytes.readSlice(length: $0) }
            frames.append(
                Frame(opcode: try #require(Opcode(rawValue: first & 0x0F)), data: try #require(data)))
        }
        return frames
    }

    private func sent() throws -> [Opcode] { try frames().map(\.opcode) }

    /// Receives a client's frame whose mask is all zeros.
    private func receive(_ opcode: Opcode, _ data: String = "") throws {
        try channel.writeInbound(
            ByteBuffer(bytes: [0x80 | opcode.rawValue, 0x80 | UInt8(data.utf8.count), 0, 0, 0, 0] + Array(data.utf8)))
    }

    @Test func aSilentClientIsPingedAndThenClosed() throws {
        pass(29)
        #expect(try sent() == [])
        pass(1)
        #expect(try sent() == [.ping])
        #expect(channel.isActive)
        pass(30)
        #expect(try sent() == [.close])
        #expect(!channel.isActive)
    }

    @Test(arguments: [Opcode.pong, .text, .ping])
    private func anyFrameOfTheClientKeepsTheConnectionOpen(opcode: Opcode) throws {
        for _ in 1...3 {
            pass(30)
            try receive(opcode)
        }
        #expect(channel.isActive)
        #expect(try sent().filter { $0 == .ping }.count == 3)
    }

    /// A client that accepts what the server writes is alive. Its pong may be queued behind calls that the server reads
    /// only after the client has read its replies.
    @Test func aClientThatAcceptsWritesStaysConnected() throws {
        for _ in 1...3 {
            pass(30)
            #expect(session.offer(Array("{}".utf8)) == .queued)
            #expect(try sent().contains(.text))
        }
        #expect(channel.isActive)
        pass(60)
        #expect(!channel.isActive)
    }

    @Test func aPingIsAnsweredBetweenReplies() throws {
        try receive(.text, "no call")
        try receive(.ping, "there?")
        try receive(.text, "none either")
        let frames = try frames()
        #expect(frames.map(\.opcode) == [.text, .pong, .text])
        #expect(frames[1].data == ByteBuffer(string: "there?"))
    }

    @Test(
        arguments: [([0x88, 0x82, 0, 0, 0, 0, 0x0B, 0xB8], 3000), ([0x82, 0x81, 0, 0, 0, 0, 0xFF], 1003)]
            as [([UInt8], UInt16)])
    func aCloseOrViolationIsAnsweredWithACloseFrame(bytes: [UInt8], code: UInt16) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        #expect(try frames() == [Frame(opcode: .close, data: ByteBuffer(integer: code))])
        #expect(!channel.isActive)
    }

    /// Covers the lengths at which the header grows, with a ping in between.
    @Test func eachLineIsSentAsOneFrame() throws {
        let lines = [2, 125, 126, 65_535, 65_536].map { String(repeating: "x", count: $0) }
        let offered = Array(lines.map { $0 + "\n" }.joined().utf8)
        #expect(offered.withUnsafeBytes { session.offer(lines: $0) } == .queued)
        pass(30)
        #expect(session.offer(Array("[1]".utf8)) == .queued)
        var wanted = lines.map { Frame(opcode: .text, data: ByteBuffer(string: $0)) }
        wanted.append(Frame(opcode: .ping, data: ByteBuffer()))
        wanted.append(Frame(opcode: .text, data: ByteBuffer(string: "[1]")))
        #expect(try frames() == wanted)
    }
}
