import Testing

@testable import JSONRPC

@Suite("Frames of a WebSocket client")
struct WebSocketFramerTests {
    private enum Event: Equatable {
        case message(String)
        case tooLong(Int)
        case ping(String)
        case close(Int)
    }

    private static let (continuation, text, binary, close, ping, pong) = (0, 1, 2, 8, 9, 10)

    /// A client's frame. Its mask has four different bytes, so that a shifted mask gives wrong data.
    private static func frame(_ opcode: Int, _ data: [UInt8], isLast: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [0x11, 0x80, 0xFE, 0x05]
        var frame = [UInt8(opcode | (isLast ? 0x80 : 0))]
        switch data.count {
        case ...125: frame.append(0x80 | UInt8(data.count))
        case ...65_535: frame += [0x80 | 126, UInt8(data.count >> 8), UInt8(data.count & 255)]
        default: frame += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: data.count >> (56 - 8 * $0)) }
        }
        return frame + mask + data.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    private static func frame(_ opcode: Int, _ data: String, isLast: Bool = true) -> [UInt8] {
        frame(opcode, Array(data.utf8), isLast: isLast)
    }

    private static func events(_ bytes: [UInt8], piece: Int = .max, limit: Int = 16) -> [Event] {
        var framer = WebSocketFramer(limit: limit)
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            rest.prefix(piece).withUnsafeBytes { framer.append($0) }
            rest = rest.dropFirst(piece)
            while let frame = framer.next() {
                let shown = { framer.withBytes(of: $0) { String(decoding: $0, as: UTF8.self) } }
                switch frame {
                case .message(let range): events.append(.message(shown(range)))
                case .tooLong(let count): events.append(.tooLong(count))
                case .ping(let range): events.append(.ping(shown(range)))
                case .close(let code): events.append(.close(Int(code.rawValue)))
                case .broken(let reason): Issue.record("a WebSocket says why it ends: \(reason)")
                }
            }
            framer.trim()
        }
        framer.finish()
        #expect(framer.hasFinished && framer.next() == nil)
        return events
    }

    /// In the order of a connection: single-frame messages are read by `take`, and the others by `next()`.
    @Test(arguments: ["ends behind its data", "{}"])
    func aFrameAfterAFragmentedMessageIsReadAtItsOwnOffset(first: String) {
        let bytes =
            Self.frame(Self.text, first, isLast: false) + Self.frame(Self.continuation, "")
            + Self.frame(Self.text, "right") + Self.frame(Self.text, "again")
        var framer = WebSocketFramer(limit: 64)
        bytes.withUnsafeBytes { framer.append($0) }
        var seen: [String] = []
        for _ in 0..<4 {
            framer.take { bytes in
                seen.append(String(decoding: bytes, as: UTF8.self))
                return true
            }
            guard case .message(let range) = framer.next() else { continue }
            seen.append(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) })
        }
        #expect(seen == [first, "right", "again"])
    }

    @Test(arguments: [1, 2, 3, 7, 64, .max])
    func messagesAreReadUnchangedInPiecesOfAnySize(piece: Int) {
        let bytes =
            Self.frame(Self.text, "[1]") + Self.frame(Self.ping, "anybody?") + Self.frame(Self.text, "")
            + Self.frame(Self.text, "one, ", isLast: false) + Self.frame(Self.pong, "")
            + Self.frame(Self.continuation, "two, ", isLast: false) + Self.frame(Self.ping, "")
            + Self.frame(Self.continuation, "tře") + Self.frame(Self.text, "sixteen bytes ok")
            + Self.frame(Self.close, [0x03, 0xE8] + Array("bye".utf8)) + Self.frame(Self.text, "unheard")
        let expected: [Event] = [
            .message("[1]"), .ping("anybody?"), .message(""), .ping(""), .message("one, two, tře"),
            .message("sixteen bytes ok"), .close(1000),
        ]
        #expect(Self.events(bytes, piece: piece) == expected)
    }

    /// Lengths at which the header grows, and lengths that are not a multiple of a word.
    @Test(arguments: [1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 100_003])
    func messagesOfEveryHeaderLengthAreRead(count: Int) {
        let message = String(repeating: "abc", count: count / 3 + 1).prefix(count)
        let events = Self.events(Self.frame(Self.text, String(message)), piece: 1000, limit: 200_000)
        #expect(events == [.message(String(message))])
    }

    @Test func aMessageOverTheLimitIsRefusedBeforeItComes() {
        let long = Self.frame(Self.text, String(repeating: "x", count: 17))
        #expect(Self.events(Array(long.prefix(6))) == [.tooLong(17), .close(1009)])
        let parts =
            Self.frame(Self.text, "0123456789", isLast: false) + Self.frame(Self.continuation, "0123456", isLast: false)
        #expect(Self.events(parts) == [.tooLong(17), .close(1009)])
        #expect(Self.events([0x81, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 11)) == [.close(1002)])
    }

    static let breaches: [(String, [UInt8], Int)] = [
        ("not masked", [0x81, 0x02, 0x5B, 0x5D], 1002),
        ("a length in two bytes that has room in one", [0x81, 0xFE, 0x00, 0x7D, 0, 0, 0, 0], 1002),
        ("a length in eight bytes that has room in two", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], 1002),
        ("a reserved bit", [0xC1] + frame(text, "[]").dropFirst(), 1002),
        ("a reserved opcode", frame(3, "[]"), 1002),
        ("a reserved control opcode", frame(11, ""), 1002),
        ("a fragmented ping", frame(ping, "", isLast: false), 1002),
        ("a long ping", frame(ping, String(repeating: "x", count: 126)), 1002),
        ("a continuation of nothing", frame(continuation, "x"), 1002),
        ("a text in a text", frame(text, "x", isLast: false) + frame(text, "y"), 1002),
        ("binary that is no UTF-8", frame(binary, [0x22, 0xFF, 0x22]), 1003),
        ("no UTF-8", frame(text, [0x22, 0xFF, 0x22]), 1007),
        ("no UTF-8 far behind", frame(text, Array("0123456789".utf8) + [0xC3]), 1007),
        ("no UTF-8 in parts", frame(text, [0xC3], isLast: false) + frame(continuation, [0x28]), 1007),
        ("a close without a code", frame(close, ""), 1000),
        ("a close of one byte", frame(close, [3]), 1002),
        ("a code that is never sent", frame(close, [0x03, 0xED]), 1002),
        ("a code of nobody's", frame(close, [0x07, 0xD0]), 1002),
        ("a program's own code", frame(close, [0x0B, 0xB8]), 3000),
        ("a reason that is no text", frame(close, [0x03, 0xE8, 0xFF]), 1007),
    ]

    @Test(arguments: breaches)
    func violationsAndClosesEndAWebSocketWithTheirCode(name: String, bytes: [UInt8], code: Int) {
        #expect(Self.events(bytes).last == .close(code), "\(name)")
        #expect(Self.events(bytes, piece: 1) == Self.events(bytes), "\(name)")
    }

    /// A message that the closure of `take` declines is returned by `next()`, once and unchanged.
    @Test func aMessageDeclinedByTakeIsReturnedByNext() {
        var framer = WebSocketFramer(limit: 16)
        let bytes = ["1", "2", "three", "4"].flatMap { Self.frame(Self.text, $0) }
        // The last message arrives in two pieces, after one that was declined.
        bytes.dropLast(2).withUnsafeBytes { framer.append($0) }
        var quick: [String] = []
        framer.take { message in
            guard message.count == 1 else { return false }
            quick.append(String(decoding: message, as: UTF8.self))
            return true
        }
        #expect(quick == ["1", "2"])
        bytes.suffix(2).withUnsafeBytes { framer.append($0) }
        var others: [String] = []
        while case .message(let range) = framer.next() {
            others.append(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) })
        }
        #expect(others == ["three", "4"])
    }
}
