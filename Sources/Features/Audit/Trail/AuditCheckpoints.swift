import AuraModel
import JSON
import Locking
import Logging
import ServiceLifecycle
import Storage

/// Signs checkpoints of the audit, each minute in which there were entries or events, and after 10,000 of them. Prunes
/// entries whose retention time has passed.
///
/// One daemon at a time does this, with a singleton lease. A daemon signs only what it has verified since the checkpoint
/// before. It does not sign a chain with a fault, and logs the fault as an error. A daemon that cannot sign, for instance
/// because it lacks the key of the last checkpoint, gives up the lease, so that another one tries.
///
/// Before it signs, the daemon appends entries with the hashes of the events since the last such entry, so that the
/// checkpoint covers the ledger as well. A checkpoint also states up to which entry the audit may be pruned. Only
/// entries that a stored checkpoint names are deleted.
///
/// Retention does not trust the clock alone, since a clock that is far ahead makes all entries look old. Each checkpoint
/// states a time, which advances only by the sleeps of running daemons. The earlier one of that time and the clock's
/// decides. Time in which no daemon runs does not count, so entries are then kept longer.
final class AuditCheckpoints: Service {
    /// The head, and the contents of the last stored checkpoints.
    private struct Ends {
        var head: AuditHead
        /// The last stored checkpoint, and its head.
        var last: (row: AuditCheckpoint, head: AuditHead)?
        /// The last entry that may be pruned; `nil` if none may.
        var floor: AuditHead?
        /// The last event whose hash is in the audit.
        var events: Int64 = 0
        /// The time by which entries are pruned.
        var time: Timestamp
    }

    private struct State {
        /// The last entry that this daemon has verified; `nil` before its first checkpoint.
        var verified: AuditHead?
        /// The time of the last pruning; `nil` before the first one.
        var pruned: Timestamp?
        /// The measured time when checkpoints were read last, and the time that the service has slept since; `nil`
        /// before the first read.
        var measured: Timestamp?
        var slept = Duration.zero
        /// The time for which the service does not try to get the lease.
        var rest = Duration.zero
    }

    private let store: any AuditStore & Ledger & Coordination
    private let trail: AuditTrail
    private let reader: AuditReader
    private let key: AuditSigningKey
    private let retention: Duration
    private let owner: String
    private let time: any TimeSource
    private let logger: Logger
    private let state = Locked(State())

    private static let leaseName = "audit"
    private static let interval = Duration.seconds(10)
    /// The longest time between two checkpoints if there are new entries or events.
    static let longestWait = Duration.seconds(60)
    /// The number of new entries or events after which a checkpoint does not wait.
    static let entryLimit: Int64 = 10_000
    /// The maximum number of entries about events before one checkpoint.
    private static let rangesPerCheckpoint = 20
    /// The number of stored checkpoints that are read for their statements. Two daemons can sign at the same time, so
    /// the last one alone can lack the statements of the one before.
    private static let readCheckpoints = 8
    /// The interval between two prunings.
    static let pruneInterval = Duration.seconds(3600)
    private static let pruneLimit = 1000
    /// The maximum number of entries that one pruning examines.
    static let examinedByPruning: Int64 = 100_000
    /// The duration of the lease, and the time without it after a failure.
    static let leaseDuration = interval * 3
    /// The lag of the measured time behind the clock beyond which the log has a line.
    private static let loggedLag = Duration.seconds(86_400)
    private static let prunePause = Duration.milliseconds(50)
    /// The action of the entry about a pruning.
    static let pruneAction = "audit.prune"

