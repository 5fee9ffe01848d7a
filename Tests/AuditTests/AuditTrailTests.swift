import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import Audit

/// Which calls are written to the audit.
@Suite(.timeLimit(.minutes(2))) struct AuditTrailTests {
    /// A call of each method that may change something, in an order in which all of them succeed. `$token` stands for
    /// the id of the token that was made before.
    private static let calls: [(method: String, parameters: JSONValue)] = [
        ("provision", ["name": "new", "region": "eu-central", "size": "small"]),
        ("suspend", ["instance": id(1)]), ("resume", ["instance": id(2)]), ("restart", ["instance": id(3)]),
        ("destroy", ["instance": id(4)]), ("job.retry", ["job": id(11)]), ("job.cancel", ["job": id(12)]),
        ("tenant.create", ["tenant": "alice"]), ("tenant.set", ["tenant": "alice", "enabled": false]),
        ("principal.create", ["name": "billing", "scopes": ["jobs:read"]]),
        ("token.create", ["principal": "billing", "name": "laptop"]), ("token.revoke", ["token": "$token"]),
        ("principal.set", ["principal": "billing", "enabled": false]), ("reconcile.run", ["dryRun": true]),
        ("secret.set", ["name": "mail.password", "value": "hunter2"]), ("secret.delete", ["name": "mail.password"]),
        ("access.deny", ["key": .string(String(repeating: "0f", count: 32))]), ("audit.erase", ["entries": [1]]),
        ("vault.set", ["name": "hetzner.token", "value": "hunter2"]), ("vault.delete", ["name": "hetzner.token"]),
        ("vault.adopt", [:]),
    ]

    /// The methods that need a scope which is given by name only, with tests of their own.
    private static let elsewhere: Set<String> = ["secret.reveal"]

    /// The methods whose entry is not a part of a transaction, and the reason.
    private static let withoutTransaction = [
        "reconcile.run": "a sweep changes no row of the caller's",
        "vault.adopt": "each credential has a transaction of its own",
    ]

    private static func id(_ number: Int) -> JSONValue { .string(Fixtures.id(number, Instance.self).text) }

    private func daemon() async throws -> AuditDaemon {
        let daemon = try await AuditDaemon()
        try await daemon.makeInstances(1...4)
        for number in 11...12 {
            _ = try await daemon.store.submit(Fixtures.provision(number, at: daemon.time.now()))
        }
        return daemon
    }

    @Test func everyMutatingMethodIsCalledHere() async throws {
        let mutating = try await daemon().router.methodProperties.filter(\.mutates).map(\.name)
        #expect(
            Set(mutating) == Set(Self.calls.map(\.method)).union(Self.elsewhere),
            "methods that need a call in this suite")
    }

    @Test func eachCallWritesOneEntry() async throws {
        let daemon = try await daemon()
        let (root, nobody) = (daemon.connect(), daemon.connect(uid: AuditDaemon.nobody))
        var token = ""
        for (method, parameters) in Self.calls {
            var parameters = parameters
            if parameters["token"] == "$token" { parameters = ["token": .string(token)] }
            var before = daemon.count
            let result = try await root.result(method, parameters)
            token = result["token"]?["id"]?.stringValue ?? token
            var entries = daemon.entries(after: before)
            #expect(entries.count == 1, "\(method): \(entries)")
            #expect(entries.first?["method"] == .string(method))
            // The job is due already, so there is nothing to change.
            #expect(entries.first?["outcome"] == (method == "job.retry" ? "unchanged" : "accepted"), "\(method)")
            #expect(entries.first?["principal"] == "uid:0" && entries.first?["proof"] == "peer")
            // Only the transaction of a change knows the object.
            #expect((entries.first?["object"] == nil) == (Self.withoutTransaction[method] != nil), "\(method)")

            for (client, wrong, code) in [(root, ["odd": 1], "invalidParams"), (nobody, parameters, "forbidden")] {
                before = daemon.count
                #expect(try await client.error(method, wrong) == code)
                entries = daemon.entries(after: before)
                #expect(entries.count == 1, "\(method): \(entries)")
                #expect(entries.first?["method"] == .string(method))
                #expect(entries.first?["outcome"] == .string(code))
            }
        }
    }

    @Test func aSecretIsRevealedOnlyWithAnEntry() async throws {
        let daemon = try await daemon()
        let (root, exporter) = (daemon.connect(), daemon.connect(uid: AuditDaemon.nobody))
        let (name, value): (JSONValue, JSONValue) = ("mail.password", "hunter2")
        _ = try await root.result("secret.set", ["name": name, "value": value, "class": "exportable"])
        _ = try await root.result("principal.create", ["name": "backup", "scopes": ["secrets:export"]])
        let made = try await root.result("token.create", ["principal": "backup", "name": "laptop"])
        _ = try await exporter.result("session.authenticate", ["token": try #require(made["text"])])

        #expect(try await exporter.result("secret.reveal", ["name": name])["value"] == value)
        let entry = try #require(daemon.entries().last)
        #expect(entry["method"] == "secret.reveal" && entry["outcome"] == "accepted" && entry["proof"] == "token")
        #expect(entry["parameters"] == ["name": name])

        let count = daemon.count
        #expect(try await root.error("secret.reveal", ["name": name]) == "forbidden")
        #expect(try await exporter.error("secret.reveal", ["name": "other"]) == "secretNotFound")
        #expect(daemon.entries(after: count).map { $0["outcome"] } == ["forbidden", "secretNotFound"])
        daemon.audit.fail(StorageError(.unavailable, "the disk is full"))
        let reply = try await exporter.call("secret.reveal", ["name": name])
        #expect(reply["error"]?["data"]?["code"] == "storageUnavailable")
        #expect(!reply.serializedString().contains("hunter2"))
    }

    @Test func aMissingSecretIsDeletedWithOneEntry() async throws {
        let daemon = try await daemon()
        #expect(try await daemon.connect().error("secret.delete", ["name": "other"]) == "secretNotFound")
        #expect(daemon.entries().map { $0["outcome"] } == ["secretNotFound"])
    }

    @Test func aRefusalByTheStoreIsAnEntryOfItsOwn() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        let parameters: JSONValue = ["name": "ada-1", "region": "eu-central", "size": "small", "change": "deploy-42"]
        #expect(try await root.error("provision", parameters) == "nameTaken")
        let entries = daemon.entries()
        #expect(entries.map { $0["outcome"] } == ["nameTaken"])
        #expect(entries.first?["parameters"]?["name"] == "ada-1")
    }

    /// A secret may be under a misspelt name.
    @Test func textsOfInvalidParametersAreNotStored() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        for parameters: JSONValue in [["name": "a", "valeu": "hunter2", "count": 5], ["hunter2"]] {
            #expect(try await root.error("secret.set", parameters) == "invalidParams")
        }
        #expect(
            daemon.entries().map { $0["parameters"] } == [
                ["count": 5, "name": "a", "valeu": "[not stored]"], "[not stored]",
            ])
    }

    /// The entry of a refused call belongs to a tenant of its caller, also if the call names another one.
    @Test func aRefusedCallIsNoEntryOfAnotherTenant() async throws {
        let daemon = try await daemon()
        let (root, buyer) = (daemon.connect(), daemon.connect(uid: AuditDaemon.nobody))
        _ = try await root.result("tenant.create", ["tenant": "alice"])
        _ = try await root.result(
            "principal.create", ["name": "buyer", "scopes": ["instances:write"], "tenants": ["alice"]])
        let made = try await root.result("token.create", ["principal": "buyer", "name": "laptop"])
        _ = try await buyer.result("session.authenticate", ["token": try #require(made["text"])])
        let count = daemon.count
        for tenant: JSONValue in ["alice", "default"] {
            let code = try await buyer.error("destroy", ["instance": "gone", "tenant": tenant])
            #expect(code == "instanceNotFound")
        }
        #expect(daemon.entries(after: count).map { $0["tenant"] } == ["alice", nil])
    }

    @Test func aRepeatedCallSaysSo() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        let parameters: JSONValue = ["instance": Self.id(1), "idempotencyKey": "k"]
        let first = try await root.result("restart", parameters)
        #expect(try await root.result("restart", parameters)["job"]?["id"] == first["job"]?["id"])
        #expect(daemon.entries().map { $0["outcome"] } == ["accepted", "repeated"])
    }

    @Test func readsAreOnlyWrittenIfTheyAreRefused() async throws {
        let daemon = try await daemon()
        #expect(try await daemon.connect().error("job.get", ["job": Self.id(99)]) == "jobNotFound")
        _ = try await daemon.connect().result("status.list")
        #expect(daemon.count == 0)
        let nobody = daemon.connect(uid: AuditDaemon.nobody)
        #expect(try await nobody.error("status.list") == "forbidden")
        #expect(daemon.entries().map { $0["method"] } == ["status.list"])
        // The handler of this method is immediate, so its entry goes through the queue.
        #expect(try await nobody.error("access.list") == "forbidden")
        await daemon.trail.flush()
        #expect(daemon.entries().map { $0["method"] } == ["status.list", "access.list"])
    }

    @Test func withoutTheAuditCallsFail() async throws {
        let daemon = try await daemon()
        daemon.audit.fail(StorageError(.unavailable, "the disk is full"))
        #expect(try await daemon.connect().error("reconcile.run", ["dryRun": true]) == "storageUnavailable")
        let nobody = daemon.connect(uid: AuditDaemon.nobody)
        #expect(try await nobody.error("destroy", ["instance": Self.id(1)]) == "storageUnavailable")
        #expect(daemon.count == 0)
        // A queued entry waits until it can be written.
        #expect(try await nobody.error("access.list") == "forbidden")
        await daemon.trail.flush()
        #expect(daemon.count == 0)
        daemon.audit.fail(nil)
        await daemon.trail.flush()
        #expect(daemon.entries().map { $0["method"] } == ["access.list"])
    }

    @Test func aFullQueueIsCounted() async throws {
        let daemon = try await daemon()
        for uid in 5001...6003 {
            #expect(try await daemon.connect(uid: UInt32(uid)).error("access.list") == "forbidden")
        }
        await daemon.trail.flush()
        let entries = daemon.entries()
        #expect(entries.count == 1001)
        #expect(entries.filter { $0["method"] == "audit.overflow" }.map { $0["parameters"] } == [["dropped": 3]])
    }

    /// A call that the database did not answer does not wait for it again.
    @Test func anOutageIsWrittenAfterIt() async throws {
        let daemon = try await daemon()
        let context = Locked<RPCContext?>(nil)
        var router = daemon.router
        router.register(RPCMethod<NoParams, Bool>("odd.change", mutates: true)) {
            (_: NoParams, call: RPCContext) async throws -> Bool in
            context.withLock { $0 = call }
            throw RPCError(.storageUnavailable, "cannot use the database")
        }
        daemon.audit.fail(StorageError(.unavailable, "the server is away"))
        let client = AuditClient(connection: InMemoryConnection(router: router))
        let reply = try await client.call("odd.change")
        #expect(reply["error"]?["message"] == "cannot use the database")
        #expect(context.withLock { $0?.audit?.isWritten } == false)
        daemon.audit.fail(nil)
        await daemon.trail.flush()
        #expect(daemon.entries().map { $0["outcome"] } == ["storageUnavailable"])
    }

    /// A caller without rights cannot fill the disk.
    @Test func manyRefusalsOfAPeerAreCounted() async throws {
        let daemon = try await daemon()
        let nobody = daemon.connect(uid: AuditDaemon.nobody)
        for _ in 1...(AuditTrail.refusalsPerMinute + 7) {
            #expect(try await nobody.error("destroy", ["instance": Self.id(1)]) == "forbidden")
        }
        #expect(daemon.count == AuditTrail.refusalsPerMinute)
        daemon.time.advance(by: .seconds(61))
        await daemon.trail.flush()
        let last = try #require(daemon.entries().last)
        #expect(daemon.count == AuditTrail.refusalsPerMinute + 1)
        #expect(last["method"] == "audit.refusals" && last["parameters"] == ["count": 7] && last["peer"] == "uid 4242")
    }

    @Test func wrongTokensAreCountedForEachPeerAndMinute() async throws {
        let daemon = try await daemon()
        for _ in 1...15 {
            let client = daemon.connect(uid: AuditDaemon.nobody)
            #expect(try await client.error("session.authenticate", ["token": "aura1_k1_wrong"]) == "unauthenticated")
        }
        await daemon.trail.flush()
        #expect(daemon.count == AuditTrail.failuresPerMinute)
        daemon.time.advance(by: .seconds(61))
        await daemon.trail.flush()
        let last = try #require(daemon.entries().last)
        #expect(daemon.count == AuditTrail.failuresPerMinute + 1)
        #expect(last["parameters"] == ["count": 5])
        #expect(last["peer"] == "uid 4242" && last["outcome"] == "unauthenticated")
        await daemon.trail.flush()
        #expect(daemon.count == AuditTrail.failuresPerMinute + 1)
    }

    /// At the end of the daemon there are more counts than the queue has places.
    @Test func allCountsAreWrittenAtTheEnd() async throws {
        let daemon = try await AuditDaemon()
        let (secrets, peers) = (SecretUses.secretLimit, 300)
        for _ in 1...2 {
            for number in 1...secrets {
                daemon.trail.noteUse(of: SecretReference(tenant: TenantID("alice"), name: "s\(number)"))
            }
            await daemon.trail.flush()
        }
        for number in 0..<peers {
            let peer = Peer.tcp(address: "10.0.\(number / 250).\(number % 250)", port: 1)
            for _ in 0...AuditTrail.failuresPerMinute { daemon.trail.noteFailure(of: peer) }
            await daemon.trail.flush()
        }
        let count = daemon.count
        await daemon.trail.flush(all: true)
        let counts = daemon.entries(after: count)
        #expect(counts.filter { $0["method"] == "secret.use" }.count == secrets)
        #expect(counts.filter { $0["method"] == "session.authenticate" }.count == peers)
        #expect(counts.count == secrets + peers)
    }

    @Test func furtherPeersAreCountedTogether() {
        var failures = RefusalCounts(entriesPerMinute: 10)
        for number in 0..<RefusalCounts.peerLimit {
            let peer = Peer.tcp(address: "10.0.\(number / 250).\(number % 250)", port: number)
            let isFirst = failures.note(peer, at: Fixture.now)
            #expect(isFirst)
        }
        for number in 1...12 {
            let isFirst = failures.note(.tcp(address: "10.9.0.\(number)", port: 1), at: Fixture.now)
            #expect(isFirst == (number <= 10))
        }
        let counts = failures.take(endedAt: nil)
        #expect(counts.map(\.peer) == [nil] && counts.map(\.count) == [2])
        let others = failures.take(endedAt: nil)
        #expect(others.isEmpty)
    }
}

