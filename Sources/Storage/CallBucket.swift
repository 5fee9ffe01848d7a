public import AuraModel

/// How many calls a provider's project has left, as all daemons together count them.
///
/// A bucket that holds `limit` calls and refills evenly. Daemons take calls out in small lots, so that the database is asked
/// once for many calls; what the provider says of its own count corrects this one.
public struct CallBucket: Sendable, Hashable, Codable {
    public var limit: Double
    public var callsPerSecond: Double
    public private(set) var available: Double
    public private(set) var updated: Timestamp

    /// Calls that daemons may have taken and not sent yet, for which the provider's count is higher than this one.
    static let mostUnsent = 128.0
    /// Calls of one lot at most.
    static let largestLot = 16.0

    /// A full bucket: until the first answer nobody knows better.
    public init(limit: Double = 3600, callsPerSecond: Double = 1, now: Timestamp) {
        self.limit = limit
        self.callsPerSecond = callsPerSecond
        available = limit
        updated = now
    }

    /// Takes a lot: the fewer are left, the smaller. None, and how long until there is one, where there are none.
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

    /// Takes note of what the provider said: it is never believed to have more than it says, nor much less.
    public mutating func see(_ sighting: CallSighting, now: Timestamp) {
        refill(now)
        limit = max(sighting.limit, 1)
        callsPerSecond = min(max(sighting.callsPerSecond, 0.01), 1000)
        available = min(max(available, sighting.remaining - Self.mostUnsent), sighting.remaining, limit)
    }

    private mutating func refill(_ now: Timestamp) {
        let seconds = Double(max((now - updated).wholeMilliseconds, 0)) / 1000
        available = min(available + seconds * callsPerSecond, limit)
        updated = max(updated, now)
    }
}

/// What a provider said of its bucket.
public struct CallSighting: Sendable, Hashable, Codable {
    public var limit: Double
    public var remaining: Double
    public var callsPerSecond: Double

    public init(limit: Double, remaining: Double, callsPerSecond: Double) {
        self.limit = limit
        self.remaining = remaining
        self.callsPerSecond = callsPerSecond
    }
}

/// What became of a wish to call.
public enum CallGrant: Sendable, Hashable {
    /// So many calls may be sent.
    case granted(Int)
    /// None now; ask again after this time.
    case wait(Duration)
}

/// A wish to call a provider.
public struct CallRequest: Sendable {
    /// The bucket's name: the provider and its project.
    public var bucket: String
    /// What the provider last said, if that is news.
    public var sighting: CallSighting?
    public var now: Timestamp

    public init(bucket: String, sighting: CallSighting?, now: Timestamp) {
        self.bucket = bucket
        self.sighting = sighting
        self.now = now
    }
}

extension CallRequest {
    /// The bucket after the request, and the answer.
    public func apply(to present: CallBucket?) -> (CallBucket, CallGrant) {
        var bucket = present ?? CallBucket(now: now)
        if let sighting { bucket.see(sighting, now: now) }
        let grant = bucket.take(now: now)
        return (bucket, grant)
    }
}
