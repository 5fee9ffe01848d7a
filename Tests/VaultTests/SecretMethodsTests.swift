import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

private let aliceTenant = TenantID("alice")

/// A daemon with only the methods of secrets. The uid of a caller selects its tenants and scopes.
private struct Daemon: Authenticator {
    static let everywhere: UInt32 = 1
    static let alice: UInt32 = 2
    static let exporter: UInt32 = 3

    let methodsBeforeProof: Set<String> = []

    func principal(of peer: Peer) -> Principal {
        guard case .unix(let process) = peer else { return Principal(id: "internal") }
        let usual: Set<String> = ["secrets:read", "secrets:write"]
        let rights =
            switch process.uid {
            case Self.alice: Rights(scopes: .only(usual.union(["secrets:export"])), tenants: .only([aliceTenant]))
            case Self.exporter: Rights(scopes: .only(usual.union(["secrets:export"])))
            default: Rights.all
            }
        return Principal(id: "uid:\(process.uid)", proof: .peer, rights: rights)
    }

    func didOpen(_ session: Session) {}

    func authenticate(_ session: Session, token: String) throws(RPCError) {
        throw RPCError(.unauthenticated, "there are no tokens here")
    }

    let store = ModelStore()

    func connect(uid: UInt32, hasKey: Bool = true) async throws -> Client {
        let keys = hasKey ? try MasterKeys("aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=") : nil
        let vault = try await Vault.open(store, keys: keys, installation: "i-1", time: ManualTime())
        var router = Router(authenticator: self) { Issue.record("\($0.method): \($0.error)") }
        SecretMethods(vault: vault).register(in: &router)
        return Client(
            connection: InMemoryConnection(router: router, peer: .unix(UnixPeer(uid: uid, gid: uid, pid: 1))))
    }
}

private struct Client {
    let connection: InMemoryConnection

    private func reply(_ method: String, _ params: JSONValue) async throws -> JSONValue {
        connection.send(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params.serializedString())}")
        let text = try #require(await connection.nextMessage())
        return try JSONValue(parsing: text)
    }

    func result(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        let reply = try await reply(method, params)
        return try #require(reply["result"], "\(method): \(reply.serializedString())")
    }

    func error(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        let reply = try await reply(method, params)
        return try #require(reply["error"], "\(method): \(reply.serializedString())")
    }

    func code(_ method: String, _ params: JSONValue = [:]) async throws -> String? {
        try await error(method, params)["data"]?["code"]?.stringValue
    }
}

