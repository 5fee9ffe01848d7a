import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct RetentionConformance {
    private let day = Duration.seconds(86_400)

    private func prune(_ store: any Store, before: Timestamp, limit: Int = 100) async throws -> Pruned {
        try await store.prune(PruneRequest(jobsBefore: before, eventsBefore: before, limit: limit))
    }

    /// Runs provisions to their end, with two events each.
    private func finish(_ numbers: ClosedRange<Int>, in store: any Store, at: Timestamp) async throws {
        for number in numbers {
            _ = try await store.submit(Fixtures.provision(number, at: at))
            let claim = try #require(try await store.claim(limit: 1, at: at).first)
            try await store.release(claim, as: .succeeded, at: at)
        }
    }

    @Test(arguments: StoreUnderTest.all) func oldJobsAndEventsArePrunedWithoutAGapInTheLedger(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await finish(1...3, in: store, at: start)
        try await finish(4...5, in: store, at: start + day)
        let pruned = try await prune(store, before: start + .seconds(60))
        #expect((pruned.jobs, pruned.events, pruned.hasMore) == (3, 6, false))
        #expect(pruned.bounds == LedgerBounds(floor: 6, head: 10))
        #expect(try await store.bounds() == pruned.bounds)
        let left = try await store.events(EventQuery(after: 6, limit: 100))
        #expect(left.map(\.seq) == [7, 8, 9, 10])
        #expect(try await store.jobs(JobQuery()).rows.map(\.id) == [4, 5].map { Fixtures.id($0) })
        #expect(try await store.instances(InstanceQuery()).rows.count == 5)
    }

    @Test(arguments: StoreUnderTest.all) func aCursorBelowTheFloorIsExpired(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await finish(1...3, in: store, at: start)
        _ = try await prune(store, before: start + day, limit: 2)
        let error = try await expectStorageError(.cursorExpired) {
            try await store.events(EventQuery(after: 1, limit: 10))
        }
        #expect(error.bounds == LedgerBounds(floor: 2, head: 6))
        #expect(try await store.events(EventQuery(after: 2, limit: 10)).first?.seq == 3)
    }

    @Test(arguments: StoreUnderTest.all) func onePruneIsBoundedByItsLimit(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await finish(1...5, in: store, at: start)
        let first = try await prune(store, before: start + day, limit: 4)
        #expect((first.jobs, first.events, first.hasMore) == (0, 4, true))
        var next = first
        var lots = 1
        while next.hasMore, lots < 10 {
            next = try await prune(store, before: start + day, limit: 4)
            lots += 1
        }
        #expect(next.bounds == LedgerBounds(floor: 10, head: 10))
        #expect(try await store.jobs(JobQuery()).rows.isEmpty)
        _ = try await store.submit(Fixtures.provision(9, at: start + day))
        #expect(try await store.bounds() == LedgerBounds(floor: 10, head: 11))
        #expect(try await store.events(EventQuery(after: 10, limit: 5)).map(\.seq) == [11])
    }

    @Test(arguments: StoreUnderTest.all) func aJobStaysForAsLongAsItsEvents(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await finish(1...2, in: store, at: start)
        try await finish(3...3, in: store, at: start + day)
        let request = PruneRequest(jobsBefore: start + day + day, eventsBefore: start + .seconds(60), limit: 100)
        #expect(try await store.prune(request).jobs == 2)
        #expect(try await store.jobs(JobQuery()).rows.map(\.id) == [Fixtures.id(3)])
        let kept = EventQuery(filter: EventFilter(job: Fixtures.id(3)), after: 4, limit: 10)
        #expect(try await store.events(kept).map(\.seq) == [5, 6])
    }

    @Test(arguments: StoreUnderTest.all) func activeJobsAreNotPruned(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        try await store.release(claim, as: .waiting)
        let pruned = try await prune(store, before: start + day)
        #expect((pruned.jobs, pruned.events) == (0, 2))
        #expect(try await store.job(claim.job.id)?.state == .waiting)
    }

    @Test(arguments: StoreUnderTest.all) func aJobWithAFailedUndoIsNotPruned(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        var step = StepRecord(job: claim.job.id, index: 0, name: "server.create")
        step.state = .undoFailed
        step.externalID = "42"
        let left = step
        try await store.release(claim, as: .failed) { $0.steps = [left] }
        #expect(try await prune(store, before: start + day).jobs == 0)
        #expect(try await store.steps(of: claim.job.id) == [left])
    }

    @Test(arguments: StoreUnderTest.all) func aDestroyedInstanceIsPrunedWithItsLastJob(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        var gone = claim.instance
        gone.phase = .destroyed
        let instance = gone
        try await store.release(claim, as: .succeeded) { $0.instance = instance }
        #expect(try await prune(store, before: start + day).instances == 1)
        #expect(try await store.instance(.id(instance.id)) == nil)
    }

    @Test(arguments: StoreUnderTest.all) func anIdempotencyKeyIsPrunedWithItsJob(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "s", key: "k", request: "one")
        _ = try await store.submit(Fixtures.provision(1, key: key, at: start))
        let claim = try #require(try await store.claim(limit: 1).first)
        try await store.release(claim, as: .succeeded)
        _ = try await prune(store, before: start + day)
        let again = Idempotency(scope: "s", key: "k", request: "two")
        let submitted = try await store.submit(Fixtures.provision(2, key: again, at: start + day))
        #expect(submitted.isRepetition == false)
    }
}
