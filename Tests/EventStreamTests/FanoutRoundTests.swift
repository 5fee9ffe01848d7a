import AuraModel
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import EventStream

@Suite("Deliveries of a round of the fan-out")
struct FanoutRoundTests {
    private let stream = Stream(ring: 2000)
    /// The cursors of the subscriptions that have left the round.
    private let left = Locked<[String: Int64]>([:])
    private let madeNumbers = Locked<UInt64>(0)

    private func makeRound(at position: Int64 = 0) -> FanoutRound {
        FanoutRound(position: position) { [left] subscription, _ in
            #expect(subscription.wasLive)
            left.withLock { $0["\(subscription.session.id)/\(subscription.id)"] = subscription.cursor }
        }
    }

    /// Events of the jobs 0 and 1 in turn, which are published to the feed as well.
    private func events(_ seqs: ClosedRange<Int64>) -> [FeedEvent] {
        let events = seqs.map { seq in
            var entry = EventDraft(at: Fixture.now, type: .stepProgress, tenant: Tenant.default, message: "\(seq)")
            entry.job = Fixtures.id(Int(seq % 2))
            return Event(seq: seq, entry: entry)
        }
        stream.feed.publish(events)
        return events.map(FeedEvent.init)
    }

    private func row(
        _ connection: InMemoryConnection, id: String = "s1", filter: EventFilter = EventFilter(),
        after cursor: Int64 = 0,
        _ change: (inout Subscription) -> Void = { _ in }
    ) -> LiveTable.Row {
        let number = madeNumbers.withLock { made in
            made += 1
            return SubscriptionNumber(made)
        }
        var subscription = Subscription(
            number: number, id: id, session: connection.session, filter: filter, cursor: cursor)
        change(&subscription)
        return LiveTable.Row(ending: OneShot<Void>(), subscription: subscription)
    }

    /// Returns the `seq`s of the notifications that wait for the client, by subscription.
    private func taken(from connection: InMemoryConnection) throws -> [String: [Int64]] {
        var seqs: [String: [Int64]] = [:]
        while let bytes = connection.session.takeOutput() {
            connection.session.didWrite()
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let params = try JSONValue(parsing: Array(line))["params"]
                let id = try #require(params?["subscription"]?.stringValue)
                seqs[id, default: []].append(try #require(params?["result"]?["seq"]?.integerValue))
            }
        }
        return seqs
    }

    @Test func subscriptionsInAndOutsideASubscriberGroupGetTheirEvents() throws {
        let connections = (1...3).map { stream.connect(UInt64($0)) }
        var round = makeRound()
        for connection in connections { round.admit(row(connection), stream.feed) }
        round.admit(row(connections[0], id: "mine"), stream.feed)
        round.admit(row(connections[1], id: "odd", filter: EventFilter(job: Fixtures.id(1))), stream.feed)
        round.admit(row(connections[2], id: "three") { $0.remaining = 3 }, stream.feed)
        round.deliver(events(1...6))
        #expect(try taken(from: connections[0]) == ["s1": Array(1...6), "mine": Array(1...6)])
        #expect(try taken(from: connections[1]) == ["s1": Array(1...6), "odd": [1, 3, 5]])
        #expect(try taken(from: connections[2]) == ["s1": Array(1...6), "three": [1, 2, 3]])
        #expect(left.withLock { $0 } == ["3/three": 3])
        round.deliver(events(7...7))
        #expect(try connections.map { try taken(from: $0)["s1"] } == [[7], [7], [7]])
    }

    /// A subscription whose queue is full leaves with its cursor. The subscriptions behind it in the table are not
    /// skipped.
    @Test func aSubscriptionWithAFullQueueLeavesAndTheOthersContinue() throws {
        let connections = (1...5).map { stream.connect(UInt64($0), queue: $0 % 2 == 0 ? 2000 : 4 << 20) }
        var round = makeRound()
        let rows = connections.map { row($0) }
        for row in rows { round.admit(row, stream.feed) }
        for seq in Int64(1)...20 { round.deliver(events(seq...seq)) }
        let places = left.withLock { $0 }
        #expect(Set(places.keys) == ["2/s1", "4/s1"])
        for connection in connections {
            let last = places["\(connection.session.id)/s1"] ?? 20
            #expect(try taken(from: connection) == ["s1": Array(1...last)])
        }
        #expect(round.remove(rows[0].number) === rows[0])
        round.deliver(events(21...21))
        #expect(try connections.map { try taken(from: $0)["s1"] } == [nil, nil, [21], nil, [21]])
    }

    /// A page that is longer than one delivery is delivered completely and without repetition.
    @Test func aLongPageIsDeliveredCompletelyInParts() throws {
        let connections = (1...3).map { stream.connect(UInt64($0), queue: $0 == 2 ? 300_000 : 64 << 20) }
        var round = makeRound()
        for connection in connections { round.admit(row(connection), stream.feed) }
        round.deliver(events(1...900))
        let place = try #require(left.withLock { $0["2/s1"] })
        #expect((1..<900).contains(place))
        #expect(try taken(from: connections[0]) == ["s1": Array(1...900)])
        #expect(try taken(from: connections[1]) == ["s1": Array(1...place)])
        #expect(try taken(from: connections[2]) == ["s1": Array(1...900)])
    }

