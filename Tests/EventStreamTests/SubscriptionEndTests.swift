import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import EventStream

@Suite("Ends of a subscription", .timeLimit(.minutes(3)))
struct SubscriptionEndTests {
    /// Events that have left the ring are read from the ledger for a subscription that was never up to date. A
    /// subscription with `onLag` `close` that was up to date ends instead.
    @Test(arguments: [false, true])
    func aLaggingSubscriptionWithOnLagCloseEndsIfItWasLive(wasLive: Bool) async throws {
        let stream = Stream(ring: 8)
        let connection = stream.connect()
        try await stream.publish(60)
        var subscription = Subscription(
            number: SubscriptionNumber(1), id: "s1", session: connection.session, filter: EventFilter(), cursor: 20)
        subscription.onLag = .close
        subscription.wasLive = wasLive
        let ledger = LedgerPages { [store = stream.store] in try await store.events($0) }
        var catchUp = CatchUp(
            subscription, feed: stream.feed, store: stream.store, ledger: ledger, faults: stream.faults)
        switch try await catchUp.run() {
        case .ended:
            #expect(wasLive)
            let last = try await connection.nextResult()
            #expect(last == ["type": "subscription.ended", "reason": "lagged", "seq": 20])
        case .live(let subscription):
            #expect(!wasLive && subscription.cursor == 60)
            #expect(try await connection.nextSeqs(40) == Array(21...60))
        }
    }

    @Test func aSubscriptionEndsAfterMaxEvents() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.run {
            try await stream.subscribe(connection) { $0.remaining = 2 }
            try await stream.publish(4)
            #expect(try await connection.nextSeqs(2) == [1, 2])
            #expect(
                try await connection.nextResult() == ["type": "subscription.ended", "reason": "maxEvents", "seq": 2])
        }
    }

    /// `end` returns false for a subscription whose `subscription.ended` was read, even if its id is not free yet.
    @Test func endReturnsFalseAfterTheEndWasRead() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.run {
            for round in Int64(1)...200 {
                try await stream.subscribe(connection, after: round - 1) { $0.remaining = 1 }
                try await stream.publish(1)
                #expect(try await connection.nextSeqs(1) == [round])
                #expect(try await connection.nextResult()["reason"] == "maxEvents")
                #expect(await stream.subscriptions.end("s1", of: connection.session) == false)
            }
        }
    }

    /// The database is unavailable several times while a snapshot of two pages and the events after it are read.
    @Test func aSubscriptionContinuesAfterAnOutageOfTheDatabase() async throws {
        let stream = Stream(ring: 1)
        let connection = stream.connect()
        for number in 1...150 { try await stream.submit(number) }
        let reads = Locked(0)
        stream.store.beforeReading {
            let number = reads.withLock { reads in
                reads += 1
                return reads
            }
            if [2, 3, 5].contains(number) { throw StorageError(.unavailable, "the server is away") }
        }
        try await stream.run {
            try await stream.subscribe(connection, after: 150) { $0.beginsWithSnapshot = true }
            let pages = [try await connection.nextResult(), try await connection.nextResult()]
            #expect(pages.map { $0["instances"]?.arrayValue?.count } == [100, 50])
            #expect(pages.map { $0["complete"] } == [false, true])
            try await stream.publish(3)
            #expect(try await connection.nextSeqs(3) == [151, 152, 153])
        }
        #expect(reads.withLock { $0 } >= 4)
    }

    @Test func retriesOfAnOutageEndAfterAMinuteWithoutProgress() {
        let away = StorageError(.unavailable, "the server is away")
        var outage = Outage()
        #expect(outage.pause(after: away, at: 5, now: .seconds(10)) == .milliseconds(200))
        #expect(outage.pause(after: away, at: 5, now: .seconds(11)) == .milliseconds(400))
        #expect(outage.pause(after: away, at: 5, now: .seconds(69)) == .milliseconds(800))
        #expect(outage.pause(after: away, at: 5, now: .seconds(70)) == nil)
        #expect(outage.pause(after: away, at: 6, now: .seconds(70)) == .milliseconds(200))
        #expect(outage.pause(after: StorageError(.corrupt, "a row"), at: 6, now: .seconds(70)) == nil)
    }

    /// A job's end is in the store before the feed has it. A check at that moment must not end the subscription before
    /// the event.
    @Test func theTerminalEventPrecedesTheEndOfASubscription() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.submit(1)
        let request = ClaimRequest(owner: "w", limit: 1, lease: .seconds(30), now: Fixture.now)
        let claim = try #require(try await stream.store.claim(request).claims.first)
        // From here on the feed gets no events.
        stream.store.observe { _ in }
        var job = claim.job
        job.state = .succeeded
        job.finishedAt = Fixture.now
        let end = Fixtures.event(.jobSucceeded, of: job, at: Fixture.now)
        _ = try await stream.store.apply(Transition(job: job, releasesLease: true, events: [end]))
        try await stream.run {
            try await stream.subscribe(connection, filter: EventFilter(job: Fixtures.id(1))) {
                $0.endsWhenTerminal = true
            }
            var types: [JSONValue?] = []
            repeat { types.append(try await connection.nextResult()["type"]) } while types.last != "subscription.ended"
            #expect(types.suffix(2) == ["job.succeeded", "subscription.ended"])
        }
    }
}
