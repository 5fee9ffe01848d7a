import AuraAPI
public import AuraModel
public import JSON
public import JSONRPC
import Locking
public import Logging
public import ServiceLifecycle
public import Storage

/// Writes calls, refusals and actions of the daemon to the audit.
///
/// Entries of changes are written by the transactions of the changes, which get their drafts from the slips of the calls.
/// Other entries are appended by this type: before the reply if the reply can wait, or else through a queue that its
/// service empties. Refusals are counted for each peer and minute after the first ones (``RefusalCounts``), so that a
/// caller without rights cannot fill the disk.
public final class AuditTrail: CallRecorder, Service {
    private struct State {
        var queue: [AuditDraft] = []
        /// The failures of authentication.
        var failures = RefusalCounts(entriesPerMinute: AuditTrail.failuresPerMinute)
        /// The other calls that ended with an error.
        var refusals = RefusalCounts(entriesPerMinute: AuditTrail.refusalsPerMinute)
        /// The uses of secrets.
        var uses = SecretUses()
        /// The number of entries that found the queue full, since it was emptied.
        var dropped = 0
    }

    private let store: any AuditStore
    private let time: any TimeSource
    private let random: any RandomSource
    private let logger: Logger
    private let state = Locked(State())

    /// The number of failures of authentication of a peer in a minute that have entries of their own.
    static let failuresPerMinute = 10
    /// The number of other refused calls of a peer in a minute that have entries of their own.
    static let refusalsPerMinute = 100
    /// The method of an entry that counts refused calls.
    static let countedRefusals = "audit.refusals"
    /// The action of an entry about a secret that the daemon itself opened.
    static let secretUse = "secret.use"
    /// The maximum number of queued entries.
    private static let queueLimit = 1000
    /// The maximum number of entries in one transaction.
    private static let batchLimit = 100
    /// The interval between two writes of the queue.
    private static let interval = Duration.milliseconds(250)
    /// The method that shows a token. Its failures are counted by the authenticator, which sees those of HTTP as well.
    private static let authenticate = Methods.sessionAuthenticate.name

    /// Creates a trail. Its service must run for queued entries to be written.
    public init(store: any AuditStore, time: any TimeSource, random: any RandomSource, logger: Logger) {
        self.store = store
        self.time = time
        self.random = random
        self.logger = logger
    }

    // MARK: Calls

    /// Returns the slip of a call with its caller, its method and its parameters without secrets.
    public func begin(_ context: RPCContext) -> AuditSlip { AuditSlip(draft(of: context)) }

    /// Writes the entry of a call. Throws `storageUnavailable` if it cannot be written. A call that failed with that error
    /// does not wait for the database again: its entry is queued.
    public func record(_ context: RPCContext, _ error: RPCError?) async throws(RPCError) {
        guard let draft = entry(of: context, error) else { return }
        if error?.code == .storageUnavailable { return enqueue(draft) }
        do {
            try await store.appendAudit([draft])
        } catch {
            logger.error(
                "cannot write to the audit", metadata: ["method": "\(context.method.name)", "error": "\(error)"])
            throw RPCError(
                .storageUnavailable,
                "cannot answer \(context.method.name), the call cannot be written to the audit: try again when the "
                    + "database can be written")
        }
    }

    /// Queues the entry of a call.
    public func enqueue(_ context: RPCContext, _ error: RPCError?) {
        if let draft = entry(of: context, error) { enqueue(draft) }
    }

    /// Notes a token that was refused.
    public func noteFailure(of peer: Peer) {
        let entry = ownDraft(Self.authenticate, outcome: RPCErrorCode.unauthenticated.name, peer: "\(peer)")
        let isWritten = state.withLock { $0.failures.note(peer, at: time.now()) }
        if isWritten { enqueue(entry) }
    }

    /// Notes that the daemon itself opened a secret. The first use in an hour gets an entry, and the further ones are
    /// counted in one entry at the end of the hour.
    public func noteUse(of secret: SecretReference) {
        let isWritten = state.withLock { $0.uses.note(secret, at: time.now()) }
        if isWritten { enqueue(use(of: secret)) }
    }

    private func use(of secret: SecretReference?, count: Int? = nil) -> AuditDraft {
        var draft = ownDraft(Self.secretUse, outcome: AuditDraft.Outcome.accepted, peer: "aurad")
        draft.tenant = secret?.tenant
        draft.object = secret.map { "secret \($0.name)" } ?? "other secrets"
        draft.parameters = count.map { ["count": .integer(Int64($0))] }
        return draft
    }

