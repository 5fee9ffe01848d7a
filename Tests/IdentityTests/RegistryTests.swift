import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Logging
import Storage
import TestKit
import Testing
import Tokens

@testable import Identity

/// A daemon with only the methods of identities, over the model store.
private struct Daemon {
    let store = ModelStore()
    let time = ManualTime()
    let key = TokenKey(id: "k1", bytes: Array(0..<32))
    let registry: IdentityRegistry
    let router: Router

    init(rules: [UnixAccess.Rule] = [], hasKey: Bool = true) async throws {
        let keys = TokenKeys(hasKey ? [key] : [])
        registry = try await IdentityRegistry(
            store: store, keys: keys, unix: UnixAccess(rules, ownUser: 990, operators: nil), installation: "model",
            time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let methods = IdentityMethods(
            store: store, registry: registry, keys: keys,
            identifiers: IdentifierSource(time: time, random: SeededRandom(seed: 1)), time: time)
        var router = Router(interceptors: [AccessControl()], authenticator: registry) { failure in
            Issue.record("\(failure.method): \(failure.error)")
        }
        methods.register(in: &router)
        router.registerImmediate(RPCMethod<NoParams, String>("status.get", scopes: ["instances:read"])) { _, call in
            call.principal.id
        }
        router.registerImmediate(RPCMethod<NoParams, Bool>("system.ping")) { _, _ in true }
        try router.registerConstant(RPCMethod<NoParams, Int>("rpc.discover", scopes: ["system:read"]), 1)
        self.router = router
    }

    /// Connects with a client certificate of the principal `ada`, whose key has this digest.
    func connect(key: [UInt8]) -> Client {
        let certificate = ClientCertificate(
            uri: "aura://model/principal/ada", keyDigest: key, notAfter: time.now().milliseconds / 1000 + 86_400)
        let peer = Peer.tls(address: "10.0.0.1", port: 4000, certificate: certificate)
        return Client(InMemoryConnection(router: router, peer: peer))
    }

    func connect(uid: UInt32 = 4242) -> Client {
        Client(InMemoryConnection(router: router, peer: .unix(UnixPeer(uid: uid, gid: uid, pid: 1))))
    }

    /// Creates a principal and a token, as root.
    func token(
        scopes: [String] = ["instances:read"], tenants: [String]? = nil, restrictions: [String] = [],
        name: String = "billing"
    ) async throws -> (id: String, text: String, principal: String) {
        let root = connect(uid: 0)
        var wanted: JSONObject = ["name": .string(name), "scopes": .array(scopes.map { .string($0) })]
        if let tenants { wanted["tenants"] = .array(tenants.map { .string($0) }) }
        let principal = try await root.result("principal.create", .object(wanted))
        let made = try await root.result(
            "token.create",
            ["principal": .string(name), "name": "t", "restrictions": .array(restrictions.map { .string($0) })])
        return (
            try #require(made["token"]?["id"]?.stringValue), try #require(made["text"]?.stringValue),
            try #require(principal["principal"]?["id"]?.stringValue)
        )
    }
}

/// One connection to a ``Daemon``.
private struct Client {
    let connection: InMemoryConnection

    init(_ connection: InMemoryConnection) {
        self.connection = connection
    }

    /// Returns the reply to a call, or `nil` if the connection closed.
    func call(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue? {
        connection.send(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params.serializedString())}")
        return try await next()
    }

    func next() async throws -> JSONValue? {
        try await connection.nextMessage().map { try JSONValue(parsing: $0) }
    }

    func result(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        let reply = try await call(method, params)
        return try #require(reply?["result"], "\(method): \(reply?.serializedString() ?? "closed")")
    }

    /// Returns the code of the error of a call.
    func error(_ method: String, _ params: JSONValue = [:]) async throws -> String? {
        try await call(method, params)?["error"]?["data"]?["code"]?.stringValue
    }

    func authenticate(_ token: String) async throws -> JSONValue {
        try await result("session.authenticate", ["token": .string(token)])
    }
}

@Suite(.timeLimit(.minutes(5))) struct RegistryTests {
    @Test func aTokenGivesItsRightsToAConnection() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(tenants: ["default"])
        let client = daemon.connect()
        #expect(try await client.error("status.get") == "forbidden")
        let answer = try await client.authenticate(token.text)
        #expect(answer["principal"]?.stringValue == token.principal)
        #expect(answer["proof"] == "token")
        #expect(answer["scopes"] == ["instances:read"])
        #expect(answer["tenants"] == ["default"])
        #expect(try await client.result("status.get").stringValue == token.principal)
        #expect(try await client.error("token.list") == "forbidden")
    }

