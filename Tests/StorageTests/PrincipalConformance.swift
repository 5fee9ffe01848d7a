import AuraModel
import Storage
import TestKit
import Testing

/// The principal that caused a job or an event is stored with it.
@Suite(.timeLimit(.minutes(3))) struct PrincipalConformance {
    private static let ada = PrincipalID("uid:1000")
    private static let bob = PrincipalID("loopback")

    private func submission(_ number: Int, by principal: PrincipalID?) -> Submission {
        var submission = Fixtures.provision(number, at: start)
        submission.job.principal = principal
        return submission
    }

    @Test(arguments: StoreUnderTest.all) func aJobAndItsFirstEventNameTheCaller(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let submitted = try await store.submit(submission(1, by: Self.ada))
        #expect(submitted.job.principal == Self.ada)
        #expect(try await store.job(submitted.job.id)?.principal == Self.ada)
        #expect(try await store.claim().first?.job.principal == Self.ada)
        #expect(try await store.events(EventQuery(after: 0, limit: 9)).map(\.entry.principal) == [Self.ada])
    }

    @Test(arguments: StoreUnderTest.all) func aJobOfTheDaemonHasNoPrincipal(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let submitted = try await store.submit(submission(1, by: nil))
        #expect(try await store.job(submitted.job.id)?.principal == nil)
        #expect(try await store.events(EventQuery(after: 0, limit: 9)).map(\.entry.principal) == [nil])
    }

    @Test(arguments: StoreUnderTest.all) func eventsOfRequestsNameTheirOwnCaller(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let job = try await store.submit(submission(1, by: Self.ada)).job
        let claimed = try #require(try await store.claim().first)
        try await store.release(claimed, as: .waiting, availableAt: start + .seconds(60))
        _ = try await store.makeDueNow(MakeDueNowRequest(job: job.id, principal: Self.bob, now: start))
        _ = try await store.requestCancellation(CancellationRequest(job: job.id, principal: Self.bob, now: start))
        let events = try await store.events(EventQuery(filter: EventFilter(job: job.id), after: 0, limit: 9))
        let requests = events.map(\.entry).filter { [.jobRetryRequested, .jobCancelRequested].contains($0.type) }
        #expect(requests.map(\.principal) == [Self.bob, Self.bob])
        #expect(try await store.job(job.id)?.principal == Self.ada)
    }

    @Test(arguments: StoreUnderTest.all) func theEndOfASupersededJobNamesTheCallerOfTheDestroy(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let job = try await store.submit(submission(1, by: Self.ada)).job
        var destroy = Fixtures.operation(2, .destroy, on: .id(Fixtures.id(1)), at: start) { instance, _ in
            .supersede(instance)
        }
        destroy.job.principal = Self.bob
        _ = try await store.submit(destroy)
        let ended = try await store.events(EventQuery(filter: EventFilter(job: job.id), after: 0, limit: 9)).last
        #expect(ended?.entry.type == .jobCancelled)
        #expect(ended?.entry.principal == Self.bob)
    }
}