    /// Queues the entry of an action of the daemon itself, such as a new certificate.
    public func note(_ action: String, outcome: String, parameters: JSONValue?) {
        var draft = ownDraft(action, outcome: outcome, peer: "aurad")
        draft.parameters = AuditParameters.stored(parameters)
        enqueue(draft)
    }

    /// Writes an action of the daemon itself, such as its start. Throws if it cannot be written.
    public func append(action: String, parameters: JSONValue? = nil) async throws(StorageError) {
        var draft = ownDraft(action, outcome: AuditDraft.Outcome.accepted, peer: "aurad")
        draft.parameters = AuditParameters.stored(parameters)
        try await store.appendAudit([draft])
    }

    /// Writes an action of the daemon itself, unless an entry after `seq` satisfies `exists`. Returns false if one does.
    func append(
        action: String, parameters: JSONValue, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        var draft = ownDraft(action, outcome: AuditDraft.Outcome.accepted, peer: "aurad")
        draft.parameters = AuditParameters.stored(parameters)
        return try await store.appendAudit(draft, after: seq, unless: exists)
    }

    /// Returns the entry of a call, or `nil` if it is only counted.
    private func entry(of context: RPCContext, _ error: RPCError?) -> AuditDraft? {
        if let error {
            let isFailure = error.code == .unauthenticated
            guard !isFailure || context.method.name != Self.authenticate else { return nil }
            let (peer, now) = (context.session.peer, time.now())
            let hasEntry = state.withLock { state in
                isFailure ? state.failures.note(peer, at: now) : state.refusals.note(peer, at: now)
            }
            guard hasEntry else { return nil }
        }
        var draft = context.audit?.draft ?? draft(of: context)
        guard let error else { return draft }
        draft.outcome = error.code.name
        draft.parameters = AuditParameters.refused(draft.parameters)
        // The text under this name was replaced, so it is no tenant's id.
        if draft.parameters?["tenant"]?.stringValue != draft.tenant?.text { draft.tenant = nil }
        return draft
    }

    private func draft(of context: RPCContext) -> AuditDraft {
        let principal = context.principal
        // A caller writes no entry that another tenant can read.
        let tenant = (context.parameters?.objectValue?["tenant"]?.stringValue).flatMap { named in
            principal.rights.tenants.contains(TenantID(named)) ? named : nil
        }
        return AuditDraft(
            at: time.now(), principal: PrincipalID(principal.id), proof: principal.proof.rawValue,
            token: principal.token, peer: "\(context.session.peer)", method: context.method.name,
            tenant: tenant.map { TenantID($0) }, parameters: AuditParameters.stored(context.parameters),
            salt: AuditDraft.salt(random))
    }

    private func ownDraft(_ method: String, outcome: String, peer: String) -> AuditDraft {
        AuditDraft(
            at: time.now(), principal: PrincipalID("aurad"), proof: Principal.Proof.internal.rawValue, peer: peer,
            method: method, outcome: outcome, salt: AuditDraft.salt(random))
    }

    // MARK: The queue

    private func enqueue(_ draft: AuditDraft) {
        state.withLock { state in
            if state.queue.count < Self.queueLimit { state.queue.append(draft) } else { state.dropped += 1 }
        }
    }

    /// Writes queued entries until the daemon shuts down, and those that are left then.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await time.sleep(for: Self.interval)
                await flush()
            }
        }
        await flush(all: true)
    }

    /// Writes queued entries, and the counts of minutes and hours that have ended, or of all. What cannot be written stays.
    ///
    /// The queue is written before each kind of count, so that the counts of one kind always find place in it.
    func flush(all: Bool = false) async {
        for count in [endUses, endFailures, endRefusals] {
            guard await writeQueue() else { return }
            let drafts = count(all ? nil : time.now())
            state.withLock { $0.queue += drafts }
        }
        _ = await writeQueue()
    }

    /// Writes queued entries. Returns false if they cannot be written; they stay in the queue then.
    private func writeQueue() async -> Bool {
        while true {
            let (batch, dropped) = state.withLock { state in
                (Array(state.queue.prefix(Self.batchLimit)), state.dropped)
            }
            guard !batch.isEmpty else { return true }
            var drafts = batch
            if dropped > 0 {
                var draft = ownDraft("audit.overflow", outcome: AuditDraft.Outcome.accepted, peer: "aurad")
                draft.parameters = ["dropped": .integer(Int64(dropped))]
                drafts.append(draft)
            }
            do {
                try await store.appendAudit(drafts)
            } catch {
                logger.error(
                    "cannot write to the audit", metadata: ["entries": "\(batch.count)", "error": "\(error)"])
                return false
            }
            state.withLock { state in
                state.queue.removeFirst(batch.count)
                state.dropped -= dropped
            }
        }
    }

    /// Returns the entries with the counts of hours that have ended, or of all for `nil`.
    private func endUses(at now: Timestamp?) -> [AuditDraft] {
        state.withLock { $0.uses.take(endedAt: now) }.map { use(of: $0.secret, count: $0.count) }
    }

    /// Returns the entries with the counts of minutes that have ended, or of all for `nil`.
    private func endFailures(at now: Timestamp?) -> [AuditDraft] {
        state.withLock { $0.failures.take(endedAt: now) }.map { peer, count in
            counted(Self.authenticate, RPCErrorCode.unauthenticated.name, peer, count)
        }
    }

    /// Returns the entries with the counts of minutes that have ended, or of all for `nil`.
    private func endRefusals(at now: Timestamp?) -> [AuditDraft] {
        state.withLock { $0.refusals.take(endedAt: now) }.map { peer, count in
            counted(Self.countedRefusals, "refused", peer, count)
        }
    }

    private func counted(_ method: String, _ outcome: String, _ peer: String?, _ count: Int) -> AuditDraft {
        var draft = ownDraft(method, outcome: outcome, peer: peer ?? "others")
        draft.parameters = ["count": .integer(Int64(count))]
        return draft
    }
}

