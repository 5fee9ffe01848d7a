import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage

/// Brings a subscription up to date, at the rate at which its client reads.
///
/// While the connection has no room, the catch-up keeps one message and no page. It reads the page again afterwards.
struct CatchUp {
    enum Result {
        /// The subscription has every event up to `cursor` and continues in the fan-out.
        case live(Subscription)
        /// `subscription.ended` was sent.
        case ended
    }

    private(set) var subscription: Subscription
    let feed: EventFeed
    let store: any Store
    let ledger: LedgerPages
    /// Called before `subscription.ended` is queued, so that a client that reads it can use the id again.
    let onEnd: @Sendable () -> Void

    /// Events that are read from the ring at once.
    private static let page = 500
    /// Instances in one message of a snapshot.
    private static let instances = 100

    /// The outcome of one read of the ledger.
    private enum Step {
        case more
        /// The connection had no room for this event.
        case busy(FeedEvent)
        case upToDate
        case enough
        case lagged
    }

    init(
        _ subscription: Subscription, feed: EventFeed, store: any Store, ledger: LedgerPages,
        onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.subscription = subscription
        self.feed = feed
        self.store = store
        self.ledger = ledger
        self.onEnd = onEnd
    }

    /// Runs until the subscription is up to date or ended. Throws `SessionClosed`, `CancellationError` and the errors of the
    /// store.
    mutating func run() async throws -> Result {
        ledger.arrive()
        defer { ledger.depart() }
        do {
            if subscription.beginsWithSnapshot { try await tellSnapshot() }
            return try await follow()
        } catch let error as StorageError where error.code == .cursorExpired {
            return try await end(.cursorExpired)
        }
    }

    private mutating func follow() async throws -> Result {
        if let remaining = subscription.remaining, remaining <= 0 { return try await end(.maxEvents) }
        while true {
            var step = try await step()
            if case .upToDate = step {
                guard subscription.endsWhenTerminal, try await isSettled() else { return .live(subscription) }
                // The store may have events that the feed does not have yet.
                let head = try await store.head()
                guard subscription.cursor < head else { return try await end(.terminal) }
                step = try await readLedger(through: head)
            }
            switch step {
            case .enough: return try await end(.maxEvents)
            case .lagged: return try await end(.lagged)
            case .more, .upToDate: break
            case .busy(let event):
                try await subscription.deliver(event)
                if isEnough { return try await end(.maxEvents) }
            }
            if subscription.isQuiet { try await tellBookmark() }
        }
    }

    private mutating func step() async throws -> Step {
        switch feed.events(after: subscription.cursor, limit: Self.page) {
        case .events(let events):
            guard let last = events.last else { return .upToDate }
            return try offer(events.filter { subscription.wants($0.event) }, through: last.seq)
        case .behind(let head):
            if subscription.wasLive, subscription.onLag == .close { return .lagged }
            return try await readLedger(through: head)
        }
    }

    private mutating func readLedger(through head: Int64) async throws -> Step {
        try await ledger.withEvents(after: subscription.cursor, through: head, matching: subscription.filter) {
            [subscription] events, last in
            try offer(events.filter { subscription.wants($0.event) }, through: last)
        }
    }

    /// Offers a page to the connection, as far as there is room.
    private mutating func offer(_ page: [FeedEvent], through last: Int64) throws -> Step {
        let events = subscription.onLag == .coalesce ? Self.coalesced(page) : page
        var rest = events.prefix(subscription.remaining.map { Int(clamping: $0) } ?? .max)
        while let first = rest.first {
            let (lines, count) = try subscription.lines(of: rest)
            switch lines.withUnsafeBytes({ subscription.session.offer(lines: $0) }) {
            case .closed: throw SessionClosed()
            case .busy: return .busy(first)
            case .queued:
                subscription.delivered(rest[rest.startIndex + count - 1].seq, count: Int64(count))
                if isEnough { return .enough }
            }
            rest = rest.dropFirst(count)
        }
        subscription.cursor = last
        return .more
    }

    private var isEnough: Bool { subscription.remaining.map { $0 <= 0 } ?? false }

    /// Returns the page without progress events that a later event of the same job supersedes.
    static func coalesced(_ page: [FeedEvent]) -> [FeedEvent] {
        var overtaken: Set<JobID> = []
        var kept: [FeedEvent] = []
        for event in page.reversed() {
            let entry = event.event.entry
            if let job = entry.job, !overtaken.insert(job).inserted, entry.type.isProgress { continue }
            kept.append(event)
        }
        return kept.reversed()
    }
}

// MARK: - Snapshots, bookmarks and ends

extension CatchUp {
    private mutating func tellSnapshot() async throws {
        // After an outage of the database the snapshot continues with the next page.
        var after = subscription.snapshot.last
        repeat {
            // The query asks for one more row than a message holds: that row shows that another page follows.
            let query = InstanceQuery(
                instance: try await snapshotInstance(), tenant: subscription.filter.tenant, after: after,
                limit: Self.instances + 1)
            let page = try await store.snapshot(query)
            let told = page.instances.prefix(Self.instances)
            after = page.instances.count > told.count ? told.last : nil
            subscription.snapshot.add(last: after, head: page.head)
            let floor = subscription.snapshot.floor ?? page.head
            let result = Snapshot(
                seq: floor, instances: told.rows.map { InstanceView($0) }, complete: after == nil)
            try await subscription.session.notify(subscription.message(result))
            subscription.cursor = floor
            subscription.told = floor
        } while after != nil
        subscription.beginsWithSnapshot = false
    }

    /// Returns the only instance that the filter can match, or `nil` if it can match several.
    private func snapshotInstance() async throws -> InstanceID? {
        if let instance = subscription.filter.instance { return instance }
        guard let job = subscription.filter.job else { return nil }
        return try await store.job(job)?.instance
    }

    private mutating func tellBookmark() async throws {
        try await subscription.session.notify(subscription.message(subscription.bookmark))
        subscription.told = subscription.cursor
    }

    /// True if every job that the filter matches has ended. A filter with a change must have matched at least one job.
    private func isSettled() async throws -> Bool {
        let filter = subscription.filter
        if let job = filter.job { return try await store.job(job)?.state.isTerminal ?? true }
        let active = JobQuery(
            instance: filter.instance, tenant: filter.tenant, change: filter.change,
            isActive: true, limit: 1)
        guard try await store.jobs(active).isEmpty else { return false }
        // The caller chooses the change id, so the first job of the change may not exist yet.
        guard let change = filter.change else { return true }
        return try await !store.jobs(JobQuery(tenant: filter.tenant, change: change, limit: 1)).isEmpty
    }

    private func end(_ reason: SubscriptionEndReason) async throws -> Result {
        onEnd()
        let last = SubscriptionEnded(reason: Open(reason), seq: subscription.cursor)
        try await subscription.session.notify(subscription.message(last))
        return .ended
    }
}
