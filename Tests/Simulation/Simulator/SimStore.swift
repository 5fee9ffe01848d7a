import AuraModel
import JSON
import Jobs
import Locking
import Storage
import TestKit

/// The store as one daemon reaches it. The connection may fail, and the daemon may die.
///
/// Leases and claims use the database's clock, as in PostgreSQL.
final class SimStore: Store {
    private let base: ModelStore
    private let daemon: SimDaemon
    private let world: World
    private let sabotage: Sabotage
    /// Transitions that a sabotaged daemon has not written yet.
    private let heldBack = Locked<[JobID: Transition]>([:])
    /// The identities that the daemon has read last.
    private let known = Locked<Identities?>(nil)
    /// The daemon's definitions, for the sabotage ``Sabotage/index``.
    let catalogue = Locked(JobCatalogue([]))

    init(base: ModelStore, daemon: SimDaemon, world: World) {
        self.base = base
        self.daemon = daemon
        self.world = world
        self.sabotage = world.options.sabotage
    }

    var installation: String { base.installation }

    func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        base.observe(observer)
    }

    private func call<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws(StorageError) -> Value {
        try checkAlive()
        if world.random.next() % 4 == 0 { try? await world.scheduler.sleep(Int64(world.random.next() % 8)) }
        try checkAlive()
        let fault = world.fault(.store, name, daemon)
        switch fault {
        case .crashBefore:
            daemon.crash()
            throw Self.dead
        case .refuse:
            throw StorageError(.unavailable, "the database cannot be reached")
        case .crashAfter, .loseAnswer, .repeated, nil:
            break
        }
        if world.isStoreDown { throw StorageError(.unavailable, "the database is down") }
        let value: Value
        do {
            value = try await body()
        } catch {
            throw error as? StorageError ?? StorageError(.corrupt, "the store failed: \(error)")
        }
        if fault == .crashAfter {
            daemon.crash()
            throw Self.dead
        }
        if fault == .loseAnswer { throw StorageError(.unavailable, "the connection was lost before the answer came") }
        return value
    }

    private func checkAlive() throws(StorageError) {
        guard daemon.isAlive else { throw Self.dead }
    }

    /// The error of a daemon that has died. Its task is cancelled.
    private static var dead: StorageError { StorageError(.cancelled, "the daemon is dead") }

    func submit(_ submission: Submission) async throws(StorageError) -> Submitted {
        try await call("submit") { try await self.base.submit(submission) }
    }

    func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed {
        try await call("claim") {
            var request = request
            request.now = self.world.now
            if self.sabotage == .index { request.scope = .everything }
            var claimed = try await self.base.claim(request)
            for claim in claimed.claims {
                self.world.note(
                    "d\(self.daemon.number) claims \(claim.job.kind) \(claim.job.id.text.suffix(4)) as \(claim.job.epoch)"
                )
            }
            switch self.sabotage {
            case .undo: claimed.claims = claimed.claims.map(Self.forgetUndoneIntents)
            case .index: claimed.claims = claimed.claims.map(self.matchedByIndex)
            case .none, .fencing, .intent, .entryApart, .lostEntry, .staleRights, .renumbering: break
            }
            return claimed
        }
    }

    func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
        try await call("extend") {
            var request = request
            request.now = self.world.now
            return try await self.base.extendLeases(request)
        }
    }

    func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        if sabotage == .intent, let held = holdBack(transition) { return held }
        let whole = sabotage == .intent ? joined(transition) : transition
        return try await call("apply") { try await self.write(whole) }
    }

    private func write(_ transition: Transition) async throws(StorageError) -> Applied {
        let present = world.disk.job(transition.job.id)?.epoch
        var sent = transition
        if sabotage == .fencing, let present { sent.job.epoch = present }
        let applied = try await base.apply(sent)
        world.checkWrite(of: transition, daemon, present: present)
        return applied
    }

    func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try await call("cancel") { try await self.base.requestCancellation(request) }
    }

    func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try await call("makeDueNow") { try await self.base.makeDueNow(request) }
    }

    func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int { 0 }

    func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool {
        try await call("takeSlot") { try await self.base.takeSlot(request) }
    }

    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await call("duty") {
            var request = request
            request.now = self.world.now
            return try await self.base.takeSingletonLease(request)
        }
    }

    func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant {
        try await call("calls") { try await self.base.takeCalls(request) }
    }

    func observations() async throws(StorageError) -> Page<Observation> {
        try await call("observations") { try await self.base.observations() }
    }

    func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try await call("sweep") { try await self.base.recordSweep(record) }
    }

    func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned {
        try await call("prune") { try await self.base.prune(request) }
    }

    func instance(_ reference: InstanceReference, in scope: TenantScope) async throws(StorageError) -> Instance? {
        try await call("read") { try await self.base.instance(reference, in: scope) }
    }

    func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        try await call("read") { try await self.base.instances(query) }
    }

    func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        try await call("read") { try await self.base.snapshot(query) }
    }

    func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await call("read") { try await self.base.job(id, in: scope) }
    }
    func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        try await call("read") { try await self.base.jobs(query) }
    }
    func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await call("read") { try await self.base.steps(of: job, in: scope) }
    }
    func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        try await call("read") { try await self.base.events(query) }
    }
    func bounds() async throws(StorageError) -> LedgerBounds { try await call("read") { try await self.base.bounds() } }
    func clock() async throws(StorageError) -> Timestamp? { try await call("clock") { self.world.now } }
    func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? {
        try await call("read") { try await self.base.nextDue(scope) }
    }
}

