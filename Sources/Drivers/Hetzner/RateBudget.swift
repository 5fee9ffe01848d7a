public import AuraModel

/// The number of calls left in the project's rate limit, based on the response headers.
///
/// Hetzner counts per project: a bucket holds `RateLimit-Limit` calls and refills evenly (3,600 and one a second).
/// `RateLimit-Remaining` is the number of calls left. `RateLimit-Reset` is the second in which the bucket is full
/// again. Other clients use the same bucket, so every response corrects the count.
public struct RateBudget: Sendable, Hashable {
    /// The result of a reservation.
    public enum Decision: Sendable, Hashable {
        /// The call is reserved. Send it after this time.
        case go(after: Duration)
        /// The wait would be too long, and nothing was reserved. Try again after this time.
        case refuse(retryAfter: Duration)
    }

    private var limit: Double = 3600
    private var callsPerSecond: Double = 1
    /// The number of calls that may be sent at `updated`; negative if calls already wait.
    private var available: Double = 3600
    private var updated: Timestamp
    /// The number of reserved calls without a response.
    private var unanswered = 0

    /// The estimated state of the server's bucket, for other daemons. Calls without a response are not subtracted.
    public var reading: (limit: Double, remaining: Double, callsPerSecond: Double) {
        (limit, max(available + Double(unanswered), 0), callsPerSecond)
    }

    /// Creates a budget with a full bucket of 3,600 calls.
    public init(now: Timestamp) {
        updated = now
    }

    /// Reserves one call. Calls that were reserved earlier are sent first.
    public mutating func reserve(now: Timestamp, atMost maximumWait: Duration) -> Decision {
        refill(now)
        let missing = 1 - available
        let wait = missing <= 0 ? Duration.zero : .milliseconds(Int64((missing / callsPerSecond * 1000).rounded(.up)))
        guard wait <= maximumWait else { return .refuse(retryAfter: wait) }
        available -= 1
        unanswered += 1
        return .go(after: wait)
    }

    /// Cancels the reservation of a call that was not sent.
    public mutating func giveBack(now: Timestamp) {
        refill(now)
        available += 1
        unanswered -= 1
    }

    /// Ends the reservation of a call without a response. A call that was never sent uses no part of the limit.
    public mutating func lost(now: Timestamp, wasSent: Bool) {
        if wasSent { answered(now: now, headers: nil) } else { giveBack(now: now) }
    }

    /// Ends the reservation of a call with a response, and corrects the count from its headers.
    public mutating func answered(now: Timestamp, headers: RateHeaders?) {
        refill(now)
        unanswered -= 1
        guard let headers else { return }
        limit = headers.limit
        available = min(headers.remaining, limit) - Double(unanswered)
        learnRate(headers, now)
    }

    /// Records that the server reported an empty bucket. Returns the wait before one call may succeed.
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

    /// Derives the refill rate from the missing calls and the time of the reset. `reset` is in whole seconds of the
    /// server's clock, so only a bucket that is more than half empty gives a usable value.
    private mutating func learnRate(_ headers: RateHeaders, _ now: Timestamp) {
        let missing = headers.limit - headers.remaining
        let seconds = headers.resetSeconds - Double(now.milliseconds) / 1000
        guard missing > headers.limit / 2, missing >= 10, seconds >= 2 else { return }
        callsPerSecond = min(max(missing / seconds, 0.01), 1000)
    }
}

/// The three rate headers of a response.
public struct RateHeaders: Sendable, Hashable {
    /// The size of the bucket.
    public var limit: Double
    /// The number of calls left.
    public var remaining: Double
    /// The time at which the bucket is full, in seconds since 1970.
    public var resetSeconds: Double

    /// Creates the values of the headers.
    public init(limit: Double, remaining: Double, resetSeconds: Double) {
        self.limit = limit
        self.remaining = remaining
        self.resetSeconds = resetSeconds
    }

    /// Parses the headers. Returns `nil` if one is missing or not a number.
    init?(limit: String?, remaining: String?, reset: String?) {
        guard let limit = limit.flatMap(Double.init), let remaining = remaining.flatMap(Double.init),
            let reset = reset.flatMap(Double.init), limit.isFinite, limit >= 1, remaining.isFinite, reset.isFinite
        else { return nil }
        self.init(limit: limit, remaining: max(remaining, 0), resetSeconds: reset)
    }
}
