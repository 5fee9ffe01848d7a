/// How long to wait before trying again: doubling from a base, capped, with full jitter.
public struct Backoff: Sendable, Hashable {
    public var base: Duration
    public var cap: Duration

    public init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// 2 → 4 → 8 → 16 s … up to 5 minutes.
    public static let transient = Backoff(base: .seconds(2), cap: .seconds(300))
    /// A place that is sold out is rarely free again within a minute.
    public static let capacity = Backoff(base: .seconds(30), cap: .seconds(300))

    /// For what a person has to repair: 1 → 2 → 4 min … up to an hour.
    public static let parked = Backoff(base: .seconds(60), cap: .seconds(3600))

    /// The wait after `attempt` failures in a row (1 is the first): evenly from the whole step, so that callers spread.
    ///
    /// It is never under 100 ms, so that nothing hot-loops, nor under what the server asked for.
    public func wait(attempt: Int, unit: Double, floorMilliseconds: Int64? = nil) -> Duration {
        let doublings = min(max(attempt, 1) - 1, 20)
        let step = min(base.wholeMilliseconds << Int64(doublings), cap.wholeMilliseconds)
        let jittered = max(Int64(Double(step) * unit), 100)
        return .milliseconds(max(jittered, floorMilliseconds ?? 0))
    }
}
