/// The width of text on a terminal.
extension Character {
    /// The columns of the character on a terminal: 2 for wide East Asian characters and emoji, else 1.
    ///
    /// The ranges are W and F in EastAsianWidth.txt of Unicode 16, merged if no narrow character is between them.
    var columns: Int {
        guard let first = unicodeScalars.first, first.value >= 0x1100 else { return 1 }
        if unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        return Self.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
        0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]
}

extension String {
    /// The columns of the text on a terminal. The text must not contain control characters.
    var columns: Int {
        reduce(0) { $0 + $1.columns }
    }

    /// Returns the text with trailing spaces, at least `columns` columns wide.
    func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(columns - self.columns, 0))
    }

    /// Returns the text with leading spaces, at least `columns` columns wide.
    func indented(to columns: Int) -> String {
        String(repeating: " ", count: max(columns - self.columns, 0)) + self
    }

    /// Returns the longest prefix that fits into `columns` columns.
    func prefix(columns: Int) -> String {
        var room = columns
        let kept = prefix { character in
            room -= character.columns
            return room >= 0
        }
        return String(kept)
    }

    /// The text as one line without characters that control terminals; see ``Unicode/Scalar/steersTerminals``.
    ///
    /// Texts of machines and providers may contain line ends and escape sequences. Printed unchanged, they would break
    /// the display or control the reader's terminal.
    var printable: String {
        guard unicodeScalars.contains(where: \.steersTerminals) else { return self }
        let pieces = unicodeScalars.split(whereSeparator: \.steersTerminals)
        return pieces.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
    }
}
