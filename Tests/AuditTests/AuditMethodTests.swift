import AuraModel
import Encoding
import JSON
import Storage
import TestKit
import Testing

@testable import Audit

/// `audit.list`, `audit.verify`, `audit.export`, `audit.erase`, `audit.checkpoint`, and the service that signs
/// checkpoints and prunes.
@Suite(.timeLimit(.minutes(2))) struct AuditMethodTests {
    /// A daemon with entries about the tenants `alice` and `bob`, and of no tenant.
    private func daemon(hasKey: Bool = true) async throws -> AuditDaemon {
        let daemon = try await AuditDaemon(hasKey: hasKey)
        let root = daemon.connect()
        for tenant in ["alice", "bob"] { _ = try await root.result("tenant.create", ["tenant": .string(tenant)]) }
        _ = try await root.result("principal.create", ["name": "billing", "scopes": ["jobs:read"]])
        return daemon
    }

    @Test func aListHasTheEntriesOfTheCallersTenants() async throws {
        let daemon = try await daemon()
        let all = try await daemon.connect().result("audit.list")["entries"]?.arrayValue ?? []
        #expect(all.map { $0["method"] } == ["tenant.create", "tenant.create", "principal.create"])
        #expect(all.map { $0["seq"] } == [1, 2, 3])
        #expect(all.first?["parameters"] == ["tenant": "alice"])
        let some = try await daemon.connect(uid: AuditDaemon.auditorOfAlice).result("audit.list")["entries"]
        #expect(some?.arrayValue?.map { $0["tenant"] } == ["alice"])
        let filtered = try await daemon.connect().result("audit.list", ["method": "principal.create", "limit": 1])
        #expect(filtered["entries"]?.arrayValue?.count == 1 && filtered["next"] == nil)
        let first = try await daemon.connect().result("audit.list", ["limit": 2])
        #expect(first["next"] == 2)
        let second = try await daemon.connect().result("audit.list", ["limit": 2, "after": 2])
        #expect(second["entries"]?.arrayValue?.map { $0["seq"] } == [3] && second["next"] == nil)
    }

    @Test func onlyCallersOfAllTenantsSeeTheChain() async throws {
        let daemon = try await daemon()
        for method in ["audit.verify", "audit.export", "audit.checkpoint"] {
            #expect(try await daemon.connect(uid: AuditDaemon.auditorOfAlice).error(method) == "forbidden")
            #expect(try await daemon.connect(uid: AuditDaemon.nobody).error(method) == "forbidden")
        }
    }

    @Test func verificationSaysWhatItProved() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        var verdict = try await root.result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["proofs"] == ["chain"])
        #expect(verdict["remark"] == "there is no checkpoint yet")
        let kept = try await root.result("audit.checkpoint")
        #expect(kept["seq"] == 3)
        verdict = try await root.result("audit.verify")
        #expect(verdict["proofs"] == ["chain", "checkpoints"] && verdict["remark"] == nil)
        #expect(verdict["head"] == 3 && verdict["floor"] == 0 && verdict["erased"] == 0)
        let checkpoint = try #require(kept["checkpoint"])
        verdict = try await root.result("audit.verify", ["checkpoint": checkpoint])
        #expect(verdict["proofs"] == ["chain", "checkpoints", "outside"])
        let text = try #require(checkpoint.stringValue)
        let wrong: [JSONValue] = ["", "x", .string(text.replacing("\n3\n", with: "\n2\n"))]
        for text in wrong {
            #expect(try await root.error("audit.verify", ["checkpoint": text]) == "invalidParams")
        }
    }

    @Test func withoutAKeyFileThereAreNoCheckpoints() async throws {
        let daemon = try await daemon(hasKey: false)
        let root = daemon.connect()
        let verdict = try await root.result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["proofs"] == ["chain"])
        #expect(verdict["remark"] == "there is no key file, so there are no signed checkpoints")
        #expect(try await root.error("audit.checkpoint") == "noVaultKey")
        let lines = try await root.result("audit.export")["lines"]?.arrayValue ?? []
        #expect(lines.count == 4)
    }

    /// Each kind of change of the stored entries is found, and is not signed.
    @Test func changesOfEntriesAreFound() async throws {
        let edits: [@Sendable (inout [AuditEntry]) -> Void] = [
            { $0[1].content?.body[5] ^= 1 }, { $0[1].content?.salt[0] ^= 1 }, { $0[1].digest[0] ^= 1 },
            { $0[1].hash[0] ^= 1 }, { $0.remove(at: 1) }, { $0.swapAt(0, 1) }, { $0.insert($0[0], at: 1) },
            { $0[0].seq = 2 },
        ]
        let removals: [@Sendable (inout [AuditEntry]) -> Void] = [
            { $0.removeAll { $0.seq == 3 } }, { $0.removeAll() }, { $0.removeAll { $0.seq == 1 } },
        ]
        let all = edits.map { edit in { @Sendable rows in if rows.count >= 3 { edit(&rows) } } } + removals
        for edit in all {
            let daemon = try await daemon()
            daemon.audit.edit(edit)
            let root = daemon.connect()
            let verdict = try await root.result("audit.verify")
            #expect(verdict["consistent"] == false && verdict["proofs"] == [] && verdict["fault"] != nil)
            #expect(try await root.error("audit.checkpoint") == "unreadable")
            #expect(try await daemon.store.auditCheckpoints().isEmpty)
        }
    }

    /// An attacker removes the last entry and moves the head back. The rest is consistent in itself.
    @Test func aRemovedEndIsFoundByACheckpoint() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        let kept = try #require(try await root.result("audit.checkpoint")["checkpoint"])
        let second = daemon.disk.audit[1]
        daemon.audit.end(at: AuditHead(seq: 2, hash: second.hash))
        let verdict = try await root.result("audit.verify")
        #expect(verdict["consistent"] == false)
        #expect(
            verdict["fault"] == "the audit ends at entry 2, and a checkpoint knows entry 3: the end was removed")
        #expect(try await root.result("audit.verify", ["checkpoint": kept])["consistent"] == false)
        #expect(try await root.error("audit.checkpoint") == "unreadable")
        #expect(try await root.error("audit.export") == "unreadable")
        let checkpoints = try #require(daemon.checkpoints)
        daemon.time.advance(by: .seconds(100))
        await checkpoints.look()
        #expect(try await daemon.store.auditCheckpoints().rows.map(\.seq) == [3])
    }

    @Test func aCheckpointOfPrunedEntriesCannotBeCompared() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        let kept = try #require(try await root.result("audit.checkpoint")["checkpoint"])
        try await daemon.trail.append(action: "daemon.start")
        try await daemon.pruneAll()
        #expect(try await root.error("audit.verify", ["checkpoint": kept]) == "invalidParams")
        #expect(try await root.result("audit.verify")["consistent"] == true)
    }

    /// An exchange of the whole chain is found by a checkpoint only.
    @Test func anotherChainIsFoundByACheckpoint() async throws {
        let first = try await daemon()
        let kept = try #require(try await first.connect().result("audit.checkpoint")["checkpoint"])
        let second = try await daemon()
        second.time.advance(by: .seconds(1))
        let root = second.connect()
        _ = try await root.result("tenant.create", ["tenant": "carol"])
        #expect(try await root.result("audit.verify")["consistent"] == true)
        let other = try await AuditDaemon()
        for _ in 1...3 { try await other.trail.append(action: "daemon.start") }
        let verdict = try await other.connect().result("audit.verify", ["checkpoint": kept])
        #expect(verdict["consistent"] == false)
        #expect(verdict["fault"] == "entry 3 differs from the checkpoint of that entry")
    }

    /// The lines of an export are enough to verify the chain.
    @Test func anExportCanBeVerifiedByItself() async throws {
        let daemon = try await daemon()
        _ = try await daemon.store.eraseAudit([2], audit: nil)
        var lines: [JSONValue] = []
        var after = JSONValue.integer(0)
        while true {
            let page = try await daemon.connect().result("audit.export", ["after": after, "limit": 2])
            lines += try (page["lines"]?.arrayValue ?? []).map { try JSONValue(parsing: $0.stringValue ?? "") }
            guard let next = page["next"] else { break }
            after = next
        }
        #expect(lines.count == 5)
        func bytes(_ value: JSONValue?) -> [UInt8]? { value?.stringValue.flatMap { Base64.decode($0) } }
        let floor = AuditHead(seq: 0, hash: try #require(bytes(lines[0]["hash"])))
        #expect(floor == AuditHead.start(installation: lines[0]["installation"]?.stringValue ?? ""))
        let checkpoint = try SignedCheckpoint(
            lines[4]["checkpoint"]?.stringValue ?? "", key: AuditDaemon.signingKey.verificationKey)
        var verification = try AuditVerification(after: floor, checkpoints: [checkpoint.head])
        for line in lines[1...3] {
            let body = line["body"]?.stringValue.map { Array($0.utf8) }
            let content = body.map { AuditEntry.Content(salt: bytes(line["salt"]) ?? [], body: $0) }
            try verification.check(
                AuditEntry(
                    seq: line["seq"]?.integerValue ?? 0, content: content, digest: bytes(line["digest"]) ?? [],
                    hash: bytes(line["hash"]) ?? []))
        }
        try verification.finish()
        #expect(verification.erased == 1 && verification.head == checkpoint.head)
    }

    // MARK: The service

    @Test func aCheckpointIsSignedEachMinuteWithNewEntries() async throws {
        let daemon = try await AuditDaemon()
        let checkpoints = try #require(daemon.checkpoints)
        func signed() async throws -> [Int64] { try await daemon.store.auditCheckpoints().rows.map(\.seq) }
        await checkpoints.look()
        #expect(try await signed() == [])
        try await daemon.trail.append(action: "daemon.start")
        await checkpoints.look()
        #expect(try await signed() == [1])
        try await daemon.trail.append(action: "daemon.start")
        await checkpoints.look()
        #expect(try await signed() == [1])
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        await checkpoints.look()
        #expect(try await signed() == [1, 2])
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        await checkpoints.look()
        #expect(try await signed() == [1, 2])
        let many = (0..<Int(AuditCheckpoints.entryLimit)).map { number in
            AuditDraft(
                at: daemon.time.now(), principal: PrincipalID("uid:0"), proof: "peer", peer: "", method: "\(number)",
                salt: Array(repeating: 0, count: AuditDraft.saltBytes))
        }
        try await daemon.store.appendAudit(many)
        await checkpoints.look()
        #expect(try await signed() == [1, 2, 2 + AuditCheckpoints.entryLimit])
    }

    /// A time in the future, or at the end of the range, is that of a wrong clock or was changed.
    @Test(arguments: [Int64.max, .min]) func noCheckpointWaitsForAWrongTime(_ milliseconds: Int64) async throws {
        let daemon = try await daemon()
        let note = SignedCheckpoint(
            try await daemon.store.auditBounds().head, installation: daemon.store.installation,
            key: AuditDaemon.signingKey)
        try await daemon.store.putAuditCheckpoint(
            AuditCheckpoint(seq: 3, at: Timestamp(milliseconds: milliseconds), text: note.text))
        try await daemon.trail.append(action: "daemon.start")
        await (try #require(daemon.checkpoints)).look()
        #expect(try await daemon.store.auditCheckpoints().rows.map(\.seq) == [3, 4])
    }

    /// Another daemon has signed entry 4, and the entries after those that this daemon verified were replaced since.
    @Test func entriesThatAnotherDaemonSignedAreCompared() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        _ = try await root.result("audit.checkpoint")
        for _ in 1...2 { try await daemon.trail.append(action: "daemon.start") }
        let other = AuditHead(seq: 4, hash: Array(repeating: 1, count: AuditChain.hashBytes))
        let note = SignedCheckpoint(other, installation: daemon.store.installation, key: AuditDaemon.signingKey)
        try await daemon.store.putAuditCheckpoint(AuditCheckpoint(seq: 4, at: daemon.time.now(), text: note.text))
        #expect(try await root.error("audit.checkpoint") == "unreadable")
        #expect(try await daemon.store.auditCheckpoints().rows.map(\.seq) == [3, 4])
    }

    /// A checkpoint of a new entry, between the reads of a verification.
    @Test func aCheckpointThatIsSignedMeanwhileIsNoFault() async throws {
        let daemon = try await daemon()
        let (store, trail, time) = (daemon.store, daemon.trail, daemon.time)
        daemon.audit.beforeCheckpoints {
            try await trail.append(action: "daemon.start")
            let note = SignedCheckpoint(
                try await store.auditBounds().head, installation: store.installation, key: AuditDaemon.signingKey)
            try await store.putAuditCheckpoint(AuditCheckpoint(seq: 4, at: time.now(), text: note.text))
        }
        let verdict = try await daemon.connect().result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["head"] == 4 && verdict["proofs"] == ["chain", "checkpoints"])
    }

    // MARK: Former keys

    private func reader(_ daemon: AuditDaemon, _ keys: [AuditSigningKey]) -> AuditReader {
        AuditReader(
            store: daemon.audit, installation: daemon.store.installation, keys: keys.map(\.verificationKey))
    }

    private func checkpoints(_ daemon: AuditDaemon, _ keys: [AuditSigningKey]) -> AuditCheckpoints {
        AuditCheckpoints(
            store: daemon.audit, trail: daemon.trail, reader: reader(daemon, keys), key: keys[0],
            retention: AuditDaemon.retention, owner: "there", time: daemon.time, logger: AuditDaemon.quiet)
    }

    /// Once there is a checkpoint under the current key, the former one is not needed any more.
    @Test func aFormerKeyCanBeRemoved() async throws {
        let daemon = try await daemon()
        _ = try await daemon.connect().result("audit.checkpoint")
        let new = AuditSigningKey(seed: Array(1...32))
        try await daemon.trail.append(action: "daemon.start")
        _ = try await checkpoints(daemon, [new, AuditDaemon.signingKey]).present()
        try await daemon.trail.append(action: "daemon.start")
        _ = try await checkpoints(daemon, [new]).present()
        #expect(try await daemon.store.auditCheckpoints().rows.map(\.seq) == [3, 4, 5])
        let verdict = try await reader(daemon, [new]).verify(outside: nil)
        #expect(verdict.fault == nil && verdict.proofs == [.chain, .checkpoints])
        #expect(verdict.remark?.contains("under a key that is not in vault.keyFile") == true)
        // A checkpoint under an unknown key must agree with the entries all the same.
        let wrong = SignedCheckpoint(
            AuditHead(seq: 2, hash: Array(repeating: 1, count: AuditChain.hashBytes)),
            installation: daemon.store.installation, key: AuditDaemon.signingKey)
        try await daemon.store.putAuditCheckpoint(AuditCheckpoint(seq: 2, at: daemon.time.now(), text: wrong.text))
        #expect(
            try await reader(daemon, [new]).verify(outside: nil).fault
                == "entry 2 differs from the checkpoint of that entry")
    }

    @Test func withoutTheKeyOfTheNewestCheckpointNoneIsSigned() async throws {
        let daemon = try await daemon()
        _ = try await daemon.connect().result("audit.checkpoint")
        let new = AuditSigningKey(seed: Array(1...32))
        await #expect(throws: CheckpointError.unknownKey) { try await checkpoints(daemon, [new]).present() }
        let verdict = try await reader(daemon, [new]).verify(outside: nil)
        #expect(verdict.fault == nil && verdict.proofs == [.chain] && verdict.remark != nil)
    }

    /// A daemon without the key of the newest checkpoint gives up the lease, and tries again after a while.
    @Test func aDaemonThatCannotSignGivesUpTheLease() async throws {
        let daemon = try await daemon()
        let able = try #require(daemon.checkpoints)
        await able.look()
        try await daemon.trail.append(action: "daemon.start")
        daemon.time.advance(by: .seconds(100))
        let unable = checkpoints(daemon, [AuditSigningKey(seed: Array(1...32))])
        func holder() async throws -> Bool {
            try await daemon.store.takeSingletonLease(
                SingletonLeaseRequest(name: "audit", owner: "there", duration: .seconds(30), now: daemon.time.now()))
        }
        await unable.look()
        await able.look()
        #expect(try await daemon.store.auditCheckpoints().rows.map(\.seq) == [3, 4])
        #expect(try await holder() == false)
        // The other daemon has ended. This one tries again, and gives up again.
        daemon.time.advance(by: .seconds(100))
        await unable.look(after: .seconds(10))
        #expect(try await holder())
        await unable.look(after: .seconds(20))
        daemon.time.advance(by: .seconds(1))
        await able.look()
        #expect(try await holder() == false)
    }

    /// A daemon that takes over goes on from the stored checkpoint, and from the floor after a pruning.
    @Test func anotherDaemonGoesOnSigning() async throws {
        let daemon = try await daemon()
        _ = try await daemon.connect().result("audit.checkpoint")
        let reader = AuditReader(
            store: daemon.audit, installation: daemon.store.installation,
            keys: [AuditDaemon.signingKey.verificationKey])
        for number in 1...2 {
            let other = AuditCheckpoints(
                store: daemon.audit, trail: daemon.trail, reader: reader, key: AuditDaemon.signingKey,
                retention: AuditDaemon.retention, owner: "there-\(number)", time: daemon.time,
                logger: AuditDaemon.quiet)
            try await daemon.trail.append(action: "daemon.start")
            daemon.time.advance(by: .seconds(100))
            await other.look()
            let newest = try await daemon.store.auditCheckpoints().rows.last
            #expect(newest?.seq == Int64(3 + number))
        }
        try await daemon.pruneAll()
        let verdict = try await daemon.connect().result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["floor"] == 5)
        #expect(verdict["proofs"] == ["chain", "checkpoints"])
    }
}
