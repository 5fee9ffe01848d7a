import AuraAPI
import AuraModel
import Testing

@testable import aura

@Suite struct ProgressStateTests {
    let begun = [
        Samples.event("job.started", second: 1),
        Samples.event(
            "step.started", step: "key.create", phase: "provisioning", progress: 0, message: "key.create", second: 2),
        Samples.event(
            "step.done", step: "key.create", phase: "provisioning", progress: 0.01, message: "took 1 s", second: 3),
        Samples.event("step.started", step: "server.create", phase: "provisioning", progress: 0.01, second: 3),
    ]

    func state(_ more: EventView...) -> ProgressState {
        var state = Samples.progress()
        for event in begun + more { state.apply(event) }
        return state
    }

    func marks(_ state: ProgressState) -> [PhaseProgress.Mark] {
        state.phases.map(\.mark)
    }

    @Test func phasesComeFromThePlanAndTheGoal() {
        #expect(
            Samples.progress().phases.map(\.name) == ["queued", "provisioning", "configuring", "networking", "running"])
        let destroy = ProgressState(
            job: Samples.job(kind: "destroy", steps: [Samples.step("server.delete", "destroying", seconds: 5)]),
            title: "destroy ada")
        #expect(destroy.phases.map(\.name) == ["queued", "destroying", "destroyed"])
        let strange = ProgressState(job: Samples.job(kind: "dream", steps: nil), title: "dream ada")
        #expect(strange.phases.map(\.name) == ["queued"])
    }

    @Test func phaseMarksFollowTheSteps() {
        #expect(marks(Samples.progress()) == [.running, .waiting, .waiting, .waiting, .waiting])
        #expect(marks(state()) == [.done, .running, .waiting, .waiting, .waiting])
        let configuring = state(
            Samples.event("step.done", step: "server.create", second: 20),
            Samples.event("step.started", step: "machine.configure", second: 20))
        #expect(marks(configuring) == [.done, .done, .running, .waiting, .waiting])
        #expect(marks(state(Samples.event("job.succeeded", second: 30))) == [.done, .done, .done, .done, .done])
    }

    @Test func progressNeverFalls() {
        var state = state(Samples.event("step.progress", step: "server.create", progress: 0.5))
        state.apply(Samples.event("step.progress", step: "server.create", progress: 0.2))
        #expect(state.progress == 0.5)
        state.apply(Samples.event("step.progress", step: "server.create", progress: 7))
        #expect(state.progress == 1)
    }

    @Test func theMessageIsThatOfTheRunningStep() {
        var state = state(Samples.event("step.progress", step: "server.create", message: "creating cx23\nin nbg1"))
        #expect(state.message == "creating cx23 in nbg1")
        state.apply(Samples.event("step.done", step: "server.create", message: "server.create took 3 s"))
        #expect(state.message == "")
        state.apply(Samples.event("task.started", step: "machine.configure", message: "install node"))
        state.apply(Samples.event("phase.changed", phase: "configuring", message: "ada is configuring"))
        #expect(state.message == "install node")
    }

    @Test func timesRunFromEventToEvent() {
        let state = state()
        #expect(state.steps[0].elapsed(now: Samples.at(60)) == .seconds(1))
        #expect(state.steps[1].elapsed(now: Samples.at(60)) == .seconds(57))
        #expect(state.steps[2].elapsed(now: Samples.at(60)) == nil)
        #expect(state.phases[1].elapsed(now: Samples.at(60)) == .seconds(58))
        #expect(state.elapsed(now: Samples.at(60)) == .seconds(60))
        #expect(state.elapsed(now: Samples.at(-60)) == .zero, "the daemon's clock may be ahead of ours")
    }

    @Test func aFailedPhaseStaysMarkedDuringRollback() {
        let failed = state(
            Samples.event("step.failed", step: "server.create", phase: "provisioning", message: "no room", second: 9),
            Samples.event("job.compensating", phase: "rollingBack", message: "undoing provision: no room", second: 9),
            Samples.event("step.undoing", step: "key.create", phase: "rollingBack", second: 10),
            Samples.event("step.undone", step: "key.create", phase: "rollingBack", second: 11))
        #expect(marks(failed) == [.done, .failed, .waiting, .waiting, .waiting])
        #expect(failed.isUndoing)
        #expect(failed.steps.map(\.mark) == [.undone, .failed, .pending, .pending])
        var ended = failed
        ended.apply(Samples.event("job.failed", phase: "failed", message: "provision failed: no room", second: 12))
        #expect(ended.outcome == .failed)
        #expect(ended.message == "provision failed: no room")
        #expect(ended.elapsed(now: Samples.at(99)) == .seconds(12))
    }

    @Test func aJobCancelledBeforeItsStartMarksTheFirstPhaseAsFailed() {
        let cancelled = Samples.progress(Samples.event("job.cancelled", message: "provision stopped"))
        #expect(marks(cancelled) == [.failed, .waiting, .waiting, .waiting, .waiting])
    }

    @Test func aStepOutsideThePlanIsAdded() {
        let state = state(Samples.event("step.started", step: "moon.look", phase: "dreaming", second: 8))
        #expect(state.steps.last?.name == "moon.look")
        #expect(state.steps.last?.mark == .running)
        #expect(state.phases.map(\.name).contains("dreaming"))
    }

    @Test func aLateWatchStartsFromTheStoredStepStatesUnlessReplayed() {
        let steps = [
            Samples.step("key.create", "provisioning", seconds: 20, state: .done),
            Samples.step("server.create", "provisioning", seconds: 20, state: .intent),
            Samples.step("agent.health", "networking", seconds: 40),
        ]
        let late = ProgressState(job: Samples.job(state: .running, steps: steps), title: "provision ada")
        #expect(late.steps.map(\.mark) == [.done, .running, .pending])
        #expect(late.progress == 0.25)
        #expect(marks(late) == [.done, .running, .waiting, .waiting])
        let replayed = ProgressState(job: Samples.job(state: .running, steps: steps), title: "", isReplayed: true)
        #expect(replayed.steps.map(\.mark) == [.pending, .pending, .pending])
        #expect(replayed.progress == 0)
    }
}
