/// Decides when a silent connection is asked for a sign of life and when it counts as lost. Decisions only.
///
///     heard ──3 ticks──▶ probe ──3 ticks──▶ lost
///       ▲                  │
///       └──────heard───────┘
struct Liveness: Sendable {
    enum Action: Sendable, Hashable {
        case none
        /// Send a ping: any answer to it counts as heard.
        case probe
        /// Nothing came since the ping: the peer is gone.
        case lost
    }

    /// The ticks that make up the time after which silence is suspect.
    static let ticksOfSilence = 3

    private var silentTicks = 0

    /// Bytes came from the daemon.
    mutating func heard() {
        silentTicks = 0
    }

    /// A third of the allowed silence has passed. `isAwaited` is false while nothing has to come, or nothing is read.
    mutating func tick(isAwaited: Bool) -> Action {
        guard isAwaited else {
            silentTicks = 0
            return .none
        }
        silentTicks += 1
        if silentTicks == Self.ticksOfSilence { return .probe }
        return silentTicks >= 2 * Self.ticksOfSilence ? .lost : .none
    }
}