/// Identities and secrets.
extension SimStore {
    func identities() async throws(StorageError) -> Identities {
        try await call("identity") { try await self.base.identities() }
    }

    func identityChanges() async throws(StorageError) -> Int64 {
        let changes = try await call("identity") { try await self.base.identityChanges() }
        guard sabotage == .staleRights, let known = known.withLock({ $0?.changes }) else { return changes }
        return known
    }

    /// Returns the identities that this daemon has in memory, which it reads again if the counter has changed.
    func knownIdentities() async throws(StorageError) -> Identities {
        let changes = try await identityChanges()
        if let known = known.withLock({ $0 }), known.changes == changes { return known }
        let new = try await identities()
        known.withLock { $0 = new }
        return new
    }

    func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        if sabotage == .entryApart, let audit {
            let changes = try await call("identity") { try await self.base.write(change, audit: nil) }
            try await appendAudit([audit])
            return changes
        }
        let changes = try await call("identity") { try await self.base.write(change, audit: audit) }
        if sabotage == .lostEntry, audit != nil { world.disk.loseAuditEntry() }
        return changes
    }

    func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        try await call("secret") { try await self.base.secret(reference) }
    }

    func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        try await call("secret") { try await self.base.secrets(query) }
    }

    func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        try await call("secret") { try await self.base.secretVersion(reference, version: version) }
    }

    func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try await call("secret") {
            var version = version
            if self.sabotage == .renumbering {
                let present = try await self.base.secret(version.record.reference.secret)?.currentVersion ?? 0
                version.record.reference.version = present + 1
            }
            return try await self.base.putSecret(version)
        }
    }

    func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try await call("secret") { try await self.base.deleteSecret(reference, audit: audit) }
    }

    func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        try await call("secret") { try await self.base.versionsToRewrap(keyID: keyID, after: after, limit: limit) }
    }

    func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        try await call("secret") { try await self.base.rewrap(changes) }
    }

    func versionCounts() async throws(StorageError) -> [String: Int] {
        try await call("secret") { try await self.base.versionCounts() }
    }

    func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        try await call("secret") { try await self.base.canary(keyID: keyID) }
    }

    func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try await call("secret") { try await self.base.putCanary(canary) }
    }
}

