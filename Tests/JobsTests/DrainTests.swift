import AuraModel
import Jobs
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct DrainTests {
    private static func definition(_ shop: Workshop, stubborn: Bool = false) -> JobDefinition {
        provision([
            step("a") { _ in
                shop.note("perform a")
                if stubborn { await shop.gate.passStubbornly("a") } else { try await shop.gate.pass("a") }
                shop.note("a is over")
                return .done
            },
            step("b") { _ in
                shop.note("perform b")
                return .done
            },
        ])
    }

    /// Checks that the job was released in the drain, is due at once and has spent no attempt.
    private static func expectHandedBack(_ shop: Workshop) async throws {
        let job = try #require(try await shop.store.job(Fixtures.id(1)))
        #expect((job.state, job.attempt) == (.waiting, 0))
        #expect(try await shop.store.steps(of: job.id).first?.attempt == 0)
        let claims = try await shop.store.claim(
            ClaimRequest(owner: "next", limit: 1, lease: .seconds(30), now: shop.time.now())
        ).claims
        #expect(claims.map(\.job.id) == [job.id])
    }

    @Test func aDrainHandsJobsBackWithoutSpendingATry() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { shutDown in
            try await shop.gate.arrived("a")
            await shutDown()
        }
        #expect(shop.diary == ["perform a"])
        try await Self.expectHandedBack(shop)
        try await shop.expectWholeLedger()
    }

    /// A step that cannot be cancelled is awaited, its result is kept, and no new step begins.
    @Test func aDrainAwaitsAStepThatCannotBeCancelled() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: true)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { shutDown in
            try await shop.gate.arrived("a")
            await shutDown()
            #expect(engine.jobsRunning == 1)
            shop.gate.open("a")
        }
        #expect(shop.diary == ["perform a", "a is over"])
        #expect(try await shop.store.steps(of: Fixtures.id(1)).map(\.state) == [.done])
        try await Self.expectHandedBack(shop)
    }

    @Test func aDrainingEngineBeginsNothingMore() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: true)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { shutDown in
            try await shop.gate.arrived("a")
            await shutDown()
            _ = try await shop.store.submit(Fixtures.provision(2, at: start))
            engine.wake()
            shop.gate.open("a")
        }
        #expect(shop.diary == ["perform a", "a is over"])
        let second = try await shop.store.job(Fixtures.id(2))
        #expect(second?.state == .queued || second?.state == .waiting)
    }

    /// A job whose claim completes during the drain is released unchanged, without an intent.
    @Test func aJobClaimedDuringADrainIsReleasedUnchanged() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        shop.store.after { write in
            if case .claim = write { try await shop.gate.pass("claimed") }
        }
        try await shop.run(engine) { shutDown in
            try await shop.gate.arrived("claimed")
            await shutDown()
            shop.gate.open("claimed")
        }
        #expect(shop.diary == [])
        #expect(try await shop.store.steps(of: Fixtures.id(1)) == [])
        let claims = try await shop.store.claim(
            ClaimRequest(owner: "next", limit: 1, lease: .seconds(30), now: shop.time.now())
        ).claims
        #expect(claims.map(\.job.id) == [Fixtures.id(1)])
        #expect(claims.map(\.job.attempt) == [0])
        try await shop.expectWholeLedger()
    }

    /// The task that runs the engine is cancelled, without a graceful shutdown. It ends, and its jobs are released.
    @Test func aCancelledEngineEndsAndHandsJobsBack() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            try? await shop.gate.arrived("a")
            group.cancelAll()
        }
        #expect(shop.diary == ["perform a"])
        try await Self.expectHandedBack(shop)
    }

    @Test func anIdleEngineEndsAtOnce() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop)])
        try await shop.run(engine) { _ in try await shop.time.sleepers(atLeast: Workshop.restingSleepers) }
        #expect(engine.jobsRunning == 0)
    }
}
