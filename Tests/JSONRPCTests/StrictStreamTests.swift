import JSON
import JSONRPC
import Locking
import Testing

/// A stream from a network. The opening of another protocol ends the connection before a call or a reply.
@Suite struct StrictStreamTests {
    static let call = #"{"jsonrpc":"2.0","id":1,"method":"mark"}"# + "\n"

    static let foreign: [(String, [UInt8])] =
        [
            ("GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ("POST", "POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("CONNECT", "CONNECT x:1 HTTP/1.1\r\n\r\n"), ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            ("a method like a header", "Content-Length /:1 HTTP/1.1\r\nContent-Length: 41\r\n\r\n"),
            ("a header without JSON", "Content-Length: 2\r\n\r\nno"),
            ("a header without a colon", "Content-Length 2\r\n\r\n"),
            ("SSH", "SSH-2.0-OpenSSH_9.2\r\n"), ("SMTP", "EHLO x\r\n"), ("Redis", "*1\r\n$4\r\nPING\r\n"),
            ("a line end first", "\r\nPOST / HTTP/1.1\r\n"), ("a scalar", "1\n"), ("a text", "\"x\"\n"),
            ("an object that is no JSON", "{bad}\n"), ("an array that is no JSON", "[1,\n"), ("half a line", "{\"a\":"),
            ("a byte order mark", "\u{FEFF}{}\n"),
        ].map { ($0.0, Array($0.1.utf8)) } + [("TLS", [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x03])]

    /// A connection whose method `mark` counts its calls.
    static func connect(_ framing: Framing) -> (InMemoryConnection, Locked<Int>) {
        let calls = Locked(0)
        var router = Router { _ in }
        router.registerImmediate(RPCMethod<NoParams, JSONValue>("mark")) { _, _ in
            calls.withLock { $0 += 1 }
            return .null
        }
        return (InMemoryConnection(router: router, framing: framing), calls)
    }

    @Test(arguments: foreign, [1, 7, Int.max])
    func anotherProtocolGetsNoReplyAndCallsNoMethod(opening: (String, [UInt8]), pieceBytes: Int) async {
        let (connection, calls) = Self.connect(.strictStream)
        var bytes = (opening.1 + Array(("\n" + Self.call).utf8))[...]
        while !bytes.isEmpty {
            connection.send(Array(bytes.prefix(pieceBytes)))
            bytes = bytes.dropFirst(pieceBytes)
        }
        connection.endInput()
        #expect(await connection.nextMessage() == nil, "\(opening.0) was answered")
        #expect(calls.withLock { $0 } == 0)
    }

    @Test(
        arguments: [
            call, "\r\n \t" + call, "[\(call.dropLast())]\n", "{}\n" + call, "Content-Length: 40\r\n\r\n" + call,
        ], [1, Int.max])
    func aStreamThatBeginsAsJSONIsServedDespiteLaterBadLines(opening: String, pieceBytes: Int) async throws {
        let (connection, calls) = Self.connect(.strictStream)
        var bytes = Array(opening.utf8)[...]
        while !bytes.isEmpty {
            connection.send(Array(bytes.prefix(pieceBytes)))
            bytes = bytes.dropFirst(pieceBytes)
        }
        #expect(await connection.nextMessage() != nil)
        guard !opening.hasPrefix("Content") else { return #expect(calls.withLock { $0 } == 1) }
        connection.send("hello")
        connection.send(#"{"jsonrpc":"2.0","id":9,"method":"mark"}"#)
        while let reply = try await connection.nextJSON(), reply["id"] != 9 {}
        #expect(calls.withLock { $0 } == 2)
    }

    @Test func aUnixSocketAnswersABadFirstLine() async throws {
        let (connection, _) = Self.connect(.stream)
        #expect(try await connection.ask("GET / HTTP/1.1")?["error"]?["code"] == -32700)
        #expect(try await connection.ask(#"{"jsonrpc":"2.0","id":1,"method":"mark"}"#)?["id"] == 1)
    }

    @Test func aLongFirstMessageIsParsedBeforeTheStreamIsServed() async throws {
        let (connection, calls) = Self.connect(.strictStream)
        connection.send("{" + String(repeating: " ", count: 10_000) + "bad}")
        connection.send(#"{"jsonrpc":"2.0","id":1,"method":"mark"}"#)
        #expect(await connection.nextMessage() == nil)
        #expect(calls.withLock { $0 } == 0)
    }
}