/// A fault that is built in on purpose, to show that the simulator finds it.
public enum Sabotage: String, Sendable, CaseIterable {
    case none
    /// A write of a stale worker is accepted.
    case fencing
    /// The intent of a step is written only together with the next transition.
    case intent
    /// The undo of a step is registered when the step has succeeded, not when it begins.
    case undo
    /// A job continues under the daemon's newest definition, and its steps are found by their index.
    case index
    /// The entry of the audit is written by a transaction of its own, after the change.
    case entryApart
    /// The newest entry of the audit is lost.
    case lostEntry
    /// A daemon does not notice that identities have changed.
    case staleRights
    /// A value that was encrypted for a version which exists by now is stored as the next one.
    case renumbering
}

extension SimStore {
    /// Keeps a transition that only begins a step, and returns as if it was written. Returns `nil` for other
    /// transitions.
    private func holdBack(_ transition: Transition) -> Applied? {
        let begins = !transition.releasesLease && transition.steps.allSatisfy { $0.state == .intent && $0.attempt == 0 }
        guard begins, transition.events.contains(where: { $0.type == .stepStarted }) else { return nil }
        let whole = joined(transition)
        heldBack.withLock { $0[transition.job.id] = whole }
        return Applied(seq: world.disk.head, cancellation: transition.job.cancellation)
    }

    /// The transition, merged with the one that was kept before it.
    private func joined(_ transition: Transition) -> Transition {
        guard let held = heldBack.withLock({ $0.removeValue(forKey: transition.job.id) }) else { return transition }
        guard held.job.epoch == transition.job.epoch else { return transition }
        var whole = transition
        whole.steps =
            held.steps.filter { old in !transition.steps.contains { $0.index == old.index } } + transition.steps
        whole.instance = transition.instance ?? held.instance
        whole.events = held.events + transition.events
        return whole
    }

    private func matchedByIndex(_ claim: Claim) -> Claim {
        guard let newest = catalogue.withLock({ $0.definition(for: claim.job.kind, of: .agent) })?.plan else {
            return claim
        }
        var claim = claim
        claim.job.definitionVersion = newest.version
        for index in claim.steps.indices where newest.steps.indices.contains(claim.steps[index].index) {
            claim.steps[index].name = newest.steps[claim.steps[index].index].name
        }
        return claim
    }

    private static func forgetUndoneIntents(_ claim: Claim) -> Claim {
        var claim = claim
        guard claim.job.state == .compensating || claim.job.cancellation == .requested else { return claim }
        claim.steps.removeAll { $0.state == .intent || $0.state == .ambiguous || $0.state == .failed }
        return claim
    }
}

/// The audit.
extension SimStore {
    func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try await call("audit") { try await self.base.appendAudit(drafts) }
    }

    func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        try await call("audit") { try await self.base.appendAudit(draft, after: seq, unless: exists) }
    }

    func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        try await call("audit") { try await self.base.audit(query) }
    }

    func auditBounds() async throws(StorageError) -> AuditBounds {
        try await call("audit") { try await self.base.auditBounds() }
    }

    func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try await call("audit") { try await self.base.eraseAudit(entries, audit: audit) }
    }

    func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try await call("audit") { try await self.base.pruneAudit(request) }
    }

    func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try await call("audit") { try await self.base.putAuditCheckpoint(checkpoint) }
    }

    func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        try await call("audit") { try await self.base.auditCheckpoints() }
    }
}

/// The records of features.
extension SimStore {
    func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? {
        try await call("record") { try await self.base.record(id, in: scope) }
    }

    func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record> {
        try await call("record") { try await self.base.records(query) }
    }

    func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> {
        try await call("record") { try await self.base.dueRecords(of: collection, at: now, limit: limit) }
    }

    func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? {
        try await call("record") { try await self.base.nextDue(of: collection) }
    }

    func write(_ write: RecordWrite) async throws(StorageError) -> Bool {
        try await call("record") { try await self.base.write(write) }
    }
}
