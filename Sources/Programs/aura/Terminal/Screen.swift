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

    /// The size to use if a terminal does not report one.
    static let usual = ScreenSize(columns: 80, rows: 24)

    /// The current size of the terminal at standard output. It is read each time, because windows change.
    static var present: ScreenSize {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return .usual
        }
        return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// Produces the text that draws each frame over the previous one. It does no IO.
///
/// The cursor stays at the start of the line below the frame, so that other output comes after it.
struct FramePainter: Sendable, Hashable {
    /// The widths of the lines on the screen.
    private var drawn: [Int] = []
    private var isCursorHidden = false

    /// Returns the text that draws `lines` over the previous frame.
    mutating func paint(_ lines: [Line], style: Style, columns: Int) -> String {
        var text = hideCursor() + goUp(columns: columns)
        for line in lines { text += "\(line.rendered(color: style.color))\u{1B}[K\n" }
        text += "\u{1B}[J"
        drawn = lines.map(\.columns)
        return text
    }

    /// Returns the text that draws `lines` permanently; later frames come below them.
    mutating func leave(_ lines: [Line], style: Style, columns: Int) -> String {
        let text = paint(lines, style: style, columns: columns)
        drawn = []
        return text
    }

    /// Returns the text that restores the terminal; the last frame stays.
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

    /// Moves the cursor to the first line of the frame. A terminal that became narrower shows a line in several rows.
    private func goUp(columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(columns, 1)) }
        return rows > 0 ? "\r\u{1B}[\(rows)A" : "\r"
    }
}
