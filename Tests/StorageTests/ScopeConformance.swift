import AuraModel
import JSON
import Storage
import TestKit
import Testing

/// A caller reaches only objects of its tenants. Objects of other tenants are like objects that do not exist.
@Suite(.timeLimit(.minutes(5))) struct ScopeConformance {
    static let own = TenantID("own")
    static let foreign = TenantID("foreign")
    static let third = TenantID("third")
    static let unknown = TenantID("unknown")

    /// The objects of each call: one of the own tenant, one of the foreign tenant, and one that does not exist.
    private static func objects(of call: Int) -> (own: Int, foreign: Int, unknown: Int) {
        (call * 10 + 11, call * 10 + 12, call * 10 + 19)
    }

    /// Submits two instances for each call, each with a job that waits after its first step.
    private static func populate(_ store: any Store) async throws {
        for call in ScopedCall.all.indices {
            let objects = objects(of: call)
            _ = try await store.submit(Fixtures.provision(objects.own, tenant: own, at: start))
            _ = try await store.submit(Fixtures.provision(objects.foreign, tenant: foreign, at: start))
            let records = [(objects.own, own), (objects.foreign, foreign)].map { object, tenant in
                let name = "ada-\(object)"
                return RecordChange.insert(
                    RecordContents(RecordID("test", name), tenant: tenant, parent: name, value: "kept"))
            }
            try await store.write(RecordWrite(records, in: .all, now: start))
            try await store.appendAudit([audit(objects.own, own), audit(objects.foreign, foreign)])
        }
        for tenant in [own, foreign] {
            _ = try await store.write(.createTenant(TenantRecord(id: tenant, createdAt: start)))
            let version = SecretVersionReference(secret: SecretReference(tenant: tenant, name: "token"), version: 1)
            try await store.putSecret(
                NewSecretVersion(
                    SecretVersionRecord(
                        reference: version, secretClass: .sealed, keyID: "k1", wrapNonce: [1], wrapped: [2], nonce: [3],
                        ciphertext: [4], createdAt: start)))
        }
        _ = try await store.submit(Fixtures.provision(1, tenant: third, at: start))
        for claim in try await store.claim(limit: 1000) {
            try await store.release(claim, as: .waiting, availableAt: start + .seconds(300)) {
                $0.steps = [StepRecord(job: claim.job.id, index: 0, name: "server")]
            }
        }
    }

    /// An entry of the audit about an object.
    private static func audit(_ object: Int, _ tenant: TenantID) -> AuditDraft {
        AuditDraft(
            at: start, principal: PrincipalID("caller-\(object)"), proof: "peer", peer: "uid 0", method: "destroy",
            tenant: tenant, salt: Array(repeating: 0, count: AuditDraft.saltBytes))
    }

    private struct Contents: Equatable {
        var instances: [Instance]
        var jobs: [Job]
        var events: [Event]
        var records: [Record]
    }

    private static func contents(of store: any Store) async throws -> Contents {
        Contents(
            instances: try await store.instances(InstanceQuery(includesDestroyed: true, limit: 10_000)).rows,
            jobs: try await store.jobs(JobQuery(limit: 10_000)).rows, events: try await store.ledger(),
            records: try await store.records(RecordQuery("test", scope: .all, limit: 10_000)).rows)
    }

    /// Returns an outcome for an object as it would be for another object and tenant.
    private static func renamed(_ outcome: String, _ object: Int, _ tenant: TenantID, to other: Int) -> String {
        [
            (Fixtures.id(object, Instance.self).text, Fixtures.id(other, Instance.self).text),
            ("ada-\(object)", "ada-\(other)"), (tenant.text, unknown.text),
        ].reduce(outcome) { $0.replacing($1.0, with: $1.1) }
    }

    @Test func everyMethodOfTheStoreHasACallOrNeedsNoScope() throws {
        let declared = try UnscopedMethods.declared()
        let called = Set(ScopedCall.all.map(\.method))
        let listed = called.union(UnscopedMethods.reasons.keys)
        #expect(called.isDisjoint(with: UnscopedMethods.reasons.keys))
        #expect(declared.subtracting(listed) == [], "methods of the store without a call here, and without a reason")
        #expect(listed.subtracting(declared) == [], "methods that the store does not have")
    }

    @Test(arguments: StoreUnderTest.all) func aForeignObjectIsLikeAnUnknownOne(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await Self.populate(store)
        let before = try await Self.contents(of: store)
        for (index, call) in ScopedCall.all.enumerated() {
            let objects = Self.objects(of: index)
            for scope in [TenantScope.only([Self.own]), .only([Self.own, Self.third]), .only([])] {
                let hidden = try await call.outcome(store, objects.foreign, Self.foreign, in: scope)
                let absent = try await call.outcome(store, objects.unknown, Self.unknown, in: scope)
                #expect(
                    Self.renamed(hidden, objects.foreign, Self.foreign, to: objects.unknown) == absent,
                    "\(call.method), call \(index), in \(scope)")
            }
            // Nothing is visible in an empty scope.
            let hidden = try await call.outcome(store, objects.own, Self.own, in: .only([]))
            let absent = try await call.outcome(store, objects.unknown, Self.unknown, in: .only([]))
            #expect(
                Self.renamed(hidden, objects.own, Self.own, to: objects.unknown) == absent,
                "\(call.method), call \(index)")
        }
        #expect(try await Self.contents(of: store) == before)
    }

    /// An own object in the own scope has the outcome that an object of any tenant has in the scope of all tenants.
    @Test(arguments: StoreUnderTest.all) func anObjectOfTheScopeIsFound(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        try await Self.populate(store)
        for (index, call) in ScopedCall.all.enumerated() {
            let objects = Self.objects(of: index)
            let scope = TenantScope.only([Self.own])
            let absent = try await call.outcome(store, objects.unknown, Self.unknown, in: scope)
            let found = try await call.outcome(store, objects.own, Self.own, in: scope)
            #expect(found != absent, "\(call.method), call \(index)")
            #expect(!found.contains("NotFound"), "\(call.method), call \(index): \(found)")
            let ofAll = try await call.outcome(store, objects.foreign, Self.foreign, in: .all)
            #expect(found == ofAll, "\(call.method), call \(index)")
        }
    }

    @Test(arguments: StoreUnderTest.all) func pagesSkipForeignRows(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let tenants = [Self.own, Self.foreign, Self.third]
        for number in 1...30 {
            let submission = Fixtures.provision(number, tenant: tenants[number % 3], at: start)
            _ = try await store.submit(submission)
        }
        for scope in [TenantScope.only([Self.own]), .only([Self.own, Self.third]), .only([]), .all] {
            let numbers = (1...30).filter { scope.contains(tenants[$0 % 3]) }
            let wanted = numbers.map { Fixtures.id($0, Instance.self) }
            var instances: [InstanceID] = []
            var snapshot: [InstanceID] = []
            var jobs: [JobID] = []
            var newest: [JobID] = []
            var events: [Int64] = []
            for _ in 0...10 {
                let query = InstanceQuery(scope: scope, after: instances.last, limit: 4)
                let page = try await store.instances(query)
                #expect(page.rows.map(\.id) == Array(wanted.dropFirst(instances.count).prefix(4)))
                instances += page.rows.map(\.id)
                snapshot += try await store.snapshot(
                    InstanceQuery(scope: scope, after: snapshot.last, limit: 4)
                ).instances.rows.map(\.id)
                jobs += try await store.jobs(JobQuery(scope: scope, after: jobs.last, limit: 4)).rows.map(\.id)
                newest += try await store.jobs(
                    JobQuery(scope: scope, after: newest.last, newestFirst: true, limit: 4)
                ).rows.map(\.id)
                events += try await store.events(
                    EventQuery(filter: EventFilter(scope: scope), after: events.last ?? 0, limit: 4)
                ).map(\.seq)
            }
            #expect(instances == wanted)
            #expect(snapshot == wanted)
            #expect(jobs == numbers.map { Fixtures.id($0) })
            #expect(newest == jobs.reversed())
            #expect(events == numbers.map { Int64($0) })
        }
    }

    /// A filter by tenant narrows the scope, and never widens it.
    @Test(arguments: StoreUnderTest.all) func aTenantFilterAndAScopeBothApply(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let tenants = [Self.own, Self.foreign, Self.third]
        for number in 1...3 {
            _ = try await store.submit(Fixtures.provision(number, tenant: tenants[number - 1], at: start))
        }
        let scopes: [TenantScope] = [
            .all, .only([]), .only([Self.own]), .only([Self.own, Self.foreign]), .only([Self.unknown]),
        ]
        for scope in scopes {
            for tenant in tenants + [Self.unknown] {
                let numbers = (1...3).filter { tenants[$0 - 1] == tenant && scope.contains(tenant) }
                let instances = try await store.instances(InstanceQuery(scope: scope, tenant: tenant)).rows
                #expect(instances.map(\.id) == numbers.map { Fixtures.id($0) }, "\(tenant) in \(scope)")
                let jobs = try await store.jobs(JobQuery(scope: scope, tenant: tenant)).rows
                #expect(jobs.map(\.id) == numbers.map { Fixtures.id($0) }, "\(tenant) in \(scope)")
                let events = try await store.ledger(EventFilter(scope: scope, tenant: tenant))
                #expect(events.map(\.seq) == numbers.map { Int64($0) }, "\(tenant) in \(scope)")
            }
        }
    }

    @Test(arguments: StoreUnderTest.all) func equalNamesOfTwoTenantsAreTwoInstances(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", tenant: Self.own, at: start))
        _ = try await store.submit(Fixtures.provision(2, name: "ada", tenant: Self.foreign, at: start))
        let scope = TenantScope.only([Self.own])
        #expect(try await store.instance(.name("ada", tenant: Self.own), in: scope)?.id == Fixtures.id(1))
        #expect(try await store.instance(.name("ada", tenant: Self.foreign), in: scope) == nil)
        let all = TenantScope.only([Self.own, Self.foreign])
        #expect(try await store.instance(.name("ada", tenant: Self.foreign), in: all)?.id == Fixtures.id(2))
    }

    /// A row that cannot be read does not show that another tenant has it.
    @Test(arguments: StoreUnderTest.withRows) func anUnreadableForeignRowIsLikeAnUnknownOne(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        for number in 1...2 {
            let tenant = number == 1 ? Self.own : Self.foreign
            _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: start))
        }
        let (instance, job) = (Fixtures.id(2, Instance.self), Fixtures.id(2, Job.self))
        try await subject.run("UPDATE job SET state = 'odd' WHERE id = '\(job)'", beside: store)
        try await subject.run("UPDATE instance SET document = '{' WHERE id = '\(instance)'", beside: store)
        let scope = TenantScope.only([Self.own])
        #expect(try await store.job(job, in: scope) == nil)
        #expect(try await store.instance(.id(instance), in: scope) == nil)
        #expect(try await store.activity(of: .id(instance), in: scope) == nil)
        #expect(try await store.jobs(JobQuery(scope: scope)).unreadable.isEmpty)
        #expect(try await store.instances(InstanceQuery(scope: scope)).unreadable.isEmpty)
        try await expectStorageError(.jobNotFound) {
            try await store.requestCancellation(CancellationRequest(job: job, in: scope, now: start))
        }
        try await expectStorageError(.instanceNotFound) {
            try await store.submit(
                Fixtures.operation(3, .restart, on: .id(instance), tenant: Self.own, in: scope, at: start))
        }
        try await expectStorageError(.corrupt) { try await store.job(job, in: .all) }
        #expect(try await store.instances(InstanceQuery(scope: .all)).unreadable.count == 1)
    }

    /// A foreign caller's request takes no lock on a row, so it cannot delay the tenant's own requests. PostgreSQL locks
    /// the rows that it returns.
    @Test(arguments: StoreUnderTest.all) func refusedRequestsDoNotDisturbTheOwnTenant(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, tenant: Self.foreign, at: start))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...20 {
                group.addTask {
                    _ = try await expectStorageError(.jobNotFound) {
                        try await store.makeDueNow(
                            MakeDueNowRequest(job: Fixtures.id(1), in: .only([Self.own]), now: start))
                    }
                }
            }
            try await group.waitForAll()
        }
        let cancelled = try await store.requestCancellation(
            CancellationRequest(job: Fixtures.id(1), in: .only([Self.foreign]), now: start))
        #expect(cancelled.cancellation == .requested)
    }
}
