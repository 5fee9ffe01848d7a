import AuraModel
import Storage
import TestKit
import Testing

/// The order in which jobs of several tenants are claimed: `docs/decisions/0015-fairness-limits-retention.md`.
@Suite(.timeLimit(.minutes(3))) struct FairnessConformance {
    private static let many = TenantID("many")
    private static let few = TenantID("few")

    private func queue(_ numbers: ClosedRange<Int>, _ tenant: TenantID, in store: any Store) async throws {
        for number in numbers { _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: start)) }
    }

    private func claimed(_ store: any Store, _ limit: Int, inFlightPerTenant: Int? = nil) async throws -> [Int] {
        let request = ClaimRequest(
            owner: "a", limit: limit, lease: .seconds(30), inFlightPerTenant: inFlightPerTenant, now: start)
        return try await store.claim(request).claims.compactMap { Int($0.job.id.text.suffix(12)) }
    }

    @Test(arguments: StoreUnderTest.all) func aLateTenantWaitsForOneJobOfAnotherTenant(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await queue(1...20, Self.many, in: store)
        #expect(try await claimed(store, 5) == [1, 2, 3, 4, 5])
        try await queue(21...21, Self.few, in: store)
        #expect(try await claimed(store, 2) == [6, 21])
    }

    @Test(arguments: StoreUnderTest.all) func tenantsTakeTurns(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await queue(1...6, Self.many, in: store)
        try await queue(11...13, Self.few, in: store)
        #expect(try await claimed(store, 8) == [1, 11, 2, 12, 3, 13, 4, 5])
    }

    @Test(arguments: StoreUnderTest.all) func jobsInFlightPerTenantAreLimited(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await queue(1...5, Self.many, in: store)
        try await queue(11...12, Self.few, in: store)
        #expect(try await claimed(store, 10, inFlightPerTenant: 2) == [1, 11, 2, 12])
        #expect(try await claimed(store, 10, inFlightPerTenant: 2).isEmpty)
        let job = try #require(try await store.job(Fixtures.id(1)))
        var ended = job
        ended.state = .succeeded
        ended.finishedAt = start
        _ = try await store.apply(Transition(job: ended, releasesLease: true))
        #expect(try await claimed(store, 10, inFlightPerTenant: 2) == [3])
    }

    @Test(arguments: StoreUnderTest.all) func aWaitingJobCountsAsInFlight(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let claim = try await store.claimed(1)
        try await store.release(claim, as: .waiting, availableAt: start + .seconds(60))
        _ = try await store.submit(Fixtures.provision(2, at: start))
        #expect(try await claimed(store, 10, inFlightPerTenant: 1).isEmpty)
        #expect(try await claimed(store, 10, inFlightPerTenant: 2) == [2])
    }

    @Test(arguments: StoreUnderTest.all) func aDestroyIgnoresTheLimitPerTenant(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(1), as: .succeeded)
        try await queue(2...3, Tenant.default, in: store)
        _ = try await store.submit(Fixtures.destroy(9, on: .id(Fixtures.id(1)), at: start))
        #expect(try await claimed(store, 10, inFlightPerTenant: 1) == [9, 2])
        #expect(try await claimed(store, 10, inFlightPerTenant: 1).isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func aDestroyIsClaimedBeforeAThousandProvisions(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(1), as: .succeeded)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1001...2000 {
                group.addTask { _ = try await store.submit(Fixtures.provision(number, at: start)) }
            }
            try await group.waitForAll()
        }
        _ = try await store.submit(Fixtures.destroy(2001, on: .id(Fixtures.id(1)), at: start))
        #expect(try await claimed(store, 1) == [2001])
    }

    /// Started jobs are due all the time, and new jobs are still claimed.
    @Test(arguments: StoreUnderTest.all) func startedJobsAndNewOnesDoNotStarveEachOther(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        try await queue(1...8, Self.many, in: store)
        for claim in try await store.claim(limit: 8) { try await store.release(claim, as: .waiting) }
        try await queue(21...28, Self.few, in: store)
        let first = try await claimed(store, 8)
        #expect(Set(first) == Set([1, 2, 3, 4, 5, 6, 21, 22]))
        #expect(first.prefix(6) == [1, 2, 3, 4, 5, 6])
        #expect(try await claimed(store, 8) == [7, 8, 23, 24, 25, 26, 27, 28])
    }
}