/// What the audit stores of parameters, and how long an entry can be.
@Suite struct AuditParametersTests {
    @Test func valuesWithTheNameOfASecretAreReplaced() {
        let stored = AuditParameters.stored([
            "name": "n", "value": "hunter2", "Token": "aura1_x", "nested": [["password": ["a"]], ["key": 7]],
            "quota": ["tokens": 5],
        ])
        #expect(
            stored?.serializedString()
                == #"{"Token":"[redacted]","name":"n","nested":[{"password":"[redacted]"},{"key":7}],"#
                + #""quota":{"tokens":5},"value":"[redacted]"}"#)
        #expect(AuditParameters.stored(nil) == nil && AuditParameters.stored(.null) == nil)
    }

    /// A caller may put a secret in the place of another parameter.
    @Test func onlyTheObjectsOfARefusedCallAreStored() {
        let key = String(repeating: "aB3", count: 20)
        let stored = AuditParameters.refused(
            AuditParameters.stored([
                "name": "ada", "instance": .string(key), "region": .string(key), "token": "t", "limit": 5,
                "labels": ["a": .string(key)], "idempotencyKey": "k", key: 1,
            ]))
        #expect(
            stored?.serializedString()
                == #"{"idempotencyKey":"[not stored]","instance":"[not stored]","labels":"[not stored]","limit":5,"#
                + #""name":"ada","region":"[not stored]","token":"[redacted]"}"#)
        #expect(AuditParameters.refused([.string(key)]) == "[not stored]")
        #expect(AuditParameters.refused(nil) == nil)
    }

