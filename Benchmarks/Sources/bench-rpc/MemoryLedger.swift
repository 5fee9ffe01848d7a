import AuraModel
import Locking
import Storage

/// A store that has only a ledger.
final class MemoryLedger: Store {
    private struct State {
        var events: [Event] = []
        var observer: @Sendable ([Event]) -> Void = { _ in }
    }

    private let state = Locked(State())

    let installation = "bench"

    func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// Commits `count` events of one job's progress.
    func commit(_ count: Int) {
        state.withLock { state in
            let first = Int64(state.events.count) + 1
            let new = (0..<Int64(count)).map { Self.event(first + $0) }
            state.events += new
            // Under the lock, so that the observer gets the commits in order, as `Store` requires.
            state.observer(new)
        }
    }

    private static func event(_ seq: Int64) -> Event {
        var entry = EventDraft(
            at: Timestamp(milliseconds: 1_795_176_000_000), type: .stepStarted, tenant: Tenant.default,
            message: "creating cx23 in nbg1")
        entry.instance = InstanceID("01994c5e-7a00-7c3e-9d53-0a4c7f1b2e60")
        entry.job = JobID("01994c5e-7a00-7c3e-9d53-0a4c7f1b2e61")
        entry.change = ChangeID("01994c5e-7a00-7c3e-9d53-0a4c7f1b2e62")
        entry.phase = .provisioning
        entry.step = "server.create"
        entry.progress = 0.2
        return Event(seq: seq, entry: entry)
    }

    func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        state.withLock { state in
            let end = min(Int(query.through ?? .max), state.events.count, Int(query.after) + query.limit)
            return Array(state.events[Int(query.after)..<max(end, Int(query.after))])
        }
    }

    func bounds() async throws(StorageError) -> LedgerBounds {
        LedgerBounds(floor: 0, head: state.withLock { Int64($0.events.count) })
    }

    // There are no jobs and no instances.

    private static var absent: StorageError { StorageError(.unavailable, "the benchmark has a ledger only") }

    func submit(_: Submission) async throws(StorageError) -> Submitted { throw Self.absent }
    func claim(_: ClaimRequest) async throws(StorageError) -> Claimed { Claimed() }
    func extendLeases(_: LeaseExtension) async throws(StorageError) -> [LeaseState] { [] }
    func apply(_: Transition) async throws(StorageError) -> Applied { throw Self.absent }
    func requestCancellation(_: CancellationRequest) async throws(StorageError) -> Job { throw Self.absent }
    func makeDueNow(_: MakeDueNowRequest) async throws(StorageError) -> Job { throw Self.absent }
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int { 0 }
    func takeSlot(_: SlotRequest) async throws(StorageError) -> Bool { false }
    func takeSingletonLease(_: SingletonLeaseRequest) async throws(StorageError) -> Bool { false }
    func takeCalls(_: CallRequest) async throws(StorageError) -> CallGrant { throw Self.absent }
    func observations() async throws(StorageError) -> Page<Observation> { Page() }
    func recordSweep(_: SweepRecord) async throws(StorageError) -> Set<InstanceID> { [] }
    func prune(_: PruneRequest) async throws(StorageError) -> Pruned { throw Self.absent }
    func instance(_: InstanceReference, in _: TenantScope) async throws(StorageError) -> Instance? { nil }
    func instances(_: InstanceQuery) async throws(StorageError) -> Page<Instance> { Page() }
    func snapshot(_: InstanceQuery) async throws(StorageError) -> InstancePage { throw Self.absent }
    func job(_: JobID, in _: TenantScope) async throws(StorageError) -> Job? { nil }
    func jobs(_: JobQuery) async throws(StorageError) -> Page<Job> { Page() }
    func steps(of _: JobID, in _: TenantScope) async throws(StorageError) -> [StepRecord] { [] }
    func clock() async throws(StorageError) -> Timestamp? { nil }
    func nextDue(_: ClaimScope) async throws(StorageError) -> Timestamp? { nil }

    // There are no identities, no secrets and no records.

    func record(_: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? { nil }
    func records(_: RecordQuery) async throws(StorageError) -> Page<Record> { Page() }
    func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> { Page() }
    func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? { nil }
    func write(_: RecordWrite) async throws(StorageError) -> Bool { throw Self.absent }

    func identities() async throws(StorageError) -> Identities { Identities() }
    func identityChanges() async throws(StorageError) -> Int64 { 0 }
    func write(_: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 { throw Self.absent }
    func secret(_: SecretReference) async throws(StorageError) -> SecretRecord? { nil }
    func secrets(_: SecretQuery) async throws(StorageError) -> Page<SecretRecord> { Page() }
    func secretVersion(_: SecretReference, version: Int?) async throws(StorageError) -> SecretVersionRecord? { nil }
    func putSecret(_: NewSecretVersion) async throws(StorageError) -> SecretRecord { throw Self.absent }
    func deleteSecret(_: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool { false }
    func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> { Page() }
    func rewrap(_: [Rewrapping]) async throws(StorageError) -> Int { 0 }
    func versionCounts() async throws(StorageError) -> [String: Int] { [:] }
    func canary(keyID: String) async throws(StorageError) -> VaultCanary? { nil }
    func putCanary(_: VaultCanary) async throws(StorageError) -> VaultCanary { throw Self.absent }
    func appendAudit(_: [AuditDraft]) async throws(StorageError) { throw Self.absent }
    func appendAudit(
        _: AuditDraft, after _: Int64, unless _: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool { throw Self.absent }
    func audit(_: AuditQuery) async throws(StorageError) -> AuditPage { throw Self.absent }
    func auditBounds() async throws(StorageError) -> AuditBounds { throw Self.absent }
    func eraseAudit(_: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int { throw Self.absent }
    func pruneAudit(_: AuditPruneRequest) async throws(StorageError) -> AuditBounds { throw Self.absent }
    func putAuditCheckpoint(_: AuditCheckpoint) async throws(StorageError) { throw Self.absent }
    func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> { throw Self.absent }
}