@Suite(.timeLimit(.minutes(1))) struct SecretMethodsTests {
    private let daemon = Daemon()

    init() async throws {
        _ = try await daemon.store.write(
            .createTenant(TenantRecord(id: aliceTenant, createdAt: ManualTime().now())))
    }

    @Test func aReplyHasNoValueExceptThatOfReveal() async throws {
        let client = try await daemon.connect(uid: Daemon.exporter)
        let set = try await client.result("secret.set", ["name": "a", "value": "planted", "class": "exportable"])
        #expect(set["secret"]?["version"] == 1)
        #expect(set["secret"]?["class"] == "exportable")
        #expect(set["secret"]?["tenant"] == "default")
        let list = try await client.result("secret.list")
        #expect(list["secrets"] == .array([try #require(set["secret"])]))
        #expect(!(set.serializedString() + list.serializedString()).contains("planted"))
        let revealed = try await client.result("secret.reveal", ["name": "a"])
        #expect(revealed["value"] == "planted")
        #expect(revealed["secret"] == set["secret"])
        #expect(try await client.result("secret.delete", ["name": "a"]) == ["tenant": "default", "name": "a"])
        #expect(try await client.code("secret.reveal", ["name": "a"]) == "secretNotFound")
        #expect(try await client.code("secret.delete", ["name": "a"]) == "secretNotFound")
    }

    @Test func aSealedSecretIsNotRevealed() async throws {
        let client = try await daemon.connect(uid: Daemon.exporter)
        let set = try await client.result("secret.set", ["name": "a", "value": "planted"])
        #expect(set["secret"]?["class"] == "sealed")
        #expect(try await client.code("secret.reveal", ["name": "a"]) == "secretSealed")
        let back = try await client.error("secret.set", ["name": "a", "value": "other", "class": "exportable"])
        #expect(back["data"]?["code"] == "secretSealed")
        #expect(
            back["message"]
                == "cannot make the secret a exportable, it is sealed: set its value under another name")
    }

    /// The right to call every method is not enough: the scope is given by name.
    @Test func revealNeedsItsScopeByName() async throws {
        let owner = try await daemon.connect(uid: Daemon.everywhere)
        _ = try await owner.result("secret.set", ["name": "a", "value": "v", "class": "exportable"])
        let error = try await owner.error("secret.reveal", ["name": "a"])
        #expect(error["data"]?["code"] == "forbidden")
        #expect(error["data"]?["scope"] == "secrets:export")
    }

    /// A secret of another tenant, one of an unknown tenant, and an unknown secret of the own tenant.
    @Test func aForeignSecretIsLikeAnUnknownOne() async throws {
        let root = try await daemon.connect(uid: Daemon.everywhere)
        _ = try await root.result("secret.set", ["name": "a", "value": "v", "class": "exportable"])
        _ = try await root.result("secret.set", ["tenant": "alice", "name": "hers", "value": "v"])
        let alice = try await daemon.connect(uid: Daemon.alice)
        for method in ["secret.reveal", "secret.delete"] {
            var texts: Set<String> = []
            for tenant in ["default", "nobody", "alice"] {
                let error = try await alice.error(method, ["tenant": .string(tenant), "name": "a"])
                texts.insert(error.serializedString().replacing(tenant, with: "TENANT"))
            }
            #expect(texts.count == 1, "\(texts)")
            #expect(texts.first?.contains("secretNotFound") == true)
        }
        var texts: Set<String> = []
        for tenant in ["default", "nobody"] {
            let error = try await alice.error("secret.set", ["tenant": .string(tenant), "name": "a", "value": "v"])
            texts.insert(error.serializedString().replacing(tenant, with: "TENANT"))
        }
        #expect(texts.count == 1 && texts.first?.contains("tenantNotFound") == true, "\(texts)")
        // Without a tenant, the only one of the caller is meant.
        let listed = try await alice.result("secret.list")
        #expect(listed["secrets"]?.arrayValue?.map { $0["name"] } == ["hers"])
        #expect(try await alice.result("secret.list", ["tenant": "default"]) == ["secrets": []])
        #expect(try await alice.result("secret.delete", ["name": "hers"])["tenant"] == "alice")
        #expect(try await root.result("secret.list")["secrets"]?.arrayValue?.count == 1)
    }

    @Test func listsHavePages() async throws {
        let client = try await daemon.connect(uid: Daemon.everywhere)
        var expected: [JSONValue] = []
        for tenant in ["alice", "default"] {
            for name in ["A", "a", "a.b", "a_b"] {
                let set = try await client.result(
                    "secret.set", ["tenant": .string(tenant), "name": .string(name), "value": "v"])
                expected.append(try #require(set["secret"]))
            }
        }
        for limit in [1, 3, 8, 9] {
            var (found, after): ([JSONValue], JSONValue?) = ([], nil)
            repeat {
                var params: JSONObject = ["limit": .integer(Int64(limit))]
                params["after"] = after
                let page = try await client.result("secret.list", .object(params))
                found += page["secrets"]?.arrayValue ?? []
                after = page["next"]
            } while after != nil
            #expect(found == expected)
        }
    }

    @Test(
        arguments: [
            ["name": "", "value": "v"], ["name": "a/b", "value": "v"],
            ["name": .string(String(repeating: "x", count: 129)), "value": "v"], ["name": "a", "value": ""],
            ["name": "a", "value": .string(String(repeating: "x", count: 65_537))],
            ["name": "a", "value": .string(String(repeating: "ä", count: 40_000))],
            ["name": "a", "value": "v", "class": "open"], ["name": "a", "value": ["planted"]],
        ] as [JSONValue])
    func anInvalidSecretIsRefused(_ params: JSONValue) async throws {
        let client = try await daemon.connect(uid: Daemon.everywhere)
        let error = try await client.error("secret.set", params)
        #expect(error["data"]?["code"] == "invalidParams")
        let text = error.serializedString()
        #expect(!text.contains("planted") && !text.contains("xxxx") && !text.contains("ää"), "\(text.prefix(500))")
    }

    @Test func withoutAKeyFileEachMethodNamesTheRemedy() async throws {
        let client = try await daemon.connect(uid: Daemon.exporter, hasKey: false)
        let calls: [(String, JSONValue)] = [
            ("secret.set", ["name": "a", "value": "v"]), ("secret.list", [:]), ("secret.reveal", ["name": "a"]),
            ("secret.delete", ["name": "a"]),
        ]
        for (method, params) in calls {
            let error = try await client.error(method, params)
            #expect(error["data"]?["code"] == "noVaultKey")
            #expect(error["message"]?.stringValue?.contains("aura vault init") == true)
        }
    }
}
