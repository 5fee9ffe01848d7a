import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import Storage

/// Brings a subscription up to date, at the rate at which its client reads.
///
/// While the connection has no space, the catch-up keeps one message and no page. It reads the page again afterwards.
struct CatchUp {
    enum Result {
        /// The subscription has every event up to `cursor` and continues in the fan-out.
        case live(Subscription)
        /// `subscription.ended` was sent.
        case ended
    }

    private(set) var subscription: Subscription
    let feed: EventFeed
    let store: any Ledger & InstanceStore & JobStore
    let ledger: LedgerPages
    let faults: RowFaults
    /// Called before `subscription.ended` is queued, so that a client that reads it can use the id again.
    let onEnd: @Sendable () -> Void

    /// The largest number of events in one read of the ring.
    private static let page = 500
    /// The largest number of instances in one message of a snapshot.
    private static let instances = 100

    /// The outcome of one read of the feed or the ledger.
    private enum Step {
        case more
        /// The connection had no space for this event.
        case busy(FeedEvent)
        case upToDate
        case enough
        case lagged
    }

    init(
        _ subscription: Subscription, feed: EventFeed, store: any Ledger & InstanceStore & JobStore,
        ledger: LedgerPages, faults: RowFaults, onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.subscription = subscription
        self.feed = feed
        self.store = store
        self.ledger = ledger
        self.faults = faults
        self.onEnd = onEnd
    }

    /// Runs until the subscription is up to date or ended. Throws `SessionClosed`, `CancellationError`,
    /// `AsyncSemaphore.Refusal` and the errors of the store.
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

    /// Offers a page to the connection, as far as there is space.
    private mutating func offer(_ page: [FeedEvent], through last: Int64) throws -> Step {
        let events = subscription.onLag == .coalesce ? Self.coalesced(page) : page
        var rest = events.prefix(subscription.remaining.map { Int(clamping: $0) } ?? .max)
        while let first = rest.first {
            let (lines, count) = subscription.lines(of: rest)
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
                scope: subscription.filter.scope, instance: try await snapshotInstance(),
                tenant: subscription.filter.tenant, after: after, limit: Self.instances + 1)
            let page = try await store.snapshot(query)
            let instances = page.instances.prefix(Self.instances)
            after = page.instances.count > instances.count ? instances.last : nil
            subscription.snapshot.add(last: after, head: page.head)
            let floor = subscription.snapshot.floor ?? page.head
            let unreadable = instances.unreadable
            faults.note(unreadable)
            let result = Snapshot(
                seq: floor, instances: instances.rows.map { InstanceView($0) }, complete: after == nil,
                unreadable: unreadable.isEmpty ? nil : unreadable.map { InstanceID($0.id) })
            try await subscription.session.notify(subscription.message(result))
            subscription.cursor = floor
            subscription.notifiedSeq = floor
        } while after != nil
        subscription.beginsWithSnapshot = false
    }

    /// Returns the only instance that the filter can match, or `nil` if it can match several.
    private func snapshotInstance() async throws -> InstanceID? {
        if let instance = subscription.filter.instance { return instance }
        guard let job = subscription.filter.job else { return nil }
        return try await store.job(job, in: subscription.filter.scope)?.instance
    }

    private mutating func tellBookmark() async throws {
        try await subscription.session.notify(subscription.message(subscription.bookmark))
        subscription.notifiedSeq = subscription.cursor
    }

    /// Returns true if every job that the filter matches has ended. For a filter with a change, at least one such job
    /// must exist.
    private func isSettled() async throws -> Bool {
        let filter = subscription.filter
        if let job = filter.job { return try await store.job(job, in: filter.scope)?.state.isTerminal ?? true }
        let active = JobQuery(
            scope: filter.scope, instance: filter.instance, tenant: filter.tenant, change: filter.change,
            isActive: true, limit: 1)
        guard try await store.jobs(active).isEmpty else { return false }
        // The caller chooses the change id, so the first job of the change may not exist yet.
        guard let change = filter.change else { return true }
        let any = JobQuery(scope: filter.scope, tenant: filter.tenant, change: change, limit: 1)
        return try await !store.jobs(any).isEmpty
    }

    private func end(_ reason: SubscriptionEndReason) async throws -> Result {
        onEnd()
        let last = SubscriptionEnded(reason: Open(reason), seq: subscription.cursor)
        try await subscription.session.notify(subscription.message(last))
        return .ended
    }
}

/// Reads ledger pages for subscriptions that catch up. Subscriptions that need the same page at about the same time
/// share one read and one encoding.
///
/// In this example the ledger ends at `seq` 1404. Each line is one subscription; they begin in this order:
///
///     cursor 3:     4 … 503 │ 504 … 1003 │ 1004 … 1404     reads three pages
///     cursor 420:     421 … │ 504 … 1003 │ 1004 … 1404     reads none: all three pages are kept
///     cursor 0:   1 … 500 │…│ 504 … 1003 │ 1004 … 1404     reads one page, then uses the kept pages
///
/// Sharing matters most after a restart. All clients then subscribe again at once, each with its own cursor, and the
/// feed's ring is empty.
final class LedgerPages: Sendable {
    /// Consecutive events among all events that match the filter.
    private struct Page {
        let filter: EventFilter
        /// The page begins after this `seq`.
        let start: Int64
        let events: [FeedEvent]
        /// The page holds every matching event up to this `seq`.
        let last: Int64

