import AuraModel
import Jobs
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct CancellationEngineTests {
    /// A step that waits at the gate until its task is cancelled or the gate opens. It has an undo.
    private static func held(_ shop: Workshop) -> JobDefinition {
        provision([
            step(
                "a",
                perform: { _ in
                    shop.note("perform a")
                    try await shop.gate.pass("a")
                    return .done
                },
                undo: { _ in
                    shop.note("undo a")
                    return .done
                }),
            step("b") { _ in
                shop.note("perform b")
                return .done
            },
        ])
    }

    @Test(arguments: [true, false]) func aRunningStepIsCancelledAndUndone(_ isTold: Bool) async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.held(shop)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            _ = try await shop.store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: start))
            if isTold {
                engine.noteCancellation(of: Fixtures.id(1))
            } else {
                // No signal reached this daemon, as when another daemon got the call. The next heartbeat reads the
                // cancellation.
                try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
                shop.time.advance(by: .seconds(10))
            }
            try await shop.log.first(.jobCancelled)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "undo a"])
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .cancelled)
        try await shop.expectWholeLedger()
    }

    /// The cancellation commits just before the worker writes the intent of the next step. That step must not run.
    @Test func aStepDoesNotBeginAfterTheCancellationIsStored() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.held(shop)])
        shop.gate.open("a")
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        shop.store.before { write in
            guard case .apply(let transition) = write else { return }
            guard transition.events.contains(where: { $0.type == .stepStarted && $0.step == "b" }) else { return }
            _ = try await shop.store.base.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: start))
        }
        try await shop.run(engine) { _ in
            try await shop.log.first(.jobCancelled)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "undo a"])
    }

    @Test func anUndoIsNotCancelled() async throws {
        let shop = try Workshop()
        let engine = shop.engine([
            provision([
                step(
                    "a", perform: { _ in throw brokenDisk },
                    undo: { _ in
                        shop.note("undo a")
                        try await shop.gate.pass("undo")
                        shop.note("a is undone")
                        return .done
                    })
            ])
        ])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("undo")
            _ = try await shop.store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: start))
            engine.noteCancellation(of: Fixtures.id(1))
            try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
            shop.time.advance(by: .seconds(10))
            try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
            shop.gate.open("undo")
            try await shop.log.first { $0.entry.type.endsJob }
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["undo a", "a is undone"])
    }

    /// A destroy comes while a step runs. The step is cancelled, nothing is undone, and the destroy runs.
    ///
    ///     provision  a runs ──┐ stopped ▷ cancelled
    ///     destroy       submit┘ blocked ───────────▷ runs
    @Test func aDestroySupersedesARunningJob() async throws {
        let shop = try Workshop()
        let destroy = JobDefinition(
            kind: .destroy, of: .test, version: 1, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
            timeLimit: .seconds(3600),
            steps: [
                Step("server.delete", phase: .destroying, timeLimit: .seconds(60), weight: 1) { context in
                    shop.note("delete of \(context.instance.desired.rawValue)")
                    return .done
                }
            ])
        let engine = shop.engine([Self.held(shop), destroy])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            let submitted = try await shop.store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
            engine.noteCancellation(of: try #require(submitted.job.blockedBy))
            try await shop.log.first(.jobSucceeded, of: Fixtures.id(2))
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "delete of destroyed"])
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .cancelled)
        #expect(try await shop.store.instance(.id(Fixtures.id(1)))?.phase == .destroyed)
        try await shop.expectWholeLedger()
    }

    /// A cancellation signal without a stored cancellation: the step is called once more, and the job continues.
    @Test func aSignalWithoutAStoredCancellationCancelsNoJob() async throws {
        let shop = try Workshop()
        let engine = shop.engine([Self.held(shop)])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("a")
            engine.noteCancellation(of: Fixtures.id(1))
            try await shop.gate.arrived("a", count: 2)
            shop.gate.open("a")
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.diary == ["perform a", "perform a", "perform b"])
    }
}
