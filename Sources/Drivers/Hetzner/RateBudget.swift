public import AuraModel

/// How many calls the project's rate limit still has, as far as its headers tell.
///
/// Hetzner counts per project: a bucket that holds `RateLimit-Limit` calls and refills evenly (3,600 and one a second).
/// `RateLimit-Remaining` says how many are left, and `RateLimit-Reset` in which second the bucket is full again. Others
/// draw from the same bucket, so every answer corrects the count.
public struct RateBudget: Sendable, Hashable {
    /// What a call may do.
    public enum Decision: Sendable, Hashable {
        /// Its place is taken; send after this time.
        case go(after: Duration)
        /// It would wait too long; nothing was taken. Try again after this time.
        case refuse(retryAfter: Duration)
    }

    private var limit: Double = 3600
    private var callsPerSecond: Double = 1
    /// Calls that may be sent at `updated`; below zero where calls wait already.
    private var available: Double = 3600
    private var updated: Timestamp
    /// Calls that took a place and are not answered yet.
    private var unanswered = 0

    /// What the server's headers say, for others to count by.
    public var sighting: (limit: Double, remaining: Double, callsPerSecond: Double) {
        (limit, max(available + Double(unanswered), 0), callsPerSecond)
    }

    public init(now: Timestamp) {
        updated = now
    }

    /// A call wants to be sent. Those that wait already go first.
    public mutating func reserve(now: Timestamp, atMost maximumWait: Duration) -> Decision {
        refill(now)
        let missing = 1 - available
        let wait = missing <= 0 ? Duration.zero : .milliseconds(Int64((missing / callsPerSecond * 1000).rounded(.up)))
        guard wait <= maximumWait else { return .refuse(retryAfter: wait) }
        available -= 1
        unanswered += 1
        return .go(after: wait)
    }

    /// A call that took a place was given up before it was sent.
    public mutating func giveBack(now: Timestamp) {
        refill(now)
        available += 1
        unanswered -= 1
    }

    /// A call got no answer; one that was never sent did not cost anything.
    public mutating func lost(now: Timestamp, wasSent: Bool) {
        if wasSent { answered(now: now, headers: nil) } else { giveBack(now: now) }
    }

    /// A call was answered.
    public mutating func answered(now: Timestamp, headers: RateHeaders?) {
        refill(now)
        unanswered -= 1
        guard let headers else { return }
        limit = headers.limit
        available = min(headers.remaining, limit) - Double(unanswered)
        learnRate(headers, now)
    }

    /// The server said that the bucket is empty. Returns how long to wait before one call may succeed.
    public mutating func exhausted(now: Timestamp) -> Duration {
        refill(now)
        available = min(available, -Double(unanswered))
        return .milliseconds(Int64((max(1, 1 - available) / callsPerSecond * 1000).rounded(.up)))
    }

    private mutating func refill(_ now: Timestamp) {
        let seconds = Double(max((now - updated).wholeMilliseconds, 0)) / 1000
        available = min(available + seconds * callsPerSecond, limit)
        updated = max(updated, now)
    }

    /// The pace follows from how much is missing and when it will be full. Only a bucket that is more than half empty
    /// tells it well: `reset` is in whole seconds of the server's clock.
    private mutating func learnRate(_ headers: RateHeaders, _ now: Timestamp) {
        let missing = headers.limit - headers.remaining
        let seconds = headers.resetSeconds - Double(now.milliseconds) / 1000
        guard missing > headers.limit / 2, missing >= 10, seconds >= 2 else { return }
        callsPerSecond = min(max(missing / seconds, 0.01), 1000)
    }
}

/// The three rate headers of an answer.
public struct RateHeaders: Sendable, Hashable {
    public var limit: Double
    public var remaining: Double
    /// The second since 1970 in which the bucket is full.
    public var resetSeconds: Double

    public init(limit: Double, remaining: Double, resetSeconds: Double) {
        self.limit = limit
        self.remaining = remaining
        self.resetSeconds = resetSeconds
    }

    /// From the headers' texts; none where one is missing or no number.
    init?(limit: String?, remaining: String?, reset: String?) {
        guard let limit = limit.flatMap(Double.init), let remaining = remaining.flatMap(Double.init),
            let reset = reset.flatMap(Double.init), limit.isFinite, limit >= 1, remaining.isFinite, reset.isFinite
        else { return nil }
        self.init(limit: limit, remaining: max(remaining, 0), resetSeconds: reset)
    }
}
