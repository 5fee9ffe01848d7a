import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import EventStream

@Suite("Deliveries of subscriptions", .timeLimit(.minutes(3)))
struct SubscriptionTests {
    /// A stalled client gets every event later and blocks no other client.
    ///
    ///     publisher:  1 … 40 ──────────────────────────▶ 41 … 60
    ///     quick:      reads all the time
    ///     stalled:                      starts to read ──▶ all 60
    @Test func aStalledClientGetsEveryEventAndBlocksNoOther() async throws {
        let stream = Stream(ring: 8)
        let quick = stream.connect(1)
        let stalled = stream.connect(2, queue: 2000)
        try await stream.run {
            try await stream.submit(100)
            for number in 1...40 { try await stream.submit(number) }
            try await stream.subscribe(quick)
            try await stream.subscribe(stalled)
            #expect(try await quick.nextSeqs(41) == Array(1...41))
            for number in 41...60 {
                try await stream.submit(number)
                #expect(try await quick.nextSeqs(1) == [Int64(number) + 1])
            }
            #expect(try await stalled.nextSeqs(61) == Array(1...61))
            // Both subscriptions are up to date again.
            try await stream.submit(101)
            #expect(try await quick.nextSeqs(1) == [62])
            #expect(try await stalled.nextSeqs(1) == [62])
        }
    }

    @Test func aSubscriptionGetsOnlyEventsThatMatchItsFilter() async throws {
        let stream = Stream()
        let connection = stream.connect()
        let other = TenantID("other")
        try await stream.run {
            try await stream.subscribe(connection, as: "job", filter: EventFilter(job: Fixtures.id(1)))
            try await stream.subscribe(connection, as: "instance", filter: EventFilter(instance: Fixtures.id(2)))
            try await stream.subscribe(connection, as: "tenant", filter: EventFilter(tenant: other))
            try await stream.subscribe(connection, as: "change", filter: EventFilter(change: ChangeID("change-3")))
            try await stream.subscribe(connection, as: "type", filter: EventFilter(types: [.jobFailed]))
            for number in 1...3 { try await stream.submit(number) }
            try await stream.submit(4, tenant: other)
            var seen: [String: Int64] = [:]
            for _ in 1...4 {
                let message = try JSONValue(parsing: try #require(await connection.nextMessage()))
                let id = try #require(message["params"]?["subscription"]?.stringValue)
                #expect(seen.updateValue(message["params"]?["result"]?["seq"]?.integerValue ?? 0, forKey: id) == nil)
            }
            #expect(seen == ["job": 1, "instance": 2, "change": 3, "tenant": 4])
        }
    }

    /// Each connection numbers its own ids and skips ids that its client has chosen.
    @Test func subscriptionIDsAreNumberedPerConnection() async throws {
        let stream = Stream()
        let (one, two) = (stream.connect(1), stream.connect(2))
        try await stream.subscribe(one, as: "s2")
        var ids: [String] = []
        for connection in [one, one, two] {
            ids.append(try await stream.subscriptions.reserve(nil, for: connection.session).id)
        }
        #expect(ids == ["s1", "s3", "s1"])
        #expect(await stream.subscriptions.end("s3", of: one.session))
        #expect(try await stream.subscriptions.reserve(nil, for: one.session).id == "s4")
    }

    @Test func aSubscriptionWithoutMatchesGetsBookmarks() async throws {
        let stream = Stream(ring: 5000)
        let connection = stream.connect()
        try await stream.run {
            try await stream.subscribe(connection, filter: EventFilter(types: [.alertRaised]))
            for _ in 1...501 { try await stream.publish(4) }
            let mark = try await connection.nextResult()
            #expect(mark["type"] == "subscription.bookmark")
            #expect((1_000...2_004).contains(try #require(mark["seq"]?.integerValue)))
        }
    }

    /// An id is free when its subscription has ended. The end of the old subscription does not affect the new one.
    @Test func anIDCanBeReusedAfterItsSubscriptionEnds() async throws {
        let stream = Stream(ring: 100)
        let connection = stream.connect()
        try await stream.run {
            var seq: Int64 = 0
            for _ in 1...20 {
                try await stream.subscribe(connection, as: "mine", after: seq)
                seq += 1
                try await stream.publish(1)
                #expect(try await connection.nextSeqs(1) == [seq])
                await #expect(throws: RPCError.self) {
                    try await stream.subscriptions.reserve("mine", for: connection.session)
                }
                #expect(await stream.subscriptions.end("mine", of: connection.session))
                #expect(await !stream.subscriptions.end("mine", of: connection.session))
            }
            #expect(connection.session.subscriptions == 0)
        }
    }

