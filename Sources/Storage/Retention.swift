public import AuraModel

/// What a ledger still has: the events after `floor`, up to `head`.
public struct LedgerBounds: Sendable, Hashable {
    /// The `seq` of the newest event that was pruned; 0 where none was.
    public var floor: Int64
    /// The `seq` of the newest event; 0 where there never was one.
    public var head: Int64

    public init(floor: Int64, head: Int64) {
        self.floor = floor
        self.head = head
    }

    /// The `seq` of the oldest event that is left; one more than the head where none is.
    public var oldest: Int64 { floor + 1 }

    /// Throws `cursorExpired` where events after `cursor` are gone.
    public func check(cursor: Int64) throws(StorageError) {
        guard cursor < floor else { return }
        throw StorageError(
            .cursorExpired,
            "the events after \(cursor) were pruned: the oldest one left is \(oldest); read the present state, and follow from there",
            bounds: self)
    }
}

/// How much of the past is to go.
public struct PruneRequest: Sendable {
    /// Jobs that ended before this moment.
    public var jobsBefore: Timestamp
    /// Events from before this moment.
    public var eventsBefore: Timestamp
    /// Rows of one kind that may go in one transaction.
    public var limit: Int

    public init(jobsBefore: Timestamp, eventsBefore: Timestamp, limit: Int) {
        self.jobsBefore = jobsBefore
        self.eventsBefore = eventsBefore
        self.limit = limit
    }
}

/// What a pruning took away.
public struct Pruned: Sendable, Hashable {
    public var jobs: Int
    public var events: Int
    public var instances: Int
    public var bounds: LedgerBounds
    /// Whether the limit ended it, so that there may be more.
    public var hasMore: Bool

    public init(jobs: Int, events: Int, instances: Int, bounds: LedgerBounds, hasMore: Bool) {
        self.jobs = jobs
        self.events = events
        self.instances = instances
        self.bounds = bounds
        self.hasMore = hasMore
    }
}
