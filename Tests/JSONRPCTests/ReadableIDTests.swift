import JSON
import JSONSchema
import Testing

@testable import JSONRPC

/// A refusal has the call's id if the text contains a readable one. Otherwise the client would wait until its timeout.
@Suite(.timeLimit(.minutes(3))) struct ReadableIDTests {
    static let refused: [(String, String, Int)] = [
        (#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":"\u0000"}}"#, "7", -32700),
        (#"{"jsonrpc":"2.0","id":"x","method":"m","params":{"a":"\ud800"}}"#, #""x""#, -32700),
        (#"{"params":{"a":1,"a":2},"jsonrpc":"2.0","method":"m","id":1.50}"#, "1.50", -32700),
        (#"{"jsonrpc":"2.0","id":99999999999999999999,"method":"m","params":[}"#, "99999999999999999999", -32700),
        (#"{"jsonrpc":"2.0","\u0069d":7,"method":"m","params":[}"#, "7", -32700),
        (#"{"jsonrpc":"2.0","id":7,"method":"m"} {}"#, "7", -32700),
        (#"{"jsonrpc":"2.0","id":7,"method":"m","trace":1e400}"#, "7", -32700),
        (#"{"jsonrpc":"2.0","id":7,"method":"m","params":[[[[[[1]]]]]]}"#, "7", -32002),
        // An id that may be cut off, occurs twice or is invalid is not echoed.
        (#"{"jsonrpc":"2.0","method":"m","id":7"#, "null", -32700), (#"{"id":"7"#, "null", -32700),
        (#"{"jsonrpc":"2.0","id":7,"id":8,"method":"m"}"#, "null", -32700),
        (#"{"jsonrpc":"2.0","id":7,"method":"m"}{"jsonrpc":"2.0","id":8,"method":"m"}"#, "null", -32700),
        (#"{"jsonrpc":"2.0","id":7,"method":"m"} {"id":8"#, "null", -32700),
        (#"{"id":01,"method":"m"}"#, "null", -32700), (#"{"id":"\ud800","method":"m"}"#, "null", -32700),
        (#"{"id":{"a":1},"method":"m",}"#, "null", -32700), (#"[{"id":7,"method":"m","a":1,"a":1}]"#, "null", -32700),
        (#"{"params":{"id":7},"method":"m",}"#, "null", -32700),
    ]

    @Test(arguments: refused)
    func aRefusalHasTheReadableIDOfTheCall(text: String, id: String, code: Int) async throws {
        let connection = Daemon().connect(limits: RPCLimits(depth: 6))
        connection.send(text)
        let reply = try #require(await connection.nextText())
        #expect(reply.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"#))
        let said = MessageDecoderTests.decode(text, limits: RPCLimits(depth: 6)).error
        #expect(said?.0.raw == id)
    }

    @Test(arguments: [
        (#"{"left":9223372036854775808,"right":1}"#, "params.left"), (#"{"left":1,"right":-1e999}"#, "params.right"),
        (#"[1,99999999999999999999]"#, "params[1]"), (#"{"a":[{"b":[0,1e999]}],"c":1e999}"#, "params.a[0].b[1]"),
    ])
    func aParameterOutOfRangeIsInvalidAndNamed(params: String, path: String) async throws {
        let connection = Daemon().connect()
        for id in ["7", "99999999999999999999"] {
            connection.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"sum","params":\#(params)}"#)
            let text = try #require(await connection.nextText())
            #expect(text.contains(#""id":\#(id),"#))
            let reply = try JSONValue(parsing: text.replacing("99999999999999999999", with: "7"))
            #expect(reply["error"]?["code"] == -32602)
            #expect(reply["error"]?["data"]?["path"] == .string(path))
        }
        #expect(
            try await connection.ask(#"{"jsonrpc":"2.0","id":1,"method":"nobody","params":\#(params)}"#)?["error"]?[
                "code"]
                == -32601)
    }

    @Test func aNotificationOutOfRangeIsNotAnswered() async throws {
        let connection = Daemon().connect()
        connection.send(#"{"jsonrpc":"2.0","method":"sum","params":[1e999,1]}"#)
        #expect(try await connection.ask(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)?["id"] == 1)
    }

    @Test func anItemOutOfRangeFailsOnlyThatItem() async throws {
        let reply = try await Daemon().connect().ask(
            #"[{"jsonrpc":"2.0","id":1,"method":"sum","params":[1e999,1]},{"jsonrpc":"2.0","id":2,"method":"sum","params":[1,1]}]"#
        )
        #expect(reply?.arrayValue?.map { $0["id"] } == [1, 2])
        #expect(reply?.arrayValue?[0]["error"]?["code"] == -32602)
        #expect(reply?.arrayValue?[1]["result"] == 2)
    }

    @Test(arguments: [1, 64, 100_000])
    func aLineOverTheLimitIsAnsweredWithItsId(piece: Int) async throws {
        let connection = Daemon().connect(limits: RPCLimits(messageBytes: 1000))
        let line =
            #"{"jsonrpc":"2.0","id":"big","method":"echo","params":{"a":""# + String(repeating: "x", count: 3000)
            + "\"}}\n"
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            connection.send(Array(bytes.prefix(piece)))
            bytes = bytes.dropFirst(piece)
        }
        let reply = try await connection.nextJSON()
        #expect(reply?["id"] == "big")
        #expect(reply?["error"]?["data"]?["code"] == "messageTooLarge")
        #expect(try await connection.ask(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)?["id"] == 1)
    }

    @Test func aBatchOverTheCallLimitIsRefusedItemByItem() async throws {
        let daemon = Daemon()
        let connection = daemon.connect(limits: RPCLimits(inFlightPerConnection: 1))
        connection.send(#"{"jsonrpc":"2.0","id":0,"method":"waits","params":{}}"#)
        await daemon.gate.untilArrived()
        connection.send(#"[{"jsonrpc":"2.0","id":1,"method":"waits","params":{}},{"jsonrpc":"2.0","method":"ping"},5]"#)
        connection.parkedTimedOut()
        let reply = try await connection.nextJSON()
        #expect(reply?.arrayValue?.map { $0["id"] } == [1, .null])
        #expect(reply?.arrayValue?[0]["error"]?["data"]?["code"] == "tooManyInFlight")
        await daemon.gate.release()
        #expect(try await connection.nextJSON()?["id"] == 0)
    }

    @Test func theErrorForAnIndentedMessageStatesThatAMessageIsOneLine() async throws {
        let reply = try await Daemon().connect().ask("{")
        #expect(reply?["error"]?["message"]?.stringValue?.hasSuffix("a message is one line") == true)
    }

    @Test func aNullMemberCountsAsAbsent() async throws {
        let schemas = try SchemaSet([
            "Sum": ["type": "object", "properties": ["left": ["type": "integer"]], "additionalProperties": false]
        ])
        var router = Router(schemas: schemas) { _ in }
        router.registerImmediate(RPCMethod<Optionals, Int>("sum", parameters: "Sum")) { given, _ in given.left ?? 0 }
        let connection = InMemoryConnection(router: router)
        let text = #"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"left":null}}"#
        #expect(try await connection.ask(text)?["result"] == 0)
        let unknown = #"{"jsonrpc":"2.0","id":2,"method":"sum","params":{"other":null}}"#
        #expect(try await connection.ask(unknown)?["error"]?["code"] == -32602)
    }

    private struct Optionals: Codable, Sendable { var left: Int? }
}
