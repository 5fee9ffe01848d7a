import AuraModel
import Logging
import Storage
import TestKit
import Testing

@testable import Jobs

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

    /// A store that is lost for good does not delay the end until the lease ends. The job stays leased.
    @Test func theHandBackIsGivenUpIfTheStoreStaysUnavailable() async throws {
        let shop = try Workshop()
        let lease = Duration.seconds(600)
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        let request = ClaimRequest(owner: "here", limit: 1, lease: lease, now: shop.time.now())
        let claim = try #require(try await shop.store.claim(request).claims.first)
        let environment = JobRun.Environment(
            store: shop.store, time: shop.time, random: FixedRandom(1 << 63), lease: lease, leaseMargin: .zero,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let run = JobRun(
            claim: claim, definition: Self.definition(shop), policy: RetryPolicy(), environment: environment,
            leaseEnd: shop.time.uptime() + lease)
        shop.store.before { _ in throw StorageError(.unavailable, "the file was removed") }
        run.stop.send(.drain)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await run.work() }
            for milliseconds in [200, 400, 600, 800, 1000] {
                try await shop.time.sleepers(atLeast: 1)
                shop.time.advance(by: .milliseconds(milliseconds))
            }
            try await group.waitForAll()
        }
        #expect(shop.diary == [])
        shop.store.before { _ in }
        let next = ClaimRequest(owner: "next", limit: 1, lease: lease, now: shop.time.now())
        #expect(try await shop.store.claim(next).claims.isEmpty)
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
