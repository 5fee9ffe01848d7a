public import AuraModel

/// A token bucket that counts the API calls left in the rate limit of a provider's project, for all daemons together.
///
/// The bucket holds at most `limit` calls and refills at a constant rate. A daemon takes several calls at once, so that
/// one database write serves all of them. ``see(_:now:)`` corrects the count with the provider's own count.
public struct CallBucket: Sendable, Hashable, Codable {
    /// The size of a full bucket, in calls.
    public var limit: Double
    /// The refill rate, in calls per second.
    public var callsPerSecond: Double
    /// The number of calls that were left at the time ``updated``.
    public private(set) var available: Double
    /// The time of the last refill.
    public private(set) var updated: Timestamp

    /// The largest number of calls that daemons may have taken but not sent yet. The provider's count may exceed the
    /// bucket's count by at most this number.
    static let mostUnsent = 128.0
    /// The maximum number of calls that one ``take(now:)`` grants.
    static let largestLot = 16.0

    /// Creates a full bucket. The defaults apply until the provider reports its limits.
    public init(limit: Double = 3600, callsPerSecond: Double = 1, now: Timestamp) {
        self.limit = limit
        self.callsPerSecond = callsPerSecond
        available = limit
        updated = now
    }

    /// Takes a twentieth of the calls that are left: at least 1 and at most 16 (`largestLot`).
    ///
    /// Returns `.wait` with the time until the next call is available if less than one call is left.
    public mutating func take(now: Timestamp) -> CallGrant {
        refill(now)
        guard available >= 1 else {
            let seconds = (1 - available) / callsPerSecond
            return .wait(.milliseconds(Int64((seconds * 1000).rounded(.up))))
        }
        let lot = min(max((available / 20).rounded(.down), 1), Self.largestLot)
        available -= lot
        return .granted(Int(lot))
    }

    /// Corrects the bucket with the provider's count.
    ///
    /// Afterwards the bucket holds at most the calls that the provider reported, and at least 128 fewer (`mostUnsent`):
    /// those may be taken but not sent yet.
    public mutating func see(_ reading: RateLimitReading, now: Timestamp) {
        refill(now)
        limit = max(reading.limit, 1)
        callsPerSecond = min(max(reading.callsPerSecond, 0.01), 1000)
        available = min(max(available, reading.remaining - Self.mostUnsent), reading.remaining, limit)
    }

    private mutating func refill(_ now: Timestamp) {
        let seconds = Double(max((now - updated).wholeMilliseconds, 0)) / 1000
        available = min(available + seconds * callsPerSecond, limit)
        updated = max(updated, now)
    }
}

/// A provider's report of its own rate limit bucket.
public struct RateLimitReading: Sendable, Hashable, Codable {
    /// The size of the provider's bucket, in calls.
    public var limit: Double
    /// The number of calls that are left.
    public var remaining: Double
    /// The provider's refill rate, in calls per second.
    public var callsPerSecond: Double

    /// Creates a report.
    public init(limit: Double, remaining: Double, callsPerSecond: Double) {
        self.limit = limit
        self.remaining = remaining
        self.callsPerSecond = callsPerSecond
    }
}

/// The result of a request for calls.
public enum CallGrant: Sendable, Hashable {
    /// The caller may send this number of calls.
    case granted(Int)
    /// No call is available. The caller must ask again after this duration.
    case wait(Duration)
}

/// A request for calls to a provider.
public struct CallRequest: Sendable {
    /// The bucket's name: the provider and its project.
    public var bucket: String
    /// The provider's latest report; `nil` if there is no new one.
    public var reading: RateLimitReading?
    /// The present time.
    public var now: Timestamp

    /// Creates a request.
    public init(bucket: String, reading: RateLimitReading?, now: Timestamp) {
        self.bucket = bucket
        self.reading = reading
        self.now = now
    }
}

extension CallRequest {
    /// Applies the request to the stored bucket, or to a new, full one for `nil`. Returns the changed bucket and the
    /// result.
    public func apply(to present: CallBucket?) -> (CallBucket, CallGrant) {
        var bucket = present ?? CallBucket(now: now)
        if let reading { bucket.see(reading, now: now) }
        let grant = bucket.take(now: now)
        return (bucket, grant)
    }
}
