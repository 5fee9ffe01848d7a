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
    var endsWhenTerminal: Bool

    /// Events that are read from the store, or taken from the feed, at once.
    private static let page = 500

    /// Sends until the connection closes, the task is cancelled, or the end that was asked for.
    ///
    ///     ┌─▶ behind the feed? ── yes ─▶ read the ledger ─┐
    ///     │           └─ no ─▶ take from the feed, wait ──┤
    ///     └──────────────────── send what matches ◀───────┘   the client's pace is the pace of this loop
    mutating func follow(feed: EventFeed, store: any Store) async throws {
        do {
            try await followLedger(feed, store)
        } catch let error as StorageError where error.code == .cursorExpired {
            try await end("cursorExpired")
        }
    }

    private mutating func followLedger(_ feed: EventFeed, _ store: any Store) async throws {
        if endsWhenTerminal, cursor >= feed.head, try await isSettled(store) { return try await end("terminal") }
        while true {
            var sawEnd = false
            switch try await feed.next(after: cursor, limit: Self.page) {
            case .events(let events):
                for event in events { sawEnd = try await send(event) || sawEnd }
                cursor = events.last?.seq ?? cursor
            case .behind(let head):
                let query = EventQuery(filter: filter, after: cursor, through: head, limit: Self.page)
                let events = try await store.events(query)
                for event in events { sawEnd = try await send(event) || sawEnd }
                cursor = events.count < Self.page ? head : events.last?.seq ?? head
            }
            if endsWhenTerminal, sawEnd || cursor >= feed.head, try await isSettled(store) {
                // What was queued between the look at the feed and the look at the jobs is still to come.
                if cursor >= feed.head { return try await end("terminal") }
            }
        }
    }

    private func send(_ event: Event) async throws -> Bool {
        guard filter.matches(event.entry) else { return false }
        try await session.notify(
            EventNotification.method, params: EventNotification(subscription: id, result: EventView(event)))
        return event.entry.type.endsJob
    }

    /// Whether every job that the filter matches has come to its end.
    private func isSettled(_ store: any Store) async throws -> Bool {
        if let job = filter.job { return try await store.job(job)?.state.isTerminal ?? true }
        let active = JobQuery(
            instance: filter.instance, tenant: filter.tenant, change: filter.change,
            states: [.queued, .running, .waiting, .compensating], limit: 1)
        return try await store.jobs(active).isEmpty
    }

    private func end(_ reason: String) async throws {
        try await session.notify(
            EventNotification.method,
            params: SubscriptionEndNotification(subscription: id, reason: reason, seq: cursor))
    }
}
