import AuraAPI
import AuraModel
import FeatureKit
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import Vault
@testable import VaultKeys

private let name = "hetzner.token"
private let reference = SecretReference(tenant: Tenant.installation, name: name)

/// A daemon over a store that others share.
private struct Daemon {
    let vault: Vault
    let secrets: InstallationVault

    init(_ store: ModelStore, _ lines: String = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        async throws
    {
        vault = try #require(
            try await Vault.open(store, keys: try MasterKeys(lines), installation: "i-1", time: ManualTime()))
        secrets = InstallationVault(vault)
    }

    func connect(_ store: ModelStore, tenants: TenantScope = .all) -> TestClient {
        let rights = Rights(scopes: .only(["secrets:read", "secrets:write", "secrets:export"]), tenants: tenants)
        var router = Router(authenticator: Everyone(rights: rights)) { Issue.record("\($0.method): \($0.error)") }
        SecretMethods(vault: vault).register(in: &router)
        VaultMethods(vault: vault, installation: secrets, identities: store, time: ManualTime()).register(in: &router)
        return TestClient(
            connection: InMemoryConnection(router: router, peer: .unix(UnixPeer(uid: 0, gid: 0, pid: 1))))
    }
}

/// Gives every caller the same rights.
private struct Everyone: Authenticator {
    let rights: Rights
    let methodsBeforeProof: Set<String> = []

    func principal(of peer: Peer) -> Principal { Principal(id: "uid:0", proof: .peer, rights: rights) }
    func didOpen(_ session: Session) {}
    func authenticate(_ session: Session, token: String) throws(RPCError) {
        throw RPCError(.unauthenticated, "there are no tokens here")
    }
}

private struct TestClient {
    let connection: InMemoryConnection

    func reply(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        connection.send(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params.serializedString())}")
        return try JSONValue(parsing: try #require(await connection.nextMessage()))
    }

    func result(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        let reply = try await reply(method, params)
        return try #require(reply["result"], "\(method): \(reply.serializedString())")
    }

    func code(_ method: String, _ params: JSONValue = [:]) async throws -> String? {
        try await reply(method, params)["error"]?["data"]?["code"]?.stringValue
    }
}

@Suite(.timeLimit(.minutes(1))) struct InstallationVaultTests {
    private let store = ModelStore()

    @Test func anotherDaemonOpensWhatOneStored() async throws {
        let (one, other) = (try await Daemon(store), try await Daemon(store))
        #expect(try await other.secrets.open(name) == nil)
        try await one.secrets.put(Secret("planted"), as: name)
        #expect(try await other.secrets.open(name)?.reveal() == "planted")
        try await other.secrets.put(Secret("new"), as: name)
        #expect(try await one.secrets.open(name)?.reveal() == "new")
        try await other.secrets.delete(name)
        try await other.secrets.delete(name)
        #expect(try await one.secrets.open(name) == nil)
    }

    /// A tenant has 500 secrets; an installation has as many machines as it has.
    @Test func theNumberHasNoQuota() async throws {
        let daemon = try await Daemon(store)
        for number in 0...Vault.secretsPerTenant {
            try await daemon.secrets.put(Secret("v"), as: "machine.\(number)")
        }
        #expect(try await store.versionCounts() == ["k1": Vault.secretsPerTenant + 1])
    }

    /// Whatever the scope of a caller is: also one of the reserved owner, which a configuration could name.
    @Test(arguments: [
        TenantScope.all, .only([Tenant.default]), .only([Tenant.installation]),
        .only([Tenant.default, Tenant.installation]),
    ])
    func noMethodOfSecretsReachesThem(_ scope: TenantScope) async throws {
        let daemon = try await Daemon(store)
        try await daemon.secrets.put(Secret("planted"), as: name)
        let client = daemon.connect(store, tenants: scope)
        let listed = try await client.result("secret.list")
        #expect(listed["secrets"] == [] && listed["next"] == nil)
        for after in ["/", "_/a", "_installation/a", "_installation/zzz"] {
            #expect(try await client.result("secret.list", ["after": .string(after)])["secrets"] == [])
        }
        for method in ["secret.reveal", "secret.delete"] {
            #expect(try await client.code(method, ["name": .string(name)]) == "secretNotFound", "\(method)")
            // This router does not check the form of a tenant's id, so the vault itself must refuse it.
            let named: JSONValue = ["name": .string(name), "tenant": .string(Tenant.installation.text)]
            #expect(try await client.code(method, named) == "secretNotFound", "\(method)")
        }
        if scope == .only([Tenant.installation]) {
            #expect(try await client.code("secret.set", ["name": .string(name), "value": "v"]) == "tenantNotFound")
        }
        #expect(try await daemon.secrets.open(name)?.reveal() == "planted")
    }

    @Test func theListOfAllTenantsBeginsAfterThem() async throws {
        let daemon = try await Daemon(store)
        try await daemon.secrets.put(Secret("v"), as: String(repeating: "z", count: Vault.nameLimit))
        try await daemon.vault.put(Secret("v"), as: SecretReference(tenant: Tenant.default, name: "0"))
        let listed = try await daemon.vault.list(SecretQuery(scope: .all))
        #expect(listed.rows.map(\.reference.name) == ["0"])
    }

    @Test func theFunctionsForTenantsRefuseThem() async throws {
        let vault = try await Daemon(store).vault
        try await vault.set(Secret("planted"), as: reference)
        await #expect(throws: VaultError.self) { try await vault.put(Secret("v"), as: reference) }
        await #expect(throws: VaultError.self) { try await vault.open(reference) }
        await #expect(throws: VaultError.self) { try await vault.reveal(reference) }
        await #expect(throws: VaultError.self) { try await vault.delete(reference) }
        #expect(try await vault.value(of: reference).reveal() == "planted")
    }

    @Test func aRotationWrapsThemToo() async throws {
        try await Daemon(store).secrets.put(Secret("planted"), as: name)
        let lines = """
            aura-key-1 k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=
            aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
            """
        let daemon = try await Daemon(store, lines)
        let client = daemon.connect(store)
        let before = try await client.result("vault.status")
        #expect(before["currentKey"] == "k2")
        #expect(before["keys"]?[1] == ["id": "k1", "inKeyFile": true, "versions": 1, "tokens": 0])
        #expect(try await daemon.vault.rewrap(after: nil).changed == 1)
        #expect(try await client.result("vault.status")["keys"]?[1]?["versions"] == 0)
        #expect(try await daemon.secrets.open(name)?.reveal() == "planted")
    }
}

