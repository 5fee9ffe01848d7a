import AuraModel
import Locking
import Storage

/// Reads the ledger for those who catch up; what several of them want at about the same time is read, and made into text, once.
///
///     behind 3:     4 … 503 │ 504 … 1003 │ 1004 … 1404     reads three pages
///     behind 420:     421 … │ 504 … 1003 │ 1004 … 1404     reads none
///     behind 0:   1 … 500 │…│ 504 … 1003 │ 1004 … 1404     reads one
///
/// After a restart everybody comes back at once, each from a place of its own, and the ring has nothing for them.
final class LedgerPages: Sendable {
    /// Events in a row, of those that the filter matches.
    private struct Page {
        let filter: EventFilter
        /// The place behind which it begins.
        let start: Int64
        let events: [FeedEvent]
        /// The place up to which these are all.
        let last: Int64

        func holds(after seq: Int64, matching filter: EventFilter) -> Bool {
            start <= seq && seq < last && self.filter == filter
        }

        func events(after seq: Int64) -> ArraySlice<FeedEvent> { events.drop { $0.seq <= seq } }
    }

    private struct State {
        /// In the order of their last use.
        var pages: [Page] = []
        var readers = 0
    }

    /// Events of a page, at most.
    static let length = 500
    /// Pages that are kept, for as long as somebody catches up; one takes about half a mebibyte.
    static let capacity = 16

    private let read: @Sendable (EventQuery) async throws -> [Event]
    /// More at a time would not be quicker: they wait for the same disk, which the engine wants too.
    private let permits = Permits(4, maximumWaiting: .max)
    private let state = Locked(State())

    /// - Parameter read: reads events from the store.
    init(read: @escaping @Sendable (EventQuery) async throws -> [Event]) {
        self.read = read
    }

    /// Somebody begins to catch up, and owes a ``depart()``.
    func arrive() {
        state.withLock { $0.readers += 1 }
    }

    func depart() {
        state.withLock { state in
            state.readers -= 1
            if state.readers == 0 { state.pages = [] }
        }
    }

    /// How many pages are kept now.
    var count: Int { state.withLock { $0.pages.count } }

    /// Shows the next events behind `seq` that the filter matches, in order, and the place up to which these are all: `head`, or before.
    ///
    /// Nobody has a page while it waits: however many catch up, pages take the memory of those that are kept and of those that are being
    /// read. Throws `cursorExpired` where the next event was pruned, `Permits.Refusal`, and what `body` throws.
    func withEvents<Result>(
        after seq: Int64, through head: Int64, matching filter: EventFilter,
        _ body: (_ events: ArraySlice<FeedEvent>, _ last: Int64) throws -> Result
    ) async throws -> Result {
        if let page = keptPage(after: seq, matching: filter) { return try body(page.events(after: seq), page.last) }
        try await permits.take()
        defer { permits.giveBack() }
        // Somebody may have read it meanwhile.
        if let page = keptPage(after: seq, matching: filter) { return try body(page.events(after: seq), page.last) }
        let page = try await readPage(after: seq, through: head, matching: filter)
        if Self.isOfUseToOthers(filter) { keep(page) }
        return try body(page.events[...], page.last)
    }

    /// What becomes of one job, instance or change is little, and few want it.
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
            // Several may have read it at once.
            state.pages.removeAll { $0.start == page.start && $0.filter == page.filter }
            if state.pages.count == Self.capacity { state.pages.removeFirst() }
            state.pages.append(page)
        }
    }
}
