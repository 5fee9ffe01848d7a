import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Storage
import TestKit
import Testing

@testable import ControlPlane

@Suite("A subscription's own ends", .timeLimit(.minutes(1)))
struct SubscriptionTests {
    private let connection = InMemoryConnection(router: Router { _ in }, limits: RPCLimits(outboundQueueBytes: 2000))
    private let feed = EventFeed(head: 0, capacity: 8)
    private let store = ModelStore()

    private func publish(_ numbers: ClosedRange<Int64>, type: EventType = .stepProgress) {
        feed.publish(
            numbers.map { seq in
                Event(
                    seq: seq, entry: EventDraft(at: Fixture.now, type: type, tenant: Tenant.default, message: "\(seq)"))
            })
    }

    private func next() async throws -> JSONValue {
        let message = try JSONValue(parsing: try #require(await connection.nextMessage()))
        return try #require(message["params"]?["result"])
    }

    private func follow(_ change: (inout Subscription) -> Void) -> Task<Void, any Error> {
        var subscription = Subscription(id: "s1", session: connection.session, filter: EventFilter(), cursor: 0)
        change(&subscription)
        return Task { [subscription, feed, store] in
            var subscription = subscription
            try await subscription.follow(feed: feed, store: store)
        }
    }

    @Test func whoAskedToBeToldThatItDoesNotKeepUpIsTold() async throws {
        let following = follow { $0.onLag = .close }
        publish(1...1)
        #expect(try await next()["seq"] == 1)
        // Far more than its queue and the ring hold, one commit after the other, while nobody reads.
        for seq in Int64(2)...60 {
            publish(seq...seq)
            await Task.yield()
        }
        var last: Int64 = 1
        while true {
            let result = try await next()
            if result["type"] == "subscription.ended" {
                #expect(result == ["type": "subscription.ended", "reason": "lagged", "seq": .integer(last)])
                break
            }
            last += 1
            #expect(result["seq"] == .integer(last))
        }
        #expect(last < 60)
        try await following.value
    }

    @Test func itEndsAfterAsManyAsWereAskedFor() async throws {
        let following = follow { $0.remaining = 2 }
        publish(1...4)
        #expect(try await next()["seq"] == 1)
        #expect(try await next()["seq"] == 2)
        #expect(try await next() == ["type": "subscription.ended", "reason": "maxEvents", "seq": 2])
        try await following.value
    }

    @Test func whatIsLookedAtInVainIsToldNowAndThen() async throws {
        let following = follow { $0.filter = EventFilter(types: [.alertRaised]) }
        for start in stride(from: Int64(1), through: 2_001, by: 4) {
            publish(start...(start + 3))
            // The ring is small, and the store has nothing: whoever falls behind goes on at the head.
            for _ in 0..<20 { await Task.yield() }
        }
        let mark = try await next()
        #expect(mark["type"] == "subscription.bookmark")
        #expect((1_000...2_004).contains(try #require(mark["seq"]?.integerValue)))
        following.cancel()
        _ = await following.result
    }
}
