import AuraModel
import Locking
import Storage

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
    private let permits = Permits(4, maximumWaiting: .max)
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

    /// Calls `body` with the next events after `seq` that the filter matches, in order. `last` is the `seq` up to which they are
    /// complete: `head` or earlier.
    ///
    /// A waiting caller holds no page. The memory is therefore bounded by the kept pages and the pages that are being read. It does
    /// not depend on the number of callers. Throws `cursorExpired` if the next event was pruned, `Permits.Refusal`, and the errors of
    /// `body`.
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

    /// The events of one job, instance or change are few, and few subscriptions want them.
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
