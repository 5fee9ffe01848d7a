import Locking

/// A clock that never jumps and follows another clock that may.
///
/// Rows hold deadlines, waits and leases as points in time. If the machine's clock is set, or if daemons' clocks differ, such
/// rows would be due an hour early or late. A daemon therefore reads this clock. It advances with the uptime. It approaches the
/// clock that it follows (``follow(_:)``) by at most a tenth of the time that passes, and never runs backwards.
public final class SteadyTime: TimeSource {
    private struct State {
        /// The clock's reading at `uptime`.
        var shown: Timestamp
        var uptime: Duration
        /// How far the clock was behind the followed clock at `uptime`; negative if it was ahead.
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

    /// Sets the clock at once. Only for the start, before any component has read it.
    public func set(_ moment: Timestamp) {
        let uptime = base.uptime()
        state.withLock { $0 = State(shown: moment, uptime: uptime) }
    }

    /// Records the correct time; the clock approaches it gradually. Returns how far the clock is behind it.
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
