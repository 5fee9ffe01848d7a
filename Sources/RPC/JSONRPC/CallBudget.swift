internal import Locking

/// The budget of calls of the whole daemon. It limits the number of calls in progress and the bytes of their messages.
///
/// All connections of a daemon share one budget. A call counts from its admission until its handler has returned, even
/// if its connection has closed.
///
/// - One user or one address can use three quarters of the budget.
/// - All calls that only wait can use three quarters of the number of calls; those of one user or address can use two
///   thirds of its share. They therefore never keep out a call that replies soon.
///
/// The budget also limits the subscriptions of all connections, and those of one user or address.
///
/// A connection that has shown a token, a certificate or a session uses the share of its principal instead of that of
/// its address, which many principals can have. The limits of a principal are lower.
public final class CallBudget: Sendable {
    /// The budget that a call, or the calls of a batch, use.
    struct Cost: Sendable, Hashable {
        var calls = 0
        /// The number of calls that only wait.
        var waits = 0
        /// The bytes of the message.
        var bytes = 0

        static func + (left: Cost, right: Cost) -> Cost {
            Cost(calls: left.calls + right.calls, waits: left.waits + right.waits, bytes: left.bytes + right.bytes)
        }

        static func - (left: Cost, right: Cost) -> Cost {
            Cost(calls: left.calls - right.calls, waits: left.waits - right.waits, bytes: left.bytes - right.bytes)
        }
    }

    /// One user of the operating system, one network of a TCP client, or one principal.
    enum Payer: Sendable, Hashable {
        case user(UInt32)
        case network(String)
        case process
        /// The id of a principal that has shown a token, a certificate or a session.
        case principal(String)

        init(_ principal: Principal, _ peer: Peer) {
            switch principal.proof {
            case .token, .certificate, .session: self = .principal(principal.id)
            case .anonymous, .peer, .internal: self.init(peer)
            }
        }

        var isPrincipal: Bool {
            if case .principal = self { true } else { false }
        }

        init(_ peer: Peer) {
            switch peer {
            case .unix(let peer): self = .user(peer.uid)
            case .tcp(let address, _), .tls(let address, _, _): self = .network(Peer.network(of: address))
            case .memory: self = .process
            }
        }
    }

    /// Detects that a number has fallen from a peak to at most a quarter of it.
    struct Ebb: Sendable {
        /// The smallest peak that counts: 64 calls, 64 connections, or 64 times 64 KiB of calls.
        static let leastPeak = 64
        private var peak = 0

        /// Records the current number. Returns true when it falls to a quarter of the highest number since the last such
        /// fall, if that was at least ``leastPeak``.
        mutating func falls(to number: Int) -> Bool {
            peak = max(peak, number)
            guard peak >= Self.leastPeak, number <= peak / 4 else { return false }
            peak = number
            return true
        }
    }

    private struct State: Sendable {
        var used = Cost()
        var payers: [Payer: Cost] = [:]
        var subscriptions = 0
        var subscribers: [Payer: Int] = [:]
        /// The connections of each principal.
        var connected: [Payer: Int] = [:]
        var calls = Ebb()
        var bytes = Ebb()
        var connections = Ebb()
    }

    private let limits: RPCLimits
    private let onEbb: @Sendable () -> Void
    private let state = Locked(State())

    /// Creates a budget of `limits.inFlight` calls and `limits.inFlightBytes` bytes.
    ///
    /// `onEbb` is called after the number of calls, of their bytes or of connections has fallen to a quarter of a peak,
    /// so that the daemon can return memory to the system. It is called from any thread and must not block.
    public init(limits: RPCLimits, onEbb: @escaping @Sendable () -> Void = {}) {
        self.limits = limits
        self.onEbb = onEbb
    }

    /// The number of calls in progress, over all connections.
    public var calls: Int { state.withLock { $0.used.calls } }

    /// The bytes of the messages of calls in progress, and of messages that are being decoded.
    public var bytes: Int { state.withLock { $0.used.bytes } }

    /// Reserves `cost` for a payer, or returns an error if there is no space.
    func take(_ cost: Cost, for payer: Payer) -> RPCError? {
        state.withLock { state in
            let all = state.used + cost
            let own = state.payers[payer, default: Cost()] + cost
            if let refusal = refusal(all, own, cost, payer) { return refusal }
            state.used = all
            state.payers[payer] = own
            _ = state.calls.falls(to: all.calls)
            _ = state.bytes.falls(to: all.bytes >> 16)
            return nil
        }
    }

