/// Finds the end of an object or array in text that arrives in pieces. It counts brackets and reads each byte once.
struct WholeValueScan: Sendable {
    /// The position of the text in its stream, which distinguishes one text from the next.
    let line: Int
    /// The index of the first byte that was not read.
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var valueEnd: Int?
    /// The end of the value, after a check that only white space or a further object or array follows it.
    private(set) var end: Int?
    private var isOdd = false

    init(line: Int = -1) {
        self.line = line
    }

    /// Scans the bytes of `text` that were not scanned before. `text` must begin with the bytes of the previous call.
    mutating func goOn(_ text: UnsafeRawBufferPointer) {
        end = nil
        while position < text.count, !isOdd, valueEnd == nil {
            look(at: text[position])
            position += 1
            if depth == 0, !isInString, position > 0, isBracket(text[position - 1]) { valueEnd = position }
        }
        guard !isOdd, let valueEnd else { return }
        let next = text[valueEnd...].first { ![0x20, 0x09, 0x0D].contains($0) }
        isOdd = next.map { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "[") } ?? false
        if !isOdd { end = valueEnd }
    }

    private mutating func look(at byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if isInString {
            isEscaped = byte == UInt8(ascii: "\\")
            isInString = byte != UInt8(ascii: "\"")
        } else if byte == UInt8(ascii: "\"") {
            isInString = true
            // A text that begins with a string is not a message.
            isOdd = depth == 0
        } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            depth += 1
        } else if isBracket(byte) {
            depth -= 1
            isOdd = depth < 0
        } else if depth == 0 {
            isOdd = ![0x20, 0x09, 0x0D].contains(byte)
        }
    }

    private func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }
}
