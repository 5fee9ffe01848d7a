import AuraModel
import Locking
import Storage

/// A store that counts the transitions that workers commit.
final class CountingStore: Store {
    private let base: any Store
    private let count = Locked(0)

    init(_ base: any Store) {
        self.base = base
    }

    var applied: Int { count.withLock { $0 } }
    var installation: String { base.installation }
    var epoch: String { base.epoch }

    func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        count.withLock { $0 += 1 }
        return try await base.apply(transition)
    }

    func checkIdentity() async throws(StorageError) { try await base.checkIdentity() }
    func proveWritable() async throws(StorageError) { try await base.proveWritable() }
    func submit(_ submission: Submission) async throws(StorageError) -> Submitted { try await base.submit(submission) }
    func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed { try await base.claim(request) }
    func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
        try await base.extendLeases(request)
    }
    func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try await base.requestCancellation(request)
    }
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int {
        try await base.takeOverLeases(owner: owner, singletonLeases: singletonLeases)
    }
    func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool { try await base.takeSlot(request) }
    func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try await base.makeDueNow(request)
    }
    func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant { try await base.takeCalls(request) }
    func observations() async throws(StorageError) -> Page<Observation> { try await base.observations() }
    func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try await base.recordSweep(record)
    }
    func clock() async throws(StorageError) -> Timestamp? { try await base.clock() }
    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await base.takeSingletonLease(request)
    }
    func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned { try await base.prune(request) }
    func instance(_ reference: InstanceReference, in scope: TenantScope) async throws(StorageError) -> Instance? {
        try await base.instance(reference, in: scope)
    }
    func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        try await base.instances(query)
    }
    func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage { try await base.snapshot(query) }
    func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await base.job(id, in: scope)
    }
    func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> { try await base.jobs(query) }
    func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await base.steps(of: job, in: scope)
    }
    func events(_ query: EventQuery) async throws(StorageError) -> [Event] { try await base.events(query) }
    func bounds() async throws(StorageError) -> LedgerBounds { try await base.bounds() }
    func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? { try await base.nextDue(scope) }
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void) { base.observe(observer) }
}

/// Identities and secrets.
extension CountingStore {
    func identities() async throws(StorageError) -> Identities {
        try await base.identities()
    }

    func identityChanges() async throws(StorageError) -> Int64 {
        try await base.identityChanges()
    }

    func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        try await base.write(change, audit: audit)
    }

    func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        try await base.secret(reference)
    }

    func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        try await base.secrets(query)
    }

    func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        try await base.secretVersion(reference, version: version)
    }

    func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try await base.putSecret(version)
    }

    func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try await base.deleteSecret(reference, audit: audit)
    }

    func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        try await base.versionsToRewrap(keyID: keyID, after: after, limit: limit)
    }

    func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        try await base.rewrap(changes)
    }

    func versionCounts() async throws(StorageError) -> [String: Int] {
        try await base.versionCounts()
    }

    func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        try await base.canary(keyID: keyID)
    }

    func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try await base.putCanary(canary)
    }
}

/// The audit.
extension CountingStore {
    func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try await base.appendAudit(drafts)
    }

    func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        try await base.appendAudit(draft, after: seq, unless: exists)
    }

    func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        try await base.audit(query)
    }

    func auditBounds() async throws(StorageError) -> AuditBounds {
        try await base.auditBounds()
    }

    func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try await base.eraseAudit(entries, audit: audit)
    }

    func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try await base.pruneAudit(request)
    }

    func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try await base.putAuditCheckpoint(checkpoint)
    }

    func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        try await base.auditCheckpoints()
    }
}

/// The records of features.
extension CountingStore {
    func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? {
        try await base.record(id, in: scope)
    }

    func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record> {
        try await base.records(query)
    }

    func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> {
        try await base.dueRecords(of: collection, at: now, limit: limit)
    }

    func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? {
        try await base.nextDue(of: collection)
    }

    func write(_ write: RecordWrite) async throws(StorageError) -> Bool {
        try await base.write(write)
    }
}
