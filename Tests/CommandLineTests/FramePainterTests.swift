import Testing

@testable import aura

@Suite struct FramePainterTests {
    let lines = [Line("one"), Line("seventeen columns")]

    @Test func theFirstFrameHidesTheCursorAndStartsAtTheCurrentLine() {
        var painter = FramePainter()
        let first = painter.paint(lines, style: .plain, columns: 80)
        #expect(first == "\u{1B}[?25l\rone\u{1B}[K\nseventeen columns\u{1B}[K\n\u{1B}[J")
    }

    @Test func theNextFrameOverwritesThePreviousOne() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        let first = painter.paint([Line("two")], style: .plain, columns: 80)
        #expect(first == "\r\u{1B}[2Atwo\u{1B}[K\n\u{1B}[J")
    }

    @Test func linesWrappedByANarrowerTerminalAreErased() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        let first = painter.paint([], style: .plain, columns: 8)
        #expect(first == "\r\u{1B}[4A\u{1B}[J")
    }

    @Test func finalLinesAreNotOverwrittenByTheNextFrame() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        let first = painter.leave([Line("end")], style: .plain, columns: 80)
        #expect(first == "\r\u{1B}[2Aend\u{1B}[K\n\u{1B}[J")
        let second = painter.paint([Line("next")], style: .plain, columns: 80)
        #expect(second == "\rnext\u{1B}[K\n\u{1B}[J")
    }

    @Test func closingShowsTheCursorOnce() {
        var painter = FramePainter()
        let first = painter.close()
        #expect(first == "")
        _ = painter.paint(lines, style: .plain, columns: 80)
        let second = painter.close()
        #expect(second == "\r\u{1B}[J\u{1B}[?25h")
        let third = painter.close()
        #expect(third == "")
    }
}
