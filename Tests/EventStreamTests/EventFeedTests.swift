import AuraModel
import TestKit
import Testing

@testable import EventStream

@Suite("The newest events of the ledger in memory", .timeLimit(.minutes(3)))
struct EventFeedTests {
    @Test("a follower gets the events after its seq, in order")
    func follows() throws {
        let feed = EventFeed(head: 4)
        feed.publish(Self.events(5...7))
        #expect(try Self.seqs(feed.events(after: 5, limit: 10)) == [6, 7])
        #expect(try Self.seqs(feed.events(after: 4, limit: 2)) == [5, 6])
        #expect(try Self.seqs(feed.events(after: 7, limit: 10)) == [])
        #expect(feed.head == 7)
    }

    @Test("events that were published before are omitted")
    func repeats() throws {
        let feed = EventFeed(head: 0)
        feed.publish(Self.events(1...3))
        feed.publish(Self.events(2...4))
        #expect(try Self.seqs(feed.events(after: 0, limit: 10)) == [1, 2, 3, 4])
    }

    @Test("a follower whose seq has left the ring is sent to the store")
    func fallsBehind() throws {
        let feed = EventFeed(head: 0, capacity: 3)
        feed.publish(Self.events(1...5))
        guard case .behind(let head) = feed.events(after: 1, limit: 10) else {
            Issue.record("expected to be behind")
            return
        }
        #expect(head == 5)
        #expect(try Self.seqs(feed.events(after: 2, limit: 10)) == [3, 4, 5])
    }

    @Test("a gap in the seqs sends followers to the store, and ends every wait for a job")
    func gap() async throws {
        let feed = EventFeed(head: 0)
        feed.publish(Self.events(1...3))
        async let waiting: Void = feed.untilEnd(of: Fixtures.id(9), after: 3)
        feed.publish(Self.events(6...7))
        try await waiting
        for place in Int64(0)...4 {
            guard case .behind(head: 7) = feed.events(after: place, limit: 10) else {
                Issue.record("expected to be behind after \(place)")
                continue
            }
        }
        #expect(try Self.seqs(feed.events(after: 5, limit: 10)) == [6, 7])
        feed.publish(Self.events(8...9) + Self.events(12...13))
        #expect(try Self.seqs(feed.events(after: 11, limit: 10)) == [12, 13])
        guard case .behind(head: 13) = feed.events(after: 8, limit: 10) else {
            Issue.record("expected to be behind")
            return
        }
        #expect(feed.head == 13)
    }

    @Test("several publications cause one change signal")
    func changes() async {
        let feed = EventFeed(head: 0)
        feed.publish(Self.events(1...1))
        feed.publish(Self.events(2...2))
        var looks = feed.changes.makeAsyncIterator()
        await looks.next()
        feed.publish(Self.events(3...3))
        await looks.next()
        #expect(feed.head == 3)
    }

    /// A task that waits for the end of one job is woken by that end only.
    ///
    ///     waiter: untilEnd(of: 1) ── waits ─────────────────────────▶ returns
    ///     publisher:                 publish end of 2 ── end of 1 ──┘
    @Test("a wait for the end of a job ends with that event only")
    func wakes() async throws {
        let feed = EventFeed(head: 0)
        let other = Task { try await feed.untilEnd(of: Fixtures.id(2), after: 1) }
        async let waiting: Void = feed.untilEnd(of: Fixtures.id(1), after: 0)
        feed.publish([Self.end(of: 2, at: 1)])
        feed.publish([Self.end(of: 1, at: 2)])
        try await waiting
        other.cancel()
        await #expect(throws: CancellationError.self) { try await other.value }
    }

    @Test("a wait ends at once if the end of the job is in the ring or may have left it")
    func isLate() async throws {
        let feed = EventFeed(head: 0, capacity: 2)
        feed.publish([Self.end(of: 1, at: 1)])
        try await feed.untilEnd(of: Fixtures.id(1), after: 0)
        feed.publish(Self.events(2...4))
        try await feed.untilEnd(of: Fixtures.id(9), after: 0)
    }

    private static func seqs(_ batch: EventFeed.Batch) throws -> [Int64] {
        guard case .events(let events) = batch else { throw CancellationError() }
        return events.map(\.seq)
    }

    private static func events(_ range: ClosedRange<Int64>) -> [Event] {
        range.map { seq in
            Event(
                seq: seq,
                entry: EventDraft(at: Fixture.now, type: .stepProgress, tenant: Tenant.default, message: "\(seq)"))
        }
    }

    private static func end(of job: Int, at seq: Int64) -> Event {
        var entry = EventDraft(at: Fixture.now, type: .jobSucceeded, tenant: Tenant.default, message: "done")
        entry.job = Fixtures.id(job)
        return Event(seq: seq, entry: entry)
    }
}
