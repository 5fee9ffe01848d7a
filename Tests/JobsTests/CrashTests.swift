import AuraModel
import Jobs
import Storage
import StorageSQLite
import TestKit
import Testing

/// A worker that dies at every boundary there is, over the real store: before and after each commit, and after each effect.
///
///     decide ─ begin ─ ✗ commit ✗ ─ effect ✗ ─ outcome ─ ✗ commit ✗ … ─▶ the next worker goes on from the rows
@Suite struct CrashTests {
    private struct Crash: Error {}

    /// The outside world: what exists in it, and what was found wrong about its use.
    private struct World {
        var existing: Set<String> = []
        var everMade: [String] = []
        var faults: [String] = []
    }

    private struct Run {
        let store: SQLiteStore
        var world = World()
        /// The boundary at which the worker dies; none after that.
        var dieAt: Int?
        var passed = 0
        var failsForGood: Int?

        mutating func boundary() throws {
            passed += 1
            if passed == dieAt {
                dieAt = nil
                throw Crash()
            }
        }

        mutating func commit(_ machine: inout JobStateMachine, releasing: Bool = false) async throws {
            guard let transition = machine.takeTransition(releasing: releasing) else { return }
            try boundary()
            _ = try await store.apply(transition)
            try boundary()
        }

        /// Looks, then makes: safe to repeat.
        mutating func make(_ name: String, intent: StepState?) throws {
            if intent != .intent { world.faults.append("\(name) was touched before its intent was committed") }
            if world.existing.insert(name).inserted { world.everMade.append(name) }
            try boundary()
        }

        mutating func remove(_ name: String) throws {
            world.existing.remove(name)
            try boundary()
        }

        mutating func work(now: Timestamp) async throws {
            guard
                let claim = try await store.claim(ClaimRequest(owner: "w", limit: 1, lease: .seconds(30), now: now))
                    .first
            else { return }
            var machine = JobStateMachine(claim: claim, plan: Saga.plan, policy: RetryPolicy())
            while true {
                switch machine.decide(now: now) {
                case .perform(let index): try await perform(index, &machine, now)
                case .undo(let index): try await undo(index, &machine, now)
                case .pause, .finished: return try await commit(&machine, releasing: true)
                }
            }
        }

        private mutating func perform(_ index: Int, _ machine: inout JobStateMachine, _ now: Timestamp) async throws {
            machine.beginStep(index, now: now)
            try await commit(&machine)
            let kept = try await store.steps(of: machine.job.id).first { $0.index == index }
            if Saga.plan.steps[index].hasUndo { try make(Saga.plan.steps[index].name, intent: kept?.state) }
            if failsForGood == index {
                machine.stepFailed(index, Saga.failure(.permanent), now: now, unit: 0.5)
            } else {
                machine.stepDone(index, now: now)
            }
        }

        private mutating func undo(_ index: Int, _ machine: inout JobStateMachine, _ now: Timestamp) async throws {
            machine.beginUndo(index, now: now)
            try await commit(&machine)
            try remove(Saga.plan.steps[index].name)
            machine.undoDone(index, now: now)
        }
    }

    private static func run(dyingAt boundary: Int?, failing: Int?) async throws -> (Run, [Event], Job?) {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(path: directory.file("aura.db"), installation: "test")
        _ = try await store.submit(Fixtures.provision(1, at: Saga.start))
        var run = Run(store: store, dieAt: boundary, failsForGood: failing)
        for _ in 0..<2 {
            do {
                try await run.work(now: Saga.start)
            } catch is Crash {
                _ = try await store.takeOverLeases(owner: "the next one")
            }
        }
        let events = try await store.events(EventQuery(after: 0, limit: 1000))
        return (run, events, try await store.job(Fixtures.id(1)))
    }

    @Test(arguments: [nil, 0, 2, 4]) func everyBoundary(failing: Int?) async throws {
        let undisturbed = try await Self.run(dyingAt: nil, failing: failing)
        let boundaries = undisturbed.0.passed
        #expect(boundaries >= 8)
        for boundary in 1...boundaries {
            let (run, events, job) = try await Self.run(dyingAt: boundary, failing: failing)
            #expect(run.world.faults.isEmpty)
            #expect(job?.state == (failing == nil ? .succeeded : .failed), "died at boundary \(boundary)")
            #expect(run.world.existing == undisturbed.0.world.existing, "died at boundary \(boundary)")
            #expect(events.map(\.seq) == Array(1...Int64(events.count)))
            #expect(events.count { $0.entry.type.endsJob } == 1)
        }
        let kind = failing.map { "step \($0) fails" } ?? "all goes well"
        Console.say("crashed at \(boundaries) boundaries where \(kind)\n")
    }
}
