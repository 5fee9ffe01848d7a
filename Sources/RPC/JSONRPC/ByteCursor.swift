/// Steps through JSON text without parsing it into values.
///
/// A step returns `nil` if the text is not of the simple kind that it accepts. jansson then decides whether the text is
/// valid.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    var isAtEnd: Bool { index >= bytes.count }
    var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte, !isAtEnd else { return false }
        index += 1
        return true
    }

    /// Returns the contents of a string of printable ASCII without escapes.
    mutating func plainString() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return start..<(index - 1)
            case UInt8(ascii: "\\"): return nil
            case 0x20...0x7E: index += 1
            default: return nil
            }
        }
        return nil
    }

    /// Returns a number as defined in RFC 8259 §6, of any size.
    mutating func number() -> Range<Int>? {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard skipDigits() else { return nil }
        }
        if take(UInt8(ascii: ".")) {
            guard skipDigits() else { return nil }
        }
        if current | 0x20 == UInt8(ascii: "e") {
            index += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() else { return nil }
        }
        return start..<index
    }

    /// Returns a plain string with its quotes, a number or `null`.
    mutating func identifier() -> Range<Int>? {
        let start = index
        switch current {
        case UInt8(ascii: "\""): return plainString().map { start..<($0.upperBound + 1) }
        case UInt8(ascii: "n"):
            index += 4
            guard index <= bytes.count, bytes[start..<index].elementsEqual("null".utf8) else { return nil }
            return start..<index
        default: return number()
        }
    }

    /// Returns an array or object up to its closing bracket, nested at most `depth` levels. Counts brackets without
    /// checking that `[` is closed by `]` and `{` by `}`.
    mutating func container(depth: Int) -> Range<Int>? {
        let start = index
        var open = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                if open > depth { return nil }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open -= 1
            case UInt8(ascii: "\""):
                skipString()
                continue
            default: break
            }
            index += 1
            if open == 0 { return start..<index }
        }
        return nil
    }

    /// Returns any value. A scalar ends before white space, a comma, a colon or a closing bracket.
    mutating func value() -> Range<Int>? {
        let start = index
        switch current {
        case UInt8(ascii: "["), UInt8(ascii: "{"): return container(depth: .max)
        case UInt8(ascii: "\""): skipString()
        default:
            while index < bytes.count, !Self.endsScalar(bytes[index]) { index += 1 }
        }
        return index > start ? start..<index : nil
    }

    mutating func skipString() {
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
    }

    private mutating func skipDigits() -> Bool {
        let start = index
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { index += 1 }
        return index > start
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }
}
