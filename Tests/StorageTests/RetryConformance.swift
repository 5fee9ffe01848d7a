import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct RetryConformance {
    @Test(arguments: StoreUnderTest.all) func makeDueNowMakesAWaitingJobDue(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .waiting, availableAt: start + .seconds(300))
        let now = start + .seconds(7)
        let job = try await store.makeDueNow(MakeDueNowRequest(job: Fixtures.id(1), now: now))
        #expect((job.availableAt, job.state) == (now, .waiting))
        let event = try #require(try await store.ledger().last)
        #expect((event.entry.type, event.entry.job, event.entry.at) == (.jobRetryRequested, Fixtures.id(1), now))
        #expect(try await store.claim(at: now).first?.job.id == Fixtures.id(1))
    }

    @Test(arguments: StoreUnderTest.all) func makeDueNowChangesNoDueOrRunningJob(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let held = try await store.claimed(1)
        _ = try await store.submit(Fixtures.provision(2, at: start))
        let head = try await store.head()
        let later = start + .seconds(5)
        #expect(try await store.makeDueNow(MakeDueNowRequest(job: held.job.id, now: later)).epoch == held.job.epoch)
        #expect(try await store.makeDueNow(MakeDueNowRequest(job: Fixtures.id(2), now: later)).availableAt == start)
        #expect(try await store.head() == head)
    }

    @Test(arguments: StoreUnderTest.all) func makeDueNowRefusesEndedAndUnknownJobs(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .succeeded)
        try await expectStorageError(.jobTerminal) {
            try await store.makeDueNow(MakeDueNowRequest(job: Fixtures.id(1), now: start))
        }
        try await expectStorageError(.jobNotFound) {
            try await store.makeDueNow(MakeDueNowRequest(job: Fixtures.id(9), now: start))
        }
    }

    /// Fails the provision of instance 1, which frees the instance's name.
    private func failed(_ store: any Store) async throws {
        let claim = try await store.claimed(1)
        var (job, instance) = (claim.job, claim.instance)
        job.state = .failed
        job.finishedAt = start
        instance.phase = .failed
        _ = try await store.apply(Transition(job: job, releasesLease: true, instance: instance))
    }

    private func again(_ number: Int, quota: Int? = nil) -> Submission {
        var submission = Fixtures.operation(number, .provision, on: .id(Fixtures.id(1)), at: start) { instance, _ in
            var wanted = instance
            wanted.phase = .queued
            wanted.generation += 1
            return .revive(wanted)
        }
        submission.quota = quota
        return submission
    }

    @Test(arguments: StoreUnderTest.all) func aRevivedInstanceHasItsNameAgain(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await failed(store)
        let submitted = try await store.submit(again(2))
        #expect((submitted.instance.phase, submitted.instance.generation) == (.queued, 2))
        try await expectStorageError(.nameTaken) {
            try await store.submit(Fixtures.provision(3, name: "ada-1", at: start))
        }
        #expect(try await store.claim(at: start).map(\.job.id) == [Fixtures.id(2)])
    }

    @Test(arguments: StoreUnderTest.all) func anInstanceWhoseNameIsTakenIsNotRevived(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await failed(store)
        _ = try await store.submit(Fixtures.provision(3, name: "ada-1", at: start))
        let head = try await store.head()
        try await expectStorageError(.nameTaken) { try await store.submit(again(2)) }
        #expect(try await store.head() == head)
        #expect(try await store.instance(.id(Fixtures.id(1)))?.phase == .failed)
    }

    @Test(arguments: StoreUnderTest.all) func aRevivedInstanceCountsAgainstTheQuota(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await failed(store)
        _ = try await store.submit(Fixtures.provision(3, at: start))
        try await expectStorageError(.quotaExceeded) { try await store.submit(again(2, quota: 1)) }
        #expect(try await store.instance(.id(Fixtures.id(1)))?.phase == .failed)
        _ = try await store.submit(again(2, quota: 2))
    }

    @Test(arguments: StoreUnderTest.all) func jobsCanBeListedNewestFirst(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...5 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        let first = try await store.jobs(JobQuery(newestFirst: true, limit: 2)).rows
        #expect(first.map(\.id) == [Fixtures.id(5), Fixtures.id(4)])
        let second = try await store.jobs(JobQuery(after: first.last?.id, newestFirst: true, limit: 9)).rows
        #expect(second.map(\.id) == [Fixtures.id(3), Fixtures.id(2), Fixtures.id(1)])
    }
}
