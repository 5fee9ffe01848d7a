import AuraModel
import Jobs
import Storage
import TestKit
import Testing

/// The point in a job's life at which a cancellation is requested.
private enum Point: String, CaseIterable {
    case beforeItsFirstStep, atIntent, afterAStep, whileWaiting, whileRetrying, inDoubt, beforeItsEnd

    /// Runs a job up to this point of step 1. A job that was released is claimed again.
    func story() -> Story {
        let story = Story()
        if self == .beforeItsFirstStep { return story }
        story.perform(0)
        if self == .beforeItsEnd { for index in 1...4 { story.perform(index) } }
        if self == .afterAStep || self == .beforeItsEnd { return story }
        story.begin(1)
        switch self {
        case .whileWaiting: story.machine.stepWaits(1, for: .seconds(5), reason: "to boot", now: story.now)
        case .whileRetrying: story.fail(1, busyServer)
        case .inDoubt: story.fail(1, lostAnswer)
        case .beforeItsFirstStep, .atIntent, .afterAStep, .beforeItsEnd: return story
        }
        story.letGoAndComeBack()
        return story
    }

    /// The steps that may have had an effect and have an undo, in the order in which they are undone.
    var toUndo: [Int] {
        switch self {
        case .beforeItsFirstStep: []
        case .afterAStep: [0]
        case .atIntent, .whileWaiting, .whileRetrying, .inDoubt: [1, 0]
        case .beforeItsEnd: [3, 1, 0]
        }
    }
}

@Suite struct CancellationTests {
    @Test(arguments: Point.allCases) private func aCancelledJobIsUndone(_ point: Point) {
        let story = point.story()
        story.machine.noteCancellation(.requested)
        for index in point.toUndo { story.undo(index) }
        story.end(.cancelled)
        #expect(story.job.failure?.code == "cancelled")
        #expect(story.told.last == "job.cancelled")
        #expect(story.machine.instance.phase == .failed)
        #expect(!story.told.contains("job.failed"))
    }

    @Test(arguments: Point.allCases) private func aSupersededJobStopsWithoutUndo(_ point: Point) {
        let story = point.story()
        let steps = story.machine.steps
        let phase = story.machine.instance.phase
        story.machine.noteCancellation(.superseded)
        story.end(.cancelled)
        #expect(story.job.failure?.code == "superseded")
        #expect(story.told.last == "job.cancelled")
        #expect(story.machine.steps == steps)
        #expect(story.machine.instance.phase == phase)
        #expect(!story.told.contains { $0.hasPrefix("step.und") })
    }

