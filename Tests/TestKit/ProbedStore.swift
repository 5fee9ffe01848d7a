public import AuraModel
import Locking
public import Storage

/// A store with hooks before and after each write, so that a test can fail, delay or count writes.
public final class ProbedStore: Store {
    /// A write, as a hook gets it.
    public enum Write: Sendable {
        case submit(Submission)
        case claim(ClaimRequest)
        case extendLeases(LeaseExtension)
        case apply(Transition)
        case requestCancellation(CancellationRequest)
        case takeOverLeases
    }

    public typealias Hook = @Sendable (Write) async throws -> Void
    public typealias ReadHook = @Sendable () async throws -> Void

    private struct Hooks {
        var before: Hook = { _ in }
        var after: Hook = { _ in }
        var beforeReading: ReadHook = {}
        var unreadable: Set<InstanceID> = []
    }

    public let base: any Store
    private let hooks = Locked(Hooks())
    public let kept: (any Sendable & AnyObject)?

    /// - Parameter kept: an object that must live as long as the store, such as its directory.
    public init(_ base: any Store, keeping kept: (any Sendable & AnyObject)? = nil) {
        self.base = base
        self.kept = kept
    }

    public var installation: String { base.installation }
    public var epoch: String { base.epoch }
    public func checkIdentity() async throws(StorageError) { try await base.checkIdentity() }
    public func proveWritable() async throws(StorageError) { try await base.proveWritable() }

    /// Sets the hook that runs before each write. If it throws, the write is not attempted and the caller gets that
    /// error, as a `StorageError`.
    public func before(_ hook: @escaping Hook) {
        hooks.withLock { $0.before = hook }
    }

    /// Sets the hook that runs after each committed write. If it throws, the caller gets that error instead of the
    /// result.
    public func after(_ hook: @escaping Hook) {
        hooks.withLock { $0.after = hook }
    }

    /// Sets the hook that runs before each read of instances, jobs or events. If it throws, the caller gets that error.
    public func beforeReading(_ hook: @escaping ReadHook) {
        hooks.withLock { $0.beforeReading = hook }
    }

    /// Makes the rows of these instances unreadable in pages of instances.
    public func makeUnreadable(_ instances: Set<InstanceID>) {
        hooks.withLock { $0.unreadable = instances }
    }

    private func damaged(_ page: Page<Instance>) -> Page<Instance> {
        let unreadable = hooks.withLock { $0.unreadable }
        return Page(
            page.entries.map { entry in
                guard case .success(let row) = entry, unreadable.contains(row.id) else { return entry }
                let reason = "instance \(row.id) is damaged"
                return .failure(UnreadableRow(.instance, id: row.id.text, instance: row.id, reason: reason))
            })
    }

    private func probeRead<Value>(_ body: () async throws -> Value) async throws(StorageError) -> Value {
        do {
            try await hooks.withLock { $0.beforeReading }()
            return try await body()
        } catch {
            throw Self.storageError(error)
        }
    }

    private func probe<Value>(_ write: Write, _ body: () async throws -> Value) async throws(StorageError) -> Value {
        do {
            try await hooks.withLock { $0.before }(write)
            let value = try await body()
            try await hooks.withLock { $0.after }(write)
            return value
        } catch {
            throw Self.storageError(error)
        }
    }

    /// Converts the error of a hook. An error that no store throws, such as that of a crash, becomes `corrupt`, so that
    /// no caller tries again.
    private static func storageError(_ error: any Error) -> StorageError {
        if let error = error as? StorageError { return error }
        return StorageError(error.isCancellation ? .cancelled : .corrupt, "a hook failed: \(error)")
    }

    public func submit(_ submission: Submission) async throws(StorageError) -> Submitted {
        try await probe(.submit(submission)) { try await base.submit(submission) }
    }

    public func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed {
        try await probe(.claim(request)) { try await base.claim(request) }
    }

    public func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
        try await probe(.extendLeases(request)) { try await base.extendLeases(request) }
    }

    public func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        try await probe(.apply(transition)) { try await base.apply(transition) }
    }

    public func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try await probe(.requestCancellation(request)) { try await base.requestCancellation(request) }
    }

    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int {
        try await probe(.takeOverLeases) {
            try await base.takeOverLeases(owner: owner, singletonLeases: singletonLeases)
        }
    }

    public func instance(
        _ reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> Instance? {
        try await probeRead { try await base.instance(reference, in: scope) }
    }

    public func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        try await probeRead { damaged(try await base.instances(query)) }
    }

    public func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        try await probeRead {
            let page = try await base.snapshot(query)
            return InstancePage(instances: damaged(page.instances), head: page.head)
        }
    }

    public func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await probeRead { try await base.job(id, in: scope) }
    }

    public func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        try await probeRead { try await base.jobs(query) }
    }

    public func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await probeRead { try await base.steps(of: job, in: scope) }
    }

    public func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        try await probeRead { try await base.events(query) }
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try await base.makeDueNow(request)
    }
    public func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant {
        try await base.takeCalls(request)
    }
    public func observations() async throws(StorageError) -> Page<Observation> { try await base.observations() }
    public func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try await base.recordSweep(record)
    }
    public func clock() async throws(StorageError) -> Timestamp? { try await base.clock() }
    public func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool { try await base.takeSlot(request) }
    public func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await base.takeSingletonLease(request)
    }
    public func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned { try await base.prune(request) }
    public func bounds() async throws(StorageError) -> LedgerBounds { try await base.bounds() }
    public func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? { try await base.nextDue(scope) }

    public func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        base.observe(observer)
    }
}

/// Identities and secrets, without hooks.
extension ProbedStore {
    public func identities() async throws(StorageError) -> Identities {
        try await base.identities()
    }

    public func identityChanges() async throws(StorageError) -> Int64 {
        try await base.identityChanges()
    }

    public func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        try await base.write(change, audit: audit)
    }

    public func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        try await base.secret(reference)
    }

    public func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        try await base.secrets(query)
    }

    public func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        try await base.secretVersion(reference, version: version)
    }

    public func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try await base.putSecret(version)
    }

    public func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try await base.deleteSecret(reference, audit: audit)
    }

    public func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        try await base.versionsToRewrap(keyID: keyID, after: after, limit: limit)
    }

    public func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        try await base.rewrap(changes)
    }

    public func versionCounts() async throws(StorageError) -> [String: Int] {
        try await base.versionCounts()
    }

    public func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        try await base.canary(keyID: keyID)
    }

    public func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try await base.putCanary(canary)
    }
}

/// Records, without hooks.
extension ProbedStore {
    public func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? {
        try await base.record(id, in: scope)
    }

    public func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record> {
        try await base.records(query)
    }

    public func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> {
        try await base.dueRecords(of: collection, at: now, limit: limit)
    }

    public func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? {
        try await base.nextDue(of: collection)
    }

    public func write(_ write: RecordWrite) async throws(StorageError) -> Bool {
        try await base.write(write)
    }
}

/// The audit, without hooks.
extension ProbedStore {
    public func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try await base.appendAudit(drafts)
    }

    public func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        try await base.appendAudit(draft, after: seq, unless: exists)
    }

    public func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        try await base.audit(query)
    }

    public func auditBounds() async throws(StorageError) -> AuditBounds {
        try await base.auditBounds()
    }

    public func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try await base.eraseAudit(entries, audit: audit)
    }

    public func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try await base.pruneAudit(request)
    }

    public func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try await base.putAuditCheckpoint(checkpoint)
    }

    public func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        try await base.auditCheckpoints()
    }
}
