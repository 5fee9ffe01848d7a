import JSONRPC
import Testing

@testable import JSONRPC

@Suite("Framing of whole messages")
struct WholeFramerTests {
    private static func texts(_ framer: inout WholeFramer) -> [String] {
        var texts: [String] = []
        while let frame = framer.next() {
            switch frame {
            case .message(let range): texts.append(framer.withBytes(of: range) { String(decoding: $0, as: UTF8.self) })
            case .tooLong(let count): texts.append("too long: \(count)")
            case .broken, .ping, .close: Issue.record("whole messages cannot be \(frame)")
            }
        }
        return texts
    }

    private static func append(_ text: String, to framer: inout WholeFramer) {
        Array(text.utf8).withUnsafeBytes { framer.append($0) }
    }

    @Test func everyAppendIsOneMessage() {
        var framer = WholeFramer(limit: 10)
        Self.append("{\n}", to: &framer)
        Self.append("", to: &framer)
        Self.append("0123456789", to: &framer)
        #expect(Self.texts(&framer) == ["{\n}", "", "0123456789"])
        #expect(!framer.hasFinished)
        framer.finish()
        #expect(framer.hasFinished)
    }

    @Test func anOverlongMessageIsReportedAndTheNextIsRead() {
        var framer = WholeFramer(limit: 3)
        Self.append("0123", to: &framer)
        Self.append("[]", to: &framer)
        framer.finish()
        #expect(!framer.hasFinished)
        #expect(Self.texts(&framer) == ["too long: 4", "[]"])
        #expect(framer.hasFinished)
    }

    @Test func aMessageThatArrivesWhileOthersWaitIsKept() {
        var framer = WholeFramer(limit: 3)
        Self.append("1", to: &framer)
        Self.append("2", to: &framer)
        guard case .message(let first)? = framer.next() else {
            Issue.record("expected a message")
            return
        }
        #expect(framer.withBytes(of: first) { $0.first } == UInt8(ascii: "1"))
        Self.append("3", to: &framer)
        #expect(Self.texts(&framer) == ["2", "3"])
    }
}
