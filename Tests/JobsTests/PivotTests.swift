import AuraModel
import JSON
import Jobs
import Storage
import Testing

/// A job past its pivot cannot be undone. A failure parks it until the cause is repaired.
@Suite struct PivotTests {
    private func story(deadline: Duration = .seconds(3600)) -> Story {
        var plan = Story.plan
        plan.pivot = 1
        return Story(plan: plan, deadline: deadline)
    }

    @Test func aFailureBeforeThePivotStartsTheUndo() {
        let story = story()
        story.begin(0)
        story.fail(0, brokenDisk)
        #expect(story.job.state == .compensating)
    }

    @Test func aFailurePastThePivotParksTheJobUntilARetrySucceeds() throws {
        let story = story()
        story.perform(0)
        story.begin(1)
        story.fail(1, brokenDisk)
        #expect(story.job.state == .waiting)
        #expect(story.job.failure == brokenDisk)
        #expect(story.machine.instance.failure == brokenDisk)
        #expect(story.job.availableAt == story.now + .seconds(30))
        let parked = try #require(story.commit()).events
        #expect(parked.map(\.type) == [.jobParked, .alertRaised])
        #expect(parked.last?.data?["code"] == "jobParked")

        story.letGoAndComeBack()
        story.fail(1, brokenDisk)
        #expect(story.job.availableAt == story.now + .seconds(60))
        let again = try #require(story.commit()).events
        #expect(again.map(\.type) == [.jobParked])

        story.letGoAndComeBack()
        story.machine.stepDone(1, now: story.now)
        #expect(story.job.failure == nil)
        #expect(story.machine.instance.failure == nil)
        for index in 2...4 { story.perform(index) }
        story.end(.succeeded)
    }

    /// A job with its pivot at the first step cannot be undone even before that step, because another job was stopped
    /// for it.
    @Test func aPivotAtTheFirstStepAppliesFromAcceptance() {
        var plan = Story.plan
        plan.pivot = 0
        let story = Story(plan: plan)
        story.machine.noteCancellation(.requested)
        #expect(story.machine.isPastPivot)
        #expect(story.decide() == .perform(0))
    }

    /// Past the pivot, neither the step's time limit nor the job's deadline ends the job. Each attempt has the full
    /// time limit.
    @Test func noTimeLimitEndsAJobPastItsPivot() {
        let story = story(deadline: .seconds(60))
        story.perform(0)
        story.begin(1)
        story.now = story.now + .seconds(601)
        story.fail(1, busyServer)
        #expect(story.job.state == .waiting)
        #expect(story.job.failure?.code == "deadlineExceeded")
        let wait = story.job.availableAt - story.now
        #expect(story.machine.steps[1]?.deadline == story.now + wait + .seconds(600))
        story.letGoAndComeBack()
        #expect(story.decide() == .perform(1))
    }

    /// A requested cancellation does not change the decision, which stays to perform the step. A destroy ends the job.
    @Test func aJobPastItsPivotIsSupersededButNotCancelled() {
        let story = story()
        story.perform(0)
        story.begin(1)
        story.machine.noteCancellation(.requested)
        #expect(story.decide() == .perform(1))
        story.machine.noteCancellation(.superseded)
        #expect(story.decide() == .finished)
        #expect(story.job.state == .cancelled)
    }
}