    /// - Parameters:
    ///   - trail: writes the entries about events and prunings.
    ///   - retention: the time for which entries are kept at least.
    init(
        store: any AuditStore & Ledger & Coordination, trail: AuditTrail, reader: AuditReader, key: AuditSigningKey,
        retention: Duration, owner: String, time: any TimeSource, logger: Logger
    ) {
        self.store = store
        self.trail = trail
        self.reader = reader
        self.key = key
        self.retention = retention
        self.owner = owner
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await time.sleep(for: Self.interval)
                await look(after: Self.interval)
            }
        }
    }

    /// Signs a checkpoint if one is due, and prunes if that is due. `slept` is the time that the service has slept before.
    func look(after slept: Duration = .zero) async {
        let isResting = state.withLock { state in
            state.slept += slept
            state.rest = max(.zero, state.rest - slept)
            return state.rest > .zero
        }
        guard !isResting else { return }
        do {
            guard try await takeLease(for: Self.leaseDuration) else { return }
            try await signIfDue()
            if state.withLock({ $0.pruned }).map({ time.now() >= $0 + Self.pruneInterval }) ?? true {
                state.withLock { $0.pruned = time.now() }
                try await prune()
            }
        } catch is CancellationError {
        } catch {
            logger.error("cannot sign a checkpoint of the audit", metadata: ["error": "\(error)"])
            // Another daemon may be able to sign.
            state.withLock { $0.rest = Self.leaseDuration }
            _ = try? await takeLease(for: .zero)
        }
    }

    /// Takes or keeps the lease. A lease of no duration is one that the daemon gives up.
    private func takeLease(for duration: Duration) async throws(StorageError) -> Bool {
        try await store.takeSingletonLease(
            SingletonLeaseRequest(name: Self.leaseName, owner: owner, duration: duration, now: time.now()))
    }

    // MARK: Checkpoints

    private func signIfDue() async throws {
        let ends = try await ends()
        let ledger = try await store.bounds()
        let (entries, events) = (ends.head.seq - (ends.last?.head.seq ?? 0), ledger.head - ends.events)
        let signed = ends.last?.row.at
        guard entries > 0 || events > 0 else { return }
        // A time in the future is that of a wrong clock, or was changed. No checkpoint waits for it.
        let isDue =
            signed.map { signed in
                time.now() < signed || passed(Self.longestWait, since: signed)
                    || max(entries, events) >= Self.entryLimit
            } ?? true
        guard isDue else { return }
        var next = ends
        next.events = try await cover(ledger, ends)
        next.head = try await store.auditBounds().head
        if next.head.seq > ends.last?.head.seq ?? 0 { _ = try await sign(next) }
    }

    /// True if this time has passed since a moment. The moment can be any value that a database has.
    private func passed(_ duration: Duration, since moment: Timestamp) -> Bool {
        let (passed, isFar) = time.now().milliseconds.subtractingReportingOverflow(moment.milliseconds)
        return isFar ? moment < time.now() : passed >= duration.wholeMilliseconds
    }

    /// Returns a checkpoint of the newest entry: the stored one, or a new one. Throws ``AuditVerification/Fault`` and
    /// ``CheckpointError``.
    func present() async throws -> AuditCheckpoint {
        let ends = try await ends()
        if let last = ends.last, last.head.seq == ends.head.seq { return last.row }
        return try await sign(ends)
    }

    /// Returns the head and the last checkpoints. Throws if the entries of the checkpoint are not there any more, and if
    /// more was pruned than the checkpoints allow.
    ///
    /// The newest checkpoint must be signed by a known key. Earlier ones count up to the first one that is not, whose key
    /// may have been removed from the key file.
    private func ends() async throws -> Ends {
        // The floor is read first: another daemon stores the checkpoint that allows a pruning before it prunes.
        let floor = try await store.auditBounds().floor
        let stored = try await store.auditCheckpoints().entries.suffix(Self.readCheckpoints).reversed()
        var ends = Ends(head: try await store.auditBounds().head, time: time.now())
        if let newest = try stored.first?.row() { ends.last = (newest, try reader.note(newest).head) }
        var noted: Timestamp?
        for row in stored {
            guard let row = try? row.row(), let note = try? reader.note(row) else { break }
            if let floor = note.floor, floor.seq > ends.floor?.seq ?? 0 { ends.floor = floor }
            ends.events = max(ends.events, note.events)
            noted = [noted, note.time].compactMap(\.self).max()
        }
        // A checkpoint of a former release states no time. That of its row can be any value.
        let first = (ends.last?.row.at).map { min(max($0, Timestamp(milliseconds: 0)), time.now()) }
        ends.time = measured(noted ?? first)
        let allowed = ends.floor?.seq ?? 0
        guard floor.seq <= allowed else {
            throw AuditVerification.Fault.removed(through: floor.seq, allowed: allowed)
        }
        guard let signed = ends.last?.head else { return ends }
        guard signed.seq <= ends.head.seq else {
            throw AuditVerification.Fault.missing(after: ends.head.seq, checkpoint: signed.seq)
        }
        guard signed.seq < ends.head.seq || signed.hash == ends.head.hash else {
            throw AuditVerification.Fault.checkpoint(ends.head.seq)
        }
        return ends
    }

    /// Returns the measured time: the latest one that a checkpoint states, or the one of this daemon's last read and the
    /// time that it has slept since. The first checkpoint of all states the clock's time.
    private func measured(_ noted: Timestamp?) -> Timestamp {
        state.withLock { state in
            let own = state.measured.map { $0 + state.slept }
            let latest = [own, noted].compactMap(\.self).max() ?? time.now()
            (state.measured, state.slept) = (latest, .zero)
            return latest
        }
    }

    /// Verifies the entries up to the head that this daemon has not verified, and signs it with the statements of `ends`.
    private func sign(_ ends: Ends) async throws -> AuditCheckpoint {
        let (head, floor) = (ends.head, try await store.auditBounds().floor)
        var begin = floor
        if let own = state.withLock({ $0.verified }), own.seq >= floor.seq {
            begin = own
        } else if let last = ends.last?.head, last.seq >= floor.seq {
            begin = last
        }
        guard begin.seq <= head.seq else {
            throw AuditVerification.Fault.missing(after: head.seq, checkpoint: begin.seq)
        }
        // The entries that this daemon verified earlier may have been replaced since another one signed them.
        let known = [ends.last?.head, ends.floor].compactMap(\.self).filter { $0.seq >= begin.seq }
        var verification = try AuditVerification(after: begin, checkpoints: known)
        try await verification.check(entriesOf: store, through: head)
        let note = SignedCheckpoint(
            head, floor: ends.floor, events: ends.events, time: ends.time, installation: reader.installation, key: key)
        let checkpoint = AuditCheckpoint(seq: head.seq, at: time.now(), text: note.text)
        try await store.putAuditCheckpoint(checkpoint)
        state.withLock { $0.verified = head }
        logger.notice("audit checkpoint", metadata: ["entry": "\(head.seq)", "note": "\(checkpoint.text)"])
        return checkpoint
    }

    // MARK: Events

    /// Appends entries with the hashes of the events after the last event that has one. Returns the last event that has
    /// one then.
    ///
    /// Another daemon may have appended entries since the last checkpoint, or may do so now, because it has lost the
    /// lease and not noticed. So the range of each entry begins where the last one in the database ends, and the
    /// transaction appends no entry if there is a later one.
    private func cover(_ ledger: LedgerBounds, _ ends: Ends) async throws -> Int64 {
        let known = try await reader.covered(after: ends.last?.head.seq ?? 0)
        let covered = max(ends.events, known.event)
        guard ledger.head >= covered else {
            logger.error(
                "events are missing at the end of the ledger",
                metadata: ["last": "\(ledger.head)", "covered": "\(covered)"])
            return covered
        }
        var last = max(covered, ledger.floor)
        for _ in 0..<Self.rangesPerCheckpoint where last < ledger.head {
            let through = min(ledger.head, last + EventDigest.limit)
            let range: EventCoverage
            do throws(StorageError) {
                range = try await reader.coverage(from: last + 1, through: through)
            } catch {
                guard error.code == .cursorExpired else { throw error }
                // Events were pruned meanwhile. The next checkpoint begins after them.
                return last
            }
            if range.count < through - last {
                logger.error(
                    "events are missing in the ledger",
                    metadata: ["from": "\(range.from)", "through": "\(through)", "found": "\(range.count)"])
            }
            let isAppended = try await trail.append(
                action: EventCoverage.action, parameters: range.parameters, after: known.entry
            ) { [last] entry in EventCoverage(entry).map { $0.through > last } ?? false }
            last = isAppended ? through : max(last, try await reader.covered(after: known.entry).event)
        }
        return last
    }

    // MARK: Retention

    /// Deletes the entries whose retention time has passed, up to a stored checkpoint, and the oldest first.
    private func prune() async throws {
        let (ends, now) = (try await ends(), time.now())
        if passed(Self.loggedLag, since: ends.time) {
            logger.notice(
                "the audit keeps entries longer: daemons did not run, or the clock is ahead",
                metadata: ["clock": "\(now)", "measured": "\(ends.time)"])
        }
        let before = min(now, ends.time) + (.zero - retention)
        if let last = try await lastEntry(before: before, ends) {
            try await trail.append(
                action: Self.pruneAction,
                parameters: ["before": .string("\(before)"), "through": .integer(last.seq)])
            var next = try await self.ends()
            next.floor = last
            _ = try await sign(next)
        }
        // Another daemon may have signed the same head without this floor.
        guard let allowed = try await self.ends().floor else { return }
        let first = try await store.auditBounds().floor.seq
        var floor = first
        while floor < allowed.seq {
            let request = AuditPruneRequest(through: allowed.seq, before: before, limit: Self.pruneLimit)
            let next = try await store.pruneAudit(request).floor.seq
            guard next > floor else { break }
            floor = next
            try await time.sleep(for: Self.prunePause)
        }
        if floor > first { logger.info("pruned \(floor - first) entries of the audit") }
    }

    /// Returns the last entry of the beginning of the audit whose verified entries are all older than `before`; `nil` if
    /// there is none after the one up to which the checkpoints already allow pruning.
    private func lastEntry(before: Timestamp, _ ends: Ends) async throws -> AuditHead? {
        guard let signed = ends.last?.head else { return nil }
        let floor = try await store.auditBounds().floor
        guard floor.seq < signed.seq else { return nil }
        let known = [signed, ends.floor].compactMap(\.self).filter { $0.seq >= floor.seq }
        var verification = try AuditVerification(after: floor, checkpoints: known)
        let limit = min(signed.seq, floor.seq + Self.examinedByPruning)
        let last = try await reader.lastEntry(before: before, through: limit, &verification)
        return last.flatMap { $0.seq > ends.floor?.seq ?? 0 ? $0 : nil }
    }
}
