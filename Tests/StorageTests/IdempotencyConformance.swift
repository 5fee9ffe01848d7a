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
}
