public import AuraModel

/// The range of events that the ledger has: after `floor`, up to `head`.
public struct LedgerBounds: Sendable, Hashable {
    /// The `seq` of the newest event that was pruned; 0 if no event was pruned.
    public var floor: Int64
    /// The `seq` of the newest event; 0 if there never was an event.
    public var head: Int64

    /// Creates bounds.
    public init(floor: Int64, head: Int64) {
        self.floor = floor
        self.head = head
    }

    /// The `seq` of the oldest event that is left; `head` + 1 if no event is left.
    public var oldest: Int64 { floor + 1 }

    /// Throws `cursorExpired` if events after `cursor` were pruned.
    public func check(cursor: Int64) throws(StorageError) {
        guard cursor < floor else { return }
        throw StorageError(
            .cursorExpired,
            "the events after \(cursor) were pruned: the oldest one left is \(oldest); read the present state, and follow from there",
            bounds: self)
    }
}

/// A request to delete old rows.
public struct PruneRequest: Sendable {
    /// Jobs that ended before this time, and before the oldest event that is left, are deleted.
    public var jobsBefore: Timestamp
    /// Events before this time are deleted, from the oldest up to the first newer one.
    public var eventsBefore: Timestamp
    /// The maximum number of rows of each kind that one transaction deletes.
    public var limit: Int

    /// Creates a request.
    public init(jobsBefore: Timestamp, eventsBefore: Timestamp, limit: Int) {
        self.jobsBefore = jobsBefore
        self.eventsBefore = eventsBefore
        self.limit = limit
    }
}

/// The result of ``Ledger/prune(_:)``.
public struct Pruned: Sendable, Hashable {
    /// The number of deleted jobs.
    public var jobs: Int
    /// The number of deleted events.
    public var events: Int
    /// The number of deleted instances.
    public var instances: Int
    /// The ledger's bounds afterwards.
    public var bounds: LedgerBounds
    /// True if a limit was reached, so that more rows may be due for deletion.
    public var hasMore: Bool

    /// Creates a result.
    public init(jobs: Int, events: Int, instances: Int, bounds: LedgerBounds, hasMore: Bool) {
        self.jobs = jobs
        self.events = events
        self.instances = instances
        self.bounds = bounds
        self.hasMore = hasMore
    }
}
