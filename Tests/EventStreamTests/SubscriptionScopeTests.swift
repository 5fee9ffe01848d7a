import AuraModel
import JSON
import JSONRPC
import Locking
import Storage
import TestKit
import Testing

@testable import EventStream

/// A subscription gets only events and instances of its scope, in snapshots, in replays and live.
@Suite(.timeLimit(.minutes(3))) struct SubscriptionScopeTests {
    private static let own = TenantID("own")
    private static let foreign = TenantID("foreign")
    private static let scope = TenantScope.only([own])

    private let stream = Stream(ring: 2000)

    /// Odd events are of the own tenant and of job 1 and instance 1, even events of the foreign tenant.
    private func events(_ seqs: ClosedRange<Int64>) -> [FeedEvent] {
        let events = seqs.map { seq in
            let tenant = seq % 2 == 1 ? Self.own : Self.foreign
            var entry = EventDraft(at: Fixture.now, type: .stepProgress, tenant: tenant, message: "\(seq)")
            entry.job = Fixtures.id(seq % 2 == 1 ? 1 : 2)
            entry.instance = Fixtures.id(seq % 2 == 1 ? 1 : 2)
            entry.change = ChangeID("change")
            return Event(seq: seq, entry: entry)
        }
        stream.feed.publish(events)
        return events.map(FeedEvent.init)
    }

    private func row(_ number: UInt64, _ connection: InMemoryConnection, _ filter: EventFilter) -> LiveTable.Row {
        let subscription = Subscription(
            number: SubscriptionNumber(number), id: "s1", session: connection.session, filter: filter, cursor: 0)
        return LiveTable.Row(ending: OneShot<Void>(), subscription: subscription)
    }

    private func taken(from connection: InMemoryConnection) throws -> [Int64] {
        var seqs: [Int64] = []
        while let bytes = connection.session.takeOutput() {
            connection.session.didWrite()
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let result = try JSONValue(parsing: Array(line))["params"]?["result"]
                seqs.append(try #require(result?["seq"]?.integerValue))
            }
        }
        return seqs
    }

    /// Subscriptions with equal ids and equal filters, but different scopes, are in one table. Some of them share bytes.
    @Test func liveSubscriptionsOfDifferentScopesDoNotMix() throws {
        let odd = (1...9).filter { $0 % 2 == 1 }.map { Int64($0) }
        let even = (1...9).filter { $0 % 2 == 0 }.map { Int64($0) }
        let both = TenantScope.only([Self.own, Self.foreign])
        let (own, foreign) = (Self.scope, TenantScope.only([Self.foreign]))
        let cases: [(EventFilter, [Int64])] = [
            (EventFilter(scope: .all), odd.appending(even)), (EventFilter(scope: own), odd),
            (EventFilter(scope: foreign), even), (EventFilter(scope: both), odd.appending(even)),
            (EventFilter(scope: .only([])), []), (EventFilter(scope: .only([TenantID("third")])), []),
            (EventFilter(scope: .all, tenant: Self.own), odd), (EventFilter(scope: own, tenant: Self.own), odd),
            (EventFilter(scope: both, tenant: Self.own), odd), (EventFilter(scope: foreign, tenant: Self.own), []),
            (EventFilter(scope: .all, instance: Fixtures.id(2)), even),
            (EventFilter(scope: own, instance: Fixtures.id(2)), []),
            (EventFilter(scope: foreign, instance: Fixtures.id(2)), even),
            (EventFilter(scope: .all, job: Fixtures.id(2)), even), (EventFilter(scope: own, job: Fixtures.id(2)), []),
            (EventFilter(scope: .all, change: ChangeID("change")), odd.appending(even)),
            (EventFilter(scope: own, change: ChangeID("change")), odd),
        ]
        var round = FanoutRound(position: 0) { _, _ in }
        // Each filter has two subscriptions, which may share their bytes. The last one joins after the first events.
        let connections = (0..<cases.count * 2).map { stream.connect(UInt64($0 + 1)) }
        for (index, connection) in connections.enumerated() where index % 2 == 0 {
            round.admit(row(UInt64(index + 1), connection, cases[index / 2].0), stream.feed)
        }
        round.deliver(events(1...4))
        for (index, connection) in connections.enumerated() where index % 2 == 1 {
            round.admit(row(UInt64(index + 1), connection, cases[index / 2].0), stream.feed)
        }
        round.deliver(events(5...9))
        for (index, connection) in connections.enumerated() {
            #expect(try taken(from: connection) == cases[index / 2].1, "\(cases[index / 2].0)")
        }
    }

    /// Two subscriptions of one tenant share bytes, whether the tenant is the filter or the whole scope.
    @Test func subscriptionsOfOneTenantShareASubscriberGroup() throws {
        var table = LiveTable()
        for (number, filter) in [
            EventFilter(scope: Self.scope), EventFilter(scope: .all, tenant: Self.own),
            EventFilter(scope: .only([Self.own, Self.foreign]), tenant: Self.own),
        ].enumerated() {
            table.insert(row(UInt64(number + 1), stream.connect(UInt64(number + 1)), filter))
        }
        let groups = table[.tenant(Self.own)]
        #expect(groups.map(\.sharesLines) == [true])
        #expect(groups.first?.rows.count == 3)
        table.insert(row(9, stream.connect(9), EventFilter(scope: Self.scope, job: Fixtures.id(1))))
        #expect(table[.job(Fixtures.id(1))].map(\.sharesLines) == [false])
    }

    /// The ring holds few events, so that the subscriptions read the ledger first.
    @Test func aReplayHasOnlyEventsOfTheScope() async throws {
        let stream = Stream(ring: 2)
        let connection = stream.connect()
        try await stream.run {
            for number in 1...9 { try await stream.submit(number, tenant: number % 3 == 0 ? Self.own : Self.foreign) }
            try await stream.subscribe(connection, as: "s1", filter: EventFilter(scope: Self.scope))
            #expect(try await connection.nextSeqs(3) == [3, 6, 9])
            try await stream.submit(10, tenant: Self.foreign)
            try await stream.submit(11, tenant: Self.own)
            #expect(try await connection.nextSeqs(1) == [11])
        }
    }

    @Test func aSnapshotHasOnlyInstancesOfTheScope() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.run {
            for number in 1...3 { try await stream.submit(number, tenant: number == 2 ? Self.own : Self.foreign) }
            try await stream.subscribe(connection, as: "s1", filter: EventFilter(scope: Self.scope), after: 3) {
                $0.beginsWithSnapshot = true
            }
            let snapshot = try await connection.nextResult()
            #expect(snapshot["instances"]?.arrayValue?.map { $0["tenant"]?.stringValue } == ["own"])
            #expect(snapshot["complete"] == true)
        }
    }

    /// Only the jobs of the scope must have ended. The foreign job stays active.
    @Test func aSubscriptionEndsWithTheJobsOfItsScope() async throws {
        let stream = Stream()
        let connection = stream.connect()
        try await stream.run {
            try await stream.submit(1, tenant: Self.foreign)
            try await stream.subscribe(connection, as: "s1", filter: EventFilter(scope: Self.scope), after: 1) {
                $0.endsWhenTerminal = true
            }
            #expect(try await connection.nextResult()["reason"] == "terminal")
        }
    }

    /// The same page of the ledger is read once for each scope.
    @Test func pagesOfTheLedgerAreNotSharedBetweenScopes() async throws {
        let asked = Locked<[TenantScope]>([])
        let pages = LedgerPages { query in
            asked.withLock { $0.append(query.filter.scope) }
            let entries = [Self.own, Self.foreign].map {
                EventDraft(at: Fixture.now, type: .stepProgress, tenant: $0, message: "")
            }
            return entries.enumerated().map { Event(seq: Int64($0.offset + 1), entry: $0.element) }
                .filter { query.filter.matches($0.entry) }
        }
        pages.arrive()
        let scopes: [TenantScope] = [.all, Self.scope, .only([Self.foreign]), Self.scope]
        var seen: [[Int64]] = []
        for scope in scopes {
            seen.append(
                try await pages.withEvents(after: 0, through: 2, matching: EventFilter(scope: scope)) { events, _ in
                    events.map(\.seq)
                })
        }
        #expect(seen == [[1, 2], [1], [2], [1]])
        #expect(asked.withLock { $0 } == Array(scopes.prefix(3)))
    }
}

extension [Int64] {
    /// Returns both lists together, in order.
    fileprivate func appending(_ others: [Int64]) -> [Int64] { (self + others).sorted() }
}
