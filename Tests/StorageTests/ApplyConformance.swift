import AuraModel
import JSON
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct ApplyConformance {
    @Test(arguments: StoreUnderTest.all) func rowsAndEventsAreWrittenTogether(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let transition = Self.everything(claim)
        let applied = try await store.apply(transition)
        #expect(applied == Applied(seq: 3, cancellation: nil))
        #expect(try await store.job(claim.job.id) == transition.job)
        #expect(try await store.instance(.id(claim.instance.id)) == transition.instance)
        #expect(try await store.steps(of: claim.job.id) == transition.steps)
        #expect(try await store.ledger().dropFirst().map(\.entry) == transition.events)
        #expect(try await store.claim(owner: "b", at: start + .seconds(29)).isEmpty)
    }

    /// A transition that changes every field that a worker may write.
    private static func everything(_ claim: Claim) -> Transition {
        var job = claim.job
        job.availableAt = start + .seconds(77)
        job.attempt = 3
        job.progress = 0.25
        job.waitingFor = "for the machine to boot"
        job.failure = Failure(
            .capacity, code: "resource_unavailable", message: "no cx23 in nbg1", correlationID: "r-1",
            retryAfterMilliseconds: 1500)
        job.startedAt = start + .milliseconds(1)
        var step = StepRecord(job: job.id, index: 2, name: "server.create")
        step.state = .ambiguous
        step.attempt = 2
        step.memory = ["candidate": 1, "names": ["a", "ä"], "none": .null]
        step.externalID = "4711"
        step.startedAt = start + .milliseconds(2)
        step.deadline = start + .seconds(600)
        step.finishedAt = start + .milliseconds(3)
        var instance = claim.instance.in(.provisioning)
        instance.testFacts.server = ServerFacts(
            id: "4711", name: "aura-ada", address: "192.0.2.1", location: "nbg1", type: "cx23")
        instance.failure = job.failure
        var event = Fixtures.event(.stepStarted, of: job, at: start + .milliseconds(2), "creating ✓")
        event.phase = .provisioning
        event.step = "server.create"
        event.progress = 0.125
        event.data = ["attempt": 2]
        return Transition(
            job: job, steps: [step], instance: instance,
            events: [event, Fixtures.event(.stepProgress, of: job, at: start + .milliseconds(3))])
    }

    @Test(arguments: StoreUnderTest.all) func aStaleWorkersWriteChangesNothing(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let stale = try await store.claimed()
        let successor = try #require(try await store.claim(owner: "b", at: start + .seconds(31)).first)
        for releases in [false, true] {
            var late = Self.everything(stale)
            late.releasesLease = releases
            late.job.state = .failed
            late.job.finishedAt = start
            let transition = late
            try await expectStorageError(.fenced) { try await store.apply(transition) }
        }
        #expect(try await store.job(stale.job.id) == successor.job)
        #expect(try await store.instance(.id(stale.instance.id)) == stale.instance)
        #expect(try await store.steps(of: stale.job.id).isEmpty)
        #expect(try await store.head() == 1)
        _ = try await store.apply(Self.everything(successor))
        #expect(try await store.head() == 3)
    }

    @Test(arguments: StoreUnderTest.all) func aWorkerThatReleasedItsJobIsFenced(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        try await store.release(claim, as: .waiting)
        let head = try await store.head()
        try await expectStorageError(.fenced) { try await store.apply(Self.everything(claim)) }
        try await expectStorageError(.fenced) {
            var unknown = claim.job
            unknown.id = Fixtures.id(99)
            return try await store.apply(Transition(job: unknown))
        }
        #expect(try await store.head() == head)
    }

    @Test(arguments: StoreUnderTest.all) func onlyTheRecordedStepsAreUpdated(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        var first = StepRecord(job: claim.job.id, index: 0, name: "key.create")
        first.externalID = "k-1"
        var second = StepRecord(job: claim.job.id, index: 1, name: "server.create")
        _ = try await store.apply(Transition(job: claim.job, steps: [first, second]))
        second.state = .undoFailed
        second.externalID = "s-1"
        _ = try await store.apply(Transition(job: claim.job, steps: [second]))
        #expect(try await store.steps(of: claim.job.id) == [first, second])
    }

    @Test(arguments: StoreUnderTest.all) func aWorkerDoesNotOverwriteTheDesiredState(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        _ = try await store.apply(Transition(job: claim.job, instance: claim.instance.in(.provisioning)))
        let instance = try #require(try await store.instance(.id(Fixtures.id(1))))
        #expect((instance.desired, instance.phase) == (.destroyed, .provisioning))
        #expect(try await store.instances(InstanceQuery()).rows.map(\.desired) == [.destroyed])
        try await store.release(claim, as: .cancelled)
        #expect(try await store.claim().first?.instance.desired == .destroyed)
    }

    @Test(arguments: StoreUnderTest.all) func aWriteReturnsTheCancellationAndDoesNotOverwriteIt(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        _ = try await store.requestCancellation(CancellationRequest(job: claim.job.id, now: start))
        let applied = try await store.apply(Transition(job: claim.job))
        #expect(applied == Applied(seq: 2, cancellation: .requested))
        #expect(try await store.job(claim.job.id)?.cancellation == .requested)
    }

    /// The worker decided to wait before it could learn of the cancellation. The next worker must not wait as long.
    ///
    ///     worker   decides to wait 5 min ─────────── apply(release)
    ///     caller                  requestCancellation ▷       └▶ due at once
    @Test(arguments: StoreUnderTest.all) func aJobReleasedWithoutKnowingOfItsCancellationIsDueAtOnce(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        _ = try await store.requestCancellation(CancellationRequest(job: claim.job.id, now: start + .seconds(1)))
        let applied = try await store.release(claim, as: .waiting, availableAt: start + .seconds(300))
        #expect(applied.cancellation == .requested)
        let again = try #require(try await store.claim(at: start + .seconds(1)).first)
        #expect(again.job.cancellation == .requested)
        try await store.release(again, as: .compensating, availableAt: start + .seconds(300))
        #expect(try await store.claim(at: start + .seconds(299)).isEmpty)
        #expect(try await store.nextDue(.everything) == start + .seconds(300))
    }
}
