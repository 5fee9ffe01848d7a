import FoundationEssentials

/// The request budget of the project: a bucket that refills by `limit` per hour. It uses real time, not the time scale.
struct Bucket: Sendable {
    let limit: Int
    private var level: Double
    private var updated: Date

    /// Creates a full bucket.
    init(limit: Int, now: Date) {
        self.limit = limit
        level = Double(limit)
        updated = now
    }

    private var perSecond: Double { Double(limit) / 3_600 }

    /// Takes one request from the budget. Returns false if the budget is empty.
    mutating func take(now: Date) -> Bool {
        level = min(Double(limit), level + max(0, now.timeIntervalSince(updated)) * perSecond)
        updated = now
        guard level >= 1 else { return false }
        level -= 1
        return true
    }

    /// Empties the bucket, for a fault or a test.
    mutating func drain(now: Date) {
        level = 0
        updated = now
    }

    /// The headers of every response; `Reset` is the time in seconds since 1970 at which the bucket is full again.
    var headers: [(name: String, value: String)] {
        let full = updated.timeIntervalSince1970 + (Double(limit) - level) / perSecond
        return [
            ("RateLimit-Limit", String(limit)), ("RateLimit-Remaining", String(Int(level))),
            ("RateLimit-Reset", String(Int(full.rounded(.up)))),
        ]
    }
}

/// The numbers of requests, in total and by route.
struct RequestCounts: Sendable {
    private(set) var total = 0
    private(set) var byRoute: [String: Int] = [:]
    var rateLimited = 0

    /// Counts one request. `route` is a name from the route table, so the number of names is bounded.
    mutating func count(_ route: String) {
        total += 1
        byRoute[route, default: 0] += 1
    }
}
