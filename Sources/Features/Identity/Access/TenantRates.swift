import AuraModel
import JSONRPC
import Storage

/// The limits of a tenant that has none of its own.
public struct TenantDefaults: Sendable, Hashable {
    /// The calls of all its callers in 60 seconds, on one daemon.
    public var callsPerMinute: Int
    /// The calls that may change something, of all its callers in 60 seconds, on one daemon.
    public var mutationsPerMinute: Int
    /// The tokens that are neither revoked nor expired.
    public var tokens: Int

    /// Creates limits.
    public init(callsPerMinute: Int = 600, mutationsPerMinute: Int = 30, tokens: Int = 100) {
        self.callsPerMinute = callsPerMinute
        self.mutationsPerMinute = mutationsPerMinute
        self.tokens = tokens
    }
}

/// The counters of the calls of one tenant, which all its callers on this daemon share.
final class TenantRate: Sendable {
    private let tenant: TenantID
    private let calls: CallRate
    private let mutations: CallRate

    init(_ tenant: TenantID, _ quota: TenantQuota?, _ defaults: TenantDefaults, now: Timestamp) {
        self.tenant = tenant
        let limits = Self.limits(quota, defaults)
        calls = CallRate(limit: limits.calls, burst: Self.burst(limits.calls), now: now)
        mutations = CallRate(limit: limits.mutations, now: now)
    }

    /// Replaces the limits.
    func set(_ quota: TenantQuota?, _ defaults: TenantDefaults, at now: Timestamp) {
        let limits = Self.limits(quota, defaults)
        calls.set(limit: limits.calls, burst: Self.burst(limits.calls), at: now)
        mutations.set(limit: limits.mutations, burst: limits.mutations, at: now)
    }

    private static func limits(_ quota: TenantQuota?, _ defaults: TenantDefaults) -> (calls: Int, mutations: Int) {
        (quota?.callsPerMinute ?? defaults.callsPerMinute, quota?.mutationsPerMinute ?? defaults.mutationsPerMinute)
    }

    /// The number of calls that may be made at once: a fifth of those of a minute.
    private static func burst(_ limit: Int) -> Int { limit == 0 ? 0 : max(1, limit / 5) }

    /// Takes one call of a method. Returns `nil`, or the refusal. A call that is refused does not count.
    func take(_ method: MethodProperties, at now: Timestamp) -> RPCError? {
        if let wait = calls.take(at: now) {
            return refusal(method, "make \(calls.limit) calls", limit: calls.limit, wait)
        }
        guard method.mutates, let wait = mutations.take(at: now) else { return nil }
        calls.giveBack()
        return refusal(method, "make \(mutations.limit) changes", limit: mutations.limit, wait)
    }

    private func refusal(_ method: MethodProperties, _ what: String, limit: Int, _ wait: Int) -> RPCError {
        .limit(
            .tooManyCalls,
            "cannot call \(method.name), the tenant \(tenant) may \(what) in 60 seconds: try again later, or have the "
                + "quota raised",
            limit: limit, actual: limit + 1, retryAfterMs: wait)
    }
}

/// The rate of a caller that is limited to tenants. A call counts towards the first of its tenants that has calls left.
///
/// Constant replies that are copied do not count: to copy one costs less than to count it. Those of a caller with a token
/// or a session are not copied, because other rules cover them, and count.
struct TenantRateRule: CallRule {
    let rates: [TenantRate]
    let time: any TimeSource
    let coversConstants = false

    func check(_ method: MethodProperties, _ session: Session) throws(RPCError) {
        let now = time.now()
        var refusal: RPCError?
        for rate in rates {
            guard let refused = rate.take(method, at: now) else { return }
            refusal = refusal ?? refused
        }
        if let refusal { throw refusal }
    }
}
