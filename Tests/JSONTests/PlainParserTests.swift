import Testing

@testable import JSON

/// The fast parser accepts only texts that jansson accepts with the same value.
@Suite struct PlainParserTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,false,null],"c":{"d":"x"}}"#, " [ 1 , -2 ] ", #""text""#, "0", "-7", "999999999999999999",
        "{}",
        "[]", "\t{\n\"a\" : [ ] }\r\n",
    ])
    func plainTextsAreParsedWithoutJansson(text: String) throws {
        let plain = try #require(Self.plain(text))
        #expect(plain == Self.general(text))
    }

    @Test(arguments: [
        "", " ", "-0", "01", "1.5", "1e3", "1E3", "9999999999999999999", "-", "+1", "tru", "truex", "nul", "[1,]",
        "[1 2]",
        #"{"a":1,}"#, #"{"a":1,"a":2}"#, #"{"a"}"#, #"{a:1}"#, #"{"a":1"#, "[1", #""open"#, #""\n""#, "\"\u{7F}\"",
        "\"é\"",
        "\"\t\"", "1 2", "{} x", "[1\0]", "\u{FEFF}{}", #"{"a":1:2}"#, "[,1]", "]", "}",
    ])
    func otherTextsAreLeftToJansson(text: String) {
        #expect(Self.plain(text) == nil)
    }

    @Test func depthAndSizeAreLimited() {
        #expect(Self.plain("[[1]]", JSONLimits(depth: 2)) != nil)
        #expect(Self.plain("[[[1]]]", JSONLimits(depth: 2)) == nil)
        #expect(Self.plain("[1]", JSONLimits(bytes: 3)) != nil)
        #expect(Self.plain("[1] ", JSONLimits(bytes: 3)) == nil)
    }

    /// 20,000 documents with up to three bytes changed, inserted or removed.
    @Test func bothParsersGiveTheSameValueForEveryTextThatThePlainOneAccepts() {
        var random = SystemRandomNumberGenerator()
        let bases = [
            #"{"id":"0199","phase":"running","generation":12,"server":{"id":"42","addresses":["a","b"]},"x":null}"#,
            #"[1,-20,[],{},{"a":{"b":{"c":false}}},"",true]"#, #"{"a":0,"b":100000000000000000,"c":"~ !"}"#,
        ].map { Array($0.utf8) }
        let bytes = Array(#"{}[]",:0123456789-+.eE\ntf ua"#.utf8) + [0, 9, 0x1F, 0x7F, 0xC3, 0xA9]
        var accepted = 0
        for _ in 0..<20_000 {
            var text = bases.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let byte = bytes.randomElement(using: &random) ?? 0
                switch Int.random(in: 0...2, using: &random) {
                case 0: text[place] = byte
                case 1: text.insert(byte, at: place)
                default: if text.count > 1 { text.remove(at: place) }
                }
            }
            text.withUnsafeBytes { text in
                guard let plain = PlainParser.value(of: text, JSONLimits()) else { return }
                accepted += 1
                #expect(
                    plain == (try? JSONValue(general: text, JSONLimits())), "\(String(decoding: text, as: UTF8.self))")
            }
        }
        #expect(accepted > 5_000)
    }

    private static func plain(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONValue? {
        Array(text.utf8).withUnsafeBytes { PlainParser.value(of: $0, limits) }
    }

    private static func general(_ text: String) -> JSONValue? {
        Array(text.utf8).withUnsafeBytes { try? JSONValue(general: $0, JSONLimits()) }
    }
}
