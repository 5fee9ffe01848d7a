import AuraModel
import JSON
import JSONRPC
import Locking
import TestKit
import Testing

/// A connection of the network before and after it has shown who calls.
@Suite(.timeLimit(.minutes(3))) struct ProofTests {
    private static let peer = Peer.tcp(address: "192.0.2.1", port: 1)

    private static func connect(
        limits: RPCLimits = RPCLimits(), framing: Framing = .stream, recorder: (any CallRecorder)? = nil
    ) throws -> InMemoryConnection {
        InMemoryConnection(
            router: try TestAuthenticator().router(recorder: recorder), peer: peer, limits: limits, framing: framing)
    }

    private static func call(_ method: String, id: Int = 1, params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    private static func code(_ reply: JSONValue?) -> String? { reply?["error"]?["data"]?["code"]?.stringValue }

    @Test(arguments: [
        call("whoami"), call("fact"), call("later"), call("no.such"), call("$/cancelRequest", params: #"{"id":1}"#),
        call("whoami", params: "[1e999]"), call("whoami", params: #"{"a":1}"#),
        #"{"jsonrpc":"2.0","id":1,"method":"f\u0061ct"}"#, #"{"jsonrpc":"2.0","id":1,"method":"fact"}"#,
    ])
    func everyOtherCallIsRefusedBeforeAProof(call: String) async throws {
        let connection = try Self.connect()
        let refused = try await connection.ask(call)
        #expect(refused?["id"] == 1)
        #expect(Self.code(refused) == "unauthenticated", "\(call)")
        for way in ["session.authenticate", "Unix socket"] {
            #expect(refused?["error"]?["message"]?.stringValue?.contains(way) == true)
        }
        _ = try await connection.ask(TestAuthenticator.call())
        #expect(Self.code(try await connection.ask(call)) != "unauthenticated")
    }

    @Test func pingAndAuthenticateNeedNoProof() async throws {
        let connection = try Self.connect()
        #expect(try await connection.ask(Self.call("ping"))?["result"] == "pong")
        #expect(Self.code(try await connection.ask(TestAuthenticator.call("bad"))) == "unauthenticated")
        #expect(Self.code(try await connection.ask(Self.call("whoami"))) == "unauthenticated")
        #expect(try await connection.ask(TestAuthenticator.call())?["result"] == "ada")
        #expect(try await connection.ask(Self.call("whoami"))?["result"] == "ada")
    }

    @Test func aBatchIsRefusedAsAWholeBeforeAProof() async throws {
        let connection = try Self.connect()
        let batch = "[\(TestAuthenticator.call()),\(Self.call("ping")),\(Self.call("whoami", id: 2))]"
        let replies = try await connection.ask(batch)?.arrayValue ?? []
        #expect(replies.map(Self.code) == Array(repeating: "unauthenticated", count: 3))
        #expect(connection.session.principal.awaitsProof)
        _ = try await connection.ask(TestAuthenticator.call())
        #expect(try await connection.ask(batch)?.arrayValue?.map { $0["result"] } == ["ada", "pong", "ada"])
    }

    @Test func aNotificationBeforeAProofHasNoEffectAndNoReply() async throws {
        let connection = try Self.connect()
        connection.send(#"{"jsonrpc":"2.0","method":"whoami"}"#)
        connection.send(#"{"jsonrpc":"2.0","method":"later"}"#)
        #expect(try await connection.ask(Self.call("ping", id: 7))?["id"] == 7)
    }

    /// The calls behind the token in one packet have its rights.
    @Test func callsBehindTheTokenNeedNoWait() async throws {
        let connection = try Self.connect()
        let long = Self.call("whoami", id: 2, params: "{}".padding(to: 20_000))
        connection.send([TestAuthenticator.call(), Self.call("fact"), long].joined(separator: "\n"))
        #expect(try await connection.nextJSON()?["result"] == "ada")
        #expect(try await connection.nextJSON()?["result"] == "constant")
        #expect(try await connection.nextJSON()?["result"] == "ada")
    }

    @Test(arguments: [1 << 13, 512]) func messagesAreShortBeforeAProof(limit: Int) async throws {
        let connection = try Self.connect(limits: RPCLimits(unprovenMessageBytes: limit))
        #expect(try await connection.ask(Self.call("ping").padding(to: limit))?["result"] == "pong")
        let refused = try await connection.ask(Self.call("ping").padding(to: limit + 1))
        #expect(Self.code(refused) == "messageTooLarge")
        #expect(refused?["error"]?["data"]?["limit"] == .integer(Int64(limit)))
        _ = try await connection.ask(TestAuthenticator.call())
        #expect(try await connection.ask(Self.call("ping").padding(to: 100_000))?["result"] == "pong")
    }

    /// Only the rest of a line over the limit is skipped; it is not kept.
    @Test func aLongLineBeforeAProofIsRefusedBeforeItsEnd() async throws {
        let connection = try Self.connect()
        connection.send(Array(Self.call("ping").padding(to: 9000).utf8))
        #expect(Self.code(try await connection.nextJSON()) == "messageTooLarge")
        connection.send(Array(repeating: UInt8(ascii: " "), count: 3 << 20) + [UInt8(ascii: "\n")])
        #expect(try await connection.ask(Self.call("ping"))?["result"] == "pong")
    }

    @Test func oneCallIsInFlightBeforeAProof() async throws {
        let recorder = HeldRecorder()
        let connection = try Self.connect(recorder: recorder)
        connection.send(Self.call("later", id: 1))
        connection.send(Self.call("later", id: 2))
        connection.send(Self.call("ping", id: 3))
        await recorder.gate.untilArrived()
        #expect(connection.isParked && connection.isBlocked)
        connection.parkedTimedOut()
        let refused = try await connection.nextJSON()
        #expect(refused?["id"] == 2)
        #expect(refused?["error"]?["data"]?["limit"] == 1)
        #expect(try await connection.nextJSON()?["id"] == 3)
        await recorder.gate.release()
        #expect(Self.code(try await connection.nextJSON()) == "unauthenticated")
        #expect(recorder.heard.withLock { $0 } == ["later unauthenticated"])
    }

    @Test func theEndOfAProofIsReportedOnce() throws {
        let connection = try Self.connect()
        let reports = Locked<[String]>([])
        connection.session.onProof { reports.withLock { $0.append("first") } }
        connection.session.setPrincipal(Principal(id: "x", proof: .anonymous, rights: .none))
        #expect(reports.withLock { $0 } == [])
        connection.session.setPrincipal(Principal(id: "x", proof: .token))
        connection.session.setPrincipal(Principal(id: "y", proof: .token))
        connection.session.onProof { reports.withLock { $0.append("second") } }
        #expect(reports.withLock { $0 } == ["first", "second"])
    }

    @Test func withoutAnAuthenticatorNoProofIsNeeded() async throws {
        var router = Router { _ in }
        router.registerImmediate(RPCMethod<NoParams, String>("whoami")) { _, call in call.principal.id }
        let connection = InMemoryConnection(router: router, peer: Self.peer)
        #expect(try await connection.ask(Self.call("whoami").padding(to: 20_000))?["result"] == "loopback")
    }
}

/// A recorder that holds each entry until the test releases it.
private struct HeldRecorder: CallRecorder {
    let gate = Gate()
    let heard = Locked<[String]>([])

    func begin(_ context: RPCContext) -> AuditSlip {
        AuditSlip(
            AuditDraft(
                at: Timestamp(milliseconds: 0), principal: PrincipalID(context.principal.id), proof: "anonymous",
                peer: "", method: context.method.name, salt: Array(repeating: 0, count: AuditDraft.saltBytes)))
    }

    func record(_ context: RPCContext, _ error: RPCError?) async throws(RPCError) {
        heard.withLock { $0.append("\(context.method.name) \(error?.code.name ?? "ok")") }
        try? await gate.wait()
    }

    func enqueue(_ context: RPCContext, _ error: RPCError?) {}

    func note(_ action: String, outcome: String, parameters: JSONValue?) {}
}

extension String {
    /// Adds spaces at the end.
    fileprivate func padding(to bytes: Int) -> String {
        self + String(repeating: " ", count: max(0, bytes - utf8.count))
    }
}
