/// The fast path of parsing: most documents have only plain ASCII strings, integers of up to 18 digits, and literals.
///
/// It returns `nil` for all other text, valid or not, and jansson then decides. Both paths give the same value for
/// every text that the fast path accepts. A test compares them.
struct PlainParser {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// Returns the value of a plain document.
    static func value(of bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> JSONValue? {
        guard bytes.count <= limits.bytes else { return nil }
        var parser = PlainParser(bytes: bytes)
        parser.skipSpace()
        guard let value = parser.value(depth: limits.depth) else { return nil }
        parser.skipSpace()
        guard parser.index == bytes.count else { return nil }
        return value
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while true {
            switch current {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += count
        return true
    }

    private mutating func value(depth: Int) -> JSONValue? {
        // `condition ? value : nil` would give the value null, since nil is a literal of JSONValue.
        switch current {
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "{"): return object(depth: depth - 1)
        case UInt8(ascii: "["): return array(depth: depth - 1)
        case UInt8(ascii: "t"):
            guard take("true") else { return nil }
            return .bool(true)
        case UInt8(ascii: "f"):
            guard take("false") else { return nil }
            return .bool(false)
        case UInt8(ascii: "n"):
            guard take("null") else { return nil }
            return .null
        default: return integer().map { .integer($0) }
        }
    }

    private mutating func string() -> String? {
        index += 1
        let start = index
        while true {
            switch current {
            case UInt8(ascii: "\""):
                let text = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): return nil
            case 0x20...0x7E: index += 1
            default: return nil
            }
        }
    }

    private mutating func integer() -> Int64? {
        let isNegative = take(UInt8(ascii: "-"))
        let start = index
        var value: Int64 = 0
        while index - start < 18, case UInt8(ascii: "0")...UInt8(ascii: "9") = current {
            value = value * 10 + Int64(current - UInt8(ascii: "0"))
            index += 1
        }
        let digits = index - start
        // Minus zero and leading zeros are left to jansson, as are fractions, exponents and more digits.
        guard digits > 0, !(isNegative && value == 0), digits == 1 || bytes[start] != UInt8(ascii: "0") else {
            return nil
        }
        switch current {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
        default: return isNegative ? -value : value
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        guard depth >= 0 else { return nil }
        index += 1
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\""), let name = string() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            guard let value = value(depth: depth), members.updateValue(value, forKey: name) == nil else { return nil }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return nil }
        return .object(members)
    }

    private mutating func array(depth: Int) -> JSONValue? {
        guard depth >= 0 else { return nil }
        index += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat {
            skipSpace()
            guard let value = value(depth: depth) else { return nil }
            values.append(value)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { return nil }
        return .array(values)
    }
}
