import Locking
import Testing

@Suite("OneShot", .timeLimit(.minutes(3)))
struct OneShotTests {
    @Test func theFirstValueCounts() async {
        let shot = OneShot<Int>()
        #expect(shot.current == nil)
        #expect(shot.set(1))
        #expect(!shot.set(2))
        #expect(shot.isSet)
        #expect(shot.current == 1)
        #expect(await shot.value(whenCancelled: 3) == 1)
        #expect(await shot.valueUnlessCancelled() == 1)
    }

    @Test func aWaiterGetsAValueThatIsSetLater() async {
        let shot = OneShot<Int?>()
        async let first = shot.valueUnlessCancelled()
        #expect(shot.set(nil))
        #expect(await first == .some(nil))
    }

    @Test func aCancelledWaiterSetsItsOwnValue() async {
        let shot = OneShot<Int>()
        let waiter = Task { await shot.value(whenCancelled: 3) }
        waiter.cancel()
        #expect(await waiter.value == 3)
        #expect(!shot.set(1))
    }

    @Test func aCancelledWaiterCanLeaveTheOneShotUnset() async {
        let shot = OneShot<Int>()
        for _ in 1...100 {
            let waiter = Task { await shot.valueUnlessCancelled() }
            waiter.cancel()
            #expect(await waiter.value == nil)
        }
        #expect(!shot.isSet)
        async let next = shot.valueUnlessCancelled()
        #expect(shot.set(1))
        #expect(await next == 1)
    }
}

@Suite("AutoResetSignal", .timeLimit(.minutes(3)))
struct AutoResetSignalTests {
    @Test func signalsBeforeAWaitAreMergedIntoOne() async {
        let signal = AutoResetSignal()
        signal.send()
        signal.send()
        await signal.wait()
        let waiter = Task { await signal.wait() }
        while !signal.isAwaited { await Task.yield() }
        signal.send()
        await waiter.value
        #expect(!signal.isAwaited)
    }

    @Test func aCancelledWaiterReturns() async {
        let signal = AutoResetSignal()
        for _ in 1...100 {
            let waiter = Task { await signal.wait() }
            waiter.cancel()
            await waiter.value
        }
        #expect(!signal.isAwaited)
    }
}
