import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct CancellationConformance {
    @Test(arguments: StoreUnderTest.all) func aCancelledWaitingJobIsDueAtOnce(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .waiting, availableAt: start + .seconds(300))
        let now = start + .seconds(7)
        let job = try await store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: now))
        #expect((job.cancellation, job.availableAt, job.state) == (.requested, now, .waiting))
        #expect(try await store.claim(at: now).first?.job.cancellation == .requested)
        let event = try #require(try await store.ledger().last)
        #expect((event.entry.type, event.entry.job, event.entry.at) == (.jobCancelRequested, Fixtures.id(1), now))
        #expect((event.entry.instance, event.entry.change) == (job.instance, job.change))
    }

    @Test(arguments: StoreUnderTest.all) func aCancelledOverdueJobKeepsItsDueTime(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let job = try await store.requestCancellation(
            CancellationRequest(job: Fixtures.id(1), now: start + .seconds(60)))
        #expect((job.state, job.availableAt) == (.queued, start))
    }

    @Test(arguments: StoreUnderTest.all) func aCancelledJobStaysWithItsWorker(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let job = try await store.requestCancellation(CancellationRequest(job: claim.job.id, now: start))
        #expect((job.cancellation, job.state, job.epoch) == (.requested, .running, 1))
        #expect(try await store.claim(owner: "b").isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func aRepeatedCancellationChangesNothing(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let request = CancellationRequest(job: Fixtures.id(1), now: start)
        let first = try await store.requestCancellation(request)
        #expect(try await store.requestCancellation(request) == first)
        #expect(try await store.head() == 2)
    }

    @Test(arguments: StoreUnderTest.all) func cancellationOfASupersededJobChangesNothing(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        let job = try await store.requestCancellation(CancellationRequest(job: claim.job.id, now: start))
        #expect(job.cancellation == .superseded)
    }

    @Test(arguments: StoreUnderTest.all) func endedAndUnknownJobsCannotBeCancelled(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .succeeded)
        let ended = try await expectStorageError(.jobTerminal) {
            try await store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: start))
        }
        #expect(ended.message.contains("succeeded"))
        try await expectStorageError(.jobNotFound) {
            try await store.requestCancellation(CancellationRequest(job: Fixtures.id(9), now: start))
        }
        #expect(try await store.job(Fixtures.id(1))?.cancellation == nil)
        #expect(try await store.head() == 2)
    }
}
