import AuraAPI
import AuraModel
import EventStream
import FeatureKit
import JSON
import JSONRPC
import Jobs
import Locking
import Logging
import RPCService
import Reconciliation
import Storage
import TestKit
import Testing
import Tokens

@testable import Agents
@testable import Audit
@testable import Identity
@testable import Vault
@testable import VaultKeys

/// A daemon with all methods that change something, and with the audit, over the model store.
struct AuditDaemon {
    let disk = ModelStore.Disk()
    let store: ModelStore
    let audit: DoctoredAudit
    let time: ManualTime
    let trail: AuditTrail
    let checkpoints: AuditCheckpoints?
    let router: Router

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let retention = Duration.seconds(400 * 86_400)
    static let signingKey = AuditSigningKey(seed: Array(0..<32))
    /// An auditor of the tenant `alice`, and a user without rights.
    static let (auditorOfAlice, nobody): (UInt32, UInt32) = (4001, 4242)

    private static let operations: [Operation] =
        [JobKind.suspend, .resume, .restart, .destroy].map { kind in
            Operation(definition(kind, .test)) { instance, _ in .accept(instance) }
        } + [Operation(definition(.provision, Agents.kind)) { instance, _ in .accept(instance) }]

    private static func definition(_ kind: JobKind, _ instances: InstanceKindDefinition) -> JobDefinition {
        JobDefinition(
            kind: kind, of: instances, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
            timeLimit: .seconds(60), steps: [])
    }

    init(hasKey: Bool = true) async throws {
        let (store, time, random) = (ModelStore(disk: disk, installation: "i-1"), ManualTime(), SeededRandom(seed: 1))
        let audit = DoctoredAudit(store)
        let trail = AuditTrail(store: audit, time: time, random: random, logger: Self.quiet)
        let reader = AuditReader(
            store: audit, installation: store.installation, keys: hasKey ? [Self.signingKey.verificationKey] : [])
        let checkpoints =
            hasKey
            ? AuditCheckpoints(
                store: audit, trail: trail, reader: reader, key: Self.signingKey, retention: Self.retention,
                owner: "here", time: time, logger: Self.quiet)
            : nil
        let methods = AuditMethods(store: audit, reader: reader, checkpoints: checkpoints)
        (self.store, self.time, self.audit) = (store, time, audit)
        (self.trail, self.checkpoints) = (trail, checkpoints)
        let rule = try UnixAccess.Rule(
            "user \(Self.auditorOfAlice) auditor alice", .init(user: { _ in nil }, group: { _ in nil }))
        let identity = try await Identity.parts(
            store: store, keys: TokenKeys([TokenKey(id: "k1", bytes: Array(0..<32))]),
            unix: UnixAccess([rule], ownUser: 990, operators: nil), installation: store.installation, time: time,
            random: random, logger: Self.quiet, onFailure: { trail.noteFailure(of: $0) })
        let service = Self.service(store, time, random)
        var router = try service.router(
            interceptors: identity.interceptors, authenticator: identity.authenticator, recorder: trail
        ) { failure in
            Issue.record("\(failure.method): \(failure.error)")
        }
        identity.register(&router, service)
        AgentMethods(regions: ["eu-central"], sizes: ["small"], service: service).register(in: &router)
        methods.register(in: &router)
        let vaultKeys = try MasterKeys("aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        let vault = try await Vault.open(store, keys: vaultKeys, installation: store.installation, time: time)
        SecretMethods(vault: vault).register(in: &router)
        VaultMethods(
            vault: vault, installation: vault.map { InstallationVault($0) }, identities: store, time: time
        ).register(in: &router)
        self.router = router
    }

    private static func service(
        _ store: ModelStore, _ time: ManualTime, _ random: SeededRandom
    ) -> RPCService {
        let catalogue = JobCatalogue(operations)
        let faults = RowFaults(logger: quiet)
        return RPCService(
            store: store,
            engine: JobEngine(
                store: store, catalogue: catalogue, settings: EngineSettings(owner: "here"), time: time,
                random: FixedRandom(0), logger: quiet),
            operations: operations, catalogue: catalogue, sources: [],
            subscriptions: Subscriptions(feed: EventFeed(head: 0), store: store, time: time, logger: quiet),
            reconciler: Reconciler(
                store: store, sources: [], settings: ReconcilerSettings(), owner: "here", faults: faults, time: time,
                logger: quiet),
            quota: InstanceQuota(), faults: faults, identifiers: IdentifierSource(time: time, random: random),
            time: time,
            facts: DaemonFacts(version: "0", database: "model", startedAt: time.now(), limits: RPCLimits()))
    }

    /// Makes instances with these numbers, whose provisioning has ended.
    func makeInstances(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers { _ = try await store.submit(Fixtures.provision(number, at: time.now())) }
        let request = ClaimRequest(owner: "a", limit: 100, lease: .seconds(30), now: time.now())
        for claim in try await store.claim(request).claims {
            var job = claim.job
            job.state = .succeeded
            job.finishedAt = time.now()
            _ = try await store.apply(Transition(job: job, releasesLease: true))
        }
    }

    /// Lets the retention time of all entries pass, by the daemon's own measure as well, and prunes them.
    func pruneAll() async throws {
        time.advance(by: Self.retention + .seconds(1))
        let sleeps = time.sleeps
        let service = try #require(checkpoints)
        async let done: Void = service.look(after: Self.retention * 2)
        try await time.sleeps(moreThan: sleeps)
        time.advance(by: .seconds(1))
        await done
    }

    func connect(uid: UInt32 = 0) -> AuditClient {
        AuditClient(
            connection: InMemoryConnection(router: router, peer: .unix(UnixPeer(uid: uid, gid: uid, pid: 1))))
    }

    /// The members of each entry after this one.
    func entries(after seq: Int = 0) -> [JSONObject] {
        disk.audit.dropFirst(seq).compactMap { entry in
            entry.content.flatMap { try? JSONValue(parsing: $0.body).objectValue }
        }
    }

    var count: Int { disk.audit.count }
}

/// One connection to an ``AuditDaemon``.
struct AuditClient {
    let connection: InMemoryConnection

