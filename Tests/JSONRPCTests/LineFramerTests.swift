import JSONRPC
import Testing

@Suite struct LineFramerTests {
    enum Event: Equatable, Sendable {
        case line(String)
        case tooLong(Int)
    }

    /// Feeds `text` in pieces of `piece` bytes and collects the frames.
    static func frames(_ text: String, piece: Int, limit: Int = 16, ends: Bool = true) -> [Event] {
        var framer = LineFramer(limit: limit)
        var events: [Event] = []
        func drain() {
            while let frame = framer.next() {
                switch frame {
                case .message(let range):
                    events.append(.line(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) }))
                case .tooLong(let count): events.append(.tooLong(count))
                case .broken, .ping, .close: Issue.record("lines cannot be \(frame)")
                }
            }
        }
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { framer.append($0) }
            drain()
        }
        if ends {
            framer.finish()
            drain()
            #expect(framer.hasFinished)
        }
        return events
    }

    static let streams: [(String, [Event])] = [
        ("", []), ("\n\r\n  \n\t\n", []), ("a\n", [.line("a")]), ("a\r\nb\n", [.line("a"), .line("b")]),
        ("a\n\nb", [.line("a"), .line("b")]), ("a\rb\n", [.line("a\rb")]), ("last\r", [.line("last")]),
        ("1234567890123456\n1\n", [.line("1234567890123456"), .line("1")]),
        ("1234567890123456\r\n", [.line("1234567890123456")]),
        ("1234567890123456", [.line("1234567890123456")]), (" a \n", [.line(" a ")]),
    ]

    @Test(arguments: streams, [1, 2, 3, 7, 1000])
    func framesDoNotDependOnTheSizeOfThePieces(stream: (String, [Event]), piece: Int) {
        #expect(Self.frames(stream.0, piece: piece) == stream.1)
    }

    static let overlong = [
        "12345678901234567\nnext\n", "123456789012345678901234567890\r\nnext\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\nnext",
    ]

    @Test(arguments: overlong, [1, 5, 17, 18, 1000])
    func anOverlongLineIsOneEventAndTheNextLineArrives(text: String, piece: Int) {
        let events = Self.frames(text, piece: piece)
        #expect(events.count == 2)
        guard case .tooLong(let count)? = events.first else {
            Issue.record("expected an overlong line first, found \(events)")
            return
        }
        #expect(count > 16)
        #expect(events.last == .line("next"))
    }

    @Test func anOverlongLineWithoutEndIsOneEvent() {
        #expect(Self.frames(String(repeating: "x", count: 1000), piece: 10).count == 1)
    }

    @Test func anOverlongLineIsNotKept() {
        var framer = LineFramer(limit: 100)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 101)
        for _ in 0..<1000 {
            piece.withUnsafeBytes { framer.append($0) }
            while framer.next() != nil {}
        }
        #expect(framer.isEmpty)
    }

    @Test func anUnfinishedLineWaits() {
        #expect(Self.frames("a\nb", piece: 1, ends: false) == [.line("a")])
    }
}
