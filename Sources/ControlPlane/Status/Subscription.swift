import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage

/// One subscription of one connection: it follows the ledger from a place on, and sends what its filter matches.
struct Subscription: Sendable {
    var id: String
    var session: Session
    var filter: EventFilter
    /// Events after this place are sent.
    var cursor: Int64
    var endsWhenTerminal = false
    /// Events after which it ends; none means any number.
    var remaining: Int64?
    var onLag = LagPolicy.replay
    /// Whether it has once caught up with the feed.
    private var isLive = false
    /// Events that were looked at and not sent since anything was.
    private var passed: Int64 = 0

    init(id: String, session: Session, filter: EventFilter, cursor: Int64) {
        self.id = id
        self.session = session
        self.filter = filter
        self.cursor = cursor
    }

    /// Events that are read from the store, or taken from the feed, at once.
    private static let page = 500
    /// After so many events that do not match, the client is told how far it is, so that it need not begin so far back.
    private static let eventsToBookmark: Int64 = 1000

    /// Sends until the connection closes, the task is cancelled, or the end that was asked for.
    ///
    ///     ┌─▶ behind the feed? ── yes ─▶ read the ledger ─┐
    ///     │           └─ no ─▶ take from the feed, wait ──┤
    ///     └──────────────────── send what matches ◀───────┘   the client's pace is the pace of this loop
    mutating func follow(feed: EventFeed, store: any Store) async throws {
        do {
            try await followLedger(feed, store)
        } catch let error as StorageError where error.code == .cursorExpired {
            try await end(.cursorExpired)
        }
    }

    private mutating func followLedger(_ feed: EventFeed, _ store: any Store) async throws {
        if endsWhenTerminal, cursor >= feed.head, try await isSettled(store) { return try await end(.terminal) }
        while true {
            var sawEnd = false
            switch try await feed.next(after: cursor, limit: Self.page) {
            case .events(let events):
                isLive = true
                guard let saw = try await send(events) else { return try await end(.maxEvents) }
                sawEnd = saw
                advance(to: events.last?.seq ?? cursor)
            case .behind(let head):
                if isLive, onLag == .close { return try await end(.lagged) }
                let query = EventQuery(filter: filter, after: cursor, through: head, limit: Self.page)
                let events = try await store.events(query)
                guard let saw = try await send(events) else { return try await end(.maxEvents) }
                sawEnd = saw
                advance(to: events.count < Self.page ? head : events.last?.seq ?? head)
            }
            if passed >= Self.eventsToBookmark { try await bookmark() }
            if endsWhenTerminal, sawEnd || cursor >= feed.head, try await isSettled(store) {
                // What was queued between the look at the feed and the look at the jobs is still to come.
                if cursor >= feed.head { return try await end(.terminal) }
            }
        }
    }

    /// Sends what matches; returns whether a job's end was among it, and none where it was the last that was wanted.
    private mutating func send(_ events: [Event]) async throws -> Bool? {
        var sawEnd = false
        for event in events where filter.matches(event.entry) {
            try await session.notify(
                EventNotification.method, params: EventNotification(subscription: id, result: EventView(event)))
            sawEnd = sawEnd || event.entry.type.endsJob
            // Counted from the event once the whole lot was looked at.
            passed = cursor - event.seq
            guard let remaining else { continue }
            self.remaining = remaining - 1
            if remaining <= 1 {
                cursor = event.seq
                return nil
            }
        }
        return sawEnd
    }

    private mutating func advance(to seq: Int64) {
        passed += seq - cursor
        cursor = seq
    }

    private mutating func bookmark() async throws {
        passed = 0
        try await session.notify(
            EventNotification.method, params: BookmarkNotification(subscription: id, seq: cursor))
    }

    /// Whether every job that the filter matches has come to its end.
    private func isSettled(_ store: any Store) async throws -> Bool {
        if let job = filter.job { return try await store.job(job)?.state.isTerminal ?? true }
        let active = JobQuery(
            instance: filter.instance, tenant: filter.tenant, change: filter.change,
            states: [.queued, .running, .waiting, .compensating], limit: 1)
        return try await store.jobs(active).isEmpty
    }

    private func end(_ reason: SubscriptionEndReason) async throws {
        try await session.notify(
            EventNotification.method,
            params: SubscriptionEndNotification(subscription: id, reason: reason, seq: cursor))
    }
}