    @Test func aSupersededJobStopsUndoing() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        story.fail(1, brokenDisk)
        story.undo(1)
        story.machine.noteCancellation(.superseded)
        story.end(.cancelled)
        #expect(story.machine.steps[0]?.state == .done)
    }

    /// The destroy cancels a step, which then throws a permanent failure. The job still ends as superseded.
    @Test(arguments: [0, 2]) func aStepThatFailsInASupersededJobDoesNotFailTheJob(_ index: Int) {
        let story = Story()
        for before in 0..<index { story.perform(before) }
        story.begin(index)
        story.machine.noteCancellation(.superseded)
        story.fail(index, brokenDisk)
        story.end(.cancelled)
        #expect(story.job.failure?.code == "superseded")
        #expect(!story.told.contains("job.compensating"))
        #expect(story.told.last == "job.cancelled")
    }

    /// The only step of a job without undo fails permanently just as the destroy comes.
    @Test func aSupersededJobWithoutUndoIsCancelled() {
        let plan = JobPlan(
            kind: .restart, of: .agent, phases: .test, version: 1,
            steps: [StepPlan(name: "x", phase: .restarting, timeLimit: .seconds(60), weight: 1, hasUndo: false)],
            phaseOnSuccess: .running, phaseOnFailure: .degraded, timeLimit: .seconds(600))
        let story = Story(plan: plan, phase: .running)
        story.begin(0)
        story.machine.noteCancellation(.superseded)
        story.fail(0, brokenDisk)
        story.end(.cancelled)
    }

    @Test func aJobThatIsBeingUndoneIsNotCancelled() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        story.fail(1, brokenDisk)
        story.beginUndo(1)
        story.machine.noteCancellation(.requested)
        story.machine.undoDone(1, now: story.now)
        story.undo(0)
        #expect(story.decide() == .finished)
        #expect(story.job.failure == brokenDisk)
    }

    @Test func aDestroyOutranksACancellation() {
        let story = Story()
        story.perform(0)
        story.machine.noteCancellation(.requested)
        story.machine.noteCancellation(.superseded)
        story.end(.cancelled)
        #expect(story.job.failure?.code == "superseded")
    }

    /// The step decided to wait just before the cancellation came. The job ends now and does not wait.
    @Test(arguments: [Cancellation.requested, .superseded]) func aCancellationEndsADecidedWait(_ wish: Cancellation) {
        let story = Story()
        story.begin(0)
        story.machine.stepWaits(0, for: .seconds(50), reason: "to boot", now: story.now)
        story.machine.noteCancellation(wish)
        if wish == .requested { story.undo(0) }
        story.end(.cancelled)
    }

    @Test func theWaitOfAnUndoIsNotCutShortByACancellation() {
        let story = Story()
        story.begin(0)
        story.fail(0, brokenDisk)
        story.beginUndo(0)
        story.machine.undoWaits(0, for: .seconds(5), reason: "to go", now: story.now)
        story.machine.noteCancellation(.requested)
        #expect(story.decide() == .pause)
        story.machine.noteCancellation(.superseded)
        #expect(story.decide() == .finished)
    }

    /// A restart that is cancelled in the queue leaves the instance's phase at `running`.
    @Test func aJobThatNeverBeganChangesNoPhase() {
        let plan = JobPlan(
            kind: .restart, of: .agent, phases: .test, version: 1,
            steps: [StepPlan(name: "x", phase: .restarting, timeLimit: .seconds(60), weight: 1, hasUndo: false)],
            phaseOnSuccess: .running, phaseOnFailure: .degraded, timeLimit: .seconds(600))
        let story = Story(plan: plan, phase: .running)
        story.machine.noteCancellation(.requested)
        story.end(.cancelled)
        #expect(story.machine.instance.phase == .running)
        #expect(story.told == ["job.cancelled"])
    }
}

@Suite struct InterruptionTests {
    @Test func aDrainSpendsNoAttempt() {
        let story = Story()
        story.begin(0)
        story.fail(0, busyServer)
        story.letGoAndComeBack()
        story.begin(0)
        let attempt = story.machine.steps[0]?.attempt
        story.now = story.now + .seconds(1)
        story.machine.interrupt(now: story.now)
        #expect(story.decide() == .pause)
        story.commit(releasing: true)
        #expect(story.machine.steps[0]?.attempt == attempt)
        #expect((story.job.state, story.job.availableAt) == (.waiting, story.now))
        #expect(story.told.last == "step.retrying a")
        story.reclaim()
        story.perform(0)
    }

    @Test func aDrainDuringAnUndoKeepsTheJobCompensating() {
        let story = Story()
        story.begin(0)
        story.fail(0, brokenDisk)
        story.beginUndo(0)
        story.machine.interrupt(now: story.now)
        #expect(story.decide() == .pause)
        story.commit(releasing: true)
        #expect(story.job.state == .compensating)
        story.reclaim()
        story.undo(0)
        story.end(.failed)
    }

    @Test func aDrainReleasesEvenACancelledJob() {
        let story = Story()
        story.begin(0)
        story.machine.interrupt(now: story.now)
        story.machine.noteCancellation(.requested)
        #expect(story.decide() == .pause)
    }

    @Test func aJobThatHasFailedEndsDespiteADrain() {
        var plan = Story.plan
        plan.steps = [StepPlan(name: "x", phase: .provisioning, timeLimit: .seconds(60), weight: 1, hasUndo: false)]
        let story = Story(plan: plan)
        story.begin(0)
        story.fail(0, brokenDisk)
        story.machine.interrupt(now: story.now)
        story.end(.failed)
    }
}
