import AuraModel
import JSON
import Jobs
import Storage
import TestKit
import Testing

@Suite struct CompensationTests {
    @Test func aPermanentFailureIsUndoneInReverseOrder() throws {
        let story = Story()
        for index in 0..<4 { story.perform(index) }
        story.begin(4)
        story.fail(4, brokenDisk)
        for index in [3, 1, 0] { story.undo(index) }
        story.end(.failed)
        #expect(
            story.told.suffix(11) == [
                "step.failed e", "phase.changed", "job.compensating", "step.undoing d", "step.undone d",
                "step.undoing b", "step.undone b", "step.undoing a", "step.undone a", "phase.changed", "job.failed",
            ])
        #expect(story.job.failure == brokenDisk)
        #expect(story.machine.instance.failure == brokenDisk)
        #expect(story.machine.instance.phase == .failed)
        #expect(
            story.machine.steps.values.sorted { $0.index < $1.index }.map(\.state) == [
                .undone, .undone, .done, .undone, .failed,
            ])
        let last = try #require(story.events.last)
        #expect(last.message.hasSuffix("no such image"))
        #expect(last.data?["correlationId"] == "r-1")
        #expect(story.events.filter { $0.type == .phaseChanged }.map(\.phase).suffix(2) == [.rollingBack, .failed])
    }

    /// A step whose effect is not confirmed is undone like a completed one, because it may have had its effect.
    @Test(arguments: [StepState.intent, .ambiguous, .failed])
    func aStepWithoutAConfirmedEffectIsUndone(_ state: StepState) {
        let story = Story()
        story.perform(0)
        story.begin(1)
        switch state {
        case .ambiguous:
            story.fail(1, lostAnswer)
            story.letGoAndComeBack()
            story.machine.noteCancellation(.requested)
        case .failed: story.fail(1, brokenDisk)
        default:
            story.reclaim()
            story.machine.noteCancellation(.requested)
        }
        #expect(story.machine.steps[1]?.state == state)
        story.undo(1)
        story.undo(0)
        story.end(state == .failed ? .failed : .cancelled)
        #expect(story.machine.steps[1]?.state == .undone)
    }

    @Test func aStepThatNeverBeganIsNotUndone() {
        let story = Story()
        story.perform(0)
        story.machine.noteCancellation(.requested)
        story.undo(0)
        story.end(.cancelled)
        #expect(!story.told.contains { $0.hasSuffix(" b") || $0.hasSuffix(" d") })
    }

    @Test func anUndoThatIsCalledAgainBeginsOnlyOnce() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        story.fail(1, brokenDisk)
        story.beginUndo(1)
        let told = story.told.count
        story.reclaim()
        story.beginUndo(1)
        #expect(story.told.count == told)
        story.undo(1)
        story.undo(0)
        story.end(.failed)
    }

    @Test func aWaitingUndoReleasesTheJob() {
        let story = Story()
        story.begin(0)
        story.fail(0, brokenDisk)
        story.beginUndo(0)
        story.machine.undoWaits(0, for: .seconds(5), reason: "for the machine to go", now: story.now)
        #expect(story.job.state == .compensating)
        #expect(story.job.availableAt == story.now + .seconds(5))
        #expect(story.job.waitingFor == "for the machine to go")
        story.letGoAndComeBack()
        story.undo(0)
        #expect(story.job.waitingFor == nil)
        story.end(.failed)
    }

    @Test func anUndoThatWaitsTooLongIsGivenUp() throws {
        let story = Story()
        story.begin(0)
        story.machine.checkpoint(0, now: start) { record, _ in record.externalID = "4711" }
        story.fail(0, brokenDisk)
        story.beginUndo(0)
        story.now = story.now + .seconds(60)
        story.machine.undoWaits(0, for: .seconds(5), reason: "for the machine to go", now: story.now)
        let step = try #require(story.machine.steps[0])
        #expect((step.state, step.externalID) == (.undoFailed, "4711"))
        story.letGoAndComeBack()
        story.undo(0)
        story.end(.failed)
    }

    /// An undo that fails, with any error class, is retried a few times. Then its external id is kept for operators,
    /// and the other steps are undone. The failed undo is retried at growing intervals until nothing is left.
    @Test(arguments: [busyServer, lostAnswer, brokenDisk])
    func aFailedUndoKeepsItsExternalIDBlocksNoOtherAndIsRetried(_ failure: Failure) throws {
        let story = Story()
        story.perform(0)
        story.begin(1)
        story.machine.checkpoint(1, now: start) { record, _ in record.externalID = "4711" }
        story.machine.stepDone(1, now: story.now)
        story.begin(2)
        story.fail(2, brokenDisk)
        for attempt in 1...2 {
            story.beginUndo(1)
            story.machine.undoFailed(1, failure, now: story.now, unit: 0.5)
            #expect((story.machine.steps[1]?.state, story.machine.steps[1]?.attempt) == (.undoing, attempt))
            #expect(story.job.state == .compensating)
            #expect(story.job.availableAt == story.now + .seconds(attempt))
            story.letGoAndComeBack()
        }
        story.beginUndo(1)
        story.machine.undoFailed(1, failure, now: story.now, unit: 0.5)
        let givenUp = story.now
        story.undo(0)
        #expect(story.decide() == .pause)
        #expect(story.job.state == .compensating)
        #expect(story.job.availableAt == givenUp + .seconds(30))
        #expect(story.machine.instance.failure?.code == "undoFailed")
        let step = try #require(story.machine.steps[1])
        #expect((step.state, step.externalID, step.finishedAt != nil) == (.undoFailed, "4711", true))
        let event = try #require(story.events.first { $0.type == .stepUndoFailed })
        #expect(event.data?["externalId"] == "4711")
        #expect(event.message.contains(failure.message))
        #expect(story.job.failure == brokenDisk)
        #expect(story.machine.steps[0]?.state == .undone)

        story.letGoAndComeBack()
        story.beginUndo(1)
        story.machine.undoFailed(1, failure, now: story.now, unit: 0.5)
        #expect(story.decide() == .pause)
        #expect(story.job.availableAt == story.now + .seconds(60))
        #expect(story.machine.steps[1]?.externalID == "4711")
        story.letGoAndComeBack()
        story.undo(1)
        story.end(.failed)
        #expect(story.machine.instance.failure == brokenDisk)
        #expect(story.events.count { $0.type == .alertRaised } == 1)
    }

    @Test func anUndoKeepsTheExternalIDOfItsStep() {
        let story = Story()
        story.begin(0)
        story.machine.checkpoint(0, now: start) { record, _ in record.externalID = "4711" }
        story.fail(0, brokenDisk)
        story.undo(0)
        story.end(.failed)
        #expect(story.transitions.flatMap(\.steps).filter { $0.state == .undone }.map(\.externalID) == ["4711"])
    }

    @Test func aJobWithoutUndoFailsAtOnce() {
        let plan = JobPlan(
            kind: .restart, of: .agent, phases: .test, version: 1,
            steps: [StepPlan(name: "x", phase: .restarting, timeLimit: .seconds(60), weight: 1, hasUndo: false)],
            phaseOnSuccess: .running, phaseOnFailure: .degraded, timeLimit: .seconds(600))
        let story = Story(plan: plan, phase: .running)
        story.begin(0)
        story.fail(0, brokenDisk)
        story.end(.failed)
        #expect(story.told.suffix(3) == ["step.failed x", "phase.changed", "job.failed"])
        #expect(story.machine.instance.phase == .degraded)
    }
}
