import JSON
import JSONRPC
import Locking
import Testing

/// Pairs of input and expected output, in the style of go-ethereum's tests.
@Suite(.timeLimit(.minutes(3))) struct TranscriptTests {
    static let exact: [(String, [String])] = [
        (#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, [#"{"jsonrpc":"2.0","id":1,"result":"pong"}"#]),
        (#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#, [#"{"jsonrpc":"2.0","id":1.0,"result":"pong"}"#]),
        (
            #"{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping","params":{}}"#,
            [#"{"jsonrpc":"2.0","id":123456789012345678901234567890,"result":"pong"}"#]
        ),
        (
            #"{"jsonrpc":"2.0","id":"\u0061","method":"ping","params":[]}"#,
            [#"{"jsonrpc":"2.0","id":"\u0061","result":"pong"}"#]
        ),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, [#"{"jsonrpc":"2.0","id":null,"result":"pong"}"#]),
        (#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, [#"{"jsonrpc":"2.0","id":1,"result":null}"#]),
        (#"{"jsonrpc":"2.0","id":1,"method":"encoded"}"#, [#"{"jsonrpc":"2.0","id":1,"result":[1]}"#]),
        (#"{"jsonrpc":"2.0","id":1,"method":"sum","params":[2,3]}"#, [#"{"jsonrpc":"2.0","id":1,"result":5}"#]),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"right":2,"left":3}}"#,
            [#"{"jsonrpc":"2.0","id":1,"result":5}"#]
        ),
        (#"{"jsonrpc":"2.0","id":1,"method":"later","params":[2,3]}"#, [#"{"jsonrpc":"2.0","id":1,"result":5}"#]),
        (#"{"jsonrpc":"2.0","id":1,"method":"named","params":{}}"#, [#"{"jsonrpc":"2.0","id":1,"result":{}}"#]),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":"\u2028é\n"}}"#,
            ["{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"\u{2028}é\\n\"}}"]
        ),
        (#"{"jsonrpc":"2.0","method":"ping"}"#, []), (#"{"jsonrpc":"2.0","method":"no.such"}"#, []),
        (#"{"jsonrpc":"2.0","method":"sum","params":{"x":1}}"#, []),
        (
            #"""
            [{"jsonrpc":"2.0","method":"ping"},{"jsonrpc":"2.0","method":"no.such"},\#
            {"jsonrpc":"2.0","method":"later","params":[1,2]}]
            """#,
            []
        ),
        (
            #"""
            [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"ping"},\#
            {"jsonrpc":"2.0","id":1,"method":"later","params":[1,2]}]
            """#,
            [#"[{"jsonrpc":"2.0","id":1,"result":"pong"},{"jsonrpc":"2.0","id":1,"result":3}]"#]
        ),
        (#"[{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}]"#, [#"[{"jsonrpc":"2.0","id":1,"result":3}]"#]),
    ]

    @Test(arguments: exact)
    func requestsGetExactReplies(exchange: (String, [String])) async {
        let daemon = Daemon()
        let connection = daemon.connect()
        connection.send(exchange.0)
        connection.endInput()
        var replies: [String] = []
        while let reply = await connection.nextText() { replies.append(reply) }
        #expect(replies == exchange.1)
    }

    static let errors: [(String, String, Int, String)] = [
        ("{nope", "null", -32700, "parseError"), ("[]", "null", -32600, "invalidRequest"),
        ("7", "null", -32600, "invalidRequest"),
        (#"{"jsonrpc":"2.0","id":1,"method":"no.such"}"#, "1", -32601, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":"rpc.secret"}"#, "1", -32601, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":""}"#, "1", -32601, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":"PING"}"#, "1", -32601, "methodNotFound"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1}}"#, "1", -32602, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "1", -32602, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2,3]}"#, "1", -32602, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}"#, "1", -32602, "invalidParams"),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"left":1,"right":2,"Left":1}}"#, "1", -32602,
            "invalidParams"
        ),
        (#"{"jsonrpc":"2.0","id":1,"method":"sum"}"#, "1", -32602, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"named","params":["x"]}"#, "1", -32602, "invalidParams"),
        (#"{"jsonrpc":"2.0","id":1,"method":"breaks"}"#, "1", -32603, "internalError"),
        (#"{"jsonrpc":"2.0","id":1,"method":"breaksAtOnce"}"#, "1", -32603, "internalError"),
        (#"{"jsonrpc":"2.0","id":1,"method":"nan"}"#, "1", -32603, "internalError"),
        (#"{"jsonrpc":"2.0","id":1,"method":"refuses"}"#, "1", -32020, "notFound"),
    ]

    @Test(arguments: errors)
    func errorsHaveNumberNameAndId(exchange: (String, String, Int, String)) async throws {
        let connection = Daemon().connect()
        connection.send(exchange.0)
        let text = try #require(await connection.nextText())
        #expect(text.hasPrefix(#"{"jsonrpc":"2.0","id":\#(exchange.1),"error":"#))
        let reply = try JSONValue(parsing: text)
        #expect(reply["error"]?["code"]?.intValue == exchange.2)
        #expect(reply["error"]?["data"]?["code"]?.stringValue == exchange.3)
        #expect(reply["error"]?["data"]?["retryable"] == false)
        #expect(reply["error"]?["message"]?.stringValue?.hasPrefix("cannot ") == true)
        #expect(reply["result"] == nil)
        #expect(try await connection.ask(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)?["result"] == "pong")
    }

    @Test func invalidParametersNamePathAndReason() async throws {
        let connection = Daemon().connect()
        let error = try await connection.ask(
            #"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"left":1,"right":"2"}}"#)?["error"]
        #expect(error?["message"] == "cannot read the parameters, params.right: expected an integer, found \"2\"")
        #expect(error?["data"]?["path"] == "params.right")
        #expect(error?["data"]?["reason"] == "expected an integer, found \"2\"")
    }

    @Test func innerErrorsReachTheHookAndNotTheCaller() async throws {
        let daemon = Daemon()
        let connection = daemon.connect()
        let reply = try await connection.ask(#"{"jsonrpc":"2.0","id":1,"method":"breaks"}"#)
        #expect(reply?.serializedString().contains("hunter2") == false)
        #expect(daemon.failures.withLock { $0 }.count == 1)
        #expect(daemon.failures.withLock { $0 }.first?.contains("hunter2") == true)
    }

    @Test func aBatchAnswersEveryItemOnce() async throws {
        let connection = Daemon().connect()
        let reply = try await connection.ask(
            #"""
            [1,{"jsonrpc":"2.0","id":2,"method":"later","params":[1,1]},[],\#
            {"jsonrpc":"2.0","id":3,"method":"no.such"},{"jsonrpc":"2.0","method":"ping"}]
            """#
        )
        let replies = try #require(reply?.arrayValue)
        #expect(replies.map { $0["error"]?["code"]?.intValue } == [-32600, nil, -32600, -32601])
        #expect(replies.map { $0["id"] } == [.null, 2, .null, 3])
    }

    @Test func aLongMethodNameIsNotRepeated() async throws {
        let connection = Daemon().connect()
        let name = String(repeating: "n", count: 100_000)
        let reply = try await connection.ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(name)\"}")
        #expect((reply?.serialized().count ?? .max) < 500)
    }

    @Test func messagesAreReadFromOnePieceAndFromSingleBytes() async throws {
        let connection = Daemon().connect()
        let many = (1...500).map { "{\"jsonrpc\":\"2.0\",\"id\":\($0),\"method\":\"ping\"}\r\n" }.joined()
        connection.send(Array(many.utf8))
        for byte in Array(many.utf8) { connection.send([byte]) }
        for id in Array(1...500) + Array(1...500) {
            #expect(try await connection.nextJSON()?["id"]?.intValue == id)
        }
    }

    @Test func anOverlongLineIsAnsweredOnceAndSkipped() async throws {
        let connection = Daemon().connect(limits: RPCLimits(messageBytes: 100))
        connection.send(String(repeating: "x", count: 5_000))
        let error = try await connection.nextJSON()?["error"]
        #expect(error?["data"]?["code"] == "messageTooLarge")
        #expect(error?["data"]?["limit"] == 100)
        #expect(try await connection.ask(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)?["id"] == 2)
    }
}
