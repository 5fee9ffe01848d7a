import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct LeaseConformance {
    private func held(_ claim: Claim) -> LeaseExtension.Held {
        LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
    }

    @Test(arguments: StoreUnderTest.all) func aHeartbeatExtendsTheLease(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        for beat in stride(from: Int64(20), through: 100, by: 20) {
            let states = try await store.extendLeases(
                LeaseExtension(held: [held(claim)], lease: .seconds(30), now: start + .seconds(beat)))
            #expect(states == [LeaseState(job: claim.job.id, epoch: 1, cancellation: nil)])
            #expect(try await store.claim(owner: "b", at: start + .seconds(beat + 15)).isEmpty)
        }
        #expect(try await store.claim(owner: "b", at: start + .seconds(131)).count == 1)
        #expect(try await store.head() == 1)
    }

    @Test(arguments: StoreUnderTest.all) func onlyHeldLeasesAreExtended(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let lost = try await store.claimed(1)
        let kept = try await store.claimed(2, at: start + .seconds(20))
        let released = try await store.claimed(3, at: start + .seconds(20))
        try await store.release(released, as: .waiting, availableAt: start + .seconds(600))
        let successor = try #require(try await store.claim(owner: "b", at: start + .seconds(31)).first)
        let unknown = LeaseExtension.Held(job: Fixtures.id(99), epoch: 1)
        let states = try await store.extendLeases(
            LeaseExtension(
                held: [held(lost), held(kept), held(released), unknown], lease: .seconds(30),
                now: start + .seconds(32)))
        #expect(states.map(\.job) == [kept.job.id])
        let after = try await store.extendLeases(
            LeaseExtension(held: [held(successor)], lease: .seconds(30), now: start + .seconds(33)))
        #expect(after.map(\.epoch) == [2])
    }

    @Test(arguments: StoreUnderTest.all) func aHeartbeatLearnsOfACancellation(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed()
        _ = try await store.requestCancellation(CancellationRequest(job: claim.job.id, now: start))
        let states = try await store.extendLeases(
            LeaseExtension(held: [held(claim)], lease: .seconds(30), now: start))
        #expect(states.map(\.cancellation) == [.requested])
    }

    @Test(arguments: StoreUnderTest.exclusive) func aStartingDaemonTakesOverTheJobsOfItsPredecessor(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let old = try await store.claimed(1, owner: "old")
        let own = try await store.claimed(2, owner: "new")
        #expect(try await store.takeOverLeases(owner: "new", singletonLeases: []) == 1)
        let claims = try await store.claim(owner: "new", at: start + .seconds(1))
        #expect(claims.map(\.job.id) == [old.job.id])
        #expect(claims.map(\.job.epoch) == [2])
        try await expectStorageError(.fenced) { try await store.apply(Transition(job: old.job)) }
        _ = try await store.apply(Transition(job: own.job))
        #expect(try await store.takeOverLeases(owner: "new", singletonLeases: []) == 0)
    }

    /// If other daemons may be alive, a daemon that starts waits until their leases have ended.
    @Test(arguments: StoreUnderTest.all.filter(\.isShared)) func leasesInASharedStoreAreNotTakenOverAtStartup(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1, owner: "old")
        #expect(try await store.takeOverLeases(owner: "new", singletonLeases: []) == 0)
        #expect(try await store.claim(owner: "new", at: start + .seconds(1)).isEmpty)
        _ = try await store.apply(Transition(job: claim.job))
    }

    @Test(arguments: StoreUnderTest.exclusive) func theFormerDaemonIsFencedBetweenTakeoverAndClaim(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let old = try await store.claimed(1, owner: "old")
        _ = try await store.takeOverLeases(owner: "new", singletonLeases: [])
        try await expectStorageError(.fenced) { try await store.apply(Transition(job: old.job)) }
        let states = try await store.extendLeases(LeaseExtension(held: [held(old)], lease: .seconds(30), now: start))
        #expect(states.isEmpty)
    }
}
