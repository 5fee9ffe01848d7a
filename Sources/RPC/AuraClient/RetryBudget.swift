/// The retry budget: how long a client retries after it lost the daemon, counted from the loss. It does no IO.
///
///     present ──failed──▶ lost ──failed──▶ lost … ▶ given up
///        ▲                  │
///        └──────heard───────┘
struct RetryBudget: Sendable {
    enum Retry: Sendable, Hashable {
        /// Wait this long, then try again.
        case wait(Duration)
        /// The retry budget is used up.
        case giveUp
    }

    private enum State: Sendable, Hashable {
        /// → lost.
        case present
        /// → present, lost.
        case lost(since: Duration, tries: Int)
    }

    /// After a connection that lasted at least this long, the next failure begins a new budget.
    private static let held = Duration.seconds(5)
    private static let shortestWait = Duration.milliseconds(50)
    private static let longestWait = Duration.seconds(2)

    private let limit: Duration
    private var state = State.present
    private var connectedAt: Duration?

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// True while the daemon counts as lost.
    var isLost: Bool { state != .present }

    /// Records a new connection. The daemon has not yet replied on it.
    mutating func connected(now: Duration) {
        connectedAt = now
    }

    /// Records a reply of the daemon: it no longer counts as lost, and the next failure begins a new budget.
    mutating func heard() {
        state = .present
    }

    /// Records a failed attempt. `unit` is a random number in `0 ..< 1`.
    mutating func failed(now: Duration, unit: Double) -> Retry {
        if let connectedAt, now - connectedAt >= Self.held { state = .present }
        connectedAt = nil
        let (since, tries): (Duration, Int) =
            switch state {
            case .present: (now, 0)
            case .lost(let since, let tries): (since, tries + 1)
            }
        state = .lost(since: since, tries: tries)
        let left = limit - (now - since)
        guard left > .zero else { return .giveUp }
        return .wait(min(Self.wait(tries: tries, unit: unit), left))
    }

    /// The rest of the budget; `nil` while the daemon does not count as lost.
    func left(now: Duration) -> Duration? {
        guard case .lost(let since, _) = state else { return nil }
        return max(limit - (now - since), .zero)
    }

    /// Doubles the wait each time, up to `longestWait`. A random part of up to one half keeps clients from reconnecting
    /// all at once.
    private static func wait(tries: Int, unit: Double) -> Duration {
        let step = min(shortestWait * (1 << min(tries, 10)), longestWait)
        return step * (0.5 + unit / 2)
    }
}
