import AuraModel
import JSON
import Storage
import TestKit
import Testing

/// Requirements of daemons of two versions on the database that they share.
@Suite(.timeLimit(.minutes(3))) struct UpgradeConformance {
    private static let known = DefinitionID(.agent, .provision, version: 1)

    private static func request(_ scope: ClaimScope, at: Timestamp = start) -> ClaimRequest {
        ClaimRequest(owner: "a", limit: 10, lease: .seconds(30), scope: scope, now: at)
    }

    /// Submits a provision under another version, or on an instance of another kind.
    private static func submit(_ number: Int, version: Int = 1, kind: InstanceKind = .agent, to store: any Store)
        async throws
    {
        let instance = Fixtures.instance(number, of: .test(kind), at: start)
        var job = Fixtures.job(number, at: start)
        job.definitionVersion = version
        _ = try await store.submit(
            Submission(
                target: .new(instance), job: job, idempotency: nil, now: start, admit: { given, _ in .accept(given) }))
    }

    @Test(arguments: StoreUnderTest.all) func aClaimTakesOnlyJobsOfKnownDefinitions(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await Self.submit(1, version: 2, to: store)
        try await Self.submit(2, kind: InstanceKind(rawValue: "it's a worker"), to: store)
        try await Self.submit(3, to: store)
        let scope = ClaimScope(definitions: [Self.known])
        #expect(try await store.claim(Self.request(scope)).claims.map(\.job.id) == [Fixtures.id(3)])
        #expect(try await store.claim(Self.request(scope)).claims.isEmpty)
        // No job that this scope includes becomes due.
        #expect(try await store.nextDue(scope) == nil)
        let later = DefinitionID(.agent, .provision, version: 2)
        #expect(try await store.nextDue(ClaimScope(definitions: [later])) == start)
        #expect(try await store.claim(Self.request(ClaimScope(definitions: []))).claims.isEmpty)
        let odd = DefinitionID(InstanceKind(rawValue: "it's a worker"), .provision, version: 1)
        let claims = try await store.claim(Self.request(ClaimScope(definitions: [later, odd]))).claims
        #expect(claims.map(\.job.definition) == [later, odd])
    }

    @Test(arguments: StoreUnderTest.all) func aClaimOmitsJobsThatWereSetAside(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...3 { try await Self.submit(number, to: store) }
        let scope = ClaimScope(definitions: [Self.known], setAside: [Fixtures.id(1), Fixtures.id(3)])
        #expect(try await store.claim(Self.request(scope)).claims.map(\.job.id) == [Fixtures.id(2)])
        #expect(try await store.nextDue(scope) == nil)
        // The job is left out even if its lease has ended or it has begun.
        let first = try #require(try await store.claim(limit: 1).first)
        #expect(first.job.id == Fixtures.id(1))
        #expect(
            try await store.claim(Self.request(scope, at: start + .seconds(60))).claims.map(\.job.id) == [
                Fixtures.id(2)
            ])
        try await store.release(first, as: .waiting)
        #expect(try await store.claim(Self.request(scope, at: start + .seconds(60))).claims.isEmpty)
    }

    /// A superseded job only has to be ended, and the destroy waits for that. Every daemon may claim it.
    @Test(arguments: StoreUnderTest.all) func everyDaemonMayClaimASupersededJob(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        try await Self.submit(1, version: 2, to: store)
        _ = try #require(try await store.claim(owner: "gone").first)
        _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        let scope = ClaimScope(definitions: [Self.known])
        let claims = try await store.claim(Self.request(scope, at: start + .seconds(60))).claims
        #expect(claims.map(\.job.id) == [Fixtures.id(1)])
        #expect(claims.first?.job.cancellation == .superseded)
    }

    @Test(arguments: StoreUnderTest.all) func stepsAreKnownByTheirNames(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        func record(_ index: Int, _ name: String, _ state: StepState) -> StepRecord {
            var record = StepRecord(job: claim.job.id, index: index, name: name)
            record.state = state
            return record
        }
        _ = try await store.apply(
            Transition(job: claim.job, steps: [record(0, "a", .done), record(1, "b", .intent)]))
        _ = try await store.apply(Transition(job: claim.job, steps: [record(1, "x", .intent), record(2, "b", .done)]))
        let expected = [record(0, "a", .done), record(1, "x", .intent), record(2, "b", .done)]
        #expect(try await store.steps(of: claim.job.id) == expected)
    }

    /// An event of a newer daemon reaches the subscribers of an older daemon unchanged.
    @Test(arguments: StoreUnderTest.withRows) func anEventWithUnknownValuesIsReadAsText(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...2 { try await Self.submit(number, to: store) }
        try await subject.run(
            "UPDATE event SET type = 'job.danced', phase = 'dancing', data = '{' WHERE seq = 1", beside: store)
        let events = try await store.ledger()
        #expect(events.map(\.seq) == [1, 2])
        #expect(events[0].entry.type == EventType(rawValue: "job.danced"))
        #expect(events[0].entry.phase == Phase(rawValue: "dancing"))
        #expect(events[0].entry.data == .string("{"))
    }

    /// Statements that make a job unreadable: in its own row, its instance's row or a step's row.
    static let damages = [
        "UPDATE job SET state = 'odd' WHERE id LIKE '%1'", "UPDATE job SET input = '{' WHERE id LIKE '%1'",
        "UPDATE job SET cancellation = 'paused' WHERE id LIKE '%1'", "UPDATE job SET failure = '7' WHERE id LIKE '%1'",
        "UPDATE instance SET document = '{' WHERE id LIKE '%1'",
        "UPDATE instance SET desired = 'rich' WHERE id LIKE '%1'",
        "UPDATE step SET state = 'odd'", "UPDATE step SET memory = '{'",
    ]

    @Test(arguments: StoreUnderTest.withRows, damages)
    func anUnreadableRowAffectsNoOther(_ subject: StoreUnderTest, _ damage: String) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        let begun = StepRecord(job: claim.job.id, index: 0, name: "a")
        _ = try await store.apply(Transition(job: claim.job, steps: [begun]))
        try await store.release(claim, as: .waiting)
        for number in 2...3 { try await Self.submit(number, to: store) }
        try await subject.run(damage, beside: store)

        let claimed = try await store.claim(Self.request(.everything, at: start + .seconds(60)))
        #expect(claimed.claims.map(\.job.id) == [2, 3].map { Fixtures.id($0) })
        #expect(claimed.unreadable.map(\.id) == [Fixtures.id(1, Job.self).text])
        #expect(claimed.unreadable.map(\.instance) == [Fixtures.id(1)])
        #expect(claimed.unreadable.allSatisfy { !$0.reason.isEmpty })
        // The job stays as it is, for a daemon that can read it.
        if !damage.contains("UPDATE job") {
            #expect(try await store.job(Fixtures.id(1))?.state == .waiting)
        }
        #expect(try await store.nextDue(.everything) != nil)
        let again = try await store.claim(Self.request(.everything, at: start + .seconds(60)))
        #expect(again.claims.isEmpty && again.unreadable.count == 1)

        let (jobs, instances) = (
            try await store.jobs(JobQuery(limit: 2)), try await store.instances(InstanceQuery(limit: 2))
        )
        #expect((jobs.count, jobs.last) == (2, Fixtures.id(2)))
        #expect((instances.count, instances.last) == (2, Fixtures.id(2)))
        #expect(jobs.unreadable.count + instances.unreadable.count == (damage.contains("step") ? 0 : 1))
        #expect(try await store.jobs(JobQuery(after: jobs.last)).rows.map(\.id) == [Fixtures.id(3)])
        #expect(try await store.instances(InstanceQuery(after: instances.last)).rows.map(\.id) == [Fixtures.id(3)])
        let snapshot = try await store.snapshot(InstanceQuery())
        // The job has not ended, whatever its row contains.
        #expect(try await store.jobs(JobQuery(instance: Fixtures.id(1), isActive: true)).count == 1)
        #expect(snapshot.instances.count == 3)
        try await expectStorageError(.corrupt) {
            _ = try await store.job(Fixtures.id(1))
            _ = try await store.instance(.id(Fixtures.id(1)))
            _ = try await store.steps(of: Fixtures.id(1))
        }
    }

    private static var sqlite: StoreUnderTest {
        get throws { try #require(StoreUnderTest.withRows.first { $0.testDescription == "sqlite" }) }
    }

    /// A text or a blob in a number column does not count as 0. The row decoding of GRDB would end the process.
    @Test(arguments: [
        "attempt = 'many'", "created_at = x'00'", "progress = 'half'", "epoch = '1st'", "deadline = 'noon'",
        "started_at = 'noon'", "definition_version = 'first'",
    ])
    func aJobWithADamagedNumberIsUnreadable(_ damage: String) async throws {
        let subject = try Self.sqlite
        let store = try await subject.openNew()
        for number in 1...2 { try await Self.submit(number, to: store) }
        try await subject.run("UPDATE job SET \(damage) WHERE id LIKE '%1'", beside: store)
        let jobs = try await store.jobs(JobQuery())
        #expect(jobs.rows.map(\.id) == [Fixtures.id(2)])
        let column = damage.prefix { $0 != " " }
        let job = Fixtures.id(1, Job.self)
        #expect(
            jobs.unreadable.map(\.reason) == [
                "job \(job) is damaged: the column \(column) holds no number; restore it from a backup"
            ])
        let claimed = try await store.claim(Self.request(.everything))
        #expect(claimed.claims.map(\.job.id) == [Fixtures.id(2)])
        #expect(claimed.unreadable.map(\.id) == [job.text])
    }

    /// Such a job has no place in the order of jobs. It is listed as unreadable, and affects no other. A claim repairs a
    /// damaged due time like one that is too far ahead.
    @Test(arguments: ["available_at = 'now'", "priority = 'high'", "finished_at = 'noon'", "turn = 'next'"])
    func aJobWithADamagedPlaceInTheOrderAffectsNoOther(_ damage: String) async throws {
        let subject = try Self.sqlite
        let store = try await subject.openNew()
        try await Self.submit(1, to: store)
        try await subject.run("UPDATE job SET \(damage)", beside: store)
        // No query returns the fair-share tag.
        #expect(try await store.jobs(JobQuery()).unreadable.count == (damage.contains("turn") ? 0 : 1))
        try await Self.submit(2, to: store)
        #expect(try await store.claim(Self.request(.everything)).claims.map(\.job.id).contains(Fixtures.id(2)))
    }

    @Test(arguments: ["number = 'first'", "attempt = 'many'", "started_at = 'noon'", "deadline = x'00'"])
    func aStepWithADamagedNumberMakesItsJobUnreadable(_ damage: String) async throws {
        let subject = try Self.sqlite
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        _ = try await store.apply(
            Transition(job: claim.job, steps: [StepRecord(job: claim.job.id, index: 0, name: "a")]))
        try await store.release(claim, as: .waiting)
        try await subject.run("UPDATE step SET \(damage)", beside: store)
        let claimed = try await store.claim(Self.request(.everything, at: start + .seconds(60)))
        #expect(claimed.claims.isEmpty)
        #expect(claimed.unreadable.map(\.id) == [claim.job.id.text])
        try await expectStorageError(.corrupt) { try await store.steps(of: claim.job.id) }
    }

    /// An event is never omitted from the ledger.
    @Test func aDamagedNumberOfAnEventIsAbsent() async throws {
        let subject = try Self.sqlite
        let store = try await subject.openNew()
        try await Self.submit(1, to: store)
        try await subject.run("UPDATE event SET at = 'noon', progress = 'half'", beside: store)
        let events = try await store.ledger()
        #expect(events.map(\.entry.at) == [Timestamp(milliseconds: 0)])
        #expect(events.map(\.entry.progress) == [nil])
    }

    /// A head that counted as 0 would give new events the numbers of old ones.
    @Test func aDamagedHeadOfTheLedgerRefusesWrites() async throws {
        let subject = try Self.sqlite
        let store = try await subject.openNew()
        try await Self.submit(1, to: store)
        try await subject.run("UPDATE event_head SET seq = 'last'", beside: store)
        try await expectStorageError(.corrupt) { try await Self.submit(2, to: store) }
        try await expectStorageError(.corrupt) { _ = try await store.bounds() }
    }

    /// Members of an instance's document that only a newer daemon knows are kept when an older daemon writes.
    @Test(arguments: StoreUnderTest.withRows) func unknownMembersOfAnInstanceAreKept(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await Self.submit(1, to: store)
        let quote =
            subject.isShared
            ? "document::jsonb || '{\"worker\": {\"regions\": [\"a\"]}}'"
            : "json_set(document, '$.worker', json('{\"regions\": [\"a\"]}'))"
        try await subject.run("UPDATE instance SET document = \(quote)", beside: store)
        let claim = try #require(try await store.claim().first)
        let expected: JSONObject = ["worker": ["regions": ["a"]]]
        #expect(claim.instance.otherMembers == expected)
        var changed = claim.instance
        changed.testFacts.note = "2026.11.3"
        _ = try await store.apply(Transition(job: claim.job, instance: changed))
        let read = try #require(try await store.instance(.id(Fixtures.id(1))))
        #expect(read.testFacts.note == "2026.11.3")
        #expect(read.otherMembers == expected)
    }

    /// An unreadable observation counts as never made: the resource gets its whole grace period again.
    @Test(arguments: StoreUnderTest.withRows) func anUnreadableObservationIsReportedSeparately(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        try await subject.run("INSERT INTO sighting (kind, id, document) VALUES ('volume', '7', '{}')", beside: store)
        let page = try await store.observations()
        #expect(page.rows.isEmpty)
        #expect(page.unreadable.map(\.id) == ["volume 7"])
    }
}
