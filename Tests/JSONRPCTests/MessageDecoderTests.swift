import JSON
import Testing

@testable import JSONRPC

@Suite struct MessageDecoderTests {
    static func decode(_ text: String, limits: RPCLimits = RPCLimits(), short: Bool = true) -> Inbound {
        decode(Array(text.utf8), limits: limits, short: short)
    }

    static func decode(_ bytes: [UInt8], limits: RPCLimits = RPCLimits(), short: Bool = true) -> Inbound {
        var decoder = MessageDecoder(limits: limits)
        decoder.takesShortWay = short
        return bytes.withUnsafeBytes { decoder.decode($0) }
    }

    static let ids = [
        "1", "0", "-1", "-0", "1.0", "1e2", "1E+2", "9007199254740993", "9223372036854775808", "-9223372036854775809",
        "123456789012345678901234567890", "1e400", "0.1", "null",
        "\"\"", "\"x\"", "\"1\"", "\"\\u0061\\n\"", "\"é😀\"",
        "\"\\ud83d\\ude00\"",
    ]

    @Test(arguments: ids, [true, false])
    func idsAreKeptByteForByte(id: String, short: Bool) {
        for text in [
            "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"m\"}",
            " { \"method\" : \"m\" , \"id\" : \(id) , \"jsonrpc\" : \"2.0\" } ",
            "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"\\u0069d\":\(id)}",
        ] {
            let expected = Inbound.single(.request(Request(id: RPCID(raw: id), method: "m", params: nil)))
            #expect(Self.decode(text, short: short) == expected)
        }
    }

