import AuraModel
import JSONRPC
import Locking
import Tokens

/// The restrictions of a token that concern each single call: method, time and rate.
///
/// The restrictions on scopes, tenants and instances are a part of the rights. That on the peer is checked once, when the
/// token is shown.
struct TokenRules: CallRule {
    private let methods: [[MethodPattern]]
    /// True if the token is restricted to single instances.
    private let isOfInstances: Bool
    /// The time at which the token ends; `nil` if it does not.
    let end: Timestamp?
    private let rates: [CallRate]
    private let time: any TimeSource

    /// Creates the rules. `rates` has the counter of each restriction `rate`, which all connections with this token
    /// share.
    init(_ token: Token, end: Timestamp?, rates: [CallRate], time: any TimeSource) {
        methods = token.values(of: .method).map { $0.compactMap { MethodPattern($0) } }
        isOfInstances = token.allowed(.instance) != nil
        self.end = end
        self.rates = rates
        self.time = time
    }

    /// The methods that compare the instance of a call with those of the token.
    private static let instanceMethods: Set<String> = [
        "status.get", "suspend", "resume", "restart", "destroy", "status.subscribe", "status.unsubscribe",
    ]

    func check(_ method: MethodProperties, _ session: Session) throws(RPCError) {
        let now = time.now()
        if let end, now >= end {
            throw RPCError(.unauthenticated, "cannot call \(method.name), the token has expired: get a new one")
        }
        guard methods.allSatisfy({ $0.contains { $0.allows(method.name) } }) else {
            throw RPCError(
                .forbidden, "cannot call \(method.name), a restriction of the token forbids it: use another token")
        }
        guard !isOfInstances || Self.instanceMethods.contains(method.name) else {
            throw RPCError(
                .forbidden, "cannot call \(method.name), the token is restricted to single instances: use another token"
            )
        }
        for rate in rates {
            guard let wait = rate.take(at: now) else { continue }
            throw .limit(
                .tooManyCalls,
                "cannot call \(method.name), the token may make \(rate.limit) calls in 60 seconds: try again later",
                limit: rate.limit, actual: rate.limit + 1, retryAfterMs: wait)
        }
    }
}

/// Counts calls against a limit per 60 seconds. A bucket of `burst` calls that refills evenly, with `limit` calls in 60
/// seconds.
final class CallRate: Sendable {
    private struct Bucket {
        var limit: Int
        var burst: Int
        var left: Double
        var at: Timestamp

        mutating func refill(at now: Timestamp) {
            let passed = max(0, (now - at).wholeMilliseconds)
            left = min(Double(burst), left + Double(passed) * Double(limit) / 60_000)
            at = max(at, now)
        }
    }

    private let state: Locked<Bucket>

    /// Creates a full bucket. Without a `burst`, it has `limit` calls.
    init(limit: Int, burst: Int? = nil, now: Timestamp) {
        state = Locked(Bucket(limit: limit, burst: burst ?? limit, left: Double(burst ?? limit), at: now))
    }

    /// The number of calls in 60 seconds.
    var limit: Int { state.withLock { $0.limit } }

    /// Replaces the limit. Calls that were taken still count.
    func set(limit: Int, burst: Int, at now: Timestamp) {
        state.withLock { state in
            guard state.limit != limit || state.burst != burst else { return }
            state.refill(at: now)
            let taken = Double(state.burst) - state.left
            (state.limit, state.burst) = (limit, burst)
            state.left = max(0, Double(burst) - taken)
        }
    }

    /// Returns true if no call of the last 60 seconds counts any more.
    func isFull(at now: Timestamp) -> Bool {
        state.withLock { state in
            var later = state
            later.refill(at: now)
            return later.left >= Double(later.burst)
        }
    }

    /// Takes one call. Returns `nil`, or the number of milliseconds until the next call is possible.
    func take(at now: Timestamp) -> Int? {
        state.withLock { state in
            state.refill(at: now)
            guard state.left < 1 else {
                state.left -= 1
                return nil
            }
            return state.limit == 0 ? 60_000 : Int((1 - state.left) * 60_000 / Double(state.limit)) + 1
        }
    }

    /// Gives back a call that was taken and not made.
    func giveBack() {
        state.withLock { $0.left = min(Double($0.burst), $0.left + 1) }
    }
}

extension Token {
    /// Returns the values of each restriction with this key.
    func values(of key: TokenRestriction.Key) -> [[String]] {
        restrictions.filter { $0.key == key }.map(\.values)
    }

    /// The times of the restrictions `before`.
    var ends: [Timestamp] {
        values(of: .before).joined().compactMap { TokenRestriction.number($0) }
            .map { Timestamp(milliseconds: $0 * 1000) }
    }

    /// Returns the values that all restrictions with this key allow; `nil` if there is no such restriction.
    func allowed(_ key: TokenRestriction.Key) -> Set<String>? {
        let sets = values(of: key).map { Set($0) }
        return sets.dropFirst().reduce(sets.first) { $0?.intersection($1) }
    }

    /// Returns true if every restriction on the peer allows it.
    func allows(_ peer: Peer) -> Bool {
        values(of: .peer).allSatisfy { texts in
            texts.compactMap { PeerPattern($0) }.contains { pattern in
                switch peer {
                case .unix(let peer): pattern.allows(user: peer.uid)
                case .tcp(let address, _), .tls(let address, _, _): pattern.allows(address: address)
                case .memory: false
                }
            }
        }
    }
}
