import AuraModel
import JSON
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct LedgerConformance {

    /// 200 concurrent writers, every fifth of which fails. The committed events are numbered without a gap.
    ///
    ///     writer 1 ──┐
    ///     writer 2 ──┼─▶ commits in some order ─▶ seq 1, 2, 3 … and the observer sees the same order
    ///     writer … ──┘   (5, 10, 15 … throw and use no number)
    @Test(arguments: StoreUnderTest.all) func twoHundredWritersLeaveNoGap(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let log = EventLog()
        store.observe(log.append)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 1...200 {
                group.addTask {
                    do {
                        _ = try await store.submit(Self.submission(number))
                        return false
                    } catch { return true }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(refused == 40)
        let events = try await store.ledger()
        #expect(events.map(\.seq) == numbers(upTo: 160))
        #expect(try await store.head() == 160)
        #expect(log.events == events)
        #expect(Set(events.map(\.entry.job)).count == 160)
        #expect(try await store.jobs(JobQuery(limit: 500)).rows.count == 160)
    }

    /// Every fifth submission is refused: by its `admit`, or because its instance does not exist.
    private static func submission(_ number: Int) -> Submission {
        guard number.isMultiple(of: 5) else { return Fixtures.provision(number, at: start) }
        if number.isMultiple(of: 10) {
            return Fixtures.operation(number, .restart, on: .id(Fixtures.id(9999)), at: start)
        }
        var submission = Fixtures.provision(number, at: start)
        submission.admit = { _, _ throws(StorageError) in throw StorageError(.phaseConflict, "not now") }
        return submission
    }

    @Test(arguments: StoreUnderTest.all) func transitionsOfManyWorkersInterleaveWithoutAGap(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let log = EventLog()
        store.observe(log.append)
        for number in 1...20 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        let claims = try await store.claim(limit: 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for claim in claims {
                group.addTask {
                    for round in 1...10 {
                        var stale = claim.job
                        if round.isMultiple(of: 3) { stale.epoch -= 1 }
                        let events = [1, 2].map {
                            Fixtures.event(.stepProgress, of: claim.job, at: start, "\(round).\($0)")
                        }
                        _ = try? await store.apply(Transition(job: stale, events: events))
                    }
                }
            }
            try await group.waitForAll()
        }
        let events = try await store.ledger()
        #expect(events.map(\.seq) == numbers(upTo: 20 + 20 * 7 * 2))
        #expect(log.events == events)
        for claim in claims {
            let said = events.filter { $0.entry.job == claim.job.id }.dropFirst().map(\.entry.message)
            #expect(said == [1, 2, 4, 5, 7, 8, 10].flatMap { ["\($0).1", "\($0).2"] })
        }
    }

    @Test(arguments: StoreUnderTest.all) func theLedgerIsReadFromAnyCursor(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...10 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        func read(after: Int64, through: Int64? = nil, limit: Int = 100) async throws -> [Int64] {
            try await store.events(EventQuery(after: after, through: through, limit: limit)).map(\.seq)
        }
        #expect(try await read(after: 7) == [8, 9, 10])
        #expect(try await read(after: 10) == [])
        #expect(try await read(after: 99) == [])
        #expect(try await read(after: 2, limit: 3) == [3, 4, 5])
        #expect(try await read(after: 2, through: 4) == [3, 4])
        #expect(try await read(after: 2, through: 2) == [])
    }

    @Test(arguments: StoreUnderTest.all) func everyMemberOfAFilterIsApplied(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...3 {
            _ = try await store.submit(Fixtures.provision(number, tenant: TenantID("t\(number % 2)"), at: start))
        }
        _ = try await store.requestCancellation(CancellationRequest(job: Fixtures.id(2), now: start))
        let filters = [
            EventFilter(), EventFilter(instance: Fixtures.id(2)), EventFilter(job: Fixtures.id(3)),
            EventFilter(tenant: TenantID("t1")), EventFilter(change: ChangeID("change-2")),
            EventFilter(types: [.jobCancelRequested]), EventFilter(types: [.jobCancelRequested, .jobQueued]),
            EventFilter(tenant: TenantID("t1"), types: [.jobCancelRequested]),
            EventFilter(instance: Fixtures.id(2), tenant: TenantID("t0"), types: [.jobQueued]),
        ]
        let all = try await store.ledger()
        for filter in filters {
            #expect(try await store.ledger(filter) == all.filter { filter.matches($0.entry) }, "\(filter)")
        }
        #expect(try await filters.asyncMap { try await store.ledger($0).count } == [4, 2, 1, 2, 2, 1, 4, 0, 1])
    }

    @Test(arguments: StoreUnderTest.all) func everyEventTypeIsStoredAndReadUnchanged(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let drafts = EventType.allCases.map { Fixtures.event($0, of: claim.job, at: start) }
        _ = try await store.apply(Transition(job: claim.job, events: drafts))
        #expect(try await store.ledger().dropFirst().map(\.entry) == drafts)
    }

    /// Any text of a provider or a playbook is returned unchanged.
    @Test(arguments: StoreUnderTest.all) func anyTextIsStoredAndReadUnchanged(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let texts = [
            "", " ", "NULL", "\"quoted\"", "it's", "back\\slash\\", "{a,b}", "line\nline\ttab", "$1 %s ?", "é 漢 🦊",
        ]
        let drafts = texts.map { text in
            var draft = Fixtures.event(.stepProgress, of: claim.job, at: start, text)
            draft.step = text
            draft.data = ["text": .string(text)]
            return draft
        }
        var step = StepRecord(job: claim.job.id, index: 0, name: "a")
        step.externalID = texts.joined()
        let record = step
        _ = try await store.apply(Transition(job: claim.job, steps: [record], events: drafts))
        #expect(try await store.ledger().dropFirst().map(\.entry) == drafts)
        #expect(try await store.steps(of: claim.job.id) == [record])
    }

    @Test(arguments: StoreUnderTest.all) func storedRowsSurviveReopening(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace(installation: "first")
        let before = try await { () async throws -> [Event] in
            let store = try await subject.open(place)
            for number in 1...3 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
            _ = try await store.claim(limit: 1)
            return try await store.ledger()
        }()
        let store = try await subject.open(place)
        #expect(store.installation == "first")
        #expect(before.count == 3)
        #expect(try await store.ledger() == before)
        #expect(try await store.job(Fixtures.id(1))?.state == .running)
        #expect(try await store.takeOverLeases(owner: "b", singletonLeases: []) == (subject.isShared ? 0 : 1))
        let log = EventLog()
        store.observe(log.append)
        _ = try await store.submit(Fixtures.provision(4, at: start))
        #expect(log.events.map(\.seq) == [4])
        #expect(try await store.ledger().map(\.seq) == [1, 2, 3, 4])
    }
}

extension Sequence where Self: Sendable {
    /// Maps with an async closure, one element after the other.
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
