public import AuraModel
import Locking

/// A clock that never jumps, and follows another one that may.
///
/// Deadlines, waits and leases are moments in rows. When somebody sets the machine's clock, or when daemons' clocks differ,
/// such rows would be due an hour early or late. So a daemon reads this clock: it runs on by the uptime, and approaches what
/// it follows (``follow(_:)``) by a tenth of the time that passes, never backwards.
public final class SteadyTime: TimeSource {
    private struct State {
        /// What the clock showed at `uptime`.
        var shown: Timestamp
        var uptime: Duration
        /// How far it was behind what it follows.
        var error = Duration.zero

        func now(at uptime: Duration) -> Timestamp {
            let passed = max(uptime - self.uptime, .zero)
            let most = passed / 10
            return shown + passed + min(max(error, .zero - most), most)
        }
    }

    private let base: any TimeSource
    private let state: Locked<State>

    /// Begins with what `base` shows.
    public init(base: any TimeSource) {
        self.base = base
        state = Locked(State(shown: base.now(), uptime: base.uptime()))
    }

    public func now() -> Timestamp {
        let uptime = base.uptime()
        return state.withLock { $0.now(at: uptime) }
    }

    public func uptime() -> Duration { base.uptime() }

    public func sleep(for duration: Duration) async throws {
        try await base.sleep(for: duration)
    }

    /// Sets the clock at once: for the start, before anybody has read it.
    public func set(_ moment: Timestamp) {
        let uptime = base.uptime()
        state.withLock { $0 = State(shown: moment, uptime: uptime) }
    }

    /// Takes note of what the clock should show now; it gets there gradually. Returns how far it is off.
    @discardableResult
    public func follow(_ moment: Timestamp) -> Duration {
        let uptime = base.uptime()
        return state.withLock { state in
            let now = state.now(at: uptime)
            state = State(shown: now, uptime: uptime, error: moment - now)
            return moment - now
        }
    }
}
