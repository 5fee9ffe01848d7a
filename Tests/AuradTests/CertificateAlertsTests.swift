import AuraModel
import Locking
import Logging
import Storage
import TestKit
import Testing

@testable import TLS
@testable import aurad

/// Alerts about the certificate while the database is away.
@Suite(.timeLimit(.minutes(1))) struct CertificateAlertsTests {
    /// A store that can fail to store alerts.
    private final class UnsteadyStore: InstanceStore {
        struct State {
            var isAway = true
            var attempts = 0
            var stored: [EventDraft] = []
        }

        let state = Locked(State())
        private let base = ModelStore()

        var readsAtOnce: Bool { base.readsAtOnce }
        func instance(_ reference: InstanceReference, in scope: TenantScope) async throws(StorageError) -> Instance? {
            try await base.instance(reference, in: scope)
        }
        func activity(
            of reference: InstanceReference, in scope: TenantScope
        ) async throws(StorageError) -> InstanceActivity? {
            try await base.activity(of: reference, in: scope)
        }
        func activityAtOnce(
            of reference: InstanceReference, in scope: TenantScope
        ) throws(StorageError) -> ReadAtOnce<InstanceActivity?> {
            try base.activityAtOnce(of: reference, in: scope)
        }
        func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
            try await base.instances(query)
        }
        func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
            try await base.snapshot(query)
        }
        func observations() async throws(StorageError) -> Page<Observation> { try await base.observations() }

        func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
            let isStored = state.withLock { state in
                state.attempts += 1
                if !state.isAway { state.stored += record.events }
                return !state.isAway
            }
            guard isStored else { throw StorageError(.unavailable, "the database is away") }
            return []
        }
    }

    @Test func theNewestAlertIsStoredWhenTheDatabaseIsBack() async throws {
        let (store, time) = (UnsteadyStore(), ManualTime())
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let alerts = CertificateAlerts(store: store, recorder: nil, time: time, logger: quiet)
        for days in [21, 7] {
            alerts.note(
                CertificateNotice(kind: .expiring(days: days), message: "\(days) days", file: "/a.pem", notAfter: nil))
        }
        alerts.note(
            CertificateNotice(kind: .unusable("mismatch"), message: "unusable", file: "/a.pem", notAfter: nil))
        let service = Task { try await alerts.run() }
        while store.state.withLock({ $0.attempts }) < 4 { await Task.yield() }
        store.state.withLock { $0.isAway = false }
        while store.state.withLock({ $0.stored.count }) < 2 {
            try await time.sleepers(atLeast: 1)
            time.advance(by: CertificateAlerts.retryInterval)
            await Task.yield()
        }
        service.cancel()
        try await service.value
        let messages = store.state.withLock { $0.stored.map(\.message) }
        #expect(messages.sorted() == ["/a.pem: 7 days", "/a.pem: unusable"])
    }
}
