import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct SupersedeConformance {
    @Test(arguments: StoreUnderTest.all) func aDestroyEndsAQueuedJobAtOnce(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let later = start + .seconds(5)
        let submitted = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: later))
        #expect(submitted.job.blockedBy == nil)
        #expect(submitted.instance.desired == .destroyed)
        let ended = try #require(try await store.job(Fixtures.id(1)))
        #expect((ended.state, ended.cancellation, ended.finishedAt) == (.cancelled, .superseded, later))
        #expect(ended.failure?.code == "superseded")
        #expect(try await store.ledger().map(\.entry.type) == [.jobQueued, .jobCancelled, .jobQueued])
        #expect(try await store.claim(at: later).map(\.job.id) == [Fixtures.id(2)])
    }

    @Test(arguments: StoreUnderTest.all) func aDestroyEndsAWaitingJobAtOnce(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .waiting, availableAt: start + .seconds(300)) {
            $0.job.waitingFor = "for the machine to boot"
        }
        _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        let ended = try #require(try await store.job(Fixtures.id(1)))
        #expect((ended.state, ended.waitingFor) == (.cancelled, nil))
        #expect(try await store.claim(at: start + .seconds(301)).map(\.job.id) == [Fixtures.id(2)])
    }

    /// A worker holds the provision when the destroy comes. The destroy waits until the worker has released it.
    ///
    ///     provision  claimed ──────────── apply(ends) ─┐
    ///     destroy            submit ▷ blocked ─────────┴▶ claimable
    @Test(arguments: StoreUnderTest.all) func aDestroyWaitsUntilTheWorkerReleasesTheSupersededJob(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        let submitted = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        #expect(submitted.job.blockedBy == Fixtures.id(1))
        #expect(try await store.job(Fixtures.id(1))?.state == .running)
        #expect(try await store.claim(at: start + .seconds(1)).isEmpty)
        #expect(try await store.nextDue(.everything) == nil)

        let held = LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
        let states = try await store.extendLeases(
            LeaseExtension(held: [held], lease: .seconds(30), now: start + .seconds(10)))
        #expect(states.map(\.cancellation) == [.superseded])
        let applied = try await store.apply(Transition(job: claim.job))
        #expect(applied.cancellation == .superseded)

        let end = start + .seconds(12)
        try await store.release(claim, as: .cancelled, at: end)
        let freed = try #require(try await store.job(Fixtures.id(2)))
        #expect(freed.blockedBy == nil)
        #expect(freed.availableAt <= end)
        #expect(try await store.claim(at: end).map(\.job.id) == [Fixtures.id(2)])
    }

    @Test(arguments: StoreUnderTest.all) func aSupersededJobWithAnExpiredLeaseIsClaimedBeforeTheDestroy(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        _ = try await store.claimed()
        _ = try await store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        let claims = try await store.claim(owner: "b", at: start + .seconds(31))
        #expect(claims.map(\.job.id) == [Fixtures.id(1)])
        #expect(claims.first?.job.cancellation == .superseded)
    }

    /// A failed instance no longer holds its name. Its destroy passes through phases in which other instances hold
    /// theirs.
    @Test(arguments: StoreUnderTest.all) func destroyOfAFailedInstanceDoesNotTakeItsNameBack(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", at: start))
        let first = try #require(try await store.claim().first)
        try await store.release(first, as: .failed) { $0.instance = first.instance.in(.failed) }
        _ = try await store.submit(Fixtures.provision(2, name: "ada", at: start))
        let byName = InstanceReference.name("ada", tenant: Tenant.default)
        #expect(try await store.instance(byName)?.id == Fixtures.id(2))

        _ = try await store.submit(Fixtures.destroy(3, on: .id(Fixtures.id(1)), at: start))
        let destroy = try #require(try await store.claim(limit: 1).first)
        #expect(destroy.job.id == Fixtures.id(3))
        _ = try await store.apply(Transition(job: destroy.job, instance: destroy.instance.in(.destroying)))
        #expect(try await store.instance(byName)?.id == Fixtures.id(2))
        try await store.release(destroy, as: .succeeded) { $0.instance = destroy.instance.in(.destroyed) }
        #expect(try await store.instance(byName)?.id == Fixtures.id(2))
        try await expectStorageError(.nameTaken) {
            try await store.submit(Fixtures.provision(4, name: "ada", at: start))
        }
    }

    @Test(arguments: StoreUnderTest.all) func aNameIsFreeOnceItsInstanceIsDestroyed(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", at: start))
        let first = try #require(try await store.claim().first)
        try await store.release(first, as: .succeeded) { $0.instance = first.instance.in(.destroyed) }
        let byName = InstanceReference.name("ada", tenant: Tenant.default)
        #expect(try await store.instance(byName)?.id == Fixtures.id(1))
        _ = try await store.submit(Fixtures.provision(2, name: "ada", at: start))
        #expect(try await store.instance(byName)?.id == Fixtures.id(2))
    }
}

extension Instance {
    /// The same instance in another phase.
    func `in`(_ phase: Phase) -> Instance {
        var changed = self
        changed.phase = phase
        return changed
    }
}
