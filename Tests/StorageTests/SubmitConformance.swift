import AuraModel
import JSON
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct SubmitConformance {

    @Test(arguments: StoreUnderTest.all) func aNewInstanceComesWithItsJobAndFirstEvent(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let submitted = try await store.submit(Fixtures.provision(7, name: "ada", at: start))
        #expect(!submitted.isRepetition)
        #expect(try await store.instance(.id(Fixtures.id(7))) == submitted.instance)
        let job = try #require(try await store.job(Fixtures.id(7)))
        #expect(job == submitted.job)
        #expect((job.state, job.epoch, job.attempt, job.definitionVersion) == (.queued, 0, 0, 1))
        #expect(job.input == ["size": "small"])
        #expect((job.createdAt, job.availableAt, job.deadline) == (start, start, start + .seconds(3600)))
        let event = try #require(try await store.ledger().first)
        #expect((event.seq, event.entry.type, event.entry.phase) == (1, .jobQueued, .queued))
        #expect((event.entry.instance, event.entry.job, event.entry.change) == (job.instance, job.id, job.change))
        #expect((event.entry.progress, event.entry.at, event.entry.message) == (0, start, "provision of ada is queued"))
    }

    @Test(arguments: StoreUnderTest.all) func aNameIsTakenWhileItsInstanceExists(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", at: start))
        let error = try await expectStorageError(.nameTaken) {
            try await store.submit(Fixtures.provision(2, name: "ada", at: start))
        }
        #expect(error.message.contains("ada"))
        #expect(try await store.head() == 1)
        #expect(try await store.job(Fixtures.id(2)) == nil)
        _ = try await store.submit(Fixtures.provision(3, name: "ada", tenant: TenantID("other"), at: start))
        #expect(try await store.instance(.name("ada", tenant: TenantID("other")))?.id == Fixtures.id(3))
    }

    @Test(arguments: StoreUnderTest.all) func unknownInstancesAndThoseOfOtherTenantsAreNotFound(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, name: "ada", tenant: TenantID("owner"), at: start))
        for reference in [.id(Fixtures.id(9)), .name("bob", tenant: Tenant.default), .id(Fixtures.id(1))]
            as [InstanceReference]
        {
            try await expectStorageError(.instanceNotFound) {
                try await store.submit(Fixtures.operation(2, .restart, on: reference, at: start))
            }
        }
        #expect(try await store.head() == 1)
    }

    @Test(arguments: StoreUnderTest.all) func theInstanceOfTheAdmissionIsStored(_ subject: StoreUnderTest) async throws
    {
        let store = try await subject.openNew()
        try await store.release(try await store.claimed(), as: .succeeded)
        let submitted = try await store.submit(
            Fixtures.operation(2, .suspend, on: .name("ada-1", tenant: Tenant.default), at: start) { instance, active in
                #expect(active == [])
                var wanted = instance
                wanted.desired = .suspended
                return .accept(wanted)
            })
        #expect(submitted.instance.desired == .suspended)
        #expect(try await store.instance(.id(Fixtures.id(1)))?.desired == .suspended)
        #expect(submitted.job.priority == JobKind.suspend.priority)
    }

    @Test(arguments: StoreUnderTest.all) func anAdmissionThatThrowsLeavesNothingBehind(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "k", request: "r")
        var refused = Fixtures.provision(1, name: "ada", key: key, at: start)
        refused.admit = { _, _ throws(StorageError) in throw StorageError(.phaseConflict, "not now") }
        let submission = refused
        let error = try await expectStorageError(.phaseConflict) { try await store.submit(submission) }
        #expect(error.message == "not now")
        #expect(try await store.instance(.id(Fixtures.id(1))) == nil)
        #expect(try await store.job(Fixtures.id(1)) == nil)
        #expect(try await store.head() == 0)
        let accepted = try await store.submit(Fixtures.provision(2, name: "ada", key: key, at: start))
        #expect(!accepted.isRepetition)
        #expect(try await store.ledger().map(\.seq) == [1])
    }

    @Test(arguments: StoreUnderTest.all) func aSecondActiveJobIsRefusedEvenIfTheAdmissionAcceptsIt(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let error = try await expectStorageError(.instanceBusy) {
            try await store.submit(Fixtures.operation(2, .restart, on: .id(Fixtures.id(1)), at: start))
        }
        #expect(error.job == Fixtures.id(1))
        #expect(try await store.head() == 1)
    }
}
