import AuraModel
import Testing

@testable import ControlPlane

@Suite("The ledger's newest events in memory")
struct EventFeedTests {
    @Test("a follower gets what comes after its place, in order")
    func follows() async throws {
        let feed = EventFeed(head: 4)
        feed.publish(Self.events(5...7))
        guard case .events(let events) = try await feed.next(after: 5, limit: 10) else {
            Issue.record("expected events")
            return
        }
        #expect(events.map(\.seq) == [6, 7])
        #expect(feed.head == 7)
    }

    @Test("a follower whose place left the ring is sent to the store")
    func fallsBehind() async throws {
        let feed = EventFeed(head: 0, capacity: 3)
        feed.publish(Self.events(1...5))
        guard case .behind(let head) = try await feed.next(after: 1, limit: 10) else {
            Issue.record("expected to be behind")
            return
        }
        #expect(head == 5)
        guard case .events(let kept) = try await feed.next(after: 2, limit: 10) else {
            Issue.record("expected events")
            return
        }
        #expect(kept.map(\.seq) == [3, 4, 5])
    }

    @Test("the limit cuts a batch, and the next one goes on from there")
    func pages() async throws {
        let feed = EventFeed(head: 0)
        feed.publish(Self.events(1...5))
        guard case .events(let events) = try await feed.next(after: 0, limit: 2) else {
            Issue.record("expected events")
            return
        }
        #expect(events.map(\.seq) == [1, 2])
    }

    /// follower: next(after: 0) ── waits ──────────────▶ gets 1
    /// publisher:                        publish 1 ──┘
    @Test("a follower that waits is woken by the next commit")
    func wakes() async throws {
        let feed = EventFeed(head: 0)
        async let waiting = feed.next(after: 0, limit: 10)
        feed.publish(Self.events(1...1))
        guard case .events(let events) = try await waiting else {
            Issue.record("expected events")
            return
        }
        #expect(events.map(\.seq) == [1])
    }

    @Test("a follower that is cancelled stops waiting")
    func cancels() async {
        let feed = EventFeed(head: 0)
        let follower = Task { try await feed.next(after: 0, limit: 1) }
        follower.cancel()
        await #expect(throws: CancellationError.self) { _ = try await follower.value }
    }

    private static func events(_ range: ClosedRange<Int64>) -> [Event] {
        range.map { seq in
            Event(
                seq: seq,
                entry: EventDraft(at: Fixture.now, type: .stepProgress, tenant: Tenant.default, message: "\(seq)"))
        }
    }
}
