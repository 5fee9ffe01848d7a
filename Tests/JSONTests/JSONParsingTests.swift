import JSON
import Testing

@Suite struct JSONParsingTests {
    static let accepted: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-1", -1),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("1.0", 1.0), ("1e2", 100.0), ("-1.5E-3", -0.0015), ("2.5e-308", .double(2.5e-308)),
        ("\"\"", ""), ("\"a\\nb\\u00e9\\/\"", "a\nbé/"), ("\"\\ud83d\\ude00\"", "😀"), ("\"\u{2028}\"", "\u{2028}"),
        ("[]", []), ("{}", [:]), ("[1,[2,{}]]", [1, [2, [:]]]),
        ("{\"b\":1,\"a\":null}\r\n", ["b": 1, "a": nil]),
    ]

    @Test(arguments: accepted)
    func textsOfTheGrammarAreAccepted(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    static let refused: [(String, JSONParseError.Code, Int?)] = [
        ("", .empty, 0), (" \n", .empty, 2), ("[1,", .unexpectedEnd, 3), ("{\"a\"", .unexpectedEnd, 4),
        ("\"abc", .unexpectedEnd, 4),
        ("[1,]", .invalidSyntax, nil), ("{\"a\":1,}", .invalidSyntax, nil), ("{a:1}", .invalidSyntax, nil),
        ("nul", .invalidSyntax, nil),
        ("01", .invalidSyntax, nil), ("1.", .invalidSyntax, nil), (".5", .invalidSyntax, nil),
        ("+1", .invalidSyntax, nil), ("NaN", .invalidSyntax, nil),
        ("'a'", .invalidSyntax, nil), ("[1 2]", .invalidSyntax, nil), ("]", .invalidSyntax, nil),
        ("\"\t\"", .invalidSyntax, nil),
        ("\"\\x\"", .invalidSyntax, nil), ("1 2", .trailingBytes, nil), ("{} x", .trailingBytes, nil),
        ("{\"a\":1,\"a\":2}", .duplicateKey, nil), ("{\"x\":{\"\\u0061\":1,\"a\":2}}", .duplicateKey, nil),
        ("\"\\ud800\"", .loneSurrogate, nil), ("\"\\udc00\"", .loneSurrogate, nil),
        ("\"\\ud800\\u0041\"", .loneSurrogate, nil),
        ("\"a\\u0000b\"", .nulCharacter, nil), ("[1\0]", .nulCharacter, 2), ("[true\0]", .nulCharacter, 5),
        ("{\"a\":null\0}", .nulCharacter, 9),
        ("{\"a\\u0000\":1}", .nulCharacter, nil),
        ("9223372036854775808", .numberOutOfRange, nil), ("-9223372036854775809", .numberOutOfRange, nil),
        ("1e400", .numberOutOfRange, nil), (String(repeating: "9", count: 5000), .numberOutOfRange, nil),
        ("\u{FEFF}{}", .byteOrderMark, 0),
    ]

    @Test(arguments: refused)
    func malformedTextsAreRefusedWithCodeAndPosition(text: String, code: JSONParseError.Code, position: Int?) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code)
        #expect(position == nil || error?.position == position)
        #expect((0...text.utf8.count).contains(error?.position ?? -1))
    }

    static let refusedBytes: [([UInt8], JSONParseError.Code)] = [
        ([0x22, 0xFF, 0x22], .invalidUTF8), ([0x22, 0xC0, 0x80, 0x22], .invalidUTF8),
        ([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8),
        ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], .invalidUTF8), ([0x22, 0xE2, 0x82], .invalidUTF8),
        ([0x7B, 0x00, 0x7D, 0x00], .byteOrderMark), ([0xFF, 0xFE, 0x7B, 0x00], .byteOrderMark),
        ([0x22, 0x61, 0x00, 0x22], .invalidSyntax),
    ]

    @Test(arguments: refusedBytes)
    func invalidBytesAreRefused(bytes: [UInt8], code: JSONParseError.Code) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.code == code)
    }

    @Test func depthOverTheLimitIsRefusedAtItsPosition() throws {
        let bomb = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONParseError(.tooDeep, at: 64)) { try JSONValue(parsing: bomb) }
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONValue(parsing: deep) }
        #expect(throws: JSONParseError(.tooDeep, at: 64)) { try JSONValue(parsing: "[" + deep + "]") }
        #expect(throws: JSONParseError(.tooDeep, at: 1)) {
            try JSONValue(parsing: "[{}]", limits: JSONLimits(depth: 1))
        }
    }

    @Test func bracketsWithinStringsAreNoDepth() throws {
        let text = #"["\"[[[[\\", "[[[["]"#
        #expect(try JSONValue(parsing: text, limits: JSONLimits(depth: 1)) == ["\"[[[[\\", "[[[["])
    }

    @Test func lengthIsLimited() {
        #expect(throws: JSONParseError(.tooLarge, at: 4)) {
            try JSONValue(parsing: "[1,2]", limits: JSONLimits(bytes: 4))
        }
        #expect(throws: Never.self) { try JSONValue(parsing: "[1,2]", limits: JSONLimits(bytes: 5)) }
    }

    @Test func errorDescriptionsContainNothingOfTheDocument() {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "{\"secret\":hunter2}") }
        let description = error?.description ?? ""
        #expect(description.hasPrefix("cannot read JSON at byte "))
        #expect(!description.contains("hunter"))
    }

    @Test func anySequenceOfBytesIsRead() throws {
        #expect(try JSONValue(parsing: AnySequence("[7]".utf8)) == [7])
        #expect(try JSONValue(parsing: Array("xx[7]".utf8)[2...]) == [7])
    }
}