    @Test func longParametersAreReplacedByTheirDigest() {
        let long = JSONValue.object(["name": .string(String(repeating: "x", count: 6000))])
        let stored = AuditParameters.stored(long)
        #expect(stored?["length"] == 6011)
        #expect(stored?["sha256"]?.stringValue?.count == 64)
        var deep = JSONValue.string("end")
        for _ in 0..<40 { deep = ["inner": deep] }
        #expect(AuditParameters.stored(deep)?.serializedString().contains("end") == false)
    }

    /// The longest texts in every member, with the characters that have the longest escapes.
    @Test func anEntryHasALimitedLength() {
        let limit = AuditDraft.parametersLimitBytes
        for character in ["\u{1}", "\"", "\\", "é", "x", "\u{2028}"] {
            let long = String(repeating: character, count: 10_000)
            let parameters = AuditParameters.stored(["p": .string(String(repeating: "y", count: limit - 8))])
            #expect(parameters?.serialized().count == limit)
            let draft = AuditDraft(
                at: Fixture.now, principal: PrincipalID(long), proof: long, token: long, peer: long, method: long,
                tenant: TenantID(long), object: long, change: ChangeID(long), outcome: long, parameters: parameters,
                salt: Array(repeating: 0, count: AuditDraft.saltBytes))
            #expect(draft.body.count <= AuditDraft.bodyLimitBytes)
            #expect(throws: Never.self) { try JSONValue(parsing: draft.body) }
        }
    }
}