    @Test(arguments: ids)
    func aCancelKeepsTheIDOfItsTargetByteForByte(id: String) {
        let text = "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":\(id)}}"
        guard case .single(.request(let request)) = Self.decode(text) else {
            Issue.record("\(text) was not read as a request")
            return
        }
        #expect(request.cancels?.raw == id)
    }

    static let invalid: [(String, String)] = [
        ("{}", "null"), ("1", "null"), ("\"x\"", "null"), ("null", "null"), ("true", "null"), ("[]", "null"),
        ("[ ]", "null"),
        (#"{"id":1,"method":"m"}"#, "1"), (#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, "1"),
        (#"{"jsonrpc":"1.0","id":"a","method":"m"}"#, "\"a\""),
        (#"{"jsonrpc":"2.0 ","id":1,"method":"m"}"#, "1"), (#"{"JSONRPC":"2.0","id":1,"method":"m"}"#, "1"),
        (#"{"jsonrpc":"2.0","id":1}"#, "1"), (#"{"jsonrpc":"2.0","id":1,"method":1}"#, "1"),
        (#"{"jsonrpc":"2.0","id":1,"method":null}"#, "1"),
        (#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#, "null"),
        (#"{"jsonrpc":"2.0","method":"m","params":"bar"}"#, "null"),
        (#"{"jsonrpc":"2.0","id":7,"method":"m","params":null}"#, "7"),
        (#"{"jsonrpc":"2.0","id":7,"method":"m","params":1}"#, "7"),
        (#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, "null"), (#"{"jsonrpc":"2.0","id":[1],"method":"m"}"#, "null"),
        (#"{"jsonrpc":"2.0","id":{"a":1},"method":"m"}"#, "null"), (#"{"jsonrpc":"2.0","id":3,"result":1}"#, "3"),
    ]

    @Test(arguments: invalid, [true, false])
    func aMessageThatIsNoRequestIsInvalidWithItsReadableID(message: (String, String), short: Bool) {
        guard case .single(.invalid(let id, let error)) = Self.decode(message.0, short: short) else {
            Issue.record("\(message.0) was not found invalid")
            return
        }
        #expect(error.code == .invalidRequest)
        #expect(id.raw == message.1)
    }

    static let broken: [(String, String)] = [
        ("", "empty"), ("{", "unexpectedEnd"), (#"{"jsonrpc":"2.0","id":1,"method":"m""#, "unexpectedEnd"),
        ("{]", "invalidSyntax"),
        (#"{"jsonrpc":"2.0","id":1,"method":"m"}}"#, "trailingBytes"),
        (#"{"jsonrpc":"2.0","id":1,"method":"m"} {}"#, "trailingBytes"),
        (#"{"jsonrpc":"2.0","id":1,"id":1,"method":"m"}"#, "duplicateKey"),
        (#"{"jsonrpc":"2.0","method":"m","params":{"a":1,"a":2}}"#, "duplicateKey"),
        (#"{"jsonrpc":"2.0","id":01,"method":"m"}"#, "invalidSyntax"),
        (#"{"jsonrpc":"2.0","id":"\ud800","method":"m"}"#, "loneSurrogate"),
        (#"{"jsonrpc":"2.0","id":"\u0000","method":"m"}"#, "nulCharacter"),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","trace":1e400}"#, "numberOutOfRange"),
        ("\0{}", "nulCharacter"), ("{\0\"\0a", "byteOrderMark"), ("\0{\0}", "byteOrderMark"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1\0,\"method\":\"m\"}", "nulCharacter"),
        ("\u{FEFF}{}", "byteOrderMark"), ("[1,2", "unexpectedEnd"), ("[1,]", "invalidSyntax"),
        ("[1 2]", "invalidSyntax"), ("[{]", "invalidSyntax"),
        ("[{}x]", "invalidSyntax"), ("[{\"a\":1,\"a\":2}]", "duplicateKey"), ("hello", "invalidSyntax"),
        ("GET / HTTP/1.1", "invalidSyntax"),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":[}"#, "invalidSyntax"),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1}]}"#, "invalidSyntax"),
    ]

    @Test(arguments: broken, [true, false])
    func malformedJSONIsOneParseError(message: (String, String), short: Bool) {
        guard case .some((_, let error)) = Self.decode(message.0, short: short).error else {
            Issue.record("\(message.0) was read")
            return
        }
        #expect(error.code == .parseError)
        #expect(error.data["reason"] == .string(message.1))
    }

    @Test func invalidUTF8IsRefused() {
        let bytes = Array(#"{"jsonrpc":"2.0","id":""#.utf8) + [0xFF] + Array(#"","method":"m"}"#.utf8)
        guard case .notJSON(.null, let error) = Self.decode(bytes) else {
            Issue.record("invalid UTF-8 was read")
            return
        }
        #expect(error.data["reason"] == "invalidUTF8")
    }

    @Test func paramsAreReadAndUnknownMembersPass() {
        let text = #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1,"x"]},"trace":"t"}"#
        #expect(Self.decode(text) == .single(.request(Request(id: RPCID(1), method: "m", params: ["a": [1, "x"]]))))
        for (given, params) in [("{}", [:] as JSONValue), ("[]", []), ("[ ]", []), ("{ }", [:]), ("[1]", [1])] {
            let text = "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":\(given)}"
            #expect(Self.decode(text) == .single(.request(Request(id: nil, method: "m", params: params))))
        }
    }

    @Test func batchesAreReadItemByItem() {
        let text = #"[{"jsonrpc":"2.0","id":1,"method":"a"}, 1, [], {"jsonrpc":"2.0","method":"b"},{"foo":"bar"}]"#
        guard case .batch(let items) = Self.decode(text) else {
            Issue.record("no batch was read")
            return
        }
        #expect(items.count == 5)
        #expect(items[0] == .request(Request(id: RPCID(1), method: "a")))
        #expect(items[3] == .request(Request(id: nil, method: "b")))
        for index in [1, 2, 4] {
            guard case .invalid(.null, let error) = items[index] else {
                Issue.record("item \(index) was not found invalid")
                continue
            }
            #expect(error.code == .invalidRequest)
        }
    }

    @Test func exceededLimitsHaveTheirOwnErrors() {
        let limits = RPCLimits(depth: 4, batchItems: 3)
        guard
            case .refused(_, let deep) = Self.decode(
                #"{"jsonrpc":"2.0","id":1,"method":"m","params":[[[[1]]]]}"#, limits: limits)
        else {
            Issue.record("a deep message was read")
            return
        }
        #expect(deep.code == .messageTooDeep)
        #expect(deep.data["limit"] == 4)
        guard case .refused(.null, let large) = Self.decode("[1,2,3,4]", limits: limits) else {
            Issue.record("a large batch was read")
            return
        }
        #expect(large.code == .batchTooLarge)
        #expect(large.json["data"]?["actual"] == 4)
        #expect(large.json["data"]?["code"] == "batchTooLarge")
        let bomb = String(repeating: "[", count: 100_000)
        guard case .refused(.null, let refused) = Self.decode(bomb) else {
            Issue.record("a hundred thousand brackets were read")
            return
        }
        #expect(refused.code == .messageTooDeep)
    }

    @Test func theArrayOfABatchCountsTowardsTheDepth() {
        let item = #"{"jsonrpc":"2.0","id":1,"method":"m","params":[[1]]}"#
        for short in [true, false] {
            #expect(
                Self.decode(item, limits: RPCLimits(depth: 3), short: short)
                    != Self.decode(item, limits: RPCLimits(depth: 2), short: short))
            guard case .batch = Self.decode("[\(item)]", limits: RPCLimits(depth: 4), short: short) else {
                Issue.record("depth 4 was refused")
                continue
            }
            guard case .refused(_, let error) = Self.decode("[\(item)]", limits: RPCLimits(depth: 3), short: short)
            else {
                Issue.record("depth 4 was read with limit 3")
                continue
            }
            #expect(error.code == .messageTooDeep)
        }
    }
}

extension Inbound {
    /// The error of a message that is refused as a whole, with the id of its reply, or `nil`.
    var error: (RPCID, RPCError)? {
        switch self {
        case .refused(let id, let error), .notJSON(let id, let error): (id, error)
        case .single, .batch: nil
        }
    }
}