@Suite(.timeLimit(.minutes(1))) struct VaultMethodsTests {
    private let store = ModelStore()

    @Test func aCallerOfOneTenantReachesNothing() async throws {
        let client = try await Daemon(store).connect(store, tenants: .only([Tenant.default]))
        for (method, parameters) in [
            ("vault.status", [:]), ("vault.set", ["name": "a", "value": "v"]), ("vault.delete", ["name": "a"]),
            ("vault.adopt", [:]),
        ] as [(String, JSONValue)] {
            #expect(try await client.code(method, parameters) == "forbidden", "\(method)")
        }
    }

    @Test func aSecretIsSetShownAndDeleted() async throws {
        let daemon = try await Daemon(store)
        let client = daemon.connect(store)
        try await daemon.secrets.put(Secret("key"), as: "machine.a-g1")
        let set = try await client.reply("vault.set", ["name": .string(name), "value": "planted"])
        #expect(set["result"]?["secret"]?["version"] == 1 && !set.serializedString().contains("planted"))
        _ = try await client.result("vault.set", ["name": "z", "value": "planted"])
        let status = try await client.result("vault.status")
        #expect(status["secrets"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [name, "z"])
        #expect(status["keys"] == [["id": "k1", "inKeyFile": true, "versions": 3, "tokens": 0]])
        for method in ["vault.set", "vault.delete"] {
            let machine: JSONValue =
                method == "vault.set" ? ["name": "machine.a-g1", "value": "v"] : ["name": "machine.a-g1"]
            #expect(try await client.code(method, machine) == "invalidParams", "\(method)")
        }
        _ = try await client.result("vault.delete", ["name": "z"])
        #expect(try await client.code("vault.delete", ["name": "z"]) == "secretNotFound")
        #expect(try await daemon.secrets.open("machine.a-g1")?.reveal() == "key")
    }

    /// The page after the keys of machines begins behind all of them.
    @Test func theStatusSkipsTheKeysOfMachines() async throws {
        let daemon = try await Daemon(store)
        for number in 1...450 { try await daemon.secrets.put(Secret("v"), as: "machine.\(number)") }
        for name in ["a", "z"] { try await daemon.secrets.put(Secret("v"), as: name) }
        let status = try await daemon.connect(store).result("vault.status")
        #expect(status["secrets"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["a", "z"])
    }
}

/// Files in memory: a value by place. A value of `nil` is not needed by any machine.
private final class Files: OutsideCredentials {
    struct Damaged: Error {}

    let content: Locked<[String: String?]>
    let use: String?
    let changedAt: Timestamp?

    init(_ content: [String: String?], use: String? = nil, changedAt: Timestamp? = nil) {
        self.content = Locked(content)
        self.use = use
        self.changedAt = changedAt
    }