    /// A subscription that joins late gets the events that it missed, as far as its filter matches them.
    ///
    ///     round:    1 … 6 delivered already
    ///     joiner:   cursor 0 ──▶ gets 1, 3 and 5
    @Test func aLateSubscriptionGetsTheMatchingEventsThatItMissed() throws {
        let connection = stream.connect()
        var round = makeRound()
        round.deliver(events(1...6))
        round.admit(row(connection, filter: EventFilter(job: Fixtures.id(1))), stream.feed)
        #expect(try taken(from: connection) == ["s1": [1, 3, 5]])
        round.deliver(events(7...8))
        #expect(try taken(from: connection) == ["s1": [7]])
    }

    /// A subscription that joins late and missed no matching event gets a bookmark at once.
    ///
    ///     round:    1 … 1500 delivered, nothing follows
    ///     joiner:   cursor 800, notified 0, no match up to 1500 ──▶ bookmark 1500
    @Test func aLateSubscriptionWithoutMissedMatchesGetsABookmarkAtOnce() throws {
        let connection = stream.connect()
        let alerts = EventFilter(types: [.alertRaised])
        var round = makeRound()
        round.deliver(events(1...1500))
        round.admit(row(connection, filter: alerts, after: 800) { $0.notifiedSeq = 0 }, stream.feed)
        round.admit(row(connection, id: "notifiedSeq", filter: alerts, after: 800), stream.feed)
        #expect(try taken(from: connection) == ["s1": [1500]])
    }

    /// The subscription ends while it gets the events that it missed. The position of the round does not apply to it.
    @Test func aSubscriptionThatEndsWithMissedEventsGetsNoBookmark() throws {
        let connection = stream.connect()
        var round = makeRound()
        round.deliver(events(1...2000))
        round.admit(row(connection, after: 800) { $0.remaining = 1 }, stream.feed)
        #expect(try taken(from: connection) == ["s1": [801]])
        #expect(left.withLock { $0 } == ["1/s1": 801])
    }

    /// A subscription whose cursor is ahead of the round waits until the round has reached it.
    ///
    ///     round:    at 2     ──▶ 4 ──▶ 9
    ///     joiner:   cursor 6 ────────▶ gets 7, 8 and 9
    @Test func aSubscriptionAheadOfTheRoundWaitsForTheRound() throws {
        let connection = stream.connect()
        var round = makeRound(at: 2)
        let joiner = row(connection, after: 6)
        round.admit(joiner, stream.feed)
        round.deliver(events(3...4))
        round.admitEarly(stream.feed)
        #expect(try taken(from: connection) == [:])
        round.deliver(events(5...9))
        round.admitEarly(stream.feed)
        #expect(try taken(from: connection) == ["s1": [7, 8, 9]])
        round.deliver(events(10...10))
        #expect(try taken(from: connection) == ["s1": [10]])
        #expect(round.remove(joiner.number) === joiner)
        round.deliver(events(11...11))
        #expect(try taken(from: connection) == [:])
    }

    /// The late end of a subscription does not remove a newer subscription with the same id.
    ///
    ///     client:   ends s1, subscribes as s1 again
    ///     fan-out:  the new s1 joins ──▶ the end of the old s1 arrives ──▶ the new s1 stays
    @Test func theEndOfASubscriptionDoesNotTouchItsSuccessorOfTheSameID() throws {
        let connection = stream.connect()
        var round = makeRound()
        let (old, new) = (row(connection), row(connection))
        round.admit(old, stream.feed)
        round.deliver(events(1...1))
        #expect(try taken(from: connection) == ["s1": [1]])
        new.subscription.cursor = 1
        round.admit(new, stream.feed)
        #expect(round.remove(old.number) === old)
        #expect(round.remove(old.number) == nil)
        round.deliver(events(2...2))
        #expect(try taken(from: connection) == ["s1": [2]])
    }

    /// The ledger has the events 1 … 3 and 7. A page with gaps moves the round to the end of the page.
    @Test func aPageWithAGapAdvancesTheRoundToItsEnd() throws {
        let connection = stream.connect()
        var round = makeRound()
        round.admit(row(connection), stream.feed)
        round.deliver(events(1...3) + events(7...7), through: 9)
        #expect(round.position == 9)
        round.deliver([], through: 12)
        #expect(round.position == 12)
        #expect(try taken(from: connection) == ["s1": [1, 2, 3, 7]])
    }

    @Test func theFanoutRestsAsLongAsItWorkedIfSomeEventsWait() {
        let spent = Duration.milliseconds(3)
        let rests = [0, 1, 2, 499, 500].map { Fanout.rest(after: spent, waiting: $0) }
        #expect(rests == [.zero, .zero, spent, spent, .zero])
        #expect(Fanout.rest(after: .seconds(1), waiting: 7) == .milliseconds(10))
    }
}
