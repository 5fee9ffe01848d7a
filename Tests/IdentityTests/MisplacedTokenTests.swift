import AuraModel
import JSON
import JSONRPC
import Logging
import Storage
import TestKit
import Testing
import Tokens

@testable import Identity

/// Tokens in parameters that are no place for one.
@Suite(.timeLimit(.minutes(1))) struct MisplacedTokenTests {
    private let disk = ModelStore.Disk()
    private let store: ModelStore
    private let time = ManualTime()
    private let key = TokenKey(id: "k1", bytes: Array(0..<32))

    init() {
        store = ModelStore(disk: disk, installation: "model")
    }

    /// Stores two tokens of a principal. Returns the registry and the tokens.
    private func daemon() async throws -> (IdentityRegistry, [Token]) {
        let (now, principal) = (time.now(), PrincipalID("00000000-0000-7000-8000-000000000001"))
        _ = try await store.write(
            .createPrincipal(
                PrincipalRecord(
                    id: principal, name: "ada", kind: .person, scopes: ["jobs:read"], tenants: .all, createdAt: now,
                    createdBy: nil)))
        var tokens: [Token] = []
        for number in UInt8(1)...2 {
            let id = Array(repeating: number, count: 16)
            _ = try await store.write(
                .createToken(
                    TokenRecord(
                        id: id, keyID: "k1", principal: principal, name: "t\(number)", scopes: nil, tenants: .all,
                        notBefore: now, expires: nil, check: key.check(ofTokenWithID: id), createdAt: now,
                        createdBy: nil)))
            tokens.append(key.token(id: id))
        }
        let registry = try await IdentityRegistry(
            store: store, keys: TokenKeys([key]), unix: UnixAccess([], ownUser: 990, operators: nil),
            installation: "model", time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return (registry, tokens)
    }

    /// Returns the message of the error of a call; `nil` if it was accepted.
    private func refusal(
        _ registry: IdentityRegistry, _ params: JSONValue, method: String = "secret.set"
    ) async throws -> String? {
        var router = Router(interceptors: [MisplacedTokenCheck(registry: registry)]) { _ in }
        router.register(RPCMethod<JSONValue, Bool>(method, mutates: true)) { _, _ in true }
        let connection = InMemoryConnection(router: router, peer: .unix(UnixPeer(uid: 7, gid: 7, pid: 1)))
        connection.send(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params.serializedString())}")
        let reply = try JSONValue(parsing: try #require(await connection.nextMessage()))
        let error = reply["error"]
        #expect(error == nil || error?["data"]?["code"] == "invalidParams")
        return error?["message"]?.stringValue
    }

    private func revoked() async throws -> Int {
        try await store.identities().tokens.count { $0.revokedAt != nil }
    }

    @Test func aTokenInAParameterIsRefusedAndRevoked() async throws {
        let (registry, tokens) = try await daemon()
        let text = tokens[0].text
        let message = try #require(try await refusal(registry, ["name": "a", "value": .string(text)]))
        #expect(message.hasSuffix("create a new one with aura token create") && !message.contains(text))
        await registry.revokeMisplaced()
        await registry.refresh()
        #expect(registry.table.token(tokens[0].id)?.revokedAt == time.now())
        #expect(try await revoked() == 1)
        let body = try #require(disk.audit.last?.content?.body)
        let entry = try JSONValue(parsing: body)
        #expect(entry["method"] == "token.revoke" && entry["principal"] == "aurad")
        #expect(entry["peer"]?.stringValue?.contains("uid 7") == true)
        #expect(entry["parameters"] == ["place": "parameters of secret.set"])
        #expect(!entry.serializedString().contains(String(text.suffix(43))))
        // A revoked token is refused as well, and has no second entry.
        let count = disk.audit.count
        #expect(try await refusal(registry, ["value": .string(text)]) != nil)
        await registry.revokeMisplaced()
        #expect(disk.audit.count == count)
    }

    @Test func allTextsAndNamesAreSearched() async throws {
        let (registry, tokens) = try await daemon()
        let restricted = try tokens[1].restricted(by: TokenRestriction("method=status.*"))
        let nested: JSONValue = ["a": ["b", ["say \(tokens[0].text)!"]], "\(restricted.text)": 1]
        #expect(try await refusal(registry, nested) != nil)
        await registry.revokeMisplaced()
        #expect(try await revoked() == 2)
    }

    @Test func onlyWholeTokensCount() async throws {
        let (registry, tokens) = try await daemon()
        let text = tokens[0].text
        for harmless in [String(text.dropLast()), "begins with aura1_ " + String(repeating: "x", count: 100)] {
            #expect(try await refusal(registry, ["value": .string(harmless)]) == nil)
        }
        // One of another installation is refused, and there is nothing to revoke.
        let foreign = TokenKey(id: "k1", bytes: Array(1...32)).token(id: tokens[0].id).text
        #expect(try await refusal(registry, ["value": .string(foreign)]) != nil)
        await registry.revokeMisplaced()
        #expect(try await revoked() == 0)
    }

    @Test(arguments: ["session.authenticate", "token.explain"])
    func methodsForTokensAcceptThem(_ method: String) async throws {
        let (registry, tokens) = try await daemon()
        #expect(try await refusal(registry, ["token": .string(tokens[0].text)], method: method) == nil)
        await registry.revokeMisplaced()
        #expect(try await revoked() == 0)
    }
}
