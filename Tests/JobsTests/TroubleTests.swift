import AuraModel
import Jobs
import Locking
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct TroubleTests {
    /// The database refuses one of the writes three times, each write in turn. The step runs once, and its result is
    /// kept.
    @Test(arguments: 1...4) func writesAreTriedAgainWhileTheLeaseLasts(_ failing: Int) async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step("a") { context in
                    shop.note("perform a")
                    try await context.report("half", fraction: 0.5)
                    return .done
                }
            ])
        ])
        let applies = Locked((write: 0, refused: 0))
        shop.store.before { write in
            guard case .apply = write else { return }
            let refuses = applies.withLock { state in
                if state.write + 1 == failing, state.refused < 3 {
                    state.refused += 1
                    return true
                }
                state.write += 1
                return false
            }
            if refuses { throw StorageError(.unavailable, "the disk is full") }
        }
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            let waits = failing > 3 ? [] : [200, 400, 600].map { Duration.milliseconds($0) }
            for wait in waits {
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers + 1)
                shop.time.advance(by: wait)
            }
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(applies.withLock { $0.refused } == (failing > 3 ? 0 : 3))
        #expect(shop.notes("perform a") == 1)
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .succeeded)
        try await shop.expectWholeLedger()
    }

    /// A store that refuses claims is asked once per wait, not in a busy loop.
    @Test func aRefusedClaimIsRetriedOncePerWait() async throws {
        let shop = try Workshop()
        let engine = shop.engine([provision([step("a") { _ in .done }])])
        let claims = Locked(0)
        let isBroken = Locked(true)
        shop.store.before { write in
            guard case .claim = write else { return }
            claims.withLock { $0 += 1 }
            if isBroken.withLock({ $0 }) { throw StorageError(.unavailable, "the disk is full") }
        }
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            for round in 1...10 {
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                #expect(claims.withLock { $0 } == round)
                let sleeps = shop.time.sleeps
                shop.time.advance(by: .seconds(2))
                try await shop.time.sleeps(moreThan: sleeps)
            }
            isBroken.withLock { $0 = false }
            try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(1))
        }
    }

    /// A step that does not return is cancelled at the first heartbeat after its deadline, and undone.
    @Test func aHangingStepIsCancelledAndUndone() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step(
                    "a", timeLimit: .seconds(60),
                    perform: { _ in
                        shop.note("perform a")
                        try await shop.gate.pass("never")
                        return .done
                    },
                    undo: { _ in
                        shop.note("undo a after \((shop.time.now() - start).components.seconds) s")
                        return .done
                    })
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("never")
            for _ in 1...29 {
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                #expect(shop.diary == ["perform a"])
                shop.time.advance(by: .milliseconds(2500))
            }
            try await shop.log.first(.jobFailed)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "undo a after 72 s"])
        let failure = try #require(try await shop.store.job(Fixtures.id(1))?.failure)
        #expect(failure.message == "a did not finish within 60 s; the last that was heard: it hung")
    }

    /// An undo that does not return is given up like one that fails: its id is kept, and the other steps are undone.
    @Test func aHangingUndoFailsAndTheOtherStepsAreUndone() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step(
                    "a", perform: { _ in .done },
                    undo: { _ in
                        shop.note("undo a")
                        return .done
                    }),
                step(
                    "b", timeLimit: .seconds(60),
                    perform: { context in
                        try await context.checkpoint(externalID: "4711")
                        throw brokenDisk
                    },
                    undo: { _ in
                        try await shop.gate.pass("never")
                        return .done
                    }),
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("never")
            for _ in 1...29 {
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                shop.time.advance(by: .milliseconds(2500))
            }
            try await shop.log.first(.alertRaised)
            try await shop.idle(engine)
        }
        #expect(shop.notes("undo a") == 1)
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .compensating)
        let steps = try await shop.store.steps(of: Fixtures.id(1))
        #expect(steps.map(\.state) == [.undone, .undoFailed])
        #expect(steps.last?.externalID == "4711")
    }
}