    func giveBack(_ cost: Cost, of payer: Payer) {
        let isEbb = state.withLock { state in
            state.used = state.used - cost
            let own = state.payers[payer, default: cost] - cost
            state.payers[payer] = own == Cost() ? nil : own
            let calls = state.calls.falls(to: state.used.calls)
            let bytes = state.bytes.falls(to: state.used.bytes >> 16)
            return calls || bytes
        }
        if isEbb { onEbb() }
    }

    /// The number of subscriptions, over all connections.
    public var subscriptions: Int { state.withLock { $0.subscriptions } }

    /// Reserves one subscription for a payer, or returns `tooManySubscriptions`.
    func takeSubscription(for payer: Payer) -> RPCError? {
        state.withLock { state in
            let own = state.subscribers[payer, default: 0]
            let most = payer.isPrincipal ? limits.subscriptionsPerPrincipal : limits.subscriptionsPerUser
            guard own < most else {
                return Self.tooManySubscriptions(
                    payer.isPrincipal ? "of one principal" : "of one user or address", most)
            }
            guard state.subscriptions < limits.subscriptions else {
                return Self.tooManySubscriptions("of all connections together", limits.subscriptions)
            }
            state.subscriptions += 1
            state.subscribers[payer] = own + 1
            return nil
        }
    }

    /// Returns `count` subscriptions of a payer to the budget.
    func giveBackSubscriptions(_ count: Int, of payer: Payer) {
        guard count > 0 else { return }
        state.withLock { state in
            state.subscriptions -= count
            let own = state.subscribers[payer, default: count] - count
            state.subscribers[payer] = own > 0 ? own : nil
        }
    }

    private static func tooManySubscriptions(_ whose: String, _ limit: Int) -> RPCError {
        .limit(
            .tooManySubscriptions, "cannot hold more than \(limit) subscriptions \(whose), end some and try again",
            limit: limit, actual: limit + 1, retryAfterMs: 1000)
    }

    /// Counts a connection of a principal, or returns `tooManyConnectionsOfUser`. Connections of other payers are
    /// counted where they are accepted.
    func takeConnection(of payer: Payer) -> RPCError? {
        guard payer.isPrincipal else { return nil }
        return state.withLock { state in
            let own = state.connected[payer, default: 0]
            guard own < limits.connectionsPerPrincipal else {
                return .limit(
                    .tooManyConnectionsOfUser,
                    "cannot have more than \(limits.connectionsPerPrincipal) connections of one principal, close some "
                        + "and try again",
                    limit: limits.connectionsPerPrincipal, actual: own + 1, retryAfterMs: 1000)
            }
            state.connected[payer] = own + 1
            return nil
        }
    }

    /// Returns a connection of ``takeConnection(of:)``.
    func giveBackConnection(of payer: Payer) {
        guard payer.isPrincipal else { return }
        state.withLock { state in
            let own = state.connected[payer, default: 1] - 1
            state.connected[payer] = own > 0 ? own : nil
        }
    }

    /// Records the number of open connections.
    public func note(connections: Int) {
        if state.withLock({ $0.connections.falls(to: connections) }) { onEbb() }
    }

    private func refusal(_ all: Cost, _ own: Cost, _ cost: Cost, _ payer: Payer) -> RPCError? {
        let calls = limits.inFlight
        let share = calls - calls / 4
        if cost.calls > 0, all.calls > calls || own.calls > share {
            return busy("calls", limit: all.calls > calls ? calls : share, actual: max(own.calls, all.calls))
        }
        if cost.waits > 0, all.waits > share || own.waits > share - share / 3 {
            return busy("calls that wait", limit: all.waits > share ? share : share - share / 3, actual: own.waits)
        }
        let bytes = limits.inFlightBytes
        // A message always fits if no other message is in progress.
        let ownBytes = payer.isPrincipal ? limits.inFlightBytesPerPrincipal : bytes - bytes / 4
        guard all.bytes > cost.bytes, all.bytes > bytes || own.bytes > max(ownBytes, limits.messageBytes)
        else {
            return nil
        }
        return busy("bytes of calls", limit: bytes, actual: all.bytes)
    }

    private func busy(_ what: String, limit: Int, actual: Int) -> RPCError {
        .limit(
            .daemonBusy,
            "cannot take another call, the daemon has too many \(what) that are not answered yet: try again",
            limit: limit, actual: actual, retryAfterMs: limits.inFlightPatienceMs)
    }
}
