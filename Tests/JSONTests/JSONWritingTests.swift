import JSON
import Testing

@Suite struct JSONWritingTests {
    static let written: [(JSONValue, String)] = [
        (.null, "null"), (true, "true"), (0, "0"), (9, "9"), (10, "10"), (-1, "-1"),
        (.integer(.max), "9223372036854775807"),
        (.integer(.min), "-9223372036854775808"), (1.0, "1.0"), (0.1, "0.1"), (1e300, "1e+300"),
        (.double(-0.0), "-0.0"),
        (.double(.nan), "null"), (.double(.infinity), "null"), (.double(-.infinity), "null"),
        (
            "a\"b\\c/\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}é\u{2028}😀",
            "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001f\u{7F}é\u{2028}😀\""
        ),
        ([1, "x", nil], "[1,\"x\",null]"), (["z": 1, "a": ["k": []]], "{\"z\":1,\"a\":{\"k\":[]}}"), ([:], "{}"),
    ]

    @Test(arguments: written)
    func valuesAreWrittenCompactly(value: JSONValue, text: String) {
        #expect(value.serializedString() == text)
    }

    /// Eight bytes of a text are examined at a time, so each position within eight bytes is tried.
    @Test(arguments: ["\"", "\\", "\u{1F}", "\u{1}", " ", "\u{7F}", "é"]) func aCharacterIsEscapedAtEachPosition(
        _ character: String
    )
        throws
    {
        for position in 0..<40 {
            let text = String(repeating: "a", count: position) + character + String(repeating: "é", count: 3)
            let written = JSONValue.string(text).serializedString()
            #expect(try JSONValue(parsing: written) == .string(text))
            let isEscaped = !["\u{7F}", "é", " "].contains(character)
            #expect(written.contains("\\") == isEscaped)
        }
    }

    @Test func numbersRoundTripBitForBit() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            let pattern = UInt64.random(in: .min ... .max, using: &random)
            let integer = JSONValue.integer(Int64(bitPattern: pattern))
            #expect(try JSONValue(parsing: integer.serialized()) == integer)
            let double = Double(bitPattern: pattern)
            guard double.isFinite else { continue }
            let read = try JSONValue(parsing: JSONValue.double(double).serialized())
            guard case .double(let back) = read else {
                Issue.record("\(double) came back as \(read.kind)")
                return
            }
            #expect(back.bitPattern == double.bitPattern)
        }
    }

    @Test func valuesRoundTrip() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 5, using: &random)
            let read = try JSONValue(parsing: value.serialized())
            #expect(read == value)
            #expect(read.serialized() == value.serialized())
            #expect(read.hashValue == value.hashValue)
        }
    }
}

extension JSONValue {
    static func random(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .double(Double.random(in: -1e9...1e9, using: &random))
        case 4: return .string(text(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            var members = JSONObject()
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                members[text(using: &random)] = .random(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }

    private static func text(using random: inout SeededGenerator) -> String {
        let alphabet = Array("ab\"\\/\n\t\u{1}é€😀{}[],:")
        return String(
            (0..<Int.random(in: 0..<8, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
    }
}

/// A repeatable random generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
