import AuraModel
import JSON
import Jobs
import Storage
import TestKit
import Testing

@Suite struct ForwardTests {
    @Test func aJobPerformsItsStepsInOrderAndWritesTheirEvents() {
        let story = Story()
        for index in 0..<5 { story.perform(index) }
        story.end(.succeeded)
        #expect(
            story.told == [
                "job.started", "phase.changed", "step.started a", "step.done a", "step.started b", "step.done b",
                "phase.changed", "step.started c", "step.done c", "phase.changed", "step.started d", "step.done d",
                "step.started e", "step.done e", "phase.changed", "job.succeeded",
            ])
        #expect(story.events.compactMap(\.progress) == [0, 0, 0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.8, 0.8, 1, 1])
        #expect(story.events.last?.message == "provision succeeded after 5.0 s")
        let job = story.job
        #expect((job.startedAt, job.finishedAt, job.failure, job.waitingFor) == (start, story.now, nil, nil))
        let instance = story.machine.instance
        #expect((instance.phase, instance.runningAt, instance.failure) == (.running, story.now, nil))
    }

    @Test func everyEventNamesItsJobInstanceChangeAndPhase() {
        let story = Story()
        for index in 0..<5 { story.perform(index) }
        story.end(.succeeded)
        for event in story.events {
            #expect((event.job, event.instance, event.change) == (story.job.id, story.job.instance, story.job.change))
            #expect(event.phase != nil)
            #expect(!event.message.isEmpty)
        }
        #expect(story.events.last?.phase == .running)
    }

    @Test func anIntentIsWrittenBeforeAStepRuns() throws {
        let story = Story()
        #expect(story.decide() == .perform(0))
        story.machine.beginStep(0, now: story.now)
        let transition = try #require(story.commit())
        let step = try #require(transition.steps.first)
        #expect(transition.steps.count == 1)
        #expect((step.state, step.startedAt, step.deadline) == (.intent, start, start + .seconds(60)))
        #expect(!transition.releasesLease)
        #expect(transition.instance?.phase == .provisioning)
    }

    @Test func aStepThatIsCalledAgainBeginsOnlyOnce() {
        let story = Story()
        story.begin(0)
        let before = story.transitions.count
        story.now = story.now + .seconds(5)
        story.reclaim()
        #expect(story.decide() == .perform(0))
        story.machine.beginStep(0, now: story.now)
        #expect(story.machine.steps[0]?.startedAt == start)
        story.commit()
        #expect(story.transitions.dropFirst(before).flatMap(\.events).isEmpty)
        #expect(story.transitions.dropFirst(before).flatMap(\.steps).isEmpty)
    }

    @Test func completedStepsAreNotRepeated() {
        let story = Story()
        story.perform(0)
        story.perform(1)
        story.commit()
        story.reclaim()
        story.perform(2)
    }

    @Test func anUnchangedJobIsNotWritten() {
        let story = Story()
        #expect(story.commit() == nil)
        story.begin(0)
        #expect(story.commit() == nil)
        #expect(story.commit(releasing: true)?.releasesLease == true)
    }

    @Test func aCheckpointKeepsExternalIDMemoryAndInstance() throws {
        let story = Story()
        story.begin(0)
        story.machine.checkpoint(0, now: start) { record, instance in
            record.externalID = "4711"
            record.memory = ["candidate": 2]
            instance.testFacts.note = "1.2"
        }
        let transition = try #require(story.commit())
        #expect(transition.steps.first?.externalID == "4711")
        #expect(transition.instance?.testFacts.note == "1.2")
        story.machine.checkpoint(0, now: start) { record, _ in record.memory = ["candidate": 3] }
        #expect(try #require(story.commit()).instance == nil)
        story.reclaim()
        #expect(story.machine.steps[0]?.externalID == "4711")
        #expect(story.machine.steps[0]?.memory == ["candidate": 3])
    }

    @Test func theStartOfAJobClearsAFormerFailure() {
        let story = Story()
        story.machine.checkpoint(0, now: start) { _, instance in instance.failure = busyServer }
        story.perform(0)
        #expect(story.machine.instance.failure == nil)
        #expect(story.machine.instance.change == story.job.change)
    }

    @Test func runningAtIsSetByTheFirstRunOnly() {
        let story = Story()
        for index in 0..<5 { story.perform(index) }
        story.end(.succeeded)
        #expect(story.machine.instance.runningAt == story.now)

        let restart = JobPlan(
            kind: .restart, of: .agent, phases: .test, version: 1,
            steps: [StepPlan(name: "x", phase: .restarting, timeLimit: .seconds(60), weight: 1, hasUndo: false)],
            phaseOnSuccess: .running, phaseOnFailure: .degraded, timeLimit: .seconds(600))
        let second = Story(plan: restart, phase: .running)
        second.begin(0)
        second.machine.checkpoint(0, now: start) { _, instance in instance.runningAt = start + .seconds(-9) }
        second.machine.stepDone(0, now: second.now)
        second.end(.succeeded)
        #expect(second.machine.instance.runningAt == start + .seconds(-9))
    }

    @Test func aJobWithoutStepsSucceeds() {
        var plan = Story.plan
        plan.steps = []
        let story = Story(plan: plan)
        story.end(.succeeded)
    }
}
