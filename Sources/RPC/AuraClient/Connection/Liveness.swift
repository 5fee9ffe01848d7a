/// Decides when to send a ping on a silent connection and when the connection counts as lost. It does no IO.
///
///     heard ──3 ticks──▶ probe ──3 ticks──▶ lost
///       ▲                  │
///       └──────heard───────┘
struct Liveness: Sendable {
    enum Action: Sendable, Hashable {
        case none
        /// Send a ping. Any data from the daemon then counts as a sign of life.
        case probe
        /// Nothing has come since the ping: the connection counts as lost.
        case lost
    }

    /// The number of silent ticks before the ping, and again from the ping to the loss.
    static let ticksOfSilence = 3

    private var silentTicks = 0

    /// Records data from the daemon.
    mutating func heard() {
        silentTicks = 0
    }

    /// Records that a third of the allowed silence has passed. `isAwaited` is false if the client waits for nothing or
    /// has stopped reading.
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
