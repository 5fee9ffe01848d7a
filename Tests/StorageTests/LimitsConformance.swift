import AuraModel
import Storage
import TestKit
import Testing

/// Quotas, concurrency slots and singleton leases.
@Suite(.timeLimit(.minutes(3))) struct LimitsConformance {
    private func provision(_ number: Int, tenant: TenantID = Tenant.default, quota: Int) -> Submission {
        var submission = Fixtures.provision(number, tenant: tenant, at: start)
        submission.quota = quota
        return submission
    }

    @Test(arguments: StoreUnderTest.all) func instancesPerTenantAreLimitedByTheQuota(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...2 { _ = try await store.submit(provision(number, quota: 2)) }
        try await expectStorageError(.quotaExceeded) { try await store.submit(self.provision(3, quota: 2)) }
        #expect(try await store.instance(.id(Fixtures.id(3))) == nil)
        #expect(try await store.head() == 2)
        _ = try await store.submit(provision(4, tenant: TenantID("other"), quota: 2))
        #expect(try await store.submit(provision(5, quota: 3)).job.state == .queued)
    }

    /// The total quota also applies to instances of other tenants.
    @Test(arguments: StoreUnderTest.all) func instancesOfAllTenantsAreLimitedByTheTotalQuota(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        func submit(_ number: Int, of tenant: String, total: Int) async throws {
            var submission = Fixtures.provision(number, tenant: TenantID(tenant), at: start)
            (submission.quota, submission.totalQuota) = (2, total)
            _ = try await store.submit(submission)
        }
        try await submit(1, of: "one", total: 2)
        try await submit(2, of: "two", total: 2)
        try await expectStorageError(.quotaExceeded) { try await submit(3, of: "three", total: 2) }
        try await submit(4, of: "three", total: 3)
        try await submit(5, of: "one", total: 4)
        try await expectStorageError(.quotaExceeded) { try await submit(6, of: "one", total: 9) }
    }

    /// Many tenants concurrently submit for a total quota of three: three are accepted.
    @Test(arguments: StoreUnderTest.all) func theTotalQuotaHoldsForConcurrentSubmissions(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                var submission = Fixtures.provision(number, tenant: TenantID("t\(number)"), at: start)
                submission.totalQuota = 3
                group.addTask { [submission] in (try? await store.submit(submission)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 3)
    }

    @Test(arguments: StoreUnderTest.all) func aFailedInstanceDoesNotCountTowardsTheQuota(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        var instance = claim.instance
        instance.phase = .failed
        try await store.release(claim, as: .failed) { $0.instance = instance }
        #expect(try await store.submit(provision(2, quota: 1)).job.state == .queued)
    }

    /// Many concurrent submissions for a quota of three: three are accepted.
    @Test(arguments: StoreUnderTest.all) func theTenantQuotaHoldsForConcurrentSubmissions(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                let submission = provision(number, quota: 3)
                group.addTask { (try? await store.submit(submission)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 3)
    }

    private func operation(_ number: Int, _ kind: JobKind, on instance: Int, jobQuota: Int) -> Submission {
        var submission = Fixtures.operation(number, kind, on: .id(Fixtures.id(instance)), at: start)
        submission.jobQuota = jobQuota
        return submission
    }

    /// Queued, running and waiting jobs count, those that have ended do not, and a destroy is never refused.
    @Test(arguments: StoreUnderTest.all) func jobsInFlightAreLimitedByTheQuota(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        func provision(_ number: Int, _ tenant: TenantID = Tenant.default, quota: Int) async throws {
            var submission = Fixtures.provision(number, tenant: tenant, at: start)
            submission.jobQuota = quota
            _ = try await store.submit(submission)
        }
        try await provision(1, quota: 1)
        try await expectStorageError(.quotaExceeded) { try await provision(2, quota: 1) }
        #expect(try await store.instance(.id(Fixtures.id(2))) == nil)
        try await provision(3, TenantID("other"), quota: 1)
        let claims = try await store.claim(owner: "a", at: start)
        try await expectStorageError(.quotaExceeded) { try await provision(2, quota: 1) }
        let first = try #require(claims.first { $0.job.id == Fixtures.id(1) })
        try await store.release(first, as: .waiting)
        let error = try await expectStorageError(.quotaExceeded) { try await provision(2, quota: 1) }
        #expect(error.limit == 1)
        #expect(
            error.message
                == "the tenant has the 1 jobs in flight that it may have: wait until one ends, or have the quota raised"
        )
        try await provision(2, quota: 2)
        _ = try await store.submit(Fixtures.destroy(4, on: .id(Fixtures.id(1)), at: start))
        try await expectStorageError(.quotaExceeded) {
            try await store.submit(self.operation(5, .restart, on: 2, jobQuota: 0))
        }
        var destroy = Fixtures.destroy(6, on: .id(Fixtures.id(2)), at: start)
        destroy.jobQuota = 0
        _ = try await store.submit(destroy)
        // Both provisions have ended, and destroys do not count.
        try await provision(7, quota: 1)
    }

    /// Two daemons submit many operations of one tenant for a quota of three: three are accepted.
    @Test(arguments: StoreUnderTest.all) func theJobQuotaHoldsForConcurrentSubmissions(_ subject: StoreUnderTest)
        async throws
    {
        let place = try StorePlace()
        let first = try await subject.open(place)
        let second = subject.isShared ? try await subject.open(place) : first
        for number in 1...10 {
            _ = try await first.submit(Fixtures.provision(number, at: start))
            let claim = try #require(try await first.claim(owner: "a", at: start).first)
            try await first.release(claim, as: .succeeded)
        }
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                var submission = Fixtures.provision(100 + number, at: start)
                if number <= 10 {
                    submission = operation(200 + number, .restart, on: number, jobQuota: 3)
                }
                submission.jobQuota = 3
                let store = number.isMultiple(of: 2) ? first : second
                group.addTask { [submission] in (try? await store.submit(submission)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 3)
    }

    private func held(_ claim: Claim) -> LeaseExtension.Held {
        LeaseExtension.Held(job: claim.job.id, epoch: claim.job.epoch)
    }

    private func takeSlot(_ store: any Store, _ claim: Claim, limit: Int = 1) async throws -> Bool {
        try await store.takeSlot(SlotRequest(held: held(claim), slot: "configuration", limit: limit))
    }

    @Test(arguments: StoreUnderTest.all) func aSlotIsTakenAndReturned(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let (first, second) = (try await store.claimed(1), try await store.claimed(2))
        #expect(try await takeSlot(store, first))
        #expect(try await takeSlot(store, first))
        #expect(try await store.job(first.job.id)?.slot == "configuration")
        #expect(try await takeSlot(store, second) == false)
        _ = try await store.apply(Transition(job: first.job))
        #expect(try await takeSlot(store, second))
        try await store.release(second, as: .waiting)
        #expect(try await takeSlot(store, first))
    }

    @Test(arguments: StoreUnderTest.all) func aSlotIsKeptByTransitionsThatNameIt(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        let (first, second) = (try await store.claimed(1), try await store.claimed(2))
        #expect(try await takeSlot(store, first))
        var job = first.job
        job.slot = "configuration"
        _ = try await store.apply(Transition(job: job, events: [Fixtures.event(.stepProgress, of: job, at: start)]))
        #expect(try await takeSlot(store, second) == false)
        #expect(try await takeSlot(store, second, limit: 2))
    }

    @Test(arguments: StoreUnderTest.all) func aSlotEndsWithItsLease(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let (first, second) = (try await store.claimed(1), try await store.claimed(2, lease: .seconds(120)))
        #expect(try await takeSlot(store, first))
        let again = try #require(try await store.claim(owner: "b", at: start + .seconds(31)).first)
        #expect(again.job.id == first.job.id)
        #expect(again.job.slot == nil)
        #expect(try await takeSlot(store, second))
        try await expectStorageError(.fenced) { try await self.takeSlot(store, first) }
    }

    /// Three jobs wait for a slot. The tenant without a slot is first, then the oldest of the other jobs.
    @Test(arguments: StoreUnderTest.all) func slotsAreGrantedByTenantInTurnAndThenByAge(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...4 {
            let tenant = number == 4 ? TenantID("other") : Tenant.default
            _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: start))
        }
        var claims = try await store.claim(owner: "a", at: start).sorted { $0.job.id.text < $1.job.id.text }
        func ask(_ index: Int, limit: Int = 2) async throws -> Bool {
            try await store.takeSlot(
                SlotRequest(
                    held: held(claims[index]), slot: "configuration", limit: limit, waitingFor: "for a slot",
                    now: start))
        }
        #expect(try await ask(0))
        for index in 1...3 {
            claims[index].job.waitingFor = "for a slot"
            _ = try await store.apply(Transition(job: claims[index].job))
        }
        #expect(try await ask(2) == false, "the other tenant is before it")
        #expect(try await ask(1) == false, "the other tenant is before it")
        #expect(try await ask(3))
        #expect(try await ask(1) == false, "no slot is free")
        #expect(try await ask(2, limit: 3) == false, "an older job of its tenant waits")
        #expect(try await ask(1, limit: 3))
        #expect(try await ask(2, limit: 4) == true)
    }

    private func duty(_ owner: String, _ name: String = "sweep", at seconds: Int) -> SingletonLeaseRequest {
        SingletonLeaseRequest(name: name, owner: owner, duration: .seconds(60), now: start + .seconds(seconds))
    }

    @Test(arguments: StoreUnderTest.all) func aSingletonLeaseIsHeldByOneDaemonUntilItExpires(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        #expect(try await store.takeSingletonLease(duty("a", at: 0)))
        #expect(try await store.takeSingletonLease(duty("b", at: 10)) == false)
        #expect(try await store.takeSingletonLease(duty("b", "prune", at: 10)))
        #expect(try await store.takeSingletonLease(duty("a", at: 50)))
        #expect(try await store.takeSingletonLease(duty("b", at: 100)) == false)
        #expect(try await store.takeSingletonLease(duty("b", at: 110)))
        #expect(try await store.takeSingletonLease(duty("a", at: 111)) == false)
    }

    /// The daemon with the lease died. The next daemon frees the named leases of the former one. A lease that only
    /// limits how often a task runs is kept.
    @Test(arguments: StoreUnderTest.exclusive) func aStartingDaemonFreesNamedSingletonLeasesOfItsPredecessor(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        for name in ["sweep", "pace", "own"] { #expect(try await store.takeSingletonLease(duty("dead", name, at: 0))) }
        #expect(try await store.takeSingletonLease(duty("new", "mine", at: 0)))
        _ = try await store.takeOverLeases(owner: "new", singletonLeases: ["sweep", "mine"])
        #expect(try await store.takeSingletonLease(duty("new", "sweep", at: 1)))
        #expect(try await store.takeSingletonLease(duty("new", "pace", at: 1)) == false)
        #expect(try await store.takeSingletonLease(duty("other", "mine", at: 1)) == false)
    }
}
