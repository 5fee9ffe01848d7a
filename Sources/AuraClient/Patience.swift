/// For how long a daemon that went away is tried again, counted from when it was lost. Decisions only.
///
///     present ──failed──▶ lost ──failed──▶ lost … ▶ given up
///        ▲                  │
///        └──────heard───────┘
struct Patience: Sendable {
    enum Retry: Sendable, Hashable {
        /// Wait this long, then try again.
        case wait(Duration)
        /// The time is over.
        case giveUp
    }

    private enum State: Sendable, Hashable {
        /// → lost.
        case present
        /// → present, lost.
        case lost(since: Duration, tries: Int)
    }

    /// A connection that held for so long was one, however it ended.
    private static let held = Duration.seconds(5)
    private static let shortestWait = Duration.milliseconds(50)
    private static let longestWait = Duration.seconds(2)

    private let limit: Duration
    private var state = State.present
    private var connectedAt: Duration?

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// Whether the daemon is away.
    var isLost: Bool { state != .present }

    /// A connection is there; whether the daemon answers on it is still to be seen.
    mutating func connected(now: Duration) {
        connectedAt = now
    }

    /// The daemon answered.
    mutating func heard() {
        state = .present
    }

    /// An attempt failed. `unit` is a random number in `0 ..< 1`.
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

    /// How long it is still tried; nil while nothing is lost.
    func left(now: Duration) -> Duration? {
        guard case .lost(let since, _) = state else { return nil }
        return max(limit - (now - since), .zero)
    }

    /// Twice as long each time, a half of it by chance, so that clients do not come back all at once.
    private static func wait(tries: Int, unit: Double) -> Duration {
        let step = min(shortestWait * (1 << min(tries, 10)), longestWait)
        return step * (0.5 + unit / 2)
    }
}
