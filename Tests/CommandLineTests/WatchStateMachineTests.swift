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
        // A filter leaves gaps.
        let isNew = [3, 7].map { machine.received($0) }
        #expect(isNew == [true, true])
        #expect(machine.start == .after(7))
        #expect(machine.seq == 7)
    }

    @Test func whatWasSeenIsNotNew() {
        var machine = machine(.after(5))
        let isNew = [5, 4, 6, 6].map { machine.received($0) }
        #expect(isNew == [false, false, true, false])
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
        let retries = [20, 31].map { machine.lost(now: Samples.at($0), unit: 0.5) }
        #expect(retries == [.wait(.milliseconds(100)), .giveUp])
    }

    @Test func noPatienceMeansNoTry() {
        var machine = machine(patienceSeconds: 0)
        machine.subscribed(head: 0)
        let retry = machine.lost(now: Samples.start, unit: 0.5)
        #expect(retry == .giveUp)
    }
}
