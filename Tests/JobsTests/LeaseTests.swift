import AuraModel
import Jobs
import Locking
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct LeaseTests {
    private static func definition(_ shop: Workshop, stubborn: Bool) -> JobDefinition {
        provision([
            step("a") { _ in
                shop.note("perform a")
                do {
                    if stubborn { await shop.gate.passStubbornly("a") } else { try await shop.gate.pass("a") }
                } catch {
                    shop.note("a broken off after \((shop.time.now() - start).components.seconds) s")
                    shop.gate.open("broken off")
                    throw error
                }
                return .done
            },
            step("b") { _ in
                shop.note("perform b")
                return .done
            },
        ])
    }

    /// Another worker gets the job while a step runs. The result of the step is not written, and no further step
    /// begins.
    ///
    ///     here      a runs ─────────────────── a returns ▷ fenced
    ///     elsewhere        takes over, claims ▷ epoch 2
    @Test func aStaleWorkerWritesNothingAndBeginsNothing() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: true)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            let claim = try #require(try await Self.takeOver(shop))
            let head = try await shop.store.head()
            shop.gate.open("a")
            try await shop.idle(engine)
            #expect(try await shop.store.head() == head)
            #expect(try await shop.store.job(Fixtures.id(1)) == claim.job)
            #expect(try await shop.store.steps(of: Fixtures.id(1)) == claim.steps)
        }
        #expect(shop.diary == ["perform a"])
    }

    /// Waits until the engine is idle first. A busy engine could claim the job as quickly as this call.
    private static func takeOver(_ shop: Workshop) async throws -> Claim? {
        try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
        _ = try await shop.store.takeOverLeases(owner: "elsewhere", singletonLeases: [])
        return try await shop.store.claim(
            ClaimRequest(owner: "elsewhere", limit: 1, lease: .seconds(3600), now: shop.time.now())
        ).claims.first
    }

    /// The whole process is paused for longer than the lease, and the step continues before the engine has checked the
    /// clock.
    ///
    ///     a runs ── paused ─────────── checks its lease before the next call ▷ fenced
    ///                      lease ends ┘
    @Test func aStepPausedBeyondItsLeaseMakesNoFurtherCall() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step("a") { context in
                    try context.checkLease()
                    shop.note("first call")
                    await shop.gate.passStubbornly("a")
                    try context.checkLease()
                    shop.note("second call")
                    return .done
                }
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            shop.store.before { write in
                if case .extendLeases = write { throw StorageError(.unavailable, "cannot reach the database") }
            }
            shop.time.advance(by: .seconds(26))
            shop.gate.open("a")
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["first call"])
        #expect(try await shop.store.steps(of: Fixtures.id(1)).map(\.state) == [.intent])
    }

    @Test func aLostLeaseIsNoticedAtTheHeartbeat() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: false)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            _ = try #require(try await Self.takeOver(shop))
            try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
            shop.time.advance(by: .seconds(10))
            try await shop.gate.arrived("broken off", count: 0)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "a broken off after 10 s"])
    }

    enum Trouble: CaseIterable { case refuses, hangs }

    /// The store cannot be reached. The step is cancelled before the lease ends, not after.
    ///
    ///     0 s claim ── 10 s, 20 s no reply ── 27.5 s cancel ── 30 s the lease ends, another worker may claim
    @Test(arguments: Trouble.allCases) func aStepIsCancelledBeforeALeaseThatCannotBeExtendedEnds(_ trouble: Trouble)
        async throws
    {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: false)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        shop.store.before { write in
            guard case .extendLeases = write else { return }
            if trouble == .hangs { await shop.gate.passStubbornly("store") }
            throw StorageError(.unavailable, "cannot reach the database")
        }
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            for _ in 1...11 {
                let hangs = trouble == .hangs && shop.time.now() >= start + .seconds(10)
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers - (hangs ? 1 : 0))
                #expect(shop.diary == ["perform a"])
                shop.time.advance(by: .milliseconds(2500))
            }
            try await shop.idle(engine)
            shop.gate.open("store")
        }
        #expect(shop.diary == ["perform a", "a broken off after 27 s"])
    }

    @Test func heartbeatsKeepALongStepsLease() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: false)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            for _ in 1...60 {
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                shop.time.advance(by: .seconds(10))
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                let rival = ClaimRequest(owner: "elsewhere", limit: 1, lease: .seconds(30), now: shop.time.now())
                #expect(try await shop.store.claim(rival).claims.isEmpty)
            }
            shop.gate.open("a")
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "perform b"])
        #expect(try await shop.store.job(Fixtures.id(1))?.epoch == 1)
    }

    /// The clock jumped, as after a suspend. The engine claims its own job again while the first run still waits in a
    /// step.
    @Test func aJobClaimedTwiceByOneEngineContinuesOnce() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.definition(shop, stubborn: true)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            _ = try await shop.store.takeOverLeases(owner: "nobody", singletonLeases: [])
            engine.wake()
            try await shop.gate.arrived("a", count: 2)
            shop.gate.open("a")
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "perform a", "perform b"])
        #expect(try await shop.store.job(Fixtures.id(1))?.epoch == 2)
        #expect(shop.log.events.filter { $0.entry.type == .stepDone }.count == 2)
        try await shop.expectWholeLedger()
    }

    /// The former daemon died in the middle of a step. The next one continues with that step at once.
    @Test func aJobOfADeadDaemonContinuesAtItsInterruptedStep() async throws {
        let shop = try Workshop()
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        let definition = Self.definition(shop, stubborn: false)
        let claim = try #require(
            try await shop.store.claim(ClaimRequest(owner: "dead", limit: 1, lease: .seconds(30), now: start)).claims
                .first)
        var machine = JobStateMachine(claim: claim, plan: definition.plan, policy: RetryPolicy())
        _ = machine.decide(now: start)
        machine.beginStep(0, now: start)
        _ = try await shop.store.apply(try #require(machine.takeTransition(releasing: false)))

        shop.gate.open("a")
        let engine = shop.engine([definition], owner: "here")
        #expect(try await shop.store.takeOverLeases(owner: "here", singletonLeases: []) == 1)
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "perform b"])
        #expect(shop.log.events.filter { $0.entry.type == .stepStarted }.map(\.entry.step) == ["a", "b"])
        #expect(try await shop.store.job(Fixtures.id(1))?.epoch == 2)
        try await shop.expectWholeLedger()
    }
}
