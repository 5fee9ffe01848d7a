import AuraModel
import Storage
import TestKit
import Testing

@Suite(.timeLimit(.minutes(3))) struct SweepConformance {
    private func observation(_ id: String, kind: ResourceKind = .server) -> Observation {
        Observation(
            key: Observation.Key(kind: kind, id: id), finding: .orphan, name: "aura-\(id)", instance: Fixtures.id(1),
            since: start, quarantinedAt: start)
    }

    @Test(arguments: StoreUnderTest.all) func observationsAreStoredReplacedAndDeleted(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let kept = [observation("a", kind: .device), observation("1"), observation("2"), observation("Z")]
        _ = try await store.recordSweep(SweepRecord(kept: kept.reversed()))
        #expect(try await store.observations().rows == kept)
        var again = kept[1]
        again.listings = 7
        _ = try await store.recordSweep(SweepRecord(kept: [again], forgotten: [kept[2].key, kept[3].key]))
        #expect(try await store.observations().rows == [kept[0], again])
        #expect(try await store.head() == 0)
    }

    /// Submits and settles an instance, and returns a change that a sweep may record for it.
    private func change(_ store: any Store, phase: Phase = .degraded) async throws -> SweepRecord.Change {
        let claim = try await store.claimed()
        try await store.release(claim, as: .succeeded)
        var instance = try #require(try await store.instance(.id(claim.instance.id)))
        let seen = instance.updatedAt
        instance.phase = phase
        instance.desired = .destroyed
        instance.updatedAt = start + .seconds(60)
        var event = EventDraft(at: start, type: .instanceLost, tenant: instance.tenant, message: "gone")
        event.instance = instance.id
        return SweepRecord.Change(instance: instance, seen: seen, events: [event])
    }

    @Test(arguments: StoreUnderTest.all) func aSettledInstanceIsChangedWithItsEvents(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let change = try await change(store)
        var alert = EventDraft(at: start, type: .alertRaised, tenant: Tenant.default, message: "look")
        alert.data = nil
        let changed = try await store.recordSweep(SweepRecord(changes: [change], events: [alert]))
        #expect(changed == [change.instance.id])
        let present = try #require(try await store.instance(.id(change.instance.id)))
        #expect((present.phase, present.desired, present.updatedAt) == (.degraded, .running, start + .seconds(60)))
        let ledger = try await store.ledger()
        #expect(ledger.suffix(2).map(\.entry.type) == [.instanceLost, .alertRaised])
        #expect(ledger.map(\.seq) == numbers(upTo: ledger.count))
    }

    /// A newer daemon may write an instance after the sweep has read it. The record is then refused as a whole: a row that
    /// was changed without its event would be lost for subscribers.
    @Test(arguments: StoreUnderTest.withRows) func aSweepThatMeetsAnUnreadableInstanceChangesNothing(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        let first = try await change(store)
        _ = try await store.submit(Fixtures.provision(2, at: start))
        let claim = try #require(try await store.claim(at: start).first)
        try await store.release(claim, as: .succeeded)
        let instance = try #require(try await store.instance(.id(claim.instance.id)))
        let second = SweepRecord.Change(instance: instance, seen: instance.updatedAt, events: [])
        let unknown = "UPDATE instance SET document = '{}' WHERE id = '\(instance.id.text)'"
        try await subject.run(unknown, beside: store)
        let head = try await store.head()
        try await expectStorageError(.corrupt) {
            try await store.recordSweep(SweepRecord(kept: [self.observation("1")], changes: [first, second]))
        }
        #expect(try await store.instance(.id(first.instance.id))?.phase == .queued)
        #expect(try await store.observations().rows.isEmpty)
        #expect(try await store.head() == head)
        _ = try await store.submit(Fixtures.provision(3, at: start))
        let ledger = try await store.ledger()
        #expect(ledger.map(\.seq) == numbers(upTo: ledger.count))
    }

    @Test(arguments: StoreUnderTest.all) func aSweepDoesNotOverwriteAConcurrentlyChangedInstance(
        _ subject: StoreUnderTest
    ) async throws {
        let store = try await subject.openNew()
        var change = try await change(store)
        change.seen = change.seen + .milliseconds(1)
        let head = try await store.head()
        #expect(try await store.recordSweep(SweepRecord(changes: [change])).isEmpty)
        #expect(try await store.head() == head)
        #expect(try await store.instance(.id(change.instance.id))?.phase == .queued)
    }

    @Test(arguments: StoreUnderTest.all) func aSweepDoesNotChangeAnInstanceWithAnActiveJob(_ subject: StoreUnderTest)
        async throws
    {
        let store = try await subject.openNew()
        let change = try await change(store)
        _ = try await store.submit(Fixtures.operation(2, .suspend, on: .id(change.instance.id), at: start))
        let head = try await store.head()
        #expect(try await store.recordSweep(SweepRecord(changes: [change])).isEmpty)
        #expect(try await store.head() == head)
    }

    @Test(arguments: StoreUnderTest.all) func observationsSurviveReopening(_ subject: StoreUnderTest) async throws {
        let place = try StorePlace()
        _ = try await subject.open(place).recordSweep(SweepRecord(kept: [observation("1")]))
        #expect(try await subject.open(place).observations().rows == [observation("1")])
    }
}
