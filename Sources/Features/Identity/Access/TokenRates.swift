import AuraModel
import JSONRPC
import Tokens

/// The counters of the restrictions `rate` of one token, which all its connections share.
///
/// A counter belongs to the restriction and everything before it in the token. A holder can only add restrictions at the
/// end, so it cannot get a new counter for a rate that the token already has.
struct TokenRates {
    private var counters: [String: CallRate] = [:]

    /// The maximum number of counters. A holder can add rates, and each variant of the token has its own.
    static let limit = 64

    /// Returns the counters of the token's rates, or `nil` if too many variants of the token are in use.
    mutating func counters(of token: Token, at now: Timestamp) -> [CallRate]? {
        var found: [CallRate] = []
        var prefix = ""
        for restriction in token.restrictions {
            prefix += "~" + restriction.text
            guard restriction.key == .rate, let text = restriction.values.first,
                let rate = TokenRestriction.rate(text)
            else { continue }
            if let known = counters[prefix] {
                found.append(known)
                continue
            }
            if counters.count >= Self.limit { removeUnused(at: now) }
            guard counters.count < Self.limit else { return nil }
            let counter = CallRate(limit: Int(rate), now: now)
            counters[prefix] = counter
            found.append(counter)
        }
        return found
    }

    /// Removes counters that no connection has and that are as good as new ones.
    private mutating func removeUnused(at now: Timestamp) {
        for prefix in Array(counters.keys) where counters[prefix]?.isFull(at: now) == true {
            if isKnownUniquelyReferenced(&counters[prefix]) { counters[prefix] = nil }
        }
    }
}
