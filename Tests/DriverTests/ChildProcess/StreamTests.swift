import ChildProcess
import Testing

/// Bounded line splitting and output tails.
@Suite struct StreamTests {
    private func lines(_ pieces: [String], limit: Int = 10) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limitBytes: limit)
        var lines = pieces.flatMap { splitter.feed(Array($0.utf8)) }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    private func line(_ text: String) -> LineSplitter.Line { .line(Array(text.utf8)) }

    @Test func linesAreJoinedAcrossPieces() {
        #expect(lines(["ab", "c\nd", "\n\ne"]) == [line("abc"), line("d"), line(""), line("e")])
        #expect(lines([]) == [])
        #expect(lines(["a\n"]) == [line("a")])
    }

    @Test func aLineOverTheLimitIsDroppedAndTheNextIsRead() {
        #expect(lines(["0123456789\nok\n"]) == [line("0123456789"), line("ok")])
        #expect(lines(["0123456789X\nok\n"]) == [.tooLong(bytes: 11), line("ok")])
        #expect(lines(["01234567", "89X", "YZ\nok"]) == [.tooLong(bytes: 13), line("ok")])
        #expect(lines(["0123456789", "X"]) == [.tooLong(bytes: 11)])
    }

    @Test func lineBreaksOtherThanLFAreText() {
        #expect(lines(["a\u{2028}b\r\n"]) == [line("a\u{2028}b\r")])
    }

    @Test func aTailKeepsTheLastBytes() {
        var tail = Tail(limitBytes: 8)
        tail.append(Array("0123456789".utf8))
        tail.append(Array("ab".utf8))
        #expect(tail.text == "456789ab")
        var words = Tail()
        words.append(Array("one\n\n  \ntwo\nthree\nfour\n".utf8))
        #expect(words.lastLines(2) == "three; four")
    }
}
