import JSON
import JSONRPC
import Testing

@Suite struct HeaderFramerTests {
    enum Event: Equatable, Sendable {
        case message(String)
        case tooLong(Int)
        case broken
    }

    /// Feeds `text` in pieces of `piece` bytes and collects the frames.
    static func frames(_ text: String, piece: Int, limit: Int = 16) -> [Event] {
        var framer = HeaderFramer(limit: limit)
        var events: [Event] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { framer.append($0) }
            while let frame = framer.next() {
                switch frame {
                case .message(let range):
                    events.append(.message(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) }))
                case .tooLong(let count): events.append(.tooLong(count))
                case .broken: events.append(.broken)
                case .ping, .close: Issue.record("headers cannot be \(frame)")
                }
            }
        }
        framer.finish()
        #expect(framer.hasFinished && framer.next() == nil)
        return events
    }

    static let streams: [(String, [Event])] = [
        ("Content-Length: 2\r\n\r\n{}", [.message("{}")]),
        ("content-length:2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]", [.message("{}"), .message("[1]")]),
        (
            "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 4\r\n\r\na\r\nb",
            [.message("a\r\nb")]
        ),
        ("Content-Length: 1\r\n\r\na\r\n\nContent-Length: 1\r\n\r\nb\n", [.message("a"), .message("b")]),
        ("Content-Length /:1 HTTP/1.1\r\nContent-Length: 1\r\n\r\na", [.broken]),
        ("CONTENT-LENGTH: \t1\n\nx", [.message("x")]),
        ("Content-Length: 0\r\n\r\nContent-Length: 1\r\n\r\ny", [.message(""), .message("y")]),
        ("Content-Length: 20\r\n\r\n12345678901234567890Content-Length: 1\r\n\r\nz", [.tooLong(20), .message("z")]),
        ("Content-Length: 9\r\n\r\nunfinished".replacing("unfinished", with: "short"), []),
        ("Content-Type: x\r\n\r\n{}", [.broken]), ("Content-Length: two\r\n\r\n{}", [.broken]),
        ("Content-Length: 1\r\nContent-Length: 1\r\n\r\na", [.broken]), ("Content-Length: -1\r\n\r\n", [.broken]),
        ("Content-Length: 1234567890123456\r\n\r\n", [.broken]), ("Content-Length 1\r\n\r\na", [.broken]),
        ("Content-Length: 1\r\nX: " + String(repeating: "y", count: 5000), [.broken]),
    ]

    @Test(arguments: streams, [1, 2, 3, 7, 100_000])
    func framesDoNotDependOnTheSizeOfThePieces(stream: (String, [Event]), piece: Int) {
        #expect(Self.frames(stream.0, piece: piece) == stream.1)
    }
}

/// A connection with length headers, as its client sees it.
@Suite(.timeLimit(.minutes(3))) struct LengthsTests {
    private func connect() -> InMemoryConnection {
        var router = Router { _ in }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("ping")) { _, _ in "pong" }
        return InMemoryConnection(router: router)
    }

    private func framed(_ message: String) -> [UInt8] {
        Array("Content-Length: \(message.utf8.count)\r\n\r\n\(message)".utf8)
    }

    @Test func repliesUseTheConnectionsFraming() async throws {
        let connection = connect()
        let calls = (1...3).map { framed("{\"jsonrpc\":\"2.0\",\n \"id\":\($0),\"method\":\"ping\"}") }
        connection.send(calls.flatMap { $0 })
        let wanted = (1...3).map { framed("{\"jsonrpc\":\"2.0\",\"id\":\($0),\"result\":\"pong\"}") }.flatMap { $0 }
        #expect(connection.session.takeOutput() == wanted)
    }

    @Test func notificationsHaveAContentLength() async throws {
        let connection = connect()
        connection.send(framed(#"{"jsonrpc":"2.0","method":"ping"}"#))
        try await connection.session.notify("event", params: ["a": 1])
        #expect(connection.session.takeOutput() == framed(#"{"jsonrpc":"2.0","method":"event","params":{"a":1}}"#))
    }

    /// The client half-closes while the outbound queue is full and complete calls are still in the buffer.
    @Test func everyCallBeforeTheHalfCloseGetsItsReply() async throws {
        let connection = Daemon().connect(limits: RPCLimits(outboundQueueBytes: 64 << 10))
        let calls = (1...100).map { id in
            framed("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"big\",\"params\":{\"bytes\":10000}}")
        }
        connection.send(calls.flatMap { $0 })
        connection.endInput()
        #expect(connection.isBlocked)
        // Read as lines, because a reply has no line end of its own: its line ends with the first header of the next
        // reply. The last reply is no complete line, so 99 are read.
        var ids: [Int] = []
        while ids.count < 99, let line = await connection.nextMessage() {
            if let id = String(decoding: line, as: UTF8.self).firstMatch(of: /"id":(\d+),/) {
                ids.append(Int(id.1) ?? 0)
            }
        }
        #expect(ids == Array(1...99))
    }

    @Test func brokenFramingEndsTheConnection() async throws {
        let connection = connect()
        connection.send(Array("Content-Length: soon\r\n\r\n{}".utf8))
        let said = String(decoding: try #require(connection.session.takeOutput()), as: UTF8.self)
        #expect(said.hasPrefix("Content-Length: ") && said.contains("-32700") && said.contains("brokenFraming"))
        #expect(connection.session.wantsClose)
    }

    @Test(arguments: ["C", "con", "c{}", "Content", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"])
    func textThatOnlyResemblesAHeaderIsALine(text: String) async throws {
        let connection = connect()
        for byte in Array(text.utf8) { connection.send([byte]) }
        connection.send([UInt8(ascii: "\n")])
        let said = String(decoding: try #require(await connection.nextMessage()), as: UTF8.self)
        #expect(said.contains(text.hasPrefix("{") ? "pong" : "-32700"))
    }
}
