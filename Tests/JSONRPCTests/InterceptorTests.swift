import JSON
import JSONRPC
import Locking
import Testing

/// Writes down each call that it sees, and refuses a method on request.
private struct Witness: Interceptor {
    let name: String
    let seen: Locked<[String]>
    var refused: String?
    var coversConstants = false
    var principal: String?

    func willCall(_ context: inout RPCContext) throws(RPCError) {
        seen.withLock { $0.append("\(name) before \(context.method.name) by \(context.principal)") }
        if let principal { context.principal = Principal(id: principal) }
        if refused == context.method.name { throw RPCError(RPCErrorCode(-32099, "refused"), "cannot call it") }
    }

    func didCall(_ context: RPCContext, _ error: RPCError?) {
        seen.withLock { $0.append("\(name) after \(context.method.name): \(error?.code.name ?? "ok")") }
    }
}

@Suite(.timeLimit(.minutes(3))) struct InterceptorTests {
    private let seen = Locked<[String]>([])

    private func router(_ interceptors: [any Interceptor]) throws -> Router {
        var router = Router(interceptors: interceptors) { _ in }
        router.registerImmediate(RPCMethod<NoParams, String>("now")) { _, call in call.principal.id }
        router.register(RPCMethod<NoParams, String>("later", scopes: ["a:write"], mutates: true)) { _, call in
            "\(call.principal) \(call.method.scopes) \(call.method.mutates)"
        }
        try router.registerConstant(RPCMethod<NoParams, Int>("constant"), 1)
        return router
    }

    private func ask(_ method: String, _ router: Router) async throws -> JSONValue? {
        try await InMemoryConnection(router: router).ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"}")
    }

    @Test(arguments: ["now", "later"]) func theChainRunsInOrderBeforeACallAndInReverseAfterIt(_ method: String)
        async throws
    {
        let router = try router([Witness(name: "a", seen: seen), Witness(name: "b", seen: seen)])
        _ = try await ask(method, router)
        #expect(
            seen.withLock { $0 } == [
                "a before \(method) by internal", "b before \(method) by internal", "b after \(method): ok",
                "a after \(method): ok",
            ])
    }

    @Test(arguments: ["now", "later"]) func aRefusalIsTheReplyAndEndsTheChain(_ method: String) async throws {
        let router = try router([
            Witness(name: "a", seen: seen), Witness(name: "b", seen: seen, refused: method),
            Witness(name: "c", seen: seen),
        ])
        let reply = try await ask(method, router)
        #expect(reply?["error"]?["code"] == -32099)
        #expect(
            seen.withLock { $0 } == [
                "a before \(method) by internal", "b before \(method) by internal", "b after \(method): refused",
                "a after \(method): refused",
            ])
    }

    @Test func handlersSeeThePrincipalOfTheChainAndTheirOwnScopes() async throws {
        let router = try router([Witness(name: "a", seen: seen, principal: "person:ada")])
        #expect(try await ask("now", router)?["result"] == "person:ada")
        #expect(try await ask("later", router)?["result"] == "person:ada [\"a:write\"] true")
    }

    @Test func thePrincipalIsThePeerWithoutAuthentication() async throws {
        let router = try router([])
        for (peer, principal) in [
            (Peer.unix(UnixPeer(uid: 1000, gid: 1, pid: 2)), "uid:1000"),
            (.tcp(address: "127.0.0.1", port: 1), "loopback"),
            (.memory, "internal"),
        ] {
            let connection = InMemoryConnection(router: router, peer: peer)
            let reply = try await connection.ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"now\"}")
            #expect(reply?["result"] == .string(principal))
        }
    }

    @Test func callsWithInvalidParametersPassTheChain() async throws {
        let router = try router([Witness(name: "a", seen: seen)])
        let connection = InMemoryConnection(router: router)
        let reply = try await connection.ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"now\",\"params\":{\"x\":1}}")
        #expect(reply?["error"]?["code"] == -32602)
        #expect(seen.withLock { $0 } == ["a before now by internal", "a after now: invalidParams"])
    }

    @Test(arguments: [false, true]) func constantsPassTheChainOnRequest(_ covers: Bool) async throws {
        let router = try router([Witness(name: "a", seen: seen, coversConstants: covers)])
        #expect(try await ask("constant", router)?["result"] == 1)
        #expect(seen.withLock { $0.count } == (covers ? 2 : 0))
    }
}
