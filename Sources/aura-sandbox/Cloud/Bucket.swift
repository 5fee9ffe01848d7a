/// The project's request budget: a leaky bucket that refills by `limit` an hour, in real time whatever the time scale.
struct Bucket: Sendable {
    let limit: Int
    private var level: Double
    private var updated: Instant

    /// A full bucket.
    init(limit: Int, now: Instant) {
        self.limit = limit
        level = Double(limit)
        updated = now
    }

    private var perSecond: Double { Double(limit) / 3_600 }

    /// Takes one request out, or says that there is none left.
    mutating func take(now: Instant) -> Bool {
        level = min(Double(limit), level + max(0, now - updated) * perSecond)
        updated = now
        guard level >= 1 else { return false }
        level -= 1
        return true
    }

    /// Empties the bucket, as a fault or a test wants it.
    mutating func drain(now: Instant) {
        level = 0
        updated = now
    }

    /// The headers that stand on every answer; `Reset` is the second at which the bucket is full again.
    var headers: [(name: String, value: String)] {
        let full = updated.seconds + (Double(limit) - level) / perSecond
        return [
            ("RateLimit-Limit", String(limit)), ("RateLimit-Remaining", String(Int(level))),
            ("RateLimit-Reset", String(Int(full.rounded(.up)))),
        ]
    }
}

/// How often what was called.
struct RequestCounts: Sendable {
    private(set) var total = 0
    private(set) var byRoute: [String: Int] = [:]
    var rateLimited = 0

    /// Counts one request; `route` is one of the table's, so the number of names is bounded.
    mutating func count(_ route: String) {
        total += 1
        byRoute[route, default: 0] += 1
    }
}
