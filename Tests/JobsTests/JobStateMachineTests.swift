import AuraModel
import Jobs
import Storage
import TestKit
import Testing

/// What a job does next, without store, clock or outside world.
@Suite struct JobStateMachineTests {
    private let now = Saga.start

    @Test func stepsRunInOrderToTheEnd() {
        var machine = Saga.machine()
        for index in Saga.plan.steps.indices {
            #expect(machine.decide(now: now) == .perform(index))
            machine.beginStep(index, now: now)
            machine.stepDone(index, now: now)
        }
        #expect(machine.decide(now: now) == .finished)
        #expect(machine.job.state == .succeeded)
        #expect(machine.instance.phase == .running)
        #expect(machine.instance.runningAt == now)
        #expect(machine.job.progress == 1)
    }

    @Test func intentIsWrittenBeforeAStepRuns() throws {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        let taken = machine.takeTransition(releasing: false)
        let transition = try #require(taken)
        #expect(transition.steps.map(\.state) == [.intent])
        #expect(transition.events.map(\.type) == [.jobStarted, .phaseChanged, .stepStarted])
        let more = machine.takeTransition(releasing: false)
        #expect(more?.events == nil)
    }

    @Test func aStepsEndAndTheNextIntentAreOneTransition() throws {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        _ = machine.takeTransition(releasing: false)
        machine.stepDone(0, now: now)
        #expect(machine.decide(now: now) == .perform(1))
        machine.beginStep(1, now: now)
        let taken = machine.takeTransition(releasing: false)
        let transition = try #require(taken)
        #expect(transition.steps.map(\.state) == [.done, .intent])
        #expect(transition.events.map(\.type) == [.stepDone, .stepStarted])
    }

    @Test func waitingHoldsNoWorkerAndSaysWhyOnce() {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        machine.stepWaits(0, for: .seconds(5), reason: "for the boot", now: now)
        #expect(machine.decide(now: now) == .pause)
        #expect(machine.job.state == .waiting)
        #expect(machine.job.availableAt == now + .seconds(5))
        var again = machine.claimedAgain()
        #expect(again.decide(now: now + .seconds(5)) == .perform(0))
        again.beginStep(0, now: now + .seconds(5))
        again.stepWaits(0, for: .seconds(5), reason: "for the boot", now: now + .seconds(5))
        #expect(again.eventTypes.isEmpty)
    }

    @Test(arguments: [ErrorClass.transient, .ambiguous, .capacity])
    func whatMayPassIsTriedAgain(_ errorClass: ErrorClass) {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        machine.stepFailed(0, Saga.failure(errorClass), now: now, unit: 0.5)
        #expect(machine.decide(now: now) == .pause)
        #expect(machine.job.state == .waiting)
        #expect(machine.job.attempt == 1)
        #expect(machine.job.availableAt > now)
        #expect(machine.steps[0]?.state == (errorClass == .ambiguous ? .ambiguous : .intent))
        let capacity = errorClass == .capacity
        #expect(machine.job.availableAt == now + (capacity ? .seconds(15) : .seconds(1)))
    }

    @Test func whatTheServerAsksForIsWaited() {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        var failure = Saga.failure(.transient)
        failure.retryAfterMilliseconds = 42_000
        machine.stepFailed(0, failure, now: now, unit: 0)
        #expect(machine.job.availableAt == now + .seconds(42))
    }

    @Test func aPassedDeadlineUndoesAndNamesTheLastCause() {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        machine.stepFailed(0, Saga.failure(.transient, code: "sleepy"), now: now + .seconds(100), unit: 0.5)
        #expect(machine.job.state == .compensating)
        #expect(machine.job.failure?.code == "deadlineExceeded")
        #expect(machine.job.failure?.message.contains("it went sleepy") == true)
    }

    @Test func aPassedDeadlineOfTheJobUndoes() {
        var machine = Saga.machine()
        machine.advance(to: 2)
        #expect(machine.decide(now: now + .seconds(3600)) == .undo(0))
        #expect(machine.job.failure?.code == "deadlineExceeded")
    }

    @Test func aPermanentFailureUndoesInReverseOrderWhatWasBegun() {
        var machine = Saga.machine()
        machine.advance(to: 2)
        machine.beginStep(2, now: now)
        machine.stepFailed(2, Saga.failure(.permanent), now: now, unit: 0.5)
        #expect(machine.instance.phase == .rollingBack)
        var undone: [Int] = []
        while case .undo(let index) = machine.decide(now: now) {
            machine.beginUndo(index, now: now)
            machine.undoDone(index, now: now)
            undone.append(index)
        }
        #expect(undone == [2, 0])
        #expect(machine.job.state == .failed)
        #expect(machine.job.failure?.code == "boom")
        #expect(machine.instance.phase == .failed)
    }

    @Test func anUndoThatKeepsFailingIsGivenUpWithItsIdKept() {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        machine.checkpoint(0) { record, _ in record.externalID = "server-42" }
        machine.stepFailed(0, Saga.failure(.permanent), now: now, unit: 0.5)
        var tries = 0
        while case .undo(0) = machine.decide(now: now) {
            machine.beginUndo(0, now: now)
            machine.undoFailed(0, Saga.failure(.transient, code: "stuck"), now: now, unit: 0.5)
            tries += 1
            if case .pause = machine.decide(now: now) { machine = machine.claimedAgain() }
        }
        #expect(tries == 3)
        #expect(machine.steps[0]?.state == .undoFailed)
        #expect(machine.steps[0]?.externalID == "server-42")
        #expect(machine.job.state == .failed)
    }

    @Test(arguments: 0..<5) func cancellingUndoesFromAnyStep(_ index: Int) {
        var machine = Saga.machine()
        machine.advance(to: index)
        machine.beginStep(index, now: now)
        machine.noteCancellation(.requested)
        var undone: [Int] = []
        while case .undo(let step) = machine.decide(now: now) {
            machine.beginUndo(step, now: now)
            machine.undoDone(step, now: now)
            undone.append(step)
        }
        #expect(undone == (0...index).filter { $0 % 2 == 0 }.reversed())
        #expect(machine.job.state == .cancelled)
        #expect(machine.instance.phase == .failed)
    }

    @Test(arguments: 0..<5) func aDestroyThatTakesOverUndoesNothing(_ index: Int) {
        var machine = Saga.machine()
        machine.advance(to: index)
        let phase = machine.instance.phase
        machine.noteCancellation(.superseded)
        #expect(machine.decide(now: now) == .finished)
        #expect(machine.job.state == .cancelled)
        #expect(machine.job.failure == .superseded)
        #expect(machine.instance.phase == phase)
    }

    @Test func aDrainSpendsNoTry() {
        var machine = Saga.machine()
        machine.beginStep(0, now: now)
        machine.interrupt(now: now)
        #expect(machine.decide(now: now) == .pause)
        #expect(machine.job.state == .waiting)
        #expect(machine.job.attempt == 0)
        #expect(machine.steps[0]?.attempt == 0)
        #expect(machine.job.availableAt == now)
    }

    @Test func progressNeverFalls() {
        var machine = Saga.machine()
        machine.advance(to: 2)
        machine.beginStep(2, now: now)
        for fraction in [0.2, 0.9, 0.1, 0.5] {
            machine.report(.stepProgress, step: 2, message: "x", fraction: fraction, data: nil, now: now)
        }
        let told = machine.takeTransition(releasing: false)?.events.compactMap(\.progress) ?? []
        #expect(told == told.sorted())
        #expect(told.last == 0.58)
    }
}
