import AuraModel
import JSON
import Jobs
import Storage
import TestKit
import Testing

@Suite struct WaitAndRetryTests {
    @Test func aWaitingStepReleasesTheJobUntilItIsDue() throws {
        let story = Story()
        story.begin(0)
        story.machine.stepWaits(0, for: .seconds(7), reason: "for the machine to boot", now: story.now)
        #expect(story.decide() == .pause)
        let transition = try #require(story.commit(releasing: true))
        #expect(transition.releasesLease)
        #expect((transition.job.state, transition.job.availableAt) == (.waiting, start + .seconds(7)))
        #expect((transition.job.waitingFor, transition.job.attempt) == ("for the machine to boot", 0))
        #expect(story.told.last == "step.waiting a")
        story.now = start + .seconds(7)
        story.reclaim()
        story.perform(0)
        #expect(story.job.waitingFor == nil)
        story.begin(1)
    }

    @Test func repeatedWaitsForTheSameReasonAreReportedOnce() {
        let story = Story()
        for reason in ["for a slot", "for a slot", "to boot", "for a slot"] {
            story.begin(0)
            story.machine.stepWaits(0, for: .seconds(1), reason: reason, now: story.now)
            story.letGoAndComeBack()
        }
        let messages = story.events.filter { $0.type == .stepWaiting }.map(\.message)
        #expect(messages == ["a waits for a slot", "a waits to boot", "a waits for a slot"])
    }

    @Test func aWaitEndsAtTheDeadlineOfTheStep() throws {
        let story = Story()
        story.begin(0)
        story.machine.stepWaits(0, for: .seconds(300), reason: "to boot", now: story.now)
        #expect(story.job.availableAt == start + .seconds(60))
        story.letGoAndComeBack()
        story.begin(0)
        story.machine.stepWaits(0, for: .seconds(300), reason: "to boot", now: story.now)
        #expect(story.decide() == .undo(0))
        let failure = try #require(story.job.failure)
        #expect((failure.errorClass, failure.code) == (.permanent, "deadlineExceeded"))
        #expect(failure.message == "a did not finish within 60 s; the last that was heard: it waited to boot")
        story.undo(0)
        story.end(.failed)
    }

    @Test func aStepThatCompletesAtItsDeadlineIsDone() {
        let story = Story()
        story.begin(0)
        story.machine.stepWaits(0, for: .seconds(300), reason: "to boot", now: story.now)
        story.letGoAndComeBack()
        story.perform(0)
        story.begin(1)
    }

    @Test(arguments: [
        (busyServer, StepState.intent, [1, 2, 4, 8]), (lostAnswer, .ambiguous, [1, 2, 4, 8]),
        (Failure(.capacity, code: "resource_unavailable", message: "no cx23"), .intent, [15, 30, 60, 120]),
    ])
    func aTemporaryFailureIsRetriedWithBackoff(_ failure: Failure, _ state: StepState, _ seconds: [Int]) throws {
        let story = Story()
        story.perform(0)
        for (attempt, wait) in seconds.enumerated() {
            story.begin(1)
            story.fail(1, failure, unit: 0.5)
            let step = try #require(story.machine.steps[1])
            #expect((step.state, step.attempt) == (state, attempt + 1))
            #expect((story.job.state, story.job.attempt) == (.waiting, attempt + 1))
            #expect(story.job.availableAt - story.now == .seconds(wait))
            #expect(story.job.waitingFor?.contains(failure.message) == true)
            story.letGoAndComeBack()
            let event = try #require(story.events.last)
            #expect((event.type, event.step) == (.stepRetrying, "b"))
            #expect(event.data?["attempt"] == .integer(Int64(attempt + 1)))
            #expect(event.data?["class"] == .string(failure.errorClass.rawValue))
            #expect(event.data?["retryAt"] == .string(story.now.description))
        }
        story.perform(1)
        #expect((story.machine.steps[1]?.attempt, story.job.attempt) == (0, 0))
        story.begin(2)
    }

    @Test func aRetryWaitsAsLongAsTheServerRequests() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        var limited = busyServer
        limited.retryAfterMilliseconds = 90_000
        story.fail(1, limited, unit: 0)
        #expect(story.job.availableAt - story.now == .seconds(90))
    }

    @Test func noRetryFollowsTheDeadlineOfTheStep() throws {
        let story = Story()
        story.begin(0)
        var limited = busyServer
        limited.retryAfterMilliseconds = 500_000
        story.fail(0, limited)
        #expect(story.job.availableAt == start + .seconds(60))
        story.letGoAndComeBack()
        story.begin(0)
        story.fail(0, busyServer)
        let failure = try #require(story.job.failure)
        #expect(failure.code == "deadlineExceeded")
        #expect(failure.message.hasSuffix("the last that was heard: the server is locked"))
        #expect(story.decide() == .undo(0))
    }

    @Test func theDeadlineOfAJobStartsItsUndoBetweenSteps() throws {
        let story = Story(deadline: .seconds(100))
        story.perform(0)
        story.commit()
        story.now = start + .seconds(100)
        #expect(story.decide() == .undo(0))
        #expect(story.job.failure?.code == "deadlineExceeded")
        story.undo(0)
        story.end(.failed)
    }

    @Test func theDeadlineOfAJobLimitsRetriesAndWaits() {
        let story = Story(deadline: .seconds(100))
        story.perform(0)
        story.begin(1)
        var limited = busyServer
        limited.retryAfterMilliseconds = 500_000
        story.fail(1, limited)
        #expect(story.job.availableAt == start + .seconds(100))
        story.letGoAndComeBack()
        #expect(story.decide() == .undo(1))

        let patient = Story(deadline: .seconds(100))
        patient.perform(0)
        patient.begin(1)
        patient.machine.stepWaits(1, for: .seconds(400), reason: "to boot", now: patient.now)
        #expect(patient.job.availableAt == start + .seconds(100))
    }

    @Test func progressNeverFalls() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        for fraction in [0.5, 0.2, 0.9, -1, 7] {
            story.machine.report(
                .stepProgress, step: 1, message: "at it", fraction: fraction, data: nil, now: story.now)
        }
        story.commit()
        story.reclaim()
        story.machine.report(.stepProgress, step: 1, message: "again", fraction: 0.1, data: nil, now: story.now)
        story.commit()
        let progress = story.events.compactMap(\.progress)
        #expect(progress == [0, 0, 0.1, 0.1, 0.15, 0.15, 0.19, 0.19, 0.2, 0.2])
        #expect(story.job.progress == 0.2)
    }

    @Test func eventsOfAnUndoHaveNoProgress() {
        let story = Story()
        story.perform(0)
        story.begin(1)
        story.fail(1, brokenDisk)
        story.beginUndo(1)
        let before = story.events.count
        story.machine.report(.stepProgress, step: 1, message: "removing", fraction: 0.5, data: nil, now: story.now)
        story.undo(1)
        story.undo(0)
        story.end(.failed)
        #expect(story.events.dropFirst(before).allSatisfy { $0.progress == nil })
    }
}
