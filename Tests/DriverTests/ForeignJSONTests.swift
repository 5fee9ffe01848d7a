import DriverREST
import JSON
import Testing

/// Reading the JSON output of other programs.
@Suite struct ForeignJSONTests {
    @Test(arguments: [
        ("123456789012345678901234567890", "null"), ("[-9223372036854775809,1]", "[null,1]"), ("[1e999]", "[null]"),
        (#""\ud83d""#, #""\ufffd""#), (#""\ude00x""#, #""\ufffdx""#), (#""\ud83d\u0041""#, #""\ufffdA""#),
        (#""a\u0000b""#, #""a\ufffdb""#), (#"{"\u0000":1}"#, #"{"\ufffd":1}"#),
        (#"{"a\\":1e999,"b":"1e999","c":"\ud83d\ude00","d":true}"#, #"{"a\\":null,"b":"1e999","c":"😀","d":true}"#),
    ])
    func unrepresentableValuesAreReplaced(text: String, meaning: String) throws {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(try ForeignJSON.read(Array(text.utf8)) == JSONValue(parsing: meaning))
    }

    @Test(arguments: [
        #"{"a":1e999"#, "[1e999,01]", "[1e999,-]", #"["\ud83d\"#, #"["\u00"#, #"["\u0000"#, #"{"a":1,"a":2}"#, "",
        "1e999 x",
    ])
    func malformedJSONAndDuplicateNamesAreErrors(text: String) {
        #expect(throws: JSONParseError.self) { try ForeignJSON.read(Array(text.utf8)) }
    }

    @Test func representableValuesAreReadUnchanged() throws {
        let text = #"{"a":[9223372036854775807,-1.5e300,"\u00e9\ud83d\ude00",null,false]}"#
        #expect(try ForeignJSON.read(Array(text.utf8)) == JSONValue(parsing: text))
    }
}
