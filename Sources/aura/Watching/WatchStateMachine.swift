import AuraAPI
import AuraModel

/// Where a watch is in the ledger, and what it does when the connection is lost. Decisions only.
///
///     begin ▶ following ──lost──▶ lost ──tried in vain──▶ lost … ▶ given up
///                 ▲                │
///                 └──subscribed────┘
struct WatchStateMachine: Sendable {
    enum Retry: Sendable, Hashable {
        /// Wait this long, then connect and subscribe again.
        case wait(Duration)
        /// The time is over.
        case giveUp
    }

    private enum State: Sendable, Hashable {
        /// → lost.
        case following
        /// → following, lost.
        case lost(since: Timestamp, tries: Int)
    }

    /// Where the next subscription starts.
    private(set) var start: SubscriptionStart
    private var state = State.following
    private let patience: Duration
    private let backoff = Backoff(base: .milliseconds(200), cap: .seconds(3))

    init(start: SubscriptionStart, patience: Duration) {
        self.start = start
        self.patience = patience
    }

    /// The last event that was seen, or the place that the watch began at.
    var seq: Int64? {
        if case .after(let seq) = start { seq } else { nil }
    }

    /// The daemon follows the ledger for us. `head` is its newest event.
    mutating func subscribed(head: Int64) {
        state = .following
        // "now" would leave out what happens between a loss and the next subscription.
        if start == .now { start = .after(head) }
    }

    /// An event came. Returns whether it is new.
    mutating func received(_ seq: Int64) -> Bool {
        if let last = self.seq, seq <= last { return false }
        start = .after(seq)
        return true
    }

    /// The connection is lost, or could not be had again. `unit` is a random number in `0 ..< 1`.
    mutating func lost(now: Timestamp, unit: Double) -> Retry {
        let (since, tries): (Timestamp, Int) =
            switch state {
            case .following: (now, 1)
            case .lost(let since, let tries): (since, tries + 1)
            }
        state = .lost(since: since, tries: tries)
        let left = patience - (now - since)
        guard left > .zero else { return .giveUp }
        return .wait(min(backoff.wait(attempt: tries, unit: unit), left))
    }

    /// How long it will still be tried; nil while nothing is lost.
    func patienceLeft(now: Timestamp) -> Duration? {
        guard case .lost(let since, _) = state else { return nil }
        return max(patience - (now - since), .zero)
    }
}
