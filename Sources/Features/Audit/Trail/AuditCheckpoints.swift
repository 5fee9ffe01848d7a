import AuraModel
import Locking
import Logging
import ServiceLifecycle
import Storage

/// Signs checkpoints of the audit: each minute in which there were entries, and after 10,000 entries.
///
/// One daemon at a time does this, with a singleton lease. A daemon signs only what it has verified since the checkpoint
/// before. It does not sign a chain with a fault, and logs the fault as an error.
final class AuditCheckpoints: Service {
    private let store: any AuditStore & Coordination
    private let reader: AuditReader
    private let key: AuditSigningKey
    private let owner: String
    private let time: any TimeSource
    private let logger: Logger
    /// The last entry that this daemon has verified; `nil` before its first checkpoint.
    private let verified = Locked<AuditHead?>(nil)

    private static let leaseName = "audit"
    private static let interval = Duration.seconds(10)
    /// The longest time between two checkpoints if there are new entries.
    static let longestWait = Duration.seconds(60)
    /// The number of new entries after which a checkpoint does not wait.
    static let entryLimit: Int64 = 10_000

    init(
        store: any AuditStore & Coordination, reader: AuditReader, key: AuditSigningKey, owner: String,
        time: any TimeSource, logger: Logger
    ) {
        self.store = store
        self.reader = reader
        self.key = key
        self.owner = owner
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await time.sleep(for: Self.interval)
                await look()
            }
        }
    }

    /// Signs a checkpoint if one is due.
    func look() async {
        do {
            let now = time.now()
            let lease = SingletonLeaseRequest(name: Self.leaseName, owner: owner, duration: Self.interval * 3, now: now)
            guard try await store.takeSingletonLease(lease) else { return }
            let (head, last) = try await ends()
            guard head.seq > last?.seq ?? 0 else { return }
            let isDue = last.map { now >= $0.at + Self.longestWait || head.seq - $0.seq >= Self.entryLimit } ?? true
            if isDue { _ = try await sign(head, after: last) }
        } catch {
            logger.error("cannot sign a checkpoint of the audit", metadata: ["error": "\(error)"])
        }
    }

    /// Returns a checkpoint of the newest entry: the stored one, or a new one. Throws ``AuditVerification/Fault`` and
    /// ``CheckpointError``.
    func present() async throws -> AuditCheckpoint {
        let (head, last) = try await ends()
        if let last, last.seq == head.seq { return last }
        return try await sign(head, after: last)
    }

    /// Returns the head, and the last stored checkpoint. Throws if the entries of the checkpoint are not there any more.
    private func ends() async throws -> (head: AuditHead, last: AuditCheckpoint?) {
        let last = try await store.auditCheckpoints().entries.last?.row()
        let head = try await store.auditBounds().head
        guard let last else { return (head, nil) }
        let signed = try reader.head(of: last)
        guard signed.seq <= head.seq else {
            throw AuditVerification.Fault.missing(after: head.seq, checkpoint: signed.seq)
        }
        guard signed.seq < head.seq || signed.hash == head.hash else {
            throw AuditVerification.Fault.checkpoint(head.seq)
        }
        return (head, last)
    }

    /// Verifies the entries up to `head` that this daemon has not verified, and signs it.
    private func sign(_ head: AuditHead, after last: AuditCheckpoint?) async throws -> AuditCheckpoint {
        let floor = try await store.auditBounds().floor
        var begin = floor
        if let own = verified.withLock({ $0 }), own.seq >= floor.seq {
            begin = own
        } else if let last, last.seq >= floor.seq {
            begin = try reader.head(of: last)
        }
        guard begin.seq <= head.seq else {
            throw AuditVerification.Fault.missing(after: head.seq, checkpoint: begin.seq)
        }
        var verification = try AuditVerification(after: begin)
        try await reader.check(&verification, through: head)
        let note = SignedCheckpoint(head, installation: reader.installation, key: key)
        let checkpoint = AuditCheckpoint(seq: head.seq, at: time.now(), text: note.text)
        try await store.putAuditCheckpoint(checkpoint)
        verified.withLock { $0 = head }
        logger.notice("audit checkpoint", metadata: ["entry": "\(head.seq)", "note": "\(checkpoint.text)"])
        return checkpoint
    }
}
