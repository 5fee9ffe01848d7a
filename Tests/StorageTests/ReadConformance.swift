import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct ReadConformance {
    /// Submits five instances: two of another tenant, one running, one destroyed.
    private static func populate(_ store: any Store) async throws {
        let other = TenantID("other")
        for number in 1...5 {
            let tenant = number > 3 ? other : Tenant.default
            _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: start))
        }
        for claim in try await store.claim() {
            switch claim.job.id {
            case Fixtures.id(1):
                try await store.release(claim, as: .succeeded) { $0.instance = claim.instance.in(.running) }
            case Fixtures.id(2):
                try await store.release(claim, as: .succeeded) { $0.instance = claim.instance.in(.destroyed) }
            default: break
            }
        }
    }

    @Test(arguments: StoreUnderTest.all) func anEmptyDatabaseHasNothing(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        #expect(store.installation == "installation-1")
        #expect(try await store.instances(InstanceQuery()).rows.isEmpty)
        #expect(try await store.jobs(JobQuery()).rows.isEmpty)
        #expect(try await store.ledger().isEmpty)
        #expect(try await store.head() == 0)
        #expect(try await store.nextDue(.everything) == nil)
        #expect(try await store.instance(.id(Fixtures.id(1))) == nil)
        #expect(try await store.instance(.name("ada", tenant: Tenant.default)) == nil)
        #expect(try await store.job(Fixtures.id(1)) == nil)
        #expect(try await store.steps(of: Fixtures.id(1)).isEmpty)
        #expect(try await store.claim().isEmpty)
    }

    @Test(arguments: StoreUnderTest.all) func instancesAreListedByQuery(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await Self.populate(store)
        func list(_ query: InstanceQuery) async throws -> [InstanceID] {
            try await store.instances(query).rows.map(\.id)
        }
        func ids(_ numbers: [Int]) -> [InstanceID] { numbers.map { Fixtures.id($0) } }
        #expect(try await list(InstanceQuery()) == ids([1, 3, 4, 5]))
        #expect(try await list(InstanceQuery(includesDestroyed: true)) == ids([1, 2, 3, 4, 5]))
        #expect(try await list(InstanceQuery(tenant: TenantID("other"))) == ids([4, 5]))
        #expect(try await list(InstanceQuery(phases: [.destroyed])) == ids([2]))
        #expect(try await list(InstanceQuery(phases: [.running, .destroyed])) == ids([1, 2]))
        #expect(try await list(InstanceQuery(tenant: TenantID("other"), phases: [.running])) == [])
        #expect(try await list(InstanceQuery(after: Fixtures.id(3))) == ids([4, 5]))
        #expect(try await list(InstanceQuery(after: Fixtures.id(5))) == [])
        #expect(try await list(InstanceQuery(instance: Fixtures.id(2))) == ids([2]))
        #expect(try await list(InstanceQuery(instance: Fixtures.id(2), tenant: TenantID("other"))) == [])
    }

    /// A snapshot's instances and head are of the same moment.
    ///
    ///     writer:   submit, submit, submit …
    ///     reader:   instances and head, repeatedly: as many instances as the head counts
    @Test(arguments: StoreUnderTest.all) func instancesAndHeadOfASnapshotAreConsistent(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        async let writing: Void = {
            for number in 1...60 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        }()
        var head: Int64 = 0
        while head < 60 {
            let page = try await store.snapshot(InstanceQuery(limit: 100))
            #expect(page.instances.count == Int(page.head))
            #expect(page.head >= head)
            head = page.head
        }
        try await writing
    }

    @Test(arguments: StoreUnderTest.all) func jobsAreListedByQuery(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await Self.populate(store)
        _ = try await store.submit(Fixtures.operation(6, .restart, on: .id(Fixtures.id(1)), at: start))
        func list(_ query: JobQuery) async throws -> [JobID] { try await store.jobs(query).rows.map(\.id) }
        func ids(_ numbers: [Int]) -> [JobID] { numbers.map { Fixtures.id($0) } }
        #expect(try await list(JobQuery()) == ids([1, 2, 3, 4, 5, 6]))
        #expect(try await list(JobQuery(instance: Fixtures.id(1))) == ids([1, 6]))
        #expect(try await list(JobQuery(tenant: TenantID("other"))) == ids([4, 5]))
        #expect(try await list(JobQuery(change: ChangeID("change-3"))) == ids([3]))
        #expect(try await list(JobQuery(states: [.succeeded])) == ids([1, 2]))
        #expect(try await list(JobQuery(states: [.queued, .running])) == ids([3, 4, 5, 6]))
        #expect(try await list(JobQuery(instance: Fixtures.id(1), states: [.queued])) == ids([6]))
        #expect(try await list(JobQuery(after: Fixtures.id(4), limit: 1)) == ids([5]))
    }

    @Test(arguments: StoreUnderTest.all) func pagesMeetWithoutGapOrOverlap(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        for number in 1...23 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        var instances: [InstanceID] = []
        var jobs: [JobID] = []
        for _ in 1...5 {
            instances += try await store.instances(InstanceQuery(after: instances.last, limit: 5)).rows.map(\.id)
            jobs += try await store.jobs(JobQuery(after: jobs.last, limit: 5)).rows.map(\.id)
        }
        #expect(instances == (1...23).map { Fixtures.id($0) })
        #expect(jobs == (1...23).map { Fixtures.id($0) })
    }

    @Test(arguments: StoreUnderTest.all) func nextDueIsTheEarliestTimeOfUnheldJobs(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let first = try await store.claimed(1)
        let second = try await store.claimed(2)
        #expect(try await store.nextDue(.everything) == nil)
        try await store.release(first, as: .waiting, availableAt: start + .seconds(50))
        try await store.release(second, as: .compensating, availableAt: start + .seconds(20))
        #expect(try await store.nextDue(.everything) == start + .seconds(20))
        _ = try await store.claim(at: start + .seconds(20))
        #expect(try await store.nextDue(.everything) == start + .seconds(50))
        let last = try #require(try await store.claim(at: start + .seconds(50)).first)
        try await store.release(last, as: .failed, availableAt: start)
        #expect(try await store.nextDue(.everything) == nil)
    }
}
