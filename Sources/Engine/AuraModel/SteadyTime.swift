import Locking

/// A clock without jumps that gradually approaches a reference clock.
///
/// Rows store deadlines, waits and leases as points in time. They would be due too early or too late if the machine's
/// clock was set, or if the clocks of the daemons differed. A daemon therefore reads this clock, which advances with
/// the uptime and never runs backwards. Each call of ``follow(_:)`` supplies the time of the reference clock. Then this
/// clock runs at most 10 % faster or slower until the difference is gone.
public final class SteadyTime: TimeSource {
    private struct State {
        /// The clock's reading at `uptime`.
        var shown: Timestamp
        var uptime: Duration
        /// The time by which this clock was behind the reference clock at `uptime`; negative if it was ahead.
        var error = Duration.zero

        func now(at uptime: Duration) -> Timestamp {
            let passed = max(uptime - self.uptime, .zero)
            let most = passed / 10
            return shown + passed + min(max(error, .zero - most), most)
        }
    }

    private let base: any TimeSource
    private let state: Locked<State>

    /// Creates a clock that shows the present time of `base` and then advances with the uptime of `base`.
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

    /// Sets the clock at once. Call it only at the start, before any component has read the clock.
    public func set(_ moment: Timestamp) {
        let uptime = base.uptime()
        state.withLock { $0 = State(shown: moment, uptime: uptime) }
    }

    /// Records the present time of the reference clock, which this clock approaches gradually. Returns the time by
    /// which this clock is behind; negative if it is ahead.
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
