import AuraModel
import Locking
import TestKit
import Testing

/// A machine's clock that a test can set, and an uptime that cannot be set.
private final class Machine: TimeSource {
    private let state = Locked((wall: Fixture.now, uptime: Duration.zero))

    func pass(_ duration: Duration) {
        state.withLock { $0 = ($0.wall + duration, $0.uptime + duration) }
    }

    func set(by duration: Duration) {
        state.withLock { $0.wall = $0.wall + duration }
    }

    func now() -> Timestamp { state.withLock { $0.wall } }
    func uptime() -> Duration { state.withLock { $0.uptime } }
    func sleep(for duration: Duration) async throws { pass(duration) }
}

@Suite struct SteadyTimeTests {
    private let machine = Machine()

    /// The machine's clock was set by an hour. ``SteadyTime`` follows it once a minute.
    @Test(arguments: [3600, -3600]) func theTimeApproachesASetClockByATenthOfThePassedTime(_ seconds: Int) {
        let clock = SteadyTime(base: machine)
        machine.set(by: .seconds(seconds))
        #expect(clock.now() == Fixture.now)
        var last = clock.now()
        for minute in 1...700 {
            #expect(abs((clock.follow(machine.now())) / .milliseconds(1)) <= 3_600_000)
            machine.pass(.seconds(60))
            let passed = clock.now() - last
            #expect(passed >= .seconds(54) && passed <= .seconds(66), "minute \(minute)")
            last = clock.now()
        }
        #expect(clock.now() == machine.now())
    }

    @Test func theTimeFollowsTheUptimeWithoutAReference() {
        let clock = SteadyTime(base: machine)
        machine.set(by: .seconds(-86_400))
        machine.pass(.seconds(90))
        #expect(clock.now() == Fixture.now + .seconds(90))
    }

    @Test func setTakesEffectAtOnce() {
        let clock = SteadyTime(base: machine)
        clock.follow(Fixture.now + .seconds(100))
        clock.set(Fixture.now + .seconds(7))
        machine.pass(.seconds(10))
        #expect(clock.now() == Fixture.now + .seconds(17))
    }
}