/// The refusals in the present minute of each peer. The first ones have an entry of their own, later ones are counted.
struct RefusalCounts: Sendable {
    private struct Minute {
        var began: Timestamp
        var count = 0
    }

    /// The minutes by the text of the peer; `nil` stands for the peers that are not distinguished.
    private var minutes: [String?: Minute] = [:]

    /// The number of refusals of a peer in a minute that have entries of their own.
    let entriesPerMinute: Int
    /// The maximum number of peers that are distinguished. Further ones are counted together.
    static let peerLimit = 1000

    init(entriesPerMinute: Int) {
        self.entriesPerMinute = entriesPerMinute
    }

    /// Notes a refusal. Returns true if it gets an entry of its own.
    mutating func note(_ peer: Peer, at now: Timestamp) -> Bool {
        let source = peer.source
        let key: String? = minutes[source] != nil || minutes.count < Self.peerLimit ? source : nil
        var minute = minutes[key] ?? Minute(began: now)
        minute.count += 1
        minutes[key] = minute
        return minute.count <= entriesPerMinute
    }

    /// Removes the minutes that have ended at this time, or all for `nil`. Returns the numbers of refusals that had no
    /// entry; the peer `nil` stands for all that were not distinguished.
    mutating func take(endedAt now: Timestamp?) -> [(peer: String?, count: Int)] {
        let ended = minutes.filter { entry in now.map { $0 >= entry.value.began + .seconds(60) } ?? true }
        for key in ended.keys { minutes[key] = nil }
        return ended.filter { $0.value.count > entriesPerMinute }
            .map { (peer: $0.key, count: $0.value.count - entriesPerMinute) }
    }
}

/// The uses in the present hour of each secret. The first one has an entry of its own, further ones are counted.
struct SecretUses: Sendable {
    private struct Hour {
        var began: Timestamp
        var count = 0
    }

    /// The hours by secret; `nil` stands for the secrets that are not distinguished.
    private var hours: [SecretReference?: Hour] = [:]

    /// The maximum number of secrets that are distinguished. Further ones are counted together.
    static let secretLimit = 1000
    static let hour = Duration.seconds(3600)

    /// Notes a use. Returns true if it gets an entry of its own.
    mutating func note(_ secret: SecretReference, at now: Timestamp) -> Bool {
        let key: SecretReference? = hours[secret] != nil || hours.count < Self.secretLimit ? secret : nil
        var hour = hours[key] ?? Hour(began: now)
        hour.count += 1
        hours[key] = hour
        return key != nil && hour.count == 1
    }

    /// Removes the hours that have ended at this time, or all for `nil`. Returns the numbers of uses that had no entry;
    /// the secret `nil` stands for all that were not distinguished.
    mutating func take(endedAt now: Timestamp?) -> [(secret: SecretReference?, count: Int)] {
        let ended = hours.filter { entry in now.map { $0 >= entry.value.began + Self.hour } ?? true }
        for key in ended.keys { hours[key] = nil }
        return ended.map { (secret: $0.key, count: $0.value.count - ($0.key == nil ? 0 : 1)) }.filter { $0.count > 0 }
    }
}

extension Peer {
    /// The peer as text without what differs between its connections: the process, the port, or the address within its
    /// network.
    fileprivate var source: String {
        network ?? "\(self)".split(separator: " ").prefix { $0 != "pid" && $0 != "port" }.joined(separator: " ")
    }
}
