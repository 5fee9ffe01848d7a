import Testing

@testable import aura

@Suite struct FramePainterTests {
    let lines = [Line("one"), Line("seventeen columns")]

    @Test func theFirstFrameHidesTheCursorAndStaysWhereItIs() {
        var painter = FramePainter()
        #expect(
            painter.paint(lines, style: .plain, columns: 80)
                == "\u{1B}[?25l\rone\u{1B}[K\nseventeen columns\u{1B}[K\n\u{1B}[J")
    }

    @Test func theNextFrameTakesItsPlace() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        #expect(painter.paint([Line("two")], style: .plain, columns: 80) == "\r\u{1B}[2Atwo\u{1B}[K\n\u{1B}[J")
    }

    @Test func aNarrowerTerminalHasBrokenTheLines() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        #expect(painter.paint([], style: .plain, columns: 8) == "\r\u{1B}[4A\u{1B}[J")
    }

    @Test func whatIsLeftIsNotDrawnOver() {
        var painter = FramePainter()
        _ = painter.paint(lines, style: .plain, columns: 80)
        #expect(painter.leave([Line("end")], style: .plain, columns: 80) == "\r\u{1B}[2Aend\u{1B}[K\n\u{1B}[J")
        #expect(painter.paint([Line("next")], style: .plain, columns: 80) == "\rnext\u{1B}[K\n\u{1B}[J")
    }

    @Test func closingShowsTheCursorOnce() {
        var painter = FramePainter()
        #expect(painter.close() == "")
        _ = painter.paint(lines, style: .plain, columns: 80)
        #expect(painter.close() == "\r\u{1B}[J\u{1B}[?25h")
        #expect(painter.close() == "")
    }
}
