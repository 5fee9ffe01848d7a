import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct ClaimConformance {
    @Test(arguments: StoreUnderTest.all) func aClaimReturnsJobInstanceAndSteps(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let submitted = try await store.submit(Fixtures.provision(1, at: start))
        let claims = try await store.claim()
        let claim = try #require(claims.first)
        #expect(claims.count == 1)
        #expect((claim.job.epoch, claim.job.state) == (1, .running))
        #expect(claim.instance == submitted.instance)
        #expect(claim.steps.isEmpty)
        #expect(try await store.job(claim.job.id) == claim.job)
        #expect(try await store.claim(owner: "b").isEmpty)
        #expect(try await store.head() == 1)
    }

    @Test(arguments: StoreUnderTest.all) func claimsAreOrderedByPriorityAndThenBySubmission(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...3 { try await store.release(try await store.claimed(number), as: .succeeded) }
        _ = try await store.submit(Fixtures.provision(11, at: start + .seconds(1)))
        _ = try await store.submit(Fixtures.provision(10, at: start + .seconds(1)))
        _ = try await store.submit(Fixtures.provision(12, at: start))
        _ = try await store.submit(Fixtures.operation(21, .suspend, on: .id(Fixtures.id(1)), at: start + .seconds(2)))
        _ = try await store.submit(Fixtures.operation(22, .restart, on: .id(Fixtures.id(2)), at: start + .seconds(1)))
        _ = try await store.submit(Fixtures.destroy(30, on: .id(Fixtures.id(3)), at: start + .seconds(3)))
        let later = start + .seconds(10)
        let first = try await store.claim(limit: 4, at: later)
        #expect(first.map(\.job.id) == [30, 21, 22, 11].map { Fixtures.id($0) })
        let rest = try await store.claim(limit: 4, at: later)
        #expect(rest.map(\.job.id) == [10, 12].map { Fixtures.id($0) })
    }

    @Test(arguments: StoreUnderTest.all) func aWaitingJobIsNotClaimedBeforeItsTime(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let due = start + .seconds(60)
        try await store.release(try await store.claimed(), as: .waiting, availableAt: due)
        #expect(try await store.nextDue(.everything) == due)
        #expect(try await store.claim(at: due + .milliseconds(-1)).isEmpty)
        let again = try #require(try await store.claim(at: due).first)
        #expect((again.job.epoch, again.job.state) == (2, .running))
        #expect(try await store.nextDue(.everything) == nil)
    }

    /// A clock that was a month ahead wrote the due time and the lease.
    @Test(arguments: StoreUnderTest.all) func jobsAndLeasesDatedOverADayAheadAreDue(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let wrong = start + .seconds(30 * 86_400)
        let first = try await store.claimed(1)
        let second = try await store.claimed(2)
        let held = try await store.claimed(4, lease: .seconds(30 * 86_400))
        try await store.release(first, as: .waiting, availableAt: wrong)
        try await store.release(second, as: .waiting, availableAt: start + .seconds(86_400))
        _ = try await store.submit(Fixtures.provision(3, at: wrong))
        let claims = try await store.claim(owner: "b")
        #expect(Set(claims.map(\.job.id)) == Set([1, 3, 4].map { Fixtures.id($0) }))
        #expect(claims.first { $0.job.id == held.job.id }?.job.epoch == 2)
        #expect(try await store.claim(owner: "c").isEmpty)
        #expect(try await store.nextDue(.everything) == start + .seconds(86_400))
    }

    @Test(arguments: StoreUnderTest.all) func aJobIsClaimedWhenTheLeaseOfItsWorkerExpires(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.claimed(lease: .seconds(30))
        #expect(try await store.claim(owner: "b", at: start + .seconds(30)).isEmpty)
        let claim = try #require(try await store.claim(owner: "b", at: start + .seconds(31)).first)
        #expect(claim.job.epoch == 2)
        #expect(try await store.claim(owner: "c", at: start + .seconds(60)).isEmpty)
        #expect(try await store.claim(owner: "c", at: start + .seconds(62)).first?.job.epoch == 3)
    }

    @Test(arguments: StoreUnderTest.all) func dueJobsAreClaimedBeforeJobsWithExpiredLeases(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.claimed(1)
        let later = start + .seconds(40)
        _ = try await store.submit(Fixtures.provision(2, at: later))
        #expect(try await store.claim(owner: "b", limit: 1, at: later).map(\.job.id) == [Fixtures.id(2)])
        #expect(try await store.claim(owner: "b", limit: 1, at: later).map(\.job.id) == [Fixtures.id(1)])
    }

    @Test(arguments: StoreUnderTest.all) func aClaimKeepsTheStateCompensating(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .compensating, availableAt: start + .seconds(2))
        let claim = try #require(try await store.claim(at: start + .seconds(2)).first)
        #expect(claim.job.state == .compensating)
        #expect(try await store.claim(owner: "b", at: start + .seconds(40)).first?.job.state == .compensating)
    }

    @Test(arguments: StoreUnderTest.all) func aJobThatEndedIsNeverClaimed(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        var ended = claim.job
        ended.state = .succeeded
        ended.finishedAt = start
        _ = try await store.apply(Transition(job: ended, releasesLease: false))
        #expect(try await store.claim(owner: "b", at: start + .seconds(3600)).isEmpty)
        #expect(try await store.job(claim.job.id)?.state == .succeeded)
    }

    @Test(arguments: StoreUnderTest.all) func aClaimBringsTheStepsInOrder(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let steps = (0...11).map { StepRecord(job: claim.job.id, index: $0, name: "step.\($0)") }
        try await store.release(claim, as: .waiting) { $0.steps = steps.reversed() }
        #expect(try await store.claim().first?.steps == steps)
    }

    /// Ten workers claim from a hundred jobs at the same time. Every job goes to one worker.
    @Test(arguments: StoreUnderTest.all) func concurrentClaimsNeverShareAJob(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...100 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for worker in 1...10 {
                group.addTask {
                    var mine: [Claim] = []
                    while true {
                        let more = try await store.claim(owner: "worker-\(worker)", limit: 3)
                        if more.isEmpty { return mine }
                        mine += more
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 100)
        #expect(Set(claims.map(\.job.id)).count == 100)
        #expect(claims.allSatisfy { $0.job.epoch == 1 })
    }
}