    @Test func everybodyMayPingAndAskWhoTheyAre() async throws {
        let client = try await Daemon().connect()
        #expect(try await client.result("system.ping") == true)
        let answer = try await client.result("access.whoami")
        #expect(answer["principal"] == "uid:4242")
        #expect(answer["scopes"] == [])
    }

    /// A client of TCP or TLS is nobody before it shows a token, on the loopback interface too.
    @Test(arguments: [
        Peer.tcp(address: "127.0.0.1", port: 1), .tcp(address: "::1", port: 1),
        .tls(address: "127.0.0.1", port: 1, certificate: nil),
        .tls(
            address: "127.0.0.1", port: 1,
            certificate: ClientCertificate(uri: "aura://model/principal/x", keyDigest: [], notAfter: .max / 1000)),
    ])
    func aClientOfTheNetworkNeedsAProof(peer: Peer) async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let client = Client(InMemoryConnection(router: daemon.router, peer: peer))
        #expect(try await client.result("system.ping") == true)
        for method in ["access.whoami", "status.get", "rpc.discover", "principal.create", "no.such"] {
            #expect(try await client.error(method) == "unauthenticated")
        }
        let answer = try await client.authenticate(token.text)
        #expect(answer["principal"]?.stringValue == token.principal)
        #expect(try await client.result("status.get").stringValue == token.principal)
    }

    /// Constant replies are copied without the chain of interceptors.
    @Test func aConstantReplyNeedsItsScope() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(scopes: ["system:read"])
        let client = daemon.connect()
        #expect(try await client.error("rpc.discover") == "forbidden")
        _ = try await client.authenticate(token.text)
        #expect(try await client.result("rpc.discover") == 1)
        let restricted = try Token(token.text).restricted(by: TokenRestriction("method=status.get"))
        _ = try await client.authenticate(restricted.text)
        #expect(try await client.error("rpc.discover") == "forbidden")
    }

    @Test func aWrongTokenLeavesTheConnectionAsItWas() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let client = daemon.connect()
        _ = try await client.authenticate(token.text)
        let last = try #require(token.text.last)
        for wrong in ["", "x", String(token.text.dropLast()), token.text.dropLast() + (last == "A" ? "E" : "A")] {
            #expect(try await client.error("session.authenticate", ["token": .string(String(wrong))]) != nil)
        }
        #expect(try await client.result("status.get").stringValue == token.principal)
    }

    @Test func manyWrongTokensCloseTheConnectionAndLockNobodyOut() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let wrong = TokenKey(id: "k1", bytes: Array(1...32)).token(id: Array(0..<16)).text
        let client = daemon.connect()
        for _ in 1...10 {
            let reply = try await client.call("session.authenticate", ["token": .string(wrong)])
            #expect(reply?["error"]?["data"]?["code"] == "unauthenticated")
            #expect(reply?["error"]?["data"]?["retryAfterMs"] == nil)
        }
        let reply = try await client.call("session.authenticate", ["token": .string(wrong)])
        #expect(reply?["error"]?["data"]?["retryAfterMs"] == 1000)
        #expect(try await client.next() == nil)
        _ = try await daemon.connect().authenticate(token.text)
    }

    @Test func tokensThatEndedLongAgoArePruned() async throws {
        let daemon = try await Daemon()
        let (ended, valid) = (try await daemon.token(), try await daemon.token(name: "other"))
        _ = try await daemon.connect(uid: 0).result("token.revoke", ["token": .string(ended.id)])
        for (days, left) in [(29, 2), (2, 1)] {
            daemon.time.advance(by: .seconds(days * 86_400))
            await daemon.registry.prune()
            #expect(try await daemon.store.identities().tokens.count == left)
        }
        await daemon.registry.refresh()
        #expect(try [ended, valid].map { daemon.registry.table.token(try Token($0.text).id) != nil } == [false, true])
    }

    @Test func aRevokedTokenEndsItsConnections() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let (client, other) = (daemon.connect(), daemon.connect())
        _ = try await client.authenticate(token.text)
        let restricted = try Token(token.text).restricted(by: TokenRestriction("method=status.*"))
        _ = try await other.authenticate(restricted.text)
        _ = try await daemon.connect(uid: 0).result("token.revoke", ["token": .string(token.id)])
        for client in [client, other] {
            let end = try await client.next()
            #expect(end?["id"] == .null)
            #expect(end?["error"]?["data"]?["code"] == "tokenRevoked")
            #expect(try await client.next() == nil)
        }
        #expect(try await daemon.connect().error("session.authenticate", ["token": .string(token.text)]) != nil)
        let explained = try await daemon.connect(uid: 0).result("token.explain", ["text": .string(token.text)])
        #expect(explained["valid"] == false)
        #expect(explained["reason"]?.stringValue?.contains("revoked") == true)
    }

    /// The other daemon learns of the revocation by the counter.
    @Test func anotherDaemonEndsTheConnectionsOfARevokedToken() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let client = daemon.connect()
        _ = try await client.authenticate(token.text)
        _ = try await daemon.store.write(.revokeToken(try Token(token.text).id, at: daemon.time.now()))
        #expect(try await client.result("status.get").stringValue == token.principal)
        await daemon.registry.refresh()
        #expect(try await client.next()?["error"]?["data"]?["code"] == "tokenRevoked")
    }

    @Test func genuineTokensAreRemembered() throws {
        let key = TokenKey(id: "k1", bytes: Array(0..<32))
        let tokens = VerifiedTokens(TokenKeys([key]))
        let token = try key.token(id: Array(0..<16)).restricted(by: TokenRestriction("method=status.*"))
        for _ in 1...3 { #expect(tokens.token(token.text) == token) }
        let other = TokenKey(id: "k1", bytes: Array(1...32)).token(id: Array(0..<16))
        for wrong in [other.text, "", token.text + "~before=1", String(repeating: "x", count: 2000)] {
            #expect(tokens.token(wrong) == nil)
        }
        #expect(tokens.count == 1)
        for number in 0..<VerifiedTokens.limit {
            let id = withUnsafeBytes(of: number.bigEndian) { Array($0) } + Array(repeating: 0, count: 8)
            #expect(tokens.token(key.token(id: id).text) != nil)
        }
        #expect(tokens.count <= VerifiedTokens.limit)
    }

    // MARK: Denied keys

    private static let key = Array(repeating: UInt8(7), count: 32)
    private static let keyText: JSONValue = .string(String(repeating: "07", count: 32))

    /// A daemon with the principal `ada`, whose certificate is accepted.
    private func daemonWithAda() async throws -> (daemon: Daemon, token: String) {
        let daemon = try await Daemon()
        return (daemon, try await daemon.token(name: "ada").text)
    }

    @Test func aDeniedKeyEndsItsConnections() async throws {
        let (daemon, token) = try await daemonWithAda()
        let (client, other, root) = (daemon.connect(key: Self.key), daemon.connect(key: [8]), daemon.connect(uid: 0))
        // A token does not protect the connection of a denied key.
        let second = daemon.connect(key: Self.key)
        _ = try await second.authenticate(token)
        _ = try await client.result("status.get")
        #expect(try await root.result("access.deny", ["key": Self.keyText]) == ["key": Self.keyText])
        for client in [client, second] {
            #expect(try await client.next()?["error"]?["data"]?["code"] == "tokenRevoked")
            #expect(try await client.next() == nil)
        }
        _ = try await other.result("status.get")
        let late = daemon.connect(key: Self.key)
        #expect(try await late.error("status.get") == "unauthenticated")
        #expect(try await late.error("session.authenticate", ["token": .string(token)]) == "unauthenticated")
        // A second call changes nothing.
        #expect(try await root.result("access.deny", ["key": Self.keyText]) == ["key": Self.keyText])
        #expect(try await daemon.store.identities().deniedKeys.map(\.digest) == [Self.key])
    }

    /// The other daemon learns of the denial by the counter, within the interval of one second.
    @Test func anotherDaemonEndsTheConnectionsOfADeniedKey() async throws {
        let (daemon, _) = try await daemonWithAda()
        let client = daemon.connect(key: Self.key)
        let service = Task { try await daemon.registry.run() }
        try await daemon.time.sleepers(atLeast: 1)
        _ = try await daemon.store.write(.denyKey(DeniedKey(digest: Self.key, at: daemon.time.now())))
        _ = try await client.result("status.get")
        daemon.time.advance(by: .seconds(1))
        #expect(try await client.next()?["error"]?["data"]?["code"] == "tokenRevoked")
        service.cancel()
        try await service.value
    }

    @Test func onlyAdministratorsOfAllTenantsDenyKeys() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(scopes: ["principals:write"], tenants: ["default"])
        let client = daemon.connect()
        #expect(try await client.error("access.deny", ["key": Self.keyText]) == "forbidden")
        _ = try await client.authenticate(token.text)
        #expect(try await client.error("access.deny", ["key": Self.keyText]) == "forbidden")
        let root = daemon.connect(uid: 0)
        for wrong: JSONValue in ["07", .string(String(repeating: "0G", count: 32)), 7] {
            #expect(try await root.error("access.deny", ["key": wrong]) == "invalidParams")
        }
    }

    @Test func aDisabledPrincipalEndsAndAnEnabledOneMayComeBack() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let (client, root) = (daemon.connect(), daemon.connect(uid: 0))
        _ = try await client.authenticate(token.text)
        _ = try await root.result("principal.set", ["principal": "billing", "enabled": false])
        #expect(try await client.next()?["error"]?["data"]?["code"] == "tokenRevoked")
        #expect(try await daemon.connect().error("session.authenticate", ["token": .string(token.text)]) != nil)
        _ = try await root.result("principal.set", ["principal": "billing", "enabled": true])
        _ = try await daemon.connect().authenticate(token.text)
    }

    @Test func newRightsOfAPrincipalReachItsConnections() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let (client, root) = (daemon.connect(), daemon.connect(uid: 0))
        _ = try await client.authenticate(token.text)
        _ = try await root.result("principal.set", ["principal": "billing", "scopes": ["jobs:read"]])
        #expect(try await client.error("status.get") == "forbidden")
        _ = try await root.result("principal.set", ["principal": "billing", "role": "viewer"])
        #expect(try await client.result("status.get").stringValue == token.principal)
    }

    @Test func lessRightsEndAConnectionWithSubscriptions() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(scopes: ["instances:read", "events:read"])
        let (client, root) = (daemon.connect(), daemon.connect(uid: 0))
        _ = try await client.authenticate(token.text)
        try client.connection.session.reserveSubscription()
        _ = try await root.result("principal.set", ["principal": "billing", "role": "admin"])
        #expect(try await client.result("status.get").stringValue == token.principal)
        _ = try await root.result("principal.set", ["principal": "billing", "scopes": ["instances:read"]])
        let end = try await client.next()
        #expect(end?["error"]?["data"]?["code"] == "tokenRevoked")
        #expect(end?["error"]?["data"]?["retryable"] == true)
    }

    @Test func aTokenExpires() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        let seconds = daemon.time.now().milliseconds / 1000 + 60
        let restricted = try Token(token.text).restricted(by: TokenRestriction("before=\(seconds)"))
        let client = daemon.connect()
        _ = try await client.authenticate(restricted.text)
        daemon.time.advance(by: .seconds(61))
        #expect(try await client.error("status.get") == "unauthenticated")
        #expect(try await daemon.connect().error("session.authenticate", ["token": .string(restricted.text)]) != nil)
        daemon.time.advance(by: .seconds(91 * 86_400))
        #expect(try await daemon.connect().error("session.authenticate", ["token": .string(token.text)]) != nil)
    }

    @Test func restrictionsHoldTogether() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(scopes: ["instances:read", "tokens:read"])
        func restricted(_ texts: String...) throws -> String {
            try texts.reduce(Token(token.text)) { try $0.restricted(by: TokenRestriction($1)) }.text
        }
        for (text, status, list) in [
            (try restricted("method=status.*"), nil, "forbidden"),
            (try restricted("method=token.list,status.get"), nil, nil),
            (try restricted("method=status.*", "method=token.*"), "forbidden", "forbidden"),
            (try restricted("scope=tokens:read"), "forbidden", nil),
            (try restricted("scope=tokens:read", "scope=instances:read"), "forbidden", "forbidden"),
            (try restricted("peer=unix:4242"), nil, nil),
        ] as [(String, String?, String?)] {
            let client = daemon.connect()
            _ = try await client.authenticate(text)
            #expect(try await client.error("status.get") == status)
            #expect(try await client.error("token.list") == list)
        }
        for text in [
            try restricted("peer=unix:1"), try restricted("peer=192.0.2.0/24"), try restricted("tenant=nobody"),
        ] {
            #expect(try await daemon.connect().error("session.authenticate", ["token": .string(text)]) != nil)
        }
    }

    /// The rate of a token is that of all its connections together.
    @Test func aRateIsSharedByConnections() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token(restrictions: ["rate=2/60"])
        let (one, two) = (daemon.connect(), daemon.connect())
        _ = try await one.authenticate(token.text)
        _ = try await two.authenticate(token.text)
        #expect(try await one.error("status.get") == nil)
        #expect(try await two.error("status.get") == nil)
        #expect(try await one.error("status.get") == "tooManyCalls")
        #expect(try await two.error("status.get") == "tooManyCalls")
        daemon.time.advance(by: .seconds(31))
        #expect(try await two.error("status.get") == nil)
    }

    /// A holder can add restrictions to its token, and gets no new counter by that.
    @Test func aRateHoldsForTokensWithFurtherRestrictions() async throws {
        let daemon = try await Daemon()
        let token = try Token(try await daemon.token(restrictions: ["rate=2/60"]).text)
        for text in ["method=status.get", "method=status.*", "rate=100/60"] {
            let client = daemon.connect()
            _ = try await client.authenticate(try token.restricted(by: TokenRestriction(text)).text)
            let expected: String? = text == "rate=100/60" ? "tooManyCalls" : nil
            #expect(try await client.error("status.get") == expected)
        }
    }

    @Test func theVariantsOfATokenWithRatesAreLimited() async throws {
        let daemon = try await Daemon()
        let token = try Token(try await daemon.token().text)
        var clients: [Client] = []
        for number in 1...TokenRates.limit {
            clients.append(daemon.connect())
            let variant = try token.restricted(by: TokenRestriction("rate=\(number)/60"))
            _ = try await clients[number - 1].authenticate(variant.text)
        }
        let further: JSONValue = ["token": .string(try token.restricted(by: TokenRestriction("rate=999/60")).text)]
        #expect(try await daemon.connect().error("session.authenticate", further) == "tooManyCalls")
        // Variants that are in use keep their counters; the others make room.
        for client in clients.dropFirst() { client.connection.close() }
        clients.removeSubrange(1...)
        _ = try await daemon.connect().result("session.authenticate", further)
        #expect(try await clients[0].error("status.get") == nil)
        #expect(try await clients[0].error("status.get") == "tooManyCalls")
    }

    /// Each call changes only what it names, so neither undoes the other.
    @Test func twoChangesOfAPrincipalDoNotUndoEachOther() async throws {
        let daemon = try await Daemon()
        let token = try await daemon.token()
        // Another daemon disables the principal, and this one has not read it yet.
        _ = try await daemon.store.write(
            .setPrincipal(PrincipalID(token.principal), PrincipalChange(isEnabled: false)))
        let changed = try await daemon.connect(uid: 0).result(
            "principal.set", ["principal": "billing", "scopes": ["jobs:read"]])
        #expect(changed["principal"]?["enabled"] == false)
        #expect(changed["principal"]?["scopes"] == ["jobs:read"])
    }

    @Test func aCallerCannotGiveRightsThatItLacks() async throws {
        let daemon = try await Daemon()
        let root = daemon.connect(uid: 0)
        _ = try await root.result("tenant.create", ["tenant": "acme"])
        let admin = try await daemon.token(
            scopes: ["tokens:write", "tokens:read", "principals:read", "instances:read"], tenants: ["acme"],
            name: "acme-admin")
        _ = try await daemon.token(scopes: ["instances:read"], tenants: ["default"], name: "other")
        _ = try await daemon.token(scopes: ["instances:write"], tenants: ["acme"], name: "writer")
        let client = daemon.connect()
        _ = try await client.authenticate(admin.text)
        // Another tenant's principal does not exist for it.
        let params: (String) -> JSONValue = { ["principal": .string($0), "name": "t"] }
        #expect(try await client.error("token.create", params("other")) == "principalNotFound")
        #expect(try await client.error("token.create", params("nobody")) == "principalNotFound")
        #expect(try await client.error("token.create", params("writer")) == "forbidden")
        #expect(try await client.error("token.create", params("acme-admin")) == nil)
        let listed = try await client.result("principal.list")["principals"]?.arrayValue?.compactMap { $0["name"] }
        #expect(listed == ["acme-admin", "writer"])
    }

    @Test func withoutAKeyNoTokenIsMade() async throws {
        let daemon = try await Daemon(hasKey: false)
        let root = daemon.connect(uid: 0)
        _ = try await root.result("principal.create", ["name": "billing", "role": "viewer"])
        #expect(try await root.error("token.create", ["principal": "billing", "name": "t"]) == "noVaultKey")
    }

    @Test func tokensAreListedInPages() async throws {
        let daemon = try await Daemon()
        _ = try await daemon.token()
        let root = daemon.connect(uid: 0)
        for number in 1...4 {
            _ = try await root.result("token.create", ["principal": "billing", "name": .string("t\(number)")])
        }
        var (seen, after) = ([String](), JSONValue?.none)
        repeat {
            var params: JSONObject = ["limit": 2]
            params["after"] = after
            let page = try await root.result("token.list", .object(params))
            seen += (page["tokens"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
            after = page["next"]
        } while after != nil
        #expect(seen.count == 5)
        #expect(seen == seen.sorted())
        _ = try await root.result("token.revoke", ["token": .string(seen[0])])
        let left = try await root.result("token.list")["tokens"]?.arrayValue?.count
        #expect(left == 4)
        #expect(try await root.result("token.list", ["all": true])["tokens"]?.arrayValue?.count == 5)
    }
}
