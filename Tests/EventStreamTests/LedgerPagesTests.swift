import AuraModel
import Locking
import Storage
import TestKit
import Testing

@testable import EventStream

@Suite("Pages of the ledger that readers share", .timeLimit(.minutes(3)))
struct LedgerPagesTests {
    /// A ledger of `head` events whose first `floor` events were pruned. It records the queries that it gets.
    private final class Ledger: Sendable {
        struct State {
            var head: Int64
            var floor: Int64 = 0
            var asked: [Int64] = []
            var reading = 0
            var readAtOnce = 0
        }

        let state: Locked<State>

        init(head: Int64) {
            state = Locked(State(head: head))
        }

        var asked: [Int64] { state.withLock { $0.asked } }

        func read(_ query: EventQuery) async throws -> [Event] {
            let (floor, head) = state.withLock { state in
                state.asked.append(query.after)
                state.reading += 1
                state.readAtOnce = max(state.readAtOnce, state.reading)
                return (state.floor, state.head)
            }
            defer { state.withLock { $0.reading -= 1 } }
            for _ in 0..<10 { await Task.yield() }
            try LedgerBounds(floor: floor, head: head).check(cursor: query.after)
            let wanted = (query.after + 1)..<(min(query.through ?? head, head) + 1)
            return wanted.lazy.map(Self.event).filter { query.filter.matches($0.entry) }.prefix(query.limit).map(\.self)
        }

        private static func event(_ seq: Int64) -> Event {
            var entry = EventDraft(at: Fixture.now, type: .stepProgress, tenant: Tenant.default, message: "")
            entry.job = Fixtures.id(Int(seq % 3))
            return Event(seq: seq, entry: entry)
        }
    }

    private let ledger: Ledger
    private let pages: LedgerPages

    init() {
        let ledger = Ledger(head: 1404)
        self.ledger = ledger
        pages = LedgerPages { try await ledger.read($0) }
        pages.arrive()
    }

    /// Returns the `seq` of every matching event after `seq`, read page by page as a subscription that catches up does.
    private func all(after seq: Int64, matching filter: EventFilter = EventFilter()) async throws -> [Int64] {
        let head = ledger.state.withLock { $0.head }
        var (seqs, cursor) = ([Int64](), seq)
        while cursor < head {
            let before = cursor
            cursor = try await pages.withEvents(after: cursor, through: head, matching: filter) { events, last in
                seqs += events.map(\.seq)
                return last
            }
            try #require(cursor > before && cursor <= head)
        }
        return seqs
    }

    @Test func readersWithDifferentCursorsSharePages() async throws {
        for seq: Int64 in [3, 420, 503, 504, 1403, 0] {
            #expect(try await all(after: seq) == Array((seq + 1)...1404))
        }
        #expect(ledger.asked == [3, 503, 1003, 0])
    }

    /// A page is shared only by readers with the same filter.
    @Test func readersWithTheSameFilterSharePages() async throws {
        let filters = [EventFilter(types: [.stepProgress]), EventFilter(), EventFilter(tenant: Tenant.default)]
        for filter in filters + filters { #expect(try await all(after: 0, matching: filter) == Array(1...1404)) }
        #expect(try await all(after: 0, matching: EventFilter(tenant: TenantID("other"))) == [])
        #expect(ledger.asked == [0, 500, 1000, 0, 500, 1000, 0, 500, 1000, 0])
    }

    @Test func pagesOfASingleJobAreNotCached() async throws {
        let filter = EventFilter(job: Fixtures.id(1))
        for _ in 1...2 {
            #expect(try await all(after: 10, matching: filter) == Array(stride(from: 13, through: 1404, by: 3)))
        }
        #expect(ledger.asked == [10, 10] && pages.count == 0)
    }

    @Test func newEventsAreReadAfterACachedLastPage() async throws {
        #expect(try await all(after: 1400) == [1401, 1402, 1403, 1404])
        ledger.state.withLock { $0.head = 1406 }
        #expect(try await all(after: 1402) == [1403, 1404, 1405, 1406])
        #expect(ledger.asked == [1400, 1404])
    }

    @Test func aCursorBelowTheFloorIsRefused() async throws {
        ledger.state.withLock { $0.floor = 700 }
        await #expect(throws: StorageError.self) { try await all(after: 699) }
        #expect(try await all(after: 700) == Array(701...1404))
    }

    @Test func cachedPagesAreBoundedAndFreedWithTheLastReader() async throws {
        ledger.state.withLock { $0.head = 500 * (Int64(LedgerPages.capacity) + 4) }
        _ = try await all(after: 0)
        #expect(pages.count == LedgerPages.capacity)
        pages.arrive()
        pages.depart()
        #expect(pages.count == LedgerPages.capacity)
        pages.depart()
        #expect(pages.count == 0)
    }

    @Test func atMostFourReadsRunAtATime() async throws {
        try await withThrowingTaskGroup { group in
            for number in 1...100 {
                let filter = number % 2 == 0 ? EventFilter() : EventFilter(job: Fixtures.id(number % 3))
                group.addTask { try await all(after: Int64(number), matching: filter).count }
            }
            for try await count in group { #expect(count > 400) }
        }
        #expect((1...4).contains(ledger.state.withLock { $0.readAtOnce }))
        // The 50 readers of one job read once each. The 50 others share three pages, and at most four reads of a page
        // run at the same time.
        #expect(ledger.asked.count <= 50 + 3 * 4)
    }
}