    /// A client may use an id again as soon as it has read the end of the former subscription. Each new subscription is
    /// accepted and gets every event after its cursor.
    ///
    ///     client:     reads `subscription.ended` of z ──▶ subscribes as z ──▶ …  300 times, with one subscription allowed
    ///     publisher:  publishes all the time, at most 100 events ahead of the reader
    @Test func anIDIsFreeOnceItsEndWasReadAndItsSuccessorMissesNothing() async throws {
        let stream = Stream(ring: 64)
        let connection = stream.connect(subscriptions: 1)
        try await stream.run {
            let publisher = Publisher(stream)
            var seq: Int64 = 0
            for _ in 1...300 {
                publisher.goOn()
                try await stream.subscribe(connection, as: "z", after: seq) { $0.remaining = 3 }
                #expect(try await connection.nextSeqs(3) == [seq + 1, seq + 2, seq + 3])
                seq += 3
                #expect(try await connection.nextResult()["type"] == "subscription.ended")
            }
            try await publisher.stop()
        }
    }

    /// No event of the old z comes after the reply to `unsubscribe`, and the new z gets every event after its cursor.
    ///
    ///     client:     unsubscribes z ──▶ reads the reply ──▶ subscribes as z ──▶ …
    ///     publisher:  publishes all the time, at most 100 events ahead of the reader
    @Test func noEventFollowsTheReplyToUnsubscribe() async throws {
        let stream = Stream(ring: 64)
        let connection = stream.connect()
        try await stream.run {
            let publisher = Publisher(stream)
            for round in 1...300 {
                publisher.goOn()
                let cursor = stream.feed.head
                try await stream.subscribe(connection, as: "z", after: cursor)
                #expect(try await connection.nextSeqs(2) == [cursor + 1, cursor + 2])
                #expect(await stream.subscriptions.end("z", of: connection.session))
                try await connection.session.notify("mark", params: ["round": .integer(Int64(round))])
                while try JSONValue(parsing: try #require(await connection.nextMessage()))["method"] != "mark" {}
            }
            try await publisher.stop()
            #expect(connection.session.subscriptions == 0)
        }
        // Reads all messages that were queued after the last mark.
        connection.session.close()
        #expect(await connection.nextMessage() == nil)
    }

    @Test func outdatedProgressEventsAreCoalesced() {
        func event(_ seq: Int64, _ job: Int, _ type: EventType) -> FeedEvent {
            var entry = EventDraft(at: Fixture.now, type: type, tenant: Tenant.default, message: "\(seq)")
            entry.job = Fixtures.id(job)
            return FeedEvent(Event(seq: seq, entry: entry))
        }
        let page = [
            event(1, 1, .stepStarted), event(2, 1, .stepProgress), event(3, 2, .stepProgress),
            event(4, 1, .stepProgress), event(5, 1, .stepDone), event(6, 2, .taskFinished), event(7, 3, .phaseChanged),
        ]
        #expect(CatchUp.coalesced(page).map(\.seq) == [1, 5, 6, 7])
    }

    /// Events are coalesced only for a subscription that is behind. A subscription that is up to date gets every event.
    @Test func anUpToDateSubscriptionGetsEveryProgressEvent() async throws {
        let stream = Stream(ring: 100)
        let connection = stream.connect()
        try await stream.run {
            try await stream.subscribe(connection) { $0.onLag = .coalesce }
            for seq in Int64(1)...20 {
                try await stream.publish(1)
                #expect(try await connection.nextSeqs(1) == [seq])
            }
        }
    }
}

@Suite("A snapshot and the events after it", .timeLimit(.minutes(3)))
struct SnapshotTests {
    /// Only the last page has `complete: true`. No empty page follows to mark the end.
    @Test(arguments: [0: 1, 1: 1, 100: 1, 101: 2, 200: 2, 230: 3])
    func instancesComeInPagesAndEventsFollowWithoutGapOrRepetition(count: Int, expectedPages: Int) async throws {
        let stream = Stream(ring: 1000)
        let connection = stream.connect()
        for number in 1..<(count + 1) { try await stream.submit(number) }
        let head = Int64(count)
        try await stream.run {
            try await stream.subscribe(connection, after: head) { $0.beginsWithSnapshot = true }
            var pages: [JSONValue] = []
            repeat {
                pages.append(try await connection.nextResult())
            } while pages.last?["complete"] == false
            #expect(pages.allSatisfy { $0["type"] == "subscription.snapshot" && $0["seq"]?.integerValue == head })
            #expect(pages.count == expectedPages)
            let notifiedSeq = pages.flatMap { $0["instances"]?.arrayValue ?? [] }
            #expect(Set(notifiedSeq.map { $0["id"]?.stringValue }).count == count && notifiedSeq.count == count)
            try await stream.submit(count + 1)
            #expect(try await connection.nextSeqs(1) == [head + 1])
        }
    }

