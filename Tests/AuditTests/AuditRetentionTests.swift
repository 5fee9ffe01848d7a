import AuraModel
import JSON
import Storage
import TestKit
import Testing

@testable import Audit

/// Retention, erasure, and the hashes of events.
@Suite(.timeLimit(.minutes(2))) struct AuditRetentionTests {
    private func daemon() async throws -> AuditDaemon {
        let daemon = try await AuditDaemon()
        let root = daemon.connect()
        for tenant in ["alice", "bob"] { _ = try await root.result("tenant.create", ["tenant": .string(tenant)]) }
        return daemon
    }

    private func notes(_ daemon: AuditDaemon) async throws -> [SignedCheckpoint] {
        try await daemon.store.auditCheckpoints().rows.map {
            try SignedCheckpoint($0.text, key: AuditDaemon.signingKey.verificationKey)
        }
    }

    // MARK: Retention

    /// The entry about the pruning and the checkpoint with the floor come first. Later checkpoints have the floor too.
    @Test func oldEntriesArePrunedBehindASignedCheckpoint() async throws {
        let daemon = try await daemon()
        _ = try await daemon.connect().result("audit.checkpoint")
        try await daemon.pruneAll()
        let bounds = try await daemon.store.auditBounds()
        #expect(bounds.floor.seq == 2 && bounds.head.seq == 3)
        #expect(try await notes(daemon).last?.floor == bounds.floor)
        let entry = try #require(daemon.entries().last)
        #expect(entry["method"] == "audit.prune" && entry["parameters"]?["through"] == 2)
        let root = daemon.connect()
        _ = try await root.result("tenant.create", ["tenant": "carol"])
        let kept = try #require(try await root.result("audit.checkpoint")["checkpoint"])
        #expect(try await notes(daemon).last?.floor == bounds.floor)
        let verdict = try await root.result("audit.verify", ["checkpoint": kept])
        #expect(verdict["floor"] == 2 && verdict["proofs"] == ["chain", "checkpoints", "outside"])
    }

    @Test func newEntriesStay() async throws {
        let daemon = try await daemon()
        let checkpoints = try #require(daemon.checkpoints)
        await checkpoints.look()
        daemon.time.advance(by: AuditDaemon.retention - .seconds(10))
        await checkpoints.look(after: AuditDaemon.retention - .seconds(10))
        #expect(try await daemon.store.auditBounds().floor.seq == 0)
        #expect(try await notes(daemon).allSatisfy { $0.floor == nil })
    }

    /// An attacker changes the times in the rows, which no hash covers. Those in the contents decide.
    @Test func entriesWithAChangedColumnStay() async throws {
        let daemon = try await daemon()
        let checkpoints = try #require(daemon.checkpoints)
        await checkpoints.look()
        daemon.disk.changeAuditTimes(to: Timestamp(milliseconds: 0))
        daemon.time.advance(by: AuditCheckpoints.pruneInterval)
        await checkpoints.look()
        #expect(try await daemon.store.auditBounds().floor.seq == 0)
        #expect(try await notes(daemon).allSatisfy { $0.floor == nil })
        #expect(daemon.entries().map { $0["method"] } == ["tenant.create", "tenant.create"])
    }

    /// An erased content has no time. It is pruned with a later old entry only.
    @Test(arguments: [false, true]) func anErasedEntryIsPrunedWithALaterOne(_ hasLater: Bool) async throws {
        let daemon = try await daemon()
        _ = try await daemon.store.eraseAudit([2], audit: nil)
        if hasLater { try await daemon.trail.append(action: "daemon.start") }
        _ = try await daemon.connect().result("audit.checkpoint")
        try await daemon.pruneAll()
        #expect(try await daemon.store.auditBounds().floor.seq == (hasLater ? 3 : 1))
        #expect(try await daemon.connect().result("audit.verify")["consistent"] == true)
    }

    /// A clock that is far ahead makes all entries look old, for days, and so do the checkpoints that it dates. Nothing is
    /// pruned, by a daemon that was started meanwhile either. With the right time, the audit is pruned as before.
    @Test func aWrongClockPrunesNothing() async throws {
        let daemon = try await daemon()
        let began = daemon.time.now()
        let checkpoints = try #require(daemon.checkpoints)
        await checkpoints.look()
        daemon.time.advance(by: AuditDaemon.retention + .seconds(1))
        let restarted = AuditCheckpoints(
            store: daemon.audit, trail: daemon.trail,
            reader: AuditReader(
                store: daemon.audit, installation: daemon.store.installation,
                keys: [AuditDaemon.signingKey.verificationKey]), key: AuditDaemon.signingKey,
            retention: AuditDaemon.retention, owner: "there", time: daemon.time, logger: AuditDaemon.quiet)
        for each in [checkpoints, restarted] {
            for _ in 1...24 {
                try await daemon.trail.append(action: "daemon.start")
                daemon.time.advance(by: .seconds(3600))
                await each.look(after: .seconds(3600))
            }
        }
        #expect(try await daemon.store.auditBounds().floor.seq == 0)
        let notes = try await notes(daemon)
        // The second daemon measures from its first checkpoint on.
        #expect(notes.count == 49 && notes.last?.time == began + .seconds(47 * 3600))
        #expect(notes.allSatisfy { $0.floor == nil })
    }

    /// The daemon ran for the whole time, but its clock is behind.
    @Test func aClockThatIsBehindPrunesNothing() async throws {
        let daemon = try await daemon()
        let checkpoints = try #require(daemon.checkpoints)
        await checkpoints.look()
        daemon.time.advance(by: AuditCheckpoints.pruneInterval)
        await checkpoints.look(after: AuditDaemon.retention * 2)
        #expect(try await daemon.store.auditBounds().floor.seq == 0)
    }

    /// An attacker deletes the first entry and moves the floor. The rest is consistent in itself.
    @Test func aRemovedBeginningIsFound() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        _ = try await root.result("audit.checkpoint")
        daemon.audit.begin(after: AuditHead(seq: 1, hash: daemon.disk.audit[0].hash))
        let verdict = try await root.result("audit.verify")
        #expect(verdict["consistent"] == false)
        #expect(
            verdict["fault"]
                == "the entries up to 1 are missing, and the checkpoints allow to prune up to entry 0: the beginning was removed"
        )
        #expect(try await root.error("audit.checkpoint") == "unreadable")
    }

    // MARK: Erasure

    @Test func theEntriesOfATenantAreErased() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        #expect(try await root.result("audit.erase", ["tenant": "alice"]) == ["erased": 1])
        let entries = try await root.result("audit.list")["entries"]?.arrayValue ?? []
        #expect(entries.map { $0["method"] } == [nil, "tenant.create", "audit.erase"])
        #expect(entries.last?["object"] == "audit of alice" && entries.last?["parameters"] == ["tenant": "alice"])
        let verdict = try await root.result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["erased"] == 1)
        // The entry about the erasure stays, and there is nothing else left.
        #expect(try await root.result("audit.erase", ["tenant": "alice"]) == ["erased": 0])
        #expect(daemon.count == 4)
    }

    @Test func singleEntriesAreErased() async throws {
        let daemon = try await daemon()
        let root = daemon.connect()
        #expect(try await root.result("audit.erase", ["entries": [2, 1]]) == ["erased": 2])
        #expect(try await root.result("audit.erase", ["entries": [1]]) == ["erased": 0])
        for wrong: JSONValue in [["entries": [3]], ["entries": [99]], [:], ["entries": [1], "tenant": "bob"]] {
            #expect(try await root.error("audit.erase", wrong) == "invalidParams", "\(wrong.serializedString())")
        }
        #expect(try await root.result("audit.verify")["consistent"] == true)
    }

    @Test func onlyCallersOfAllTenantsErase() async throws {
        let daemon = try await daemon()
        for uid in [AuditDaemon.auditorOfAlice, AuditDaemon.nobody] {
            #expect(try await daemon.connect(uid: uid).error("audit.erase", ["tenant": "alice"]) == "forbidden")
        }
    }

    // MARK: Events

    /// A daemon with a checkpoint after events.
    private func daemonWithEvents() async throws -> AuditDaemon {
        let daemon = try await daemon()
        try await daemon.makeInstances(1...3)
        await (try #require(daemon.checkpoints)).look()
        return daemon
    }

    @Test func aCheckpointCoversTheEvents() async throws {
        let daemon = try await daemonWithEvents()
        let head = try await daemon.store.bounds().head
        #expect(head > 0)
        let entry = try #require(daemon.entries().last)
        #expect(entry["method"] == "ledger.events" && entry["principal"] == "aurad")
        #expect(entry["parameters"]?["from"] == 1 && entry["parameters"]?["through"] == .integer(head))
        #expect(try await notes(daemon).last?.events == head)
        let verdict = try await daemon.connect().result("audit.verify")
        #expect(verdict["proofs"] == ["chain", "checkpoints", "events"] && verdict["events"] == .integer(head))
        // Without further events there is no further entry.
        let count = daemon.count
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        await (try #require(daemon.checkpoints)).look()
        #expect(daemon.count == count)
        // The next entry begins after them.
        try await daemon.makeInstances(4...4)
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        await (try #require(daemon.checkpoints)).look()
        #expect(daemon.entries().last?["parameters"]?["from"] == .integer(head + 1))
    }

    /// The ranges of all entries about events, in order.
    private func ranges(_ daemon: AuditDaemon) -> [[Int64]] {
        daemon.entries().filter { $0["method"] == "ledger.events" }.map { entry in
            ["from", "through"].map { entry["parameters"]?[$0]?.integerValue ?? 0 }
        }
    }

    /// A daemon has lost the lease while it hashed the events. The one that took over covers them first.
    @Test func twoDaemonsCoverNoEventTwice() async throws {
        let daemon = try await daemonWithEvents()
        let head = try await daemon.store.bounds().head
        let other = AuditCheckpoints(
            store: daemon.audit, trail: daemon.trail,
            reader: AuditReader(
                store: daemon.audit, installation: daemon.store.installation,
                keys: [AuditDaemon.signingKey.verificationKey]), key: AuditDaemon.signingKey,
            retention: AuditDaemon.retention, owner: "there", time: daemon.time, logger: AuditDaemon.quiet)
        try await daemon.makeInstances(4...4)
        let next = try await daemon.store.bounds().head
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        daemon.audit.beforeCoverage {
            daemon.time.advance(by: AuditCheckpoints.leaseDuration)
            await other.look()
        }
        await (try #require(daemon.checkpoints)).look()
        #expect(ranges(daemon) == [[1, head], [head + 1, next]])
        #expect(try await notes(daemon).last?.events == next)
        let verdict = try await daemon.connect().result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["events"] == .integer(next))
    }

    /// A daemon has covered events and ended before it signed a checkpoint.
    @Test func aDaemonContinuesAfterEntriesThatNobodySigned() async throws {
        let daemon = try await daemonWithEvents()
        let head = try await daemon.store.bounds().head
        try await daemon.makeInstances(4...4)
        let next = try await daemon.store.bounds().head
        let reader = AuditReader(store: daemon.audit, installation: daemon.store.installation, keys: [])
        let range = try await reader.coverage(from: head + 1, through: next)
        try await daemon.trail.append(action: EventCoverage.action, parameters: range.parameters)
        try await daemon.makeInstances(5...5)
        let last = try await daemon.store.bounds().head
        daemon.time.advance(by: AuditCheckpoints.longestWait)
        await (try #require(daemon.checkpoints)).look()
        #expect(ranges(daemon) == [[1, head], [head + 1, next], [next + 1, last]])
    }

    @Test func eachChangeOfAnEventIsFound() async throws {
        let edits: [@Sendable (inout [Event]) -> Void] = [
            { $0[1].entry.message += "." }, { $0[1].entry.principal = PrincipalID("eve") }, { $0[1].seq = 1 },
            { $0[0].entry.data = ["a": 1] }, { $0[0].entry.at = $0[0].entry.at + .milliseconds(1) },
            { $0.remove(at: 1) }, { $0.swapAt(0, 1) }, { $0.insert($0[0], at: 1) },
            { $0[1].entry.tenant = TenantID("bob") }, { $0[1].entry.progress = 0.25 },
        ]
        for edit in edits {
            let daemon = try await daemonWithEvents()
            daemon.audit.editEvents { events in if events.count >= 2 { edit(&events) } }
            let verdict = try await daemon.connect().result("audit.verify")
            #expect(verdict["consistent"] == false && verdict["proofs"] == [])
            #expect(verdict["fault"]?.stringValue?.hasPrefix("the events 1 to ") == true)
        }
    }

    @Test func prunedEventsAreNotCompared() async throws {
        let daemon = try await daemonWithEvents()
        let head = try await daemon.store.bounds().head
        daemon.time.advance(by: .seconds(1))
        _ = try await daemon.store.prune(
            PruneRequest(jobsBefore: daemon.time.now(), eventsBefore: daemon.time.now(), limit: 1))
        let verdict = try await daemon.connect().result("audit.verify")
        #expect(verdict["consistent"] == true && verdict["events"] == 0)
        #expect(verdict["eventsPruned"] == .integer(head))
    }

    // MARK: Actions of the daemon

    @Test func aUseOfTheInstallationsSecretBelongsToNoTenant() async throws {
        let daemon = try await AuditDaemon()
        daemon.trail.noteUse(of: SecretReference(tenant: Tenant.installation, name: "hetzner.token"))
        await daemon.trail.flush()
        let entry = try #require(daemon.entries().first)
        #expect(entry["object"] == "secret hetzner.token" && entry["tenant"] == nil)
    }

    @Test func usesOfASecretAreCountedForEachHour() async throws {
        let daemon = try await AuditDaemon()
        let secret = SecretReference(tenant: TenantID("alice"), name: "hetzner.token")
        for _ in 1...5 { daemon.trail.noteUse(of: secret) }
        await daemon.trail.flush()
        #expect(daemon.count == 1)
        daemon.time.advance(by: SecretUses.hour)
        await daemon.trail.flush()
        let entries = daemon.entries()
        #expect(entries.map { $0["method"] } == ["secret.use", "secret.use"])
        #expect(entries.map { $0["object"] } == ["secret hetzner.token", "secret hetzner.token"])
        #expect(entries.map { $0["tenant"] } == ["alice", "alice"])
        #expect(entries.map { $0["parameters"] } == [nil, ["count": 4]])
        for number in 1...(SecretUses.secretLimit + 3) {
            daemon.trail.noteUse(of: SecretReference(tenant: TenantID("alice"), name: "s\(number)"))
        }
        await daemon.trail.flush()
        daemon.time.advance(by: SecretUses.hour)
        await daemon.trail.flush()
        let last = daemon.entries().last
        #expect(last?["object"] == "other secrets" && last?["parameters"] == ["count": 3])
    }

    @Test func anActionOfTheDaemonIsQueued() async throws {
        let daemon = try await AuditDaemon()
        daemon.trail.note("certificate.reload", outcome: "certificateUnusable", parameters: ["file": "/a.pem"])
        await daemon.trail.flush()
        let entry = try #require(daemon.entries().first)
        #expect(entry["method"] == "certificate.reload" && entry["outcome"] == "certificateUnusable")
        #expect(entry["principal"] == "aurad" && entry["parameters"] == ["file": "/a.pem"])
    }
}
