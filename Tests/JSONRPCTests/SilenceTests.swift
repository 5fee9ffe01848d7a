import JSON
import Testing

@testable import JSONRPC

/// A client that does not end its lines gets a reply when it stops sending.
@Suite(.timeLimit(.minutes(3))) struct SilenceTests {
    static let call = #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#

    @Test(
        arguments: [
            call, " " + call, call + " \r", "\n" + call, "[\(call)]",
            #"{"jsonrpc":"2.0","id":1,"method":"ping","x":"}\\\"{["}"#,
        ], [1, 5, Int.max])
    func aCompleteValueWithoutALineEndIsAMessageAfterSilence(text: String, piece: Int) async {
        let connection = Daemon().connect()
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            connection.send(Array(bytes.prefix(piece)))
            bytes = bytes.dropFirst(piece)
        }
        #expect(connection.session.takeOutput() == nil, "it may go on")
        connection.fallSilent()
        #expect(await connection.nextText()?.contains("pong") == true)
        // A late line end is not an empty message.
        connection.send(Array(("\n" + Self.call + "\n").utf8))
        #expect(await connection.nextText()?.contains("pong") == true)
        connection.endInput()
        #expect(await connection.nextText() == nil)
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}"#, #"{"a":"}"#,
        #"{"a":"\"}"#, "[1,[2]", "]", "{}}", "{} x",
        "1", #""}""#, "x{}",
    ])
    func textThatIsNoCompleteObjectOrArrayWaitsForItsLineEnd(text: String) async throws {
        let connection = Daemon().connect()
        connection.send(Array(text.utf8))
        connection.fallSilent()
        #expect(connection.session.takeOutput() == nil)
        connection.send(Array("\n".utf8))
        #expect(try await connection.nextJSON()?["error"] != nil)
    }

    /// Only the last bytes of a text are examined when more of it arrives: up to 63 spaces after a value are skipped.
    @Test(arguments: [(63, true), (64, false)])
    func upTo63SpacesAfterAValueAreSkipped(count: Int, isAnswered: Bool) async throws {
        let connection = Daemon().connect()
        connection.send(Array((Self.call + String(repeating: " ", count: count)).utf8))
        connection.fallSilent()
        if !isAnswered {
            #expect(connection.session.takeOutput() == nil)
            connection.send(Array("\n".utf8))
        }
        #expect(await connection.nextText()?.contains("pong") == true)
    }

    @Test func severalValuesInARowAreReadOneByOne() async throws {
        let connection = Daemon().connect()
        connection.send(
            Array(
                (Self.call + " " + Self.call.replacing("1,", with: "2,") + Self.call.replacing("1,", with: "3,")).utf8))
        for id in 1...3 {
            connection.fallSilent()
            #expect(try await connection.nextJSON()?["id"]?.intValue == id)
        }
    }

    @Test func aMessageOverTheCallLimitIsReadOnceACallEnds() async throws {
        let daemon = Daemon()
        let connection = daemon.connect(limits: RPCLimits(inFlightPerConnection: 1))
        connection.send(#"{"jsonrpc":"2.0","id":0,"method":"waits","params":{}}"#)
        await daemon.gate.untilArrived()
        connection.send(#"{"jsonrpc":"2.0","id":5,"method":"waits","params":{}}"#)
        connection.send(Array(Self.call.utf8))
        connection.fallSilent()
        #expect(connection.session.takeOutput() == nil)
        await daemon.gate.release()
        #expect(try await connection.nextJSON()?["id"] == 0)
        #expect(try await connection.nextJSON()?["id"] == 5)
        connection.fallSilent()
        #expect(try await connection.nextJSON()?["id"] == 1)
    }
}
