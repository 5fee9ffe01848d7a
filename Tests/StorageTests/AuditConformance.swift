import Audit
import AuraModel
import JSON
import Storage
import TestKit
import Testing

/// The audit: its chain, its entries of changes, and what is deleted from it.
@Suite(.timeLimit(.minutes(3))) struct AuditConformance {
    private static let alice = TenantID("alice")

    private static func draft(
        _ number: Int, _ method: String = "job.cancel", by principal: String = "uid:0", tenant: TenantID? = nil,
        at: Timestamp = start
    ) -> AuditDraft {
        AuditDraft(
            at: at, principal: PrincipalID(principal), proof: "peer", peer: "uid 0 pid 7", method: method,
            tenant: tenant, parameters: ["n": .integer(Int64(number))], salt: salt(number))
    }

    private static func salt(_ number: Int) -> [UInt8] {
        (0..<AuditDraft.saltBytes).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
    }

    private static func entries(_ store: any Store, after: Int64 = 0) async throws -> [AuditEntry] {
        try await store.audit(AuditQuery(scope: .all, after: after, limit: 100_000)).entries.rows
    }

    /// The members of each entry's content, `nil` if it was erased.
    private static func contents(_ store: any Store) async throws -> [JSONObject?] {
        try await entries(store).map { try $0.content.flatMap { try JSONValue(parsing: $0.body).objectValue } }
    }

    private static func outcomes(_ store: any Store) async throws -> [String] {
        try await contents(store).map { members in
            [members?["object"], members?["outcome"]].map { $0?.stringValue ?? "-" }.joined(separator: ": ")
        }
    }

    /// Checks the whole chain from the floor to the head.
    @discardableResult
    static func verified(_ store: any Store) async throws -> AuditVerification {
        let bounds = try await store.auditBounds()
        var verification = try AuditVerification(after: bounds.floor, checkpoints: [bounds.head])
        for entry in try await entries(store, after: bounds.floor.seq) { try verification.check(entry) }
        try verification.finish()
        #expect(verification.head == bounds.head)
        return verification
    }

    // MARK: The chain

    @Test(arguments: StoreUnderTest.all) func aNewAuditIsEmpty(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let start = AuditHead.start(installation: store.installation)
        #expect(try await store.auditBounds() == AuditBounds(floor: start, head: start))
        #expect(try await Self.entries(store).isEmpty)
        let page = try await store.audit(AuditQuery(scope: .all, after: 5))
        #expect(page.examined == 5 && !page.hasMore)
        #expect(try await store.auditCheckpoints().isEmpty)
        try await store.appendAudit([])
        #expect(try await store.auditBounds().head == start)
    }

    @Test(arguments: StoreUnderTest.all) func entriesFormAChainFromTheInstallation(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let drafts = (1...5).map { Self.draft($0) }
        try await store.appendAudit(Array(drafts[0..<2]))
        try await store.appendAudit(Array(drafts[2..<5]))
        var head = AuditHead.start(installation: store.installation)
        let wanted = drafts.map { head.append(AuditEntry.Content($0)) }
        #expect(try await Self.entries(store) == wanted)
        #expect(try await store.auditBounds().head == head)
        #expect(
            String(decoding: wanted[0].content?.body ?? [], as: UTF8.self)
                == #"{"at":"2026-11-20T12:00:00.123Z","method":"job.cancel","outcome":"accepted","parameters":{"n":1},"#
                + #""peer":"uid 0 pid 7","principal":"uid:0","proof":"peer"}"#)
    }

    /// All bytes of a body are stored as they are.
    @Test(arguments: StoreUnderTest.all) func bodiesAreStoredByteForByte(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        var draft = Self.draft(1)
        draft.parameters = ["text": .string("\\ \" \u{0} \u{7f} é 🐙 {} , \\x00 NULL"), "list": ["a", nil, 1.5]]
        try await store.appendAudit([draft])
        let entry = try #require(try await Self.entries(store).first)
        #expect(entry.content == AuditEntry.Content(draft))
        try await Self.verified(store)
    }

    @Test(arguments: StoreUnderTest.all) func theChainGoesOnAfterADaemonStartsAgain(_ subject: StoreUnderTest)
        async throws
    {
        let place = try StorePlace()
        do {
            let store = try await subject.open(place)
            try await store.appendAudit([Self.draft(1)])
        }
        let store = try await subject.open(place)
        try await store.appendAudit([Self.draft(2)])
        #expect(try await Self.verified(store).head.seq == 2)
    }

    @Test(arguments: StoreUnderTest.all) func concurrentEntriesHaveNoGap(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 {
                group.addTask {
                    if number % 3 == 0 {
                        var submission = Fixtures.provision(number, at: start)
                        submission.audit = Self.draft(number, "provision")
                        _ = try await store.submit(submission)
                    } else if number % 3 == 1 {
                        _ = try await store.submit(Fixtures.provision(number, at: start))
                    } else {
                        try await store.appendAudit([Self.draft(number), Self.draft(-number)])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await Self.verified(store).head.seq == 66 + 2 * 67)
        #expect(try await store.head() == 133)
    }

    /// Of two daemons that append an entry unless there is one like it, one does.
    @Test(arguments: StoreUnderTest.all) func anEntryIsAppendedOnACondition(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        let first = try await subject.open(place)
        let second = subject.isShared ? try await subject.open(place) : first
        try await first.appendAudit([Self.draft(1), Self.draft(1, "range")])
        @Sendable func isRange(_ entry: AuditEntry) -> Bool {
            entry.content.flatMap { try? JSONValue(parsing: $0.body)["method"]?.stringValue } == "range"
        }
        #expect(try await first.appendAudit(Self.draft(2, "range"), after: 1, unless: isRange) == false)
        for round in 1...(subject.isShared ? 20 : 1) {
            let head = try await first.auditBounds().head.seq
            async let one = first.appendAudit(Self.draft(round, "range"), after: head, unless: isRange)
            if subject.isShared {
                let other = try await second.appendAudit(Self.draft(-round, "range"), after: head, unless: isRange)
                #expect(try await one != other)
            } else {
                #expect(try await one)
            }
            #expect(try await Self.verified(first).head.seq == head + 1)
        }
    }

    // MARK: Changes

    @Test(arguments: StoreUnderTest.all) func anOperationWritesItsEntryWithItsOutcome(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "default", key: "k", request: "r")
        for number in 1...2 {
            var provision = Fixtures.provision(number, name: "ada", key: key, at: start)
            provision.audit = Self.draft(number, "provision", tenant: TenantID("elsewhere"))
            _ = try await store.submit(provision)
        }
        var joining = Fixtures.operation(3, .provision, on: .id(Fixtures.id(1)), at: start) { _, active in
            .join(active[0].id)
        }
        joining.audit = Self.draft(3, "provision")
        _ = try await store.submit(joining)
        for number in 4...5 {
            var request = MakeDueNowRequest(job: Fixtures.id(1), now: start + .seconds(number))
            request.audit = Self.draft(number, "job.retry")
            _ = try await store.makeDueNow(request)
        }
        for number in 6...7 {
            var request = CancellationRequest(job: Fixtures.id(1), now: start)
            request.audit = Self.draft(number)
            _ = try await store.requestCancellation(request)
        }
        let instance = "instance \(Fixtures.id(1, Instance.self))"
        let job = "job \(Fixtures.id(1, Job.self))"
        #expect(
            try await Self.outcomes(store) == [
                "\(instance): accepted", "\(instance): repeated", "\(instance): joined", "\(job): unchanged",
                "\(job): unchanged", "\(job): accepted", "\(job): unchanged",
            ])
        let contents = try await Self.contents(store)
        #expect(contents.allSatisfy { $0?["tenant"] == "default" && $0?["change"] == "change-1" })
        try await Self.verified(store)
    }

    /// The entry of a refusal is written by itself, after its transaction was rolled back.
    @Test(arguments: StoreUnderTest.all) func aRefusedChangeWritesNoEntry(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", at: start))
        var taken = Fixtures.provision(2, name: "ada", at: start)
        taken.audit = Self.draft(1)
        try await expectStorageError(.nameTaken) { try await store.submit(taken) }
        var busy = Fixtures.operation(3, .restart, on: .id(Fixtures.id(1)), at: start)
        busy.audit = Self.draft(2)
        try await expectStorageError(.instanceBusy) { try await store.submit(busy) }
        var unknown = CancellationRequest(job: Fixtures.id(9), now: start)
        unknown.audit = Self.draft(3)
        try await expectStorageError(.jobNotFound) { try await store.requestCancellation(unknown) }
        try await expectStorageError(.principalNotFound) {
            try await store.write(.setPrincipal(Sample.principal(7)), audit: Self.draft(4))
        }
        #expect(try await Self.entries(store).isEmpty)
        try await store.appendAudit([Self.draft(5)])
        #expect(try await Self.verified(store).head.seq == 1)
    }

    @Test(arguments: StoreUnderTest.all) func changesOfIdentitiesAndSecretsWriteTheirEntries(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...2 {
            _ = try await store.write(
                .createTenant(Sample.tenant("alice")), audit: Self.draft(number, "tenant.create"))
        }
        _ = try await store.write(.createPrincipal(Sample.principal(1)), audit: Self.draft(3, "principal.create"))
        _ = try await store.write(.createPrincipal(Sample.principal(2)))
        let reference = SecretReference(tenant: Self.alice, name: "token")
        let version = SecretVersionRecord(
            reference: SecretVersionReference(secret: reference, version: 1), secretClass: .sealed, keyID: "k1",
            wrapNonce: [1], wrapped: [2], nonce: [3], ciphertext: [4], createdAt: start)
        for number in 4...5 {
            _ = try await store.putSecret(NewSecretVersion(version, audit: Self.draft(number, "secret.put")))
        }
        for number in 6...7 {
            _ = try await store.deleteSecret(reference, audit: Self.draft(number, "secret.delete"))
        }
        #expect(
            try await Self.outcomes(store) == [
                "tenant alice: accepted", "tenant alice: unchanged", "principal \(Sample.principal(1).id): accepted",
                "secret token version 1: accepted", "secret token version 1: unchanged", "secret token: accepted",
            ])
        #expect(
            try await Self.contents(store).map { $0?["tenant"]?.stringValue } == [
                "alice", "alice", nil, "alice", "alice", "alice",
            ])
        try await Self.verified(store)
    }

    // MARK: Pages

    @Test(arguments: StoreUnderTest.all) func pagesAreFilteredByScopeCallerMethodAndTime(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let tenants = [Self.alice, TenantID("bob"), nil]
        try await store.appendAudit(
            (1...30).map { number in
                Self.draft(
                    number, number % 2 == 0 ? "provision" : "destroy", by: "uid:\(number % 5)",
                    tenant: tenants[number % 3], at: start + .seconds(number))
            })
        func found(_ query: AuditQuery) async throws -> [Int64] {
            var (query, seqs, pages) = (query, [Int64](), 0)
            query.limit = 4
            while true {
                let page = try await store.audit(query)
                #expect(page.entries.count <= 4)
                seqs += page.entries.rows.map(\.seq)
                pages += 1
                guard page.hasMore, pages < 20 else { return seqs }
                query.after = page.examined
            }
        }
        func numbers(_ condition: (Int) -> Bool) -> [Int64] { (1...30).filter(condition).map { Int64($0) } }
        #expect(try await found(AuditQuery(scope: .all)) == numbers { _ in true })
        #expect(try await found(AuditQuery(scope: .only([Self.alice]))) == numbers { $0 % 3 == 0 })
        #expect(try await found(AuditQuery(scope: .only([Self.alice, TenantID("bob")]))) == numbers { $0 % 3 != 2 })
        #expect(try await found(AuditQuery(scope: .only([]))) == [])
        #expect(
            try await found(AuditQuery(scope: .all, principal: PrincipalID("uid:1"), method: "provision"))
                == numbers { $0 % 5 == 1 && $0 % 2 == 0 })
        #expect(
            try await found(AuditQuery(scope: .all, from: start + .seconds(7), before: start + .seconds(20)))
                == numbers { (7..<20).contains($0) })
        #expect(
            try await found(AuditQuery(scope: .only([Self.alice]), method: "destroy", before: start + .seconds(20)))
                == numbers { $0 % 3 == 0 && $0 % 2 == 1 && $0 < 20 })
    }

    /// A query that nothing matches ends, and says where the next one begins.
    @Test(arguments: StoreUnderTest.all) func aQueryExaminesALimitedNumberOfRows(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let count = AuditQuery.examinedLimit + 10
        // One transaction with all of them could be longer than the server lets it wait for its client.
        for start in stride(from: 1, through: count, by: 100) {
            try await store.appendAudit((start..<min(start + 100, count + 1)).map { Self.draft($0) })
        }
        var page = try await store.audit(AuditQuery(scope: .all, principal: PrincipalID("nobody")))
        #expect(page.entries.isEmpty && page.hasMore && page.examined == Int64(AuditQuery.examinedLimit))
        page = try await store.audit(AuditQuery(scope: .all, principal: PrincipalID("nobody"), after: page.examined))
        #expect(page.entries.isEmpty && !page.hasMore && page.examined == Int64(count))
    }

    // MARK: Erasure and pruning

    @Test(arguments: StoreUnderTest.all) func anErasedContentLeavesTheChainWhole(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await store.appendAudit((1...6).map { Self.draft($0, tenant: Self.alice) })
        let head = try await store.auditBounds().head
        #expect(try await store.eraseAudit([2, 4, 9], audit: Self.draft(7, "audit.erase")) == 2)
        #expect(try await store.eraseAudit([2], audit: nil) == 0)
        let entries = try await Self.entries(store)
        #expect(entries.map { $0.content == nil } == [false, true, false, true, false, false, false])
        #expect(entries[5].hash == head.hash)
        #expect(try await Self.verified(store).erased == 2)
        // The tenant of an erased entry is not known any more.
        #expect(try await store.audit(AuditQuery(scope: .only([Self.alice]))).entries.count == 4)
    }

    @Test(arguments: StoreUnderTest.all) func pruningKeepsTheFloorAndTheChain(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.appendAudit((1...10).map { Self.draft($0, at: start + .seconds($0 == 3 ? 100 : $0)) })
        let before = try await Self.entries(store)
        // The third entry is young, so all later ones are kept as well.
        var bounds = try await store.pruneAudit(AuditPruneRequest(through: 8, before: start + .seconds(50)))
        #expect(bounds.floor == AuditHead(seq: 2, hash: before[1].hash))
        #expect(bounds == (try await store.auditBounds()))
        bounds = try await store.pruneAudit(AuditPruneRequest(through: 8, before: start + .seconds(500), limit: 4))
        #expect(bounds.floor.seq == 6)
        bounds = try await store.pruneAudit(AuditPruneRequest(through: 8, before: start + .seconds(500)))
        #expect(bounds.floor == AuditHead(seq: 8, hash: before[7].hash))
        #expect(try await store.pruneAudit(AuditPruneRequest(through: 5, before: start + .seconds(500))) == bounds)
        #expect(try await Self.entries(store) == Array(before[8...]))
        bounds = try await store.pruneAudit(AuditPruneRequest(through: 100, before: start + .seconds(500)))
        #expect(bounds.floor == bounds.head)
        #expect(try await Self.entries(store).isEmpty)
        try await store.appendAudit([Self.draft(11)])
        #expect(try await Self.verified(store).head.seq == 11)
        #expect(throws: AuditVerification.Fault.pruned(before: 11, checkpoint: 9)) {
            try AuditVerification(after: bounds.floor, checkpoints: [AuditHead(seq: 9, hash: before[8].hash)])
        }
    }

    @Test(arguments: StoreUnderTest.all) func theNewestCheckpointsAreKept(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let count = AuditCheckpoint.keptLimit + 3
        for number in 1...count {
            try await store.putAuditCheckpoint(
                AuditCheckpoint(seq: Int64(number), at: start, text: "note \(number)\n\u{2014} é\n"))
        }
        try await store.putAuditCheckpoint(AuditCheckpoint(seq: Int64(count), at: start, text: "another"))
        let kept = try await store.auditCheckpoints().rows
        #expect(kept.map(\.seq) == (4...count).map { Int64($0) })
        #expect(kept.last == AuditCheckpoint(seq: Int64(count), at: start, text: "note \(count)\n\u{2014} é\n"))
    }

    // MARK: Damage

    @Test(arguments: StoreUnderTest.withRows) func aRowThatCannotBeReadKeepsItsPosition(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await store.appendAudit((1...4).map { Self.draft($0, tenant: Self.alice) })
        let isPostgres = subject.isShared
        let short = isPostgres ? "'\\x01'::bytea" : "x'01'"
        try await subject.run("UPDATE audit SET digest = \(short) WHERE seq = 2", beside: store)
        try await subject.run("UPDATE audit SET salt = NULL WHERE seq = 3", beside: store)
        let page = try await store.audit(AuditQuery(scope: .all))
        #expect(page.entries.rows.map(\.seq) == [1, 4] && page.entries.count == 4 && page.examined == 4)
        #expect(page.entries.unreadable.map(\.id) == ["2", "3"])
        #expect(page.entries.unreadable.allSatisfy { $0.table == .audit })
        #expect(
            page.entries.unreadable[0].reason
                == "audit 2 is damaged: the column digest holds no 32 bytes; restore it from a backup")
        // An entry that cannot be read belongs to no tenant.
        #expect(try await store.audit(AuditQuery(scope: .only([Self.alice]))).entries.count == 2)
        let error = try await expectStorageError(.corrupt) {
            try await subject.run("UPDATE audit SET hash = \(short) WHERE seq = 4", beside: store)
            return try await store.pruneAudit(AuditPruneRequest(through: 4, before: start + .seconds(1)))
        }
        #expect(
            error.message
                == "cannot prune the audit up to entry 4: the entry is missing or damaged; restore a backup")
    }

    /// A change whose entry cannot be written fails, and changes nothing.
    @Test(arguments: StoreUnderTest.withRows) func withoutAHeadChangesFail(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.appendAudit([Self.draft(1)])
        try await subject.run("UPDATE audit_head SET hash = NULL", beside: store)
        let damaged = "the head of the audit is damaged, the column hash holds no 32 bytes: restore a backup"
        #expect(try await expectStorageError(.corrupt) { try await store.auditBounds() }.message == damaged)
        var submission = Fixtures.provision(1, at: start)
        submission.audit = Self.draft(2)
        #expect(try await expectStorageError(.corrupt) { try await store.submit(submission) }.message == damaged)
        #expect(try await store.instances(InstanceQuery()).isEmpty)
        #expect(try await store.head() == 0)
        try await subject.run("DELETE FROM audit_head", beside: store)
        let missing = "the head of the audit is missing: restore a backup"
        #expect(
            try await expectStorageError(.corrupt) { try await store.appendAudit([Self.draft(3)]) }.message == missing)
        // Work of the daemon itself has no entry, and goes on, also if it shares a commit.
        await withTaskGroup(of: Void.self) { group in
            for number in 1...60 {
                group.addTask {
                    var submission = Fixtures.provision(number, at: start)
                    submission.audit = number % 2 == 0 ? Self.draft(number) : nil
                    let isWritten = (try? await store.submit(submission)) != nil
                    #expect(isWritten == (number % 2 == 1))
                }
            }
        }
        #expect(try await store.head() == 30)
    }

    // MARK: Several daemons

    @Test(arguments: StoreUnderTest.all.filter(\.isShared)) func severalDaemonsShareOneChain(_ subject: StoreUnderTest)
        async throws
    {
        let place = try StorePlace()
        let stores = try await (0..<3).asyncMap { _ in try await subject.open(place) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (daemon, store) in stores.enumerated() {
                for number in 1...60 {
                    group.addTask {
                        let unique = daemon * 1000 + number
                        var submission = Fixtures.provision(unique, at: start)
                        submission.audit = number % 2 == 0 ? Self.draft(unique, "provision") : nil
                        _ = try await store.submit(submission)
                        if number % 5 == 0 { try await store.appendAudit([Self.draft(unique, "secret.use")]) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await Self.verified(stores[0]).head.seq == 3 * (30 + 12))
        #expect(try await stores[1].auditBounds() == stores[2].auditBounds())
        #expect(try await stores[2].head() == 180)
    }
}
