import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage
import TestKit
import Testing

@testable import ControlPlane

@Suite("A subscription's own ends", .timeLimit(.minutes(1)))
struct SubscriptionEndTests {
    @Test func whoAskedToBeToldThatItDoesNotKeepUpIsTold() async throws {
        let stream = Stream()
        let connection = stream.connect(queue: 2000)
        try await stream.run {
            try stream.subscribe(connection) { $0.onLag = .close }
            stream.publish(1...1)
            #expect(try await connection.nextSeqs(1) == [1])
            // Far more than its queue and the ring hold, one commit after the other, while nobody reads.
            for seq in Int64(2)...60 {
                stream.publish(seq...seq)
                await Task.yield()
            }
            var last: Int64 = 1
            while true {
                let result = try await connection.nextResult()
                if result["type"] == "subscription.ended" {
                    #expect(result == ["type": "subscription.ended", "reason": "lagged", "seq": .integer(last)])
                    break
                }
                last += 1
                #expect(result["seq"] == .integer(last))
            }
            #expect(last < 60)
        }
    }

    @Test func itEndsAfterAsManyAsWereAskedFor() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.run {
            try stream.subscribe(connection) { $0.remaining = 2 }
            stream.publish(1...4)
            #expect(try await connection.nextSeqs(2) == [1, 2])
            #expect(
                try await connection.nextResult() == ["type": "subscription.ended", "reason": "maxEvents", "seq": 2])
        }
    }

    /// The end of a job is in the store before the feed has heard of it; a look at that moment must not end the stream early.
    @Test func theLastEventIsNeverLeftOut() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.submit(1)
        let request = ClaimRequest(owner: "w", limit: 1, lease: .seconds(30), now: Fixture.now)
        let claim = try #require(try await stream.store.claim(request).first)
        // From here on the feed hears nothing.
        stream.store.observe { _ in }
        var job = claim.job
        job.state = .succeeded
        job.finishedAt = Fixture.now
        let end = Fixtures.event(.jobSucceeded, of: job, at: Fixture.now)
        _ = try await stream.store.apply(Transition(job: job, releasesLease: true, events: [end]))
        try await stream.run {
            try stream.subscribe(connection, filter: EventFilter(job: Fixtures.id(1))) { $0.endsWhenTerminal = true }
            var types: [JSONValue?] = []
            repeat { types.append(try await connection.nextResult()["type"]) } while types.last != "subscription.ended"
            #expect(types.suffix(2) == ["job.succeeded", "subscription.ended"])
        }
    }
}