    func all() async throws -> [OutsideCredential] {
        content.withLock { $0.keys.sorted() }.map { name in
            OutsideCredential(
                name: name, place: "/keys/\(name)", use: use,
                value: {
                    let value = self.content.withLock { $0[name] ?? nil }
                    if value == "damaged" { throw Failure(.transient, code: "credentialStore", message: "damaged") }
                    return value.map { Secret($0) }
                }, changedAt: { self.changedAt },
                delete: { _ = self.content.withLock { $0.removeValue(forKey: name) } })
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct CredentialImportTests {
    private let store = ModelStore()

    @Test func anImportCanBeRepeatedAndDeletesOnlyWhatTheVaultHas() async throws {
        let daemon = try await Daemon(store)
        let client = daemon.connect(store)
        let files = Files([
            "machine.a": "planted-a", "machine.b": "planted-b", "machine.c": "damaged", "machine.d": nil,
        ])
        let settings = Files([name: "planted-token"], use: "the configuration names it")
        daemon.secrets.offer(files)
        daemon.secrets.offer(settings)
        // The daemon has changed the secret after the file was written.
        try await daemon.secrets.put(Secret("newer"), as: "machine.b")
        #expect(try await client.result("vault.status")["outside"] == 5)

        let first = try await client.reply("vault.adopt")
        let result = try #require(first["result"])
        #expect(!first.serializedString().contains("planted"))
        #expect((result["imported"], result["present"], result["deleted"]) == (2, 1, 0))
        #expect(result["leftCount"] == 5)
        let deletable = result["left"]?.arrayValue?.filter { $0["deletable"] == true }
        #expect(deletable?.compactMap { $0["name"]?.stringValue } == ["machine.a", "machine.b"])
        #expect(files.content.withLock { $0.count } == 4)

        let second = try await client.result("vault.adopt", ["delete": true])
        #expect((second["imported"], second["present"], second["deleted"]) == (0, 3, 2))
        #expect(files.content.withLock { $0.keys.sorted() } == ["machine.c", "machine.d"])
        #expect(settings.content.withLock { $0.count } == 1)
        #expect(try await daemon.secrets.open("machine.a")?.reveal() == "planted-a")
        #expect(try await daemon.secrets.open("machine.b")?.reveal() == "newer")
        #expect(try await daemon.secrets.open("machine.d") == nil)
        #expect(try await daemon.secrets.open(name)?.reveal() == "planted-token")
        let left = second["left"]?.arrayValue?.compactMap { $0["reason"]?.stringValue }
        #expect(
            left == ["the configuration names it", "damaged"] + [
                "no machine of this database needs it: delete it if no other database does"
            ])
    }

    /// A daemon without a key file has changed the keys of a machine after they were imported. The newer ones win.
    @Test(arguments: [-1, 0, 1]) func theNewerOfTwoCredentialsIsKept(_ seconds: Int) async throws {
        let daemon = try await Daemon(store)
        try await daemon.secrets.put(Secret("of the vault"), as: "machine.a")
        let set = try #require(try await store.secret(InstallationVault.reference("machine.a"))?.updatedAt)
        let files = Files(["machine.a": "of the file"], changedAt: set + .seconds(seconds))
        daemon.secrets.offer(files)
        let result = try await daemon.connect(store).result("vault.adopt", ["delete": true])
        let isNewer = seconds > 0
        #expect(try await daemon.secrets.open("machine.a")?.reveal() == (isNewer ? "of the file" : "of the vault"))
        #expect(result["imported"] == (isNewer ? 1 : 0) && result["present"] == (isNewer ? 0 : 1))
        #expect(result["deleted"] == 1)
        #expect(files.content.withLock { $0.isEmpty })
    }

    /// The file is written again between its import and its deletion.
    @Test func aFileThatChangesMeanwhileIsNotDeleted() async throws {
        let daemon = try await Daemon(store)
        let file = Rewritten()
        daemon.secrets.offer(file)
        let result = try await daemon.connect(store).result("vault.adopt", ["delete": true])
        #expect(result["deleted"] == 0 && result["leftCount"] == 1)
        #expect(result["left"]?[0]?["reason"] == "it was changed or removed meanwhile: import again")
        #expect(!file.isDeleted.withLock { $0 })
    }

    /// Has another value from the third read on.
    private final class Rewritten: OutsideCredentials {
        private let reads = Locked(0)
        let isDeleted = Locked(false)

        func all() async throws -> [OutsideCredential] {
            [
                OutsideCredential(
                    name: "machine.a", place: "/keys/a",
                    value: {
                        self.reads.withLock { reads in
                            reads += 1
                            return Secret(reads < 3 ? "old" : "new")
                        }
                    }, delete: { self.isDeleted.withLock { $0 = true } })
            ]
        }
    }

    @Test func anotherValueOfAProviderIsNotReplaced() async throws {
        let daemon = try await Daemon(store)
        try await daemon.secrets.put(Secret("set by hand"), as: name)
        daemon.secrets.offer(Files([name: "of the file"], use: "use"))
        let result = try await daemon.connect(store).result("vault.adopt", ["delete": true])
        #expect(result["left"]?[0]?["reason"] == "the vault has another value: use, if that is the right one")
        #expect(try await daemon.secrets.open(name)?.reveal() == "set by hand")
    }

    @Test func aMachineThatIsDestroyedMeanwhileLeavesNoSecret() async throws {
        let daemon = try await Daemon(store)
        daemon.secrets.offer(Vanishing())
        let result = try await daemon.connect(store).result("vault.adopt")
        #expect(result["leftCount"] == 0)
        #expect(try await daemon.secrets.open("machine.a") == nil)
    }

    /// Needed when it is read first, and not any more when it is read again.
    private final class Vanishing: OutsideCredentials {
        private let reads = Locked(0)

        func all() async throws -> [OutsideCredential] {
            [
                OutsideCredential(name: "machine.a", place: "/keys/a") {
                    self.reads.withLock { reads in
                        reads += 1
                        return reads == 1 ? Secret("v") : nil
                    }
                }
            ]
        }
    }
}
