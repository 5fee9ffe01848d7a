import Glibc

/// A second JSON parser, with the rules that Sources/Base/JSON documents, to compare the two.
///
/// It shares no code with Sources/Base/JSON: it uses bytes and plain recursion instead of jansson. Names and texts
/// stay bytes, since Swift's strings treat some texts as equal that JSON distinguishes.
struct StrictJSON {
    struct Node {
        var span: Range<Int>
        var value: Value
    }

    enum Value {
        case null
        case bool(Bool)
        case integer(Int64)
        case double(Double)
        /// A number that fits neither 64 bits nor a double.
        case outOfRange
        case string([UInt8])
        case array([Node])
        case object([(name: [UInt8], node: Node)])
    }

    struct Refusal: Error {}

    private let bytes: [UInt8]
    private let end: Int
    private var index: Int
    /// The positions of numbers out of range.
    private(set) var outOfRange: [Range<Int>] = []

    /// Parses the one value in `bytes`. Returns `nil` if it violates a rule. The caller decides about numbers out of
    /// range.
    static func read(_ bytes: [UInt8], depth: Int) -> (root: Node, outOfRange: [Range<Int>])? {
        var reader = StrictJSON(bytes)
        guard let root = try? reader.document(depth) else { return nil }
        return (root, reader.outOfRange)
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    private mutating func document(_ depth: Int) throws -> Node {
        let root = try value(depth)
        skipSpace()
        guard index == end else { throw Refusal() }
        return root
    }

    private mutating func value(_ depth: Int) throws -> Node {
        skipSpace()
        let start = index
        let value = try bare(depth)
        return Node(span: start..<index, value: value)
    }

    private mutating func bare(_ depth: Int) throws -> Value {
        switch peek {
        case "{": return try object(depth)
        case "[": return try array(depth)
        case "\"": return .string(try string())
        case "n": return try word("null", .null)
        case "t": return try word("true", .bool(true))
        case "f": return try word("false", .bool(false))
        default: return try number()
        }
    }

    private mutating func object(_ depth: Int) throws -> Value {
        guard depth > 0 else { throw Refusal() }
        try take("{")
        var members: [(name: [UInt8], node: Node)] = []
        // As Swift compares them: names that are equal by Unicode's rules are refused.
        var names: Set<String> = []
        skipSpace()
        if peek != "}" {
            repeat {
                skipSpace()
                let name = try string()
                guard names.insert(String(decoding: name, as: UTF8.self)).inserted else { throw Refusal() }
                skipSpace()
                try take(":")
                members.append((name, try value(depth - 1)))
                skipSpace()
            } while skip(",")
        }
        try take("}")
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws -> Value {
        guard depth > 0 else { throw Refusal() }
        try take("[")
        var nodes: [Node] = []
        skipSpace()
        if peek != "]" {
            repeat {
                nodes.append(try value(depth - 1))
                skipSpace()
            } while skip(",")
        }
        try take("]")
        return .array(nodes)
    }

    private mutating func word(_ word: StaticString, _ value: Value) throws -> Value {
        for offset in 0..<word.utf8CodeUnitCount { try take(Unicode.Scalar(word.utf8Start[offset])) }
        return value
    }
}

// MARK: - Numbers and strings

extension StrictJSON {
    private mutating func number() throws -> Value {
        let start = index
        var isWhole = true
        _ = skip("-")
        if !skip("0") { try digits() }
        if skip(".") {
            isWhole = false
            try digits()
        }
        if skip("e") || skip("E") {
            isWhole = false
            if !skip("+") { _ = skip("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        let double = strtod(text, nil)
        if !isWhole, double.isFinite { return .double(double) }
        outOfRange.append(start..<index)
        return .outOfRange
    }

    private mutating func digits() throws {
        let start = index
        while index < end, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw Refusal() }
    }

    private mutating func string() throws -> [UInt8] {
        try take("\"")
        var text: [UInt8] = []
        while peek != "\"" {
            guard index < end, bytes[index] >= 0x20 else { throw Refusal() }
            if skip("\\") {
                try appendEscape(to: &text)
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        try take("\"")
        guard String(validating: text, as: UTF8.self) != nil else { throw Refusal() }
        return text
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws {
        let letters: [Unicode.Scalar: UInt8] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 0x08, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09,
        ]
        if let byte = letters[peek] {
            text.append(byte)
            index += 1
            return
        }
        var number = try unit()
        if (0xD800..<0xDC00).contains(number) {
            try take("\\")
            let low = try unit()
            guard (0xDC00..<0xE000).contains(low) else { throw Refusal() }
            number = 0x10000 + (number - 0xD800) << 10 + (low - 0xDC00)
        }
        guard number > 0, let scalar = Unicode.Scalar(number) else { throw Refusal() }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    private mutating func unit() throws -> UInt32 {
        try take("u")
        guard index + 4 <= end else { throw Refusal() }
        var number: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw Refusal() }
            number = number << 4 + UInt32(digit)
        }
        index += 4
        return number
    }

    /// The next byte, or at the end a NUL, which no rule accepts.
    private var peek: Unicode.Scalar { index < end ? Unicode.Scalar(bytes[index]) : "\0" }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard index < end, peek == scalar else { return false }
        index += 1
        return true
    }

    private mutating func take(_ scalar: Unicode.Scalar) throws {
        guard skip(scalar) else { throw Refusal() }
    }

    private mutating func skipSpace() {
        while skip(" ") || skip("\t") || skip("\n") || skip("\r") {}
    }
}