        func holds(after seq: Int64, matching filter: EventFilter) -> Bool {
            start <= seq && seq < last && self.filter == filter
        }

        func events(after seq: Int64) -> ArraySlice<FeedEvent> { events.drop { $0.seq <= seq } }
    }

    private struct State {
        /// In the order of last use, the oldest first.
        var pages: [Page] = []
        var readers = 0
    }

    /// The largest number of events in a page.
    static let length = 500
    /// The largest number of pages that are kept while a subscription catches up. One page takes about half a mebibyte.
    static let capacity = 16

    private let read: @Sendable (EventQuery) async throws -> [Event]
    /// At most 4 reads at a time. More would not be faster: they share one disk, which the job engine needs too.
    private let permits = AsyncSemaphore(4, maximumWaiting: .max)
    private let state = Locked(State())

    /// - Parameter read: reads events from the store.
    init(read: @escaping @Sendable (EventQuery) async throws -> [Event]) {
        self.read = read
    }

    /// Registers a reader that begins to catch up. The reader must call ``depart()`` when it is done.
    func arrive() {
        state.withLock { $0.readers += 1 }
    }

    func depart() {
        state.withLock { state in
            state.readers -= 1
            if state.readers == 0 { state.pages = [] }
        }
    }

    /// The number of pages that are kept now.
    var count: Int { state.withLock { $0.pages.count } }

    /// Calls `body` with the next events after `seq` that the filter matches, in order. `last` is the `seq` up to
    /// which they are complete. A kept page may reach past `head`.
    ///
    /// A waiting caller holds no page. The memory is therefore bounded by the kept pages and the pages that are being
    /// read, whatever the number of callers. Throws `AsyncSemaphore.Refusal` and the errors of the store and of `body`;
    /// the store throws `cursorExpired` if the next event was pruned.
    func withEvents<Result>(
        after seq: Int64, through head: Int64, matching filter: EventFilter,
        _ body: (_ events: ArraySlice<FeedEvent>, _ last: Int64) throws -> Result
    ) async throws -> Result {
        if let page = keptPage(after: seq, matching: filter) { return try body(page.events(after: seq), page.last) }
        try await permits.take()
        defer { permits.giveBack() }
        // Another caller may have read the page meanwhile.
        if let page = keptPage(after: seq, matching: filter) { return try body(page.events(after: seq), page.last) }
        let page = try await readPage(after: seq, through: head, matching: filter)
        if Self.isOfUseToOthers(filter) { keep(page) }
        return try body(page.events[...], page.last)
    }

    /// Returns false for a filter by job, instance or change: such events are few, and few subscriptions want them.
    private static func isOfUseToOthers(_ filter: EventFilter) -> Bool {
        filter.job == nil && filter.instance == nil && filter.change == nil
    }

    private func readPage(after seq: Int64, through head: Int64, matching filter: EventFilter) async throws -> Page {
        let events = try await read(EventQuery(filter: filter, after: seq, through: head, limit: Self.length))
        let last = events.count < Self.length ? head : events.last?.seq ?? head
        return Page(filter: filter, start: seq, events: events.map(FeedEvent.init), last: last)
    }

    private func keptPage(after seq: Int64, matching filter: EventFilter) -> Page? {
        state.withLock { state in
            let index = state.pages.lastIndex { $0.holds(after: seq, matching: filter) }
            guard let page = index.map({ state.pages.remove(at: $0) }) else { return nil }
            state.pages.append(page)
            return page
        }
    }

    private func keep(_ page: Page) {
        state.withLock { state in
            // Several callers may have read the page at once.
            state.pages.removeAll { $0.start == page.start && $0.filter == page.filter }
            if state.pages.count == Self.capacity { state.pages.removeFirst() }
            state.pages.append(page)
        }
    }
}

/// The retry budget of a subscription that catches up while the database cannot be read. After ``timeLimit`` without
/// progress, its connection is closed.
///
/// A restart of the database takes seconds, so clients do not have to reconnect after it.
struct Outage {
    private var began: Duration?
    private var attempt = 0
    private var cursor: Int64?

    static let timeLimit = Duration.seconds(60)
    private static let backoff = Backoff(base: .milliseconds(200), cap: .seconds(2))

    /// Returns the wait before the next attempt. Returns `nil` if the error is not an outage, or if the cursor has not
    /// advanced for ``timeLimit``.
    mutating func pause(after error: any Error, at cursor: Int64, now: Duration) -> Duration? {
        guard let error = error as? StorageError, error.code == .unavailable else { return nil }
        if began == nil || cursor != self.cursor {
            began = now
            attempt = 0
            self.cursor = cursor
        }
        attempt += 1
        guard let began, now - began < Self.timeLimit else { return nil }
        return Self.backoff.wait(attempt: attempt, unit: 1)
    }
}
