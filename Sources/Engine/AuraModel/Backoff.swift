/// The wait before a retry: it doubles from a base up to a cap, with full jitter.
public struct Backoff: Sendable, Hashable {
    /// The longest wait after the first failure.
    public var base: Duration
    /// The longest wait after any number of failures.
    public var cap: Duration

    /// Creates a backoff.
    public init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The backoff after transient failures: 2 → 4 → 8 → 16 s … up to 5 minutes.
    public static let transient = Backoff(base: .seconds(2), cap: .seconds(300))
    /// The backoff after capacity failures: 30 → 60 → 120 s … up to 5 minutes. A location that is sold out is rarely
    /// available again within a minute.
    public static let capacity = Backoff(base: .seconds(30), cap: .seconds(300))

    /// The backoff after failures that an operator must repair: 1 → 2 → 4 min … up to an hour.
    public static let parked = Backoff(base: .seconds(60), cap: .seconds(3600))

    /// Returns the wait after `attempt` consecutive failures: `unit`, in `0 ... 1`, times the base, which is doubled
    /// after each failure but the first, up to the cap. A random `unit` spreads the callers.
    ///
    /// The wait is at least 100 ms, so that no caller retries in a busy loop. It is also at least `floorMilliseconds`,
    /// the wait that the server requested, even if that exceeds the cap.
    public func wait(attempt: Int, unit: Double, floorMilliseconds: Int64? = nil) -> Duration {
        let doublings = min(max(attempt, 1) - 1, 20)
        let step = min(base.wholeMilliseconds << Int64(doublings), cap.wholeMilliseconds)
        let jittered = max(Int64(Double(step) * unit), 100)
        return .milliseconds(max(jittered, floorMilliseconds ?? 0))
    }
}
