#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The size of a terminal.
struct ScreenSize: Sendable, Hashable {
    var columns: Int
    var rows: Int

    /// What is taken where a terminal does not say.
    static let usual = ScreenSize(columns: 80, rows: 24)

    /// The size of the terminal at standard output, asked for anew, since windows change.
    static var present: ScreenSize {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return .usual
        }
        return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// Draws frames over each other: says what to write so that a frame takes the last one's place. No IO.
///
/// The cursor rests at the start of the line below the frame, so that what others write comes after it.
struct FramePainter: Sendable, Hashable {
    /// The widths of the lines that stand on the screen.
    private var drawn: [Int] = []
    private var isCursorHidden = false

    /// What draws `lines` in the place of what was drawn before.
    mutating func paint(_ lines: [Line], style: Style, columns: Int) -> String {
        var text = hideCursor() + goUp(columns: columns)
        for line in lines { text += "\(line.rendered(color: style.color))\u{1B}[K\n" }
        text += "\u{1B}[J"
        drawn = lines.map(\.columns)
        return text
    }

    /// What draws `lines` for good: later frames come below them.
    mutating func leave(_ lines: [Line], style: Style, columns: Int) -> String {
        let text = paint(lines, style: style, columns: columns)
        drawn = []
        return text
    }

    /// What gives the terminal back; the last frame stays.
    mutating func close() -> String {
        drawn = []
        guard isCursorHidden else { return "" }
        isCursorHidden = false
        return "\r\u{1B}[J\u{1B}[?25h"
    }

    private mutating func hideCursor() -> String {
        guard !isCursorHidden else { return "" }
        isCursorHidden = true
        return "\u{1B}[?25l"
    }

    /// Back to the frame's first line. A terminal that became narrower has broken its lines into several rows.
    private func goUp(columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(columns, 1)) }
        return rows > 0 ? "\r\u{1B}[\(rows)A" : "\r"
    }
}
