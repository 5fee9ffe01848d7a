import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct IdempotencyConformance {
    @Test(arguments: StoreUnderTest.all) func theSameKeyAndRequestReturnTheSameJob(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "provision ada")
        let first = try await store.submit(Fixtures.provision(1, name: "ada", key: key, at: start))
        let second = try await store.submit(Fixtures.provision(2, name: "ada", key: key, at: start + .seconds(60)))
        #expect(second.isRepetition)
        #expect(second.job == first.job)
        #expect(second.instance == first.instance)
        #expect(try await store.head() == 1)
    }

    @Test(arguments: StoreUnderTest.all) func aRepetitionReturnsTheCurrentStateOfTheJob(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "provision ada")
        _ = try await store.submit(Fixtures.provision(1, key: key, at: start))
        try await store.release(try #require(try await store.claim().first), as: .succeeded)
        let again = try await store.submit(Fixtures.provision(2, key: key, at: start))
        #expect(again.isRepetition)
        #expect(again.job.state == .succeeded)
    }

    @Test(arguments: StoreUnderTest.all) func theSameKeyWithAnotherRequestIsRefused(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "provision ada")
        _ = try await store.submit(Fixtures.provision(1, key: key, at: start))
        let other = Idempotency(scope: "a", key: "evt_1", request: "provision bob")
        let error = try await expectStorageError(.idempotencyMismatch) {
            try await store.submit(Fixtures.provision(2, key: other, at: start))
        }
        #expect(error.message.contains("evt_1"))
        #expect(!error.message.contains("provision ada"))
        #expect(try await store.head() == 1)
        #expect(try await store.instance(.id(Fixtures.id(2))) == nil)
    }

    @Test(arguments: StoreUnderTest.all) func keysOfDifferentScopesAreIndependent(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let mine = Idempotency(scope: "a", key: "evt_1", request: "provision ada")
        let theirs = Idempotency(scope: "b", key: "evt_1", request: "provision bob")
        _ = try await store.submit(Fixtures.provision(1, key: mine, at: start))
        let second = try await store.submit(Fixtures.provision(2, key: theirs, at: start))
        #expect(!second.isRepetition)
        #expect(second.job.id == Fixtures.id(2))
    }

    private static let ada = PrincipalID("uid:1000")
    private static let bob = PrincipalID("uid:1001")

    private func provision(_ number: Int, by principal: PrincipalID?, key: Idempotency) -> Submission {
        var submission = Fixtures.provision(number, key: key, at: start)
        submission.job.principal = principal
        return submission
    }

    @Test(arguments: StoreUnderTest.all) func twoCallersOfATenantMayUseTheSameKey(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let callers = [Self.ada, Self.bob, nil, PrincipalID("loopback")]
        // The second round repeats the calls of the first.
        for round in 0...1 {
            for (index, caller) in callers.enumerated() {
                // The same request of one caller is another job than that of another caller.
                let key = Idempotency(scope: "a", key: "evt_1", request: index < 2 ? "same" : "other \(index)")
                let number = round * 10 + index + 1
                let submitted = try await store.submit(provision(number, by: caller, key: key))
                #expect(submitted.isRepetition == (round == 1))
                #expect(submitted.job.id == Fixtures.id(index + 1))
            }
        }
        try await expectStorageError(.idempotencyMismatch) {
            let key = Idempotency(scope: "a", key: "evt_1", request: "changed")
            return try await store.submit(provision(30, by: Self.bob, key: key))
        }
    }

    @Test(arguments: StoreUnderTest.all) func aKeyThatJoinedTheJobOfAnotherCallerStaysTheCallersOwn(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "join")
        var first = Fixtures.provision(1, at: start)
        first.job.principal = Self.ada
        _ = try await store.submit(first)
        var join = Fixtures.operation(2, .provision, on: .id(Fixtures.id(1)), key: key, at: start) { instance, active in
            active.first.map { .join($0.id) } ?? .accept(instance)
        }
        join.job.principal = Self.bob
        #expect(try await store.submit(join).job.id == Fixtures.id(1))
        // The caller of the joined job uses the key for something else.
        let other = Idempotency(scope: "a", key: "evt_1", request: "other")
        #expect(try await store.submit(provision(3, by: Self.ada, key: other)).job.id == Fixtures.id(3))
        // The job has ended, so the repetition could not join it again.
        for claim in try await store.claim() { try await store.release(claim, as: .succeeded) }
        let again = try await store.submit(join)
        #expect(again.isRepetition)
        #expect(again.job.id == Fixtures.id(1))
    }

    /// An earlier release stored only the tenant and the key.
    ///
    ///     earlier:  ada's key ─▶ row (tenant, key)
    ///     now:      ada repeats the call ─▶ the same job;   bob uses the key ─▶ a job of his own
    @Test(arguments: StoreUnderTest.withRows) func aRowOfAnEarlierReleaseBelongsToTheCallerOfItsJob(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        var submission = Fixtures.provision(1, at: start)
        submission.job.principal = Self.ada
        let job = try await store.submit(submission).job
        try await subject.run(
            "INSERT INTO idempotency (scope, key, request, job, created_at) VALUES ('a', 'evt_1', 'r', '\(job.id)', 0)",
            beside: store)
        let key = Idempotency(scope: "a", key: "evt_1", request: "r")
        #expect(try await store.submit(provision(2, by: Self.bob, key: key)).job.id == Fixtures.id(2))
        #expect(try await store.submit(provision(3, by: Self.ada, key: key)).job.id == job.id)
        #expect(try await store.submit(provision(4, by: Self.bob, key: key)).job.id == Fixtures.id(2))
        // The job is older than the column of principals, so its caller is not known.
        try await subject.run("UPDATE job SET principal = NULL WHERE id = '\(job.id)'", beside: store)
        let other = provision(5, by: PrincipalID("uid:1002"), key: key)
        #expect(try await store.submit(other).job.id == job.id)
    }

    /// A daemon of an earlier release finds the first row of a key by tenant and key alone.
    @Test(arguments: StoreUnderTest.withRows) func theFirstRowOfAKeyHasTheFormOfEarlierReleases(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "r")
        _ = try await store.submit(provision(1, by: Self.ada, key: key))
        _ = try await store.submit(provision(2, by: Self.bob, key: key))
        try await subject.run(
            "UPDATE job SET progress = 0.5 WHERE id IN (SELECT job FROM idempotency WHERE scope = 'a' AND key = 'evt_1')",
            beside: store)
        #expect(try await store.job(Fixtures.id(1))?.progress == 0.5)
        #expect(try await store.job(Fixtures.id(2))?.progress == 0)
    }

    @Test(arguments: StoreUnderTest.all) func aKeyMayJoinAnActiveJob(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let key = Idempotency(scope: "a", key: "evt_2", request: "provision again")
        let join = Fixtures.operation(2, .provision, on: .id(Fixtures.id(1)), key: key, at: start) { instance, active in
            active.first.map { .join($0.id) } ?? .accept(instance)
        }
        for _ in 1...2 {
            let joined = try await store.submit(join)
            #expect(joined.isRepetition)
            #expect(joined.job.id == Fixtures.id(1))
        }
        #expect(try await store.job(Fixtures.id(2)) == nil)
        #expect(try await store.head() == 1)
        try await expectStorageError(.jobNotFound) {
            try await store.submit(
                Fixtures.operation(3, .restart, on: .id(Fixtures.id(1)), at: start) { _, _ in .join(Fixtures.id(99)) })
        }
    }

    /// Twenty concurrent callers with the same key create one job.
    ///
    ///     call 1 ─┐
    ///     call 2 ─┼─▶ store ─▶ one is new, nineteen repeat it
    ///     call … ─┘
    @Test(arguments: StoreUnderTest.all) func concurrentRepetitionsMakeOneJob(_ subject: StoreUnderTest) async throws {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "provision ada")
        let answers = try await withThrowingTaskGroup(of: Submitted.self) { group in
            for number in 1...20 {
                group.addTask { try await store.submit(Fixtures.provision(number, name: "ada", key: key, at: start)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map(\.job.id)).count == 1)
        #expect(answers.filter { !$0.isRepetition }.count == 1)
        #expect(try await store.head() == 1)
    }

    /// Two callers with the same key, each ten times at once, make one job each.
    @Test(arguments: StoreUnderTest.all) func concurrentCallsOfTwoCallersMakeOneJobEach(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let key = Idempotency(scope: "a", key: "evt_1", request: "provision")
        let answers = try await withThrowingTaskGroup(of: (Int, Submitted).self) { group in
            for number in 1...20 {
                let caller = number % 2
                group.addTask {
                    let principal = caller == 0 ? Self.ada : Self.bob
                    return (caller, try await store.submit(self.provision(number, by: principal, key: key)))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for caller in 0...1 {
            let own = answers.filter { $0.0 == caller }.map(\.1)
            #expect(Set(own.map(\.job.id)).count == 1)
            #expect(own.filter { !$0.isRepetition }.count == 1)
        }
        #expect(try await store.head() == 2)
    }
}