    /// Each page names its own rows that cannot be read, wherever they are in the page. A page without such rows has no
    /// `unreadable`.
    @Test func aSnapshotNamesTheInstancesThatCannotBeRead() async throws {
        let stream = Stream(ring: 1000)
        let connection = stream.connect()
        for number in 1...301 { try await stream.submit(number) }
        let unreadable = [[1, 50, 100], [101], [], [301]]
        stream.store.makeUnreadable(Set(unreadable.joined().map { Fixtures.id($0) }))
        try await stream.run {
            try await stream.subscribe(connection, after: 301) { $0.beginsWithSnapshot = true }
            for (page, numbers) in unreadable.enumerated() {
                let result = try await connection.nextResult()
                let ids = numbers.map { JSONValue.string(Fixtures.id($0, Instance.self).text) }
                #expect(result["unreadable"] == (ids.isEmpty ? nil : .array(ids)))
                #expect(result["complete"] == .bool(page == 3))
                let read = result["instances"]?.arrayValue?.count
                #expect(read == (page == 3 ? 0 : 100 - numbers.count))
            }
        }
        #expect(stream.faults.rows.map(\.id) == [1, 50, 100, 101, 301].map { Fixtures.id($0, Instance.self).text })
    }

    @Test func aSnapshotOfOneInstanceThatCannotBeReadNamesIt() async throws {
        let stream = Stream()
        let connection = stream.connect()
        for number in 1...2 { try await stream.submit(number) }
        stream.store.makeUnreadable([Fixtures.id(2)])
        try await stream.run {
            try await stream.subscribe(connection, filter: EventFilter(instance: Fixtures.id(2)), after: 2) {
                $0.beginsWithSnapshot = true
            }
            let page = try await connection.nextResult()
            #expect((page["instances"], page["complete"]) == ([], true))
            #expect(page["unreadable"] == [.string(Fixtures.id(2, Instance.self).text)])
        }
    }

    @Test func aSnapshotIsFilteredByInstanceJobOrTenant() async throws {
        let stream = Stream()
        let connection = stream.connect()
        for number in 1...3 { try await stream.submit(number, tenant: TenantID("t\(number)")) }
        let filters = [
            EventFilter(instance: Fixtures.id(2)), EventFilter(job: Fixtures.id(2)),
            EventFilter(tenant: TenantID("t2")),
        ]
        try await stream.run {
            for (index, filter) in filters.enumerated() {
                try await stream.subscribe(connection, as: "s\(index)", filter: filter, after: 3) {
                    $0.beginsWithSnapshot = true
                }
                let page = try await connection.nextResult()
                #expect(page["instances"]?.arrayValue?.map { $0["name"] } == ["ada-2"] && page["complete"] == true)
            }
        }
    }

    /// Leaves out an event that is already part of the page of its instance. A later page was read at a later `seq` and
    /// contains more.
    @Test func eventsContainedInASnapshotPageAreRecognised() {
        var pages = SnapshotPages()
        func event(_ seq: Int64, _ instance: Int?) -> Event {
            var entry = EventDraft(at: Fixture.now, type: .phaseChanged, tenant: Tenant.default, message: "")
            entry.instance = instance.map { Fixtures.id($0) }
            return Event(seq: seq, entry: entry)
        }
        #expect(pages.floor == nil && !pages.tells(event(1, 1)))
        pages.add(last: Fixtures.id(100), head: 10)
        pages.add(last: nil, head: 14)
        #expect(pages.floor == 10)
        #expect(pages.tells(event(10, 7)) && !pages.tells(event(11, 7)) && !pages.tells(event(11, 100)))
        #expect(pages.tells(event(14, 101)) && pages.tells(event(12, 900)) && !pages.tells(event(15, 101)))
        #expect(!pages.tells(event(12, nil)))
    }
}
