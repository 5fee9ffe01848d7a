import AuraModel
import Logging
import Storage
import StorageSQLite
import TestKit
import Testing

@testable import Jobs

/// Daemons are replaced by daemons of another program while jobs are in flight.
@Suite(.timeLimit(.minutes(5))) struct UpgradeTests {
    private static let programs: [CrashScenario.Build] = [.inserts, .removes, .renames]

    /// The old daemon dies at every boundary in turn, and a new one takes over. The job ends as it would without an
    /// upgrade.
    @Test(arguments: CrashScenario.Kind.allCases, programs)
    func aNewDaemonFinishesTheJobOfAnOldOne(_ kind: CrashScenario.Kind, _ build: CrashScenario.Build) async throws {
        try await takeOver(kind, from: .old, to: [build])
    }

    /// The new daemon dies, an old one does not touch its job, and the next new one finishes it.
    @Test(arguments: CrashScenario.Kind.allCases, programs)
    func anOldDaemonDoesNotTouchTheJobOfANewOne(_ kind: CrashScenario.Kind, _ build: CrashScenario.Build) async throws {
        try await takeOver(kind, from: build, to: [.old, build])
    }

    private func takeOver(
        _ kind: CrashScenario.Kind, from first: CrashScenario.Build, to others: [CrashScenario.Build]
    ) async throws {
        var undisturbed = CrashStory(kind, store: ModelStore())
        try await undisturbed.tell(builds: [first])
        let expected = try await undisturbed.ending()
        #expect(expected.states == [kind == .succeeds ? .succeeded : .failed])
        for crash in 1...undisturbed.boundaries {
            let directory = try TemporaryDirectory()
            let sqlite = try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "first")
            for store in [ModelStore(), sqlite] as [any Store] {
                var story = CrashStory(kind, store: store)
                // The daemons in between may do no work at all. Their last boundary is never reached.
                let ends = [crash] + Array(repeating: 1_000_000, count: others.count - 1)
                try await story.tell(crashes: ends, builds: [first] + others)
                #expect(try await story.violations() == [], "crash at \(crash)")
                #expect(try await story.ending() == expected, "crash at \(crash)")
            }
        }
    }

    /// A program changed its steps without a new version. Its daemon parks the job once and leaves it to a daemon with
    /// the job's own steps.
    @Test(arguments: programs) func aJobWhoseStepsDifferIsParked(_ build: CrashScenario.Build) async throws {
        let shop = try Workshop()
        _ = try await shop.store.submit(Fixtures.provision(1, at: start))
        let whole = ["a", "b", "c"].map { name in
            step(
                name,
                perform: { context in
                    shop.note(context.step.name)
                    return name == "b" && shop.notes("b") == 1 ? .wait(.seconds(5), reason: "for b") : .done
                })
        }
        let engine = shop.engine([provision(whole)], owner: "first")
        try await shop.run(engine) { _ in try await shop.drive(engine, until: .stepWaiting, of: Fixtures.id(1)) }
        #expect(shop.diary == ["a", "b"])

        var other = whole
        switch build {
        case .inserts: other.insert(step("x", perform: { _ in .done }), at: 1)
        case .removes: other.removeFirst()
        default: other[1].plan.name = "y"
        }
        let stranger = shop.engine([provision(other)], owner: "second")
        try await shop.run(stranger) { _ in
            try await shop.drive(stranger, until: .jobParked, of: Fixtures.id(1))
            // The engine does not claim the job again.
            shop.time.advance(by: .seconds(60))
            try await shop.time.sleepers(atLeast: Workshop.restingSleepers)
            try await shop.idle(stranger)
        }
        #expect(shop.diary == ["a", "b"])
        #expect(shop.log.events.count { $0.entry.type == .jobParked } == 1)
        let parked = try #require(try await shop.store.job(Fixtures.id(1)))
        #expect(parked.failure?.code == "otherSteps")
        #expect(parked.epoch == 2)

        let last = shop.engine([provision(whole)], owner: "third")
        try await shop.run(last) { _ in try await shop.drive(last, until: .jobSucceeded, of: Fixtures.id(1)) }
        #expect(shop.diary == ["a", "b", "b", "c"])
        let job = try #require(try await shop.store.job(Fixtures.id(1)))
        #expect((job.state, job.failure) == (.succeeded, nil))
        try await shop.expectWholeLedger()
    }

    /// The cause for which a job is being undone outlives a daemon with other steps.
    @Test func parkingKeepsTheCauseOfAnUndo() {
        var claim = Fixtures.claim(at: start)
        var begun = StepRecord(job: claim.job.id, index: 0, name: "a")
        begun.state = .undoing
        begun.startedAt = start
        claim.steps = [begun]
        claim.job.state = .compensating
        claim.job.failure = Failure(.permanent, code: "quotaExceeded", message: "the project is full")
        let other = provision([step("b", perform: { _ in .done })])
        for isNews in [true, false] {
            var machine = JobStateMachine(claim: claim, plan: other.plan, policy: RetryPolicy())
            let decision = machine.decide(now: start)
            #expect(decision == .pause)
            #expect(machine.job.failure?.code == "quotaExceeded")
            let transition = machine.takeTransition(releasing: true)
            #expect(transition?.events.map(\.type) == (isNews ? [.jobParked, .alertRaised] : []))
            claim.job = machine.job
        }
    }

    /// A destroy waits for the job that it supersedes. The daemon that held that job died, and no daemon has its
    /// definition any more.
    @Test func aDestroyDoesNotWaitForAJobOfAnUnknownDefinition() async throws {
        let shop = try Workshop()
        var submission = Fixtures.provision(1, at: start)
        submission.job.definitionVersion = 9
        _ = try await shop.store.submit(submission)
        _ = try await shop.store.claim(ClaimRequest(owner: "gone", limit: 1, lease: .seconds(30), now: start))
        let destroy = try await shop.store.submit(Fixtures.destroy(2, on: .id(Fixtures.id(1)), at: start))
        #expect(destroy.job.blockedBy == Fixtures.id(1))
        let definition = JobDefinition(
            kind: .destroy, of: .test, version: 1, phaseOnSuccess: .destroyed, phaseOnFailure: .degraded,
            timeLimit: .seconds(3600),
            steps: [Step("remove", phase: .destroying, timeLimit: .seconds(60), weight: 1, perform: { _ in .done })])
        let engine = shop.engine([definition])
        try await shop.run(engine) { _ in try await shop.drive(engine, until: .jobSucceeded, of: Fixtures.id(2)) }
        #expect(try await shop.store.job(Fixtures.id(1))?.state == .cancelled)
    }
}