    /// Returns the reply to a call.
    func call(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        connection.send(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params.serializedString())}")
        return try JSONValue(parsing: try #require(await connection.nextMessage(), "the connection has closed"))
    }

    func result(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        let reply = try await call(method, params)
        return try #require(reply["result"], "\(method): \(reply.serializedString())")
    }

    /// Returns the name of the error of a call.
    func error(_ method: String, _ params: JSONValue = [:]) async throws -> String? {
        try await call(method, params)["error"]?["data"]?["code"]?.stringValue
    }
}

/// A store whose audit can fail, and whose entries and events can be changed when they are read.
final class DoctoredAudit: AuditStore, Ledger, Coordination {
    private let base: ModelStore
    private let state = Locked(State())

    private struct State {
        var failure: StorageError?
        var edit: (@Sendable (inout [AuditEntry]) -> Void)?
        var head: AuditHead?
        var floor: AuditHead?
        var editEvents: (@Sendable (inout [Event]) -> Void)?
        var beforeCheckpoints: (@Sendable () async throws -> Void)?
        var beforeCoverage: (@Sendable () async throws -> Void)?
    }

    init(_ base: ModelStore) {
        self.base = base
    }

    var installation: String { base.installation }

    /// Makes each append fail with this error, or succeed for `nil`.
    func fail(_ failure: StorageError?) { state.withLock { $0.failure = failure } }

    /// Changes the entries of each later read.
    func edit(_ edit: @escaping @Sendable (inout [AuditEntry]) -> Void) { state.withLock { $0.edit = edit } }

    /// Changes the events of each later read.
    func editEvents(_ edit: (@Sendable (inout [Event]) -> Void)?) { state.withLock { $0.editEvents = edit } }

    /// Does this once before the next read of the checkpoints.
    func beforeCheckpoints(_ action: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.beforeCheckpoints = action }
    }

    /// Does this once before the next entry about events is appended.
    func beforeCoverage(_ action: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.beforeCoverage = action }
    }

    /// Makes this entry the last one that was pruned.
    func begin(after floor: AuditHead) {
        state.withLock { state in
            state.floor = floor
            state.edit = { entries in entries.removeAll { $0.seq <= floor.seq } }
        }
    }

    /// Makes this entry the last one.
    func end(at head: AuditHead) {
        state.withLock { state in
            state.head = head
            state.edit = { entries in entries.removeAll { $0.seq > head.seq } }
        }
    }

    func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        try await base.appendAudit(drafts)
    }

    func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        let action = state.withLock { state in
            defer { state.beforeCoverage = nil }
            return state.beforeCoverage
        }
        do {
            try await action?()
        } catch {
            throw StorageError(.corrupt, "\(error)")
        }
        return try await base.appendAudit(draft, after: seq, unless: exists)
    }

    func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        var page = try await base.audit(query)
        var rows = page.entries.rows
        if let edit = state.withLock({ $0.edit }) { edit(&rows) }
        page.entries = Page(rows: rows)
        return page
    }

    func auditBounds() async throws(StorageError) -> AuditBounds {
        var bounds = try await base.auditBounds()
        bounds.head = state.withLock { $0.head } ?? bounds.head
        bounds.floor = state.withLock { $0.floor } ?? bounds.floor
        return bounds
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
        let action = state.withLock { state in
            defer { state.beforeCheckpoints = nil }
            return state.beforeCheckpoints
        }
        do {
            try await action?()
        } catch {
            throw StorageError(.corrupt, "\(error)")
        }
        return try await base.auditCheckpoints()
    }

    func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        var events = try await base.events(query)
        if let edit = state.withLock({ $0.editEvents }) { edit(&events) }
        return events
    }
    func bounds() async throws(StorageError) -> LedgerBounds { try await base.bounds() }
    func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned { try await base.prune(request) }
    func observe(_ observer: @escaping @Sendable ([Event]) -> Void) { base.observe(observer) }

    func proveWritable() async throws(StorageError) { try await base.proveWritable() }
    func clock() async throws(StorageError) -> Timestamp? { try await base.clock() }
    func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool { try await base.takeSlot(request) }
    func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try await base.takeSingletonLease(request)
    }
    func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant { try await base.takeCalls(request) }
    func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int {
        try await base.takeOverLeases(owner: owner, singletonLeases: singletonLeases)
    }
}
