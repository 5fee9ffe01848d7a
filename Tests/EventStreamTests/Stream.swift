import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Locking
import Logging
import ServiceLifecycle
import Storage
import TestKit
import Testing

@testable import EventStream

/// An event feed and the subscription service over a store that the test fills.
struct Stream {
    let feed: EventFeed
    let store = ProbedStore(ModelStore())
    let faults = RowFaults(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let subscriptions: Subscriptions

    init(ring: Int = 8) {
        feed = EventFeed(head: 0, capacity: ring)
        store.observe { [feed] in feed.publish($0) }
        subscriptions = Subscriptions(
            feed: feed, store: store, time: SystemTime(), faults: faults,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func connect(_ id: UInt64 = 1, queue: Int = 4 << 20, subscriptions: Int = 1024) -> InMemoryConnection {
        var limits = RPCLimits(outboundQueueBytes: queue)
        limits.subscriptionsPerConnection = subscriptions
        return InMemoryConnection(router: Router { _ in }, limits: limits, id: id)
    }

    /// Runs the service while `body` runs.
    func run(_ body: () async throws -> Void) async throws {
        let running = Task { try await subscriptions.run() }
        try await body()
        running.cancel()
        try await running.value
    }

    @discardableResult
    func subscribe(
        _ connection: InMemoryConnection, as wanted: String = "s1", filter: EventFilter = EventFilter(),
        after cursor: Int64 = 0, _ change: (inout Subscription) -> Void = { _ in }
    ) async throws -> String {
        let place = try await subscriptions.reserve(wanted, for: connection.session)
        var subscription = Subscription(
            number: place.number, id: place.id, session: connection.session, filter: filter, cursor: cursor)
        change(&subscription)
        subscriptions.start(subscription)
        return place.id
    }

    /// Submits the provision of a new instance, which writes its first event.
    func submit(_ number: Int, tenant: TenantID = Tenant.default) async throws {
        _ = try await store.submit(Fixtures.provision(number, tenant: tenant, at: Fixture.now))
    }

    /// Appends `count` events to the ledger and the feed.
    func publish(_ count: Int, type: EventType = .stepProgress) async throws {
        let event = EventDraft(at: Fixture.now, type: type, tenant: Tenant.default, message: "")
        _ = try await store.recordSweep(SweepRecord(events: Array(repeating: event, count: count)))
    }
}

extension InMemoryConnection {
    func nextResult() async throws -> JSONValue {
        let message = try JSONValue(parsing: try #require(await nextMessage()))
        return try #require(message["params"]?["result"])
    }

    func nextSeqs(_ count: Int) async throws -> [Int64] {
        var seqs: [Int64] = []
        for _ in 0..<count { seqs.append(try #require(try await nextResult()["seq"]?.integerValue)) }
        return seqs
    }
}

/// Publishes events continuously, but at most 100 after each call of ``goOn()``. Without this bound a slow reader would
/// fall further and further behind on a busy machine.
final class Publisher: Sendable {
    private let left = Locked(0)
    private let isDone = Locked(false)
    private let running: Task<Void, any Error>

    init(_ stream: Stream) {
        running = Task { [left, isDone] in
            while !isDone.withLock({ $0 }) {
                if left.withLock({ $0 }) > 0 {
                    try await stream.publish(1)
                    left.withLock { $0 -= 1 }
                }
                await Task.yield()
            }
        }
    }

    func goOn() {
        left.withLock { $0 = 100 }
    }

    func stop() async throws {
        isDone.withLock { $0 = true }
        try await running.value
    }
}
