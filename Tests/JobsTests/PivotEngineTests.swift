import AuraModel
import Jobs
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct PivotEngineTests {
    /// The cancellation is stored before the worker begins, and is signalled again while it runs. The step runs once,
    /// to its end.
    @Test func aCancellationPastThePivotDoesNotInterruptTheStep() async throws {
        let shop = try Workshop()
        let definition = JobDefinition(
            kind: .provision, of: .test, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
            timeLimit: .seconds(3600),
            pivot: 0,
            steps: [
                step("a") { _ in
                    shop.note("a")
                    try await shop.gate.pass("held")
                    return .done
                }
            ])
        let engine = shop.engine([definition])
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        _ = try await shop.store.requestCancellation(CancellationRequest(job: Fixtures.id(1), now: start))
        try await shop.run(engine) { _ in
            try await shop.gate.arrived("held")
            engine.noteCancellation(of: Fixtures.id(1))
            shop.gate.open("held")
            try await shop.log.first(.jobSucceeded)
            try await shop.idle(engine)
        }
        #expect(shop.notes("a") == 1)
    }
}
