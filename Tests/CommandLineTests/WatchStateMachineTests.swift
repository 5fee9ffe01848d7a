import AuraAPI
import AuraModel
import Testing

@testable import aura

@Suite struct WatchStateMachineTests {
    func machine(_ start: SubscriptionStart = .start, patienceSeconds: Int = 60) -> WatchStateMachine {
        WatchStateMachine(start: start, patience: .seconds(patienceSeconds))
    }

    @Test func eventsMoveTheStart() {
        var machine = machine()
        machine.subscribed(head: 9)
        #expect(machine.start == .start)
        #expect(machine.received(3))
        #expect(machine.received(7), "a filter leaves gaps")
        #expect(machine.start == .after(7))
        #expect(machine.seq == 7)
    }

    @Test func whatWasSeenIsNotNew() {
        var machine = machine(.after(5))
        #expect(!machine.received(5))
        #expect(!machine.received(4))
        #expect(machine.received(6))
    }

    @Test func nowIsThePlaceOfTheFirstSubscription() {
        var machine = machine(.now)
        machine.subscribed(head: 41)
        #expect(machine.start == .after(41))
        machine.subscribed(head: 50)
        #expect(machine.start == .after(41), "what came in between is still to be seen")
    }

    @Test func aLossIsTriedAgainUntilPatienceEnds() {
        var machine = machine(patienceSeconds: 60)
        machine.subscribed(head: 0)
        var now = Samples.start
        var waits: [Duration] = []
        while case .wait(let duration) = machine.lost(now: now, unit: 0.5) {
            waits.append(duration)
            now = now + duration
            #expect(waits.count < 1000)
        }
        #expect(now - Samples.start == .seconds(60))
        #expect(waits.first == .milliseconds(100))
        #expect(waits.dropLast().max() == .milliseconds(1500))
        #expect(zip(waits.dropLast(), waits.dropFirst().dropLast()).allSatisfy { $0 <= $1 })
    }

    @Test func beingBackRenewsPatience() {
        var machine = machine(patienceSeconds: 10)
        machine.subscribed(head: 0)
        #expect(machine.patienceLeft(now: Samples.at(0)) == nil)
        _ = machine.lost(now: Samples.at(0), unit: 0.5)
        #expect(machine.patienceLeft(now: Samples.at(4)) == .seconds(6))
        machine.subscribed(head: 3)
        #expect(machine.patienceLeft(now: Samples.at(5)) == nil)
        #expect(machine.lost(now: Samples.at(20), unit: 0.5) != .giveUp)
        #expect(machine.lost(now: Samples.at(31), unit: 0.5) == .giveUp)
    }

    @Test func noPatienceMeansNoTry() {
        var machine = machine(patienceSeconds: 0)
        machine.subscribed(head: 0)
        #expect(machine.lost(now: Samples.start, unit: 0.5) == .giveUp)
    }
}

@Suite struct OutcomesTests {
    @Test func theLastEndingOfEachInstanceCounts() {
        var outcomes = Outcomes()
        outcomes.record(Samples.event("step.failed", message: "not an end"))
        #expect(outcomes.isEmpty)
        outcomes.record(Samples.event("job.failed", message: "provision failed", job: "j1"))
        #expect(outcomes.complaint(purpose: "watch ada")?.exitCode == 1)
        outcomes.record(Samples.event("job.succeeded", message: "destroy succeeded", job: "j2"))
        #expect(outcomes.complaint(purpose: "watch ada") == nil)
        #expect(outcomes.onlyInstance == "i1")
        outcomes.record(Samples.event("job.cancelled", message: "resume was cancelled", instance: "i2", job: "j4"))
        outcomes.record(Samples.event("job.failed", message: "suspend failed", instance: "i3", job: "j3"))
        #expect(
            outcomes.complaint(purpose: "watch all")?.message
                == "cannot watch all: suspend failed (and 1 more); see aura job show j3")
        #expect(outcomes.onlyInstance == nil)
    }
}
