import AuraModel
import JSON
import JSONRPC
public import Storage

/// Reads the audit, and verifies it against the chain and the checkpoints.
struct AuditReader: Sendable {
    let store: any AuditStore & Ledger
    let installation: String
    /// The keys that check checkpoints, the current one first; none without a key file.
    let keys: [AuditVerificationKey]

    /// The number of entries in one read.
    private static let pageLimit = 1000
    /// The number of verifications if entries are pruned during each of them.
    private static let attempts = 5

    /// What a verification compared the entries with.
    enum Proof: String, Sendable {
        /// The entries are consistent in themselves: each hash follows from the one before.
        case chain
        /// The entries agree with the signed checkpoints that this database keeps.
        case checkpoints
        /// The entries agree with a checkpoint that was kept elsewhere.
        case outside
        /// The events of the ledger agree with their hashes in the entries.
        case events
    }

    /// The result of a verification.
    struct Verdict: Sendable {
        var bounds: AuditBounds
        var erased = 0
        /// The number of events that were compared with their hashes.
        var events: Int64 = 0
        /// The number of events with a hash that were not compared, because some of their range were pruned.
        var eventsPruned: Int64 = 0
        /// What was compared, if there is no fault.
        var proofs: [Proof] = []
        /// The first mismatch.
        var fault: String?
        /// A reason why a proof is missing.
        var remark: String?
    }

    /// Verifies all entries. `outside` is a checkpoint that was kept elsewhere.
    func verify(outside: String?) async throws -> Verdict {
        var attempt = 1
        while true {
            let verdict = try await verifyOnce(outside: outside)
            // Entries that were pruned meanwhile look like a gap.
            guard verdict.fault != nil, attempt < Self.attempts,
                try await store.auditBounds().floor != verdict.bounds.floor
            else { return verdict }
            attempt += 1
        }
    }

    private func verifyOnce(outside: String?) async throws -> Verdict {
        var bounds = try await store.auditBounds()
        var verdict = Verdict(bounds: bounds)
        var proofs: [Proof] = [.chain]
        var heads: [AuditHead] = []
        if keys.isEmpty {
            verdict.remark = "there is no key file, so there are no signed checkpoints"
        } else {
            let stored = try await store.auditCheckpoints()
            let known: StoredHeads
            do {
                known = try self.heads(of: stored, bounds.floor)
            } catch {
                verdict.fault = "\(error)"
                return verdict
            }
            heads += known.verified + known.unverified
            if !known.verified.isEmpty { proofs.append(.checkpoints) }
            verdict.remark = known.remark
        }
        // A checkpoint may have been signed since the first read, and its entries must be among those to check.
        bounds.head = try await store.auditBounds().head
        verdict.bounds = bounds
        if let outside {
            heads.append(try head(ofOutside: outside, from: bounds.floor))
            proofs.append(.outside)
        }
        do {
            var verification = try AuditVerification(after: bounds.floor, checkpoints: heads)
            var coverage: [EventCoverage] = []
            try await verification.check(entriesOf: store, through: bounds.head) { entry in
                if let range = EventCoverage(entry) { coverage.append(range) }
            }
            try verification.finish()
            for range in coverage { try await check(range, &verdict) }
            verdict.erased = verification.erased
            verdict.proofs = verdict.events > 0 ? proofs + [.events] : proofs
        } catch let fault as AuditVerification.Fault {
            verdict.fault = "\(fault)"
        }
        return verdict
    }

    /// Verifies entries after those of `verification`, up to the first one that was made at `time` or later, at most up
    /// to `last`. Returns the last entry before it that is known to be older; `nil` if there is none.
    ///
    /// The times are those of the verified contents, not those of a column. An entry without a time, such as one whose
    /// content was erased, is as old as the next entry with one.
    func lastEntry(
        before time: Timestamp, through last: Int64, _ verification: inout AuditVerification
    ) async throws -> AuditHead? {
        var found: AuditHead?
        while verification.head.seq < last {
            let limit = min(Int64(Self.pageLimit), last - verification.head.seq)
            let page = try await store.audit(
                AuditQuery(scope: .all, after: verification.head.seq, limit: Int(limit)))
            if page.entries.isEmpty {
                throw AuditVerification.Fault.missing(after: verification.head.seq, checkpoint: last)
            }
            for entry in page.entries.entries {
                guard case .success(let entry) = entry else {
                    throw AuditVerification.Fault.content(entry.auditSeq ?? 0)
                }
                try verification.check(entry)
                guard let at = entry.time else { continue }
                guard at < time else { return found }
                found = verification.head
            }
        }
        return found
    }

    // MARK: Checkpoints

    /// The heads of stored checkpoints, and the entries up to which they allow pruning.
    private struct StoredHeads {
        /// Those of checkpoints that are signed by a known key.
        var verified: [AuditHead] = []
        /// Those of checkpoints under an unknown key. They prove nothing, and the entries must not contradict them.
        var unverified: [AuditHead] = []

        var remark: String? {
            if !unverified.isEmpty {
                return "there are checkpoints under a key that is not in vault.keyFile, they prove nothing: to check "
                    + "them as well, put the removed key there again"
            }
            return verified.isEmpty ? "there is no checkpoint yet" : nil
        }
    }

    /// Returns the heads of stored checkpoints that are not older than the floor. Throws if one cannot be read or has a
    /// wrong signature, and if more was pruned than they allow.
    private func heads(of stored: Page<AuditCheckpoint>, _ floor: AuditHead) throws -> StoredHeads {
        var (known, others): ([SignedCheckpoint], [SignedCheckpoint]) = ([], [])
        for row in try stored.entries.map({ try $0.row() }) where row.seq >= floor.seq {
            do throws(CheckpointError) {
                known.append(try note(row))
            } catch {
                guard error == .unknownKey else { throw error }
                others.append(try SignedCheckpoint(unverified: row.text))
            }
        }
        let allowed = (known.isEmpty ? others : known).compactMap(\.floor)
        let last = allowed.map(\.seq).max() ?? 0
        guard floor.seq <= last else {
            throw AuditVerification.Fault.removed(through: floor.seq, allowed: last)
        }
        func heads(_ notes: [SignedCheckpoint]) -> [AuditHead] {
            notes.map(\.head) + notes.compactMap(\.floor).filter { $0.seq >= floor.seq }
        }
        return StoredHeads(verified: heads(known), unverified: heads(others))
    }

    /// Returns the head of a checkpoint that was kept elsewhere. Throws `invalidParams` if it cannot be compared.
    private func head(ofOutside text: String, from floor: AuditHead) throws(RPCError) -> AuditHead {
        let head: AuditHead
        do {
            head = try note(text).head
        } catch {
            // This checkpoint is not a stored one, so that the remedy for those does not apply.
            let cause = error == .unknownKey ? CheckpointError.signature : error
            throw RPCError(.invalidParams, "cannot use the checkpoint: \(cause)")
        }
        guard head.seq >= floor.seq else {
            throw RPCError(
                .invalidParams, "\(AuditVerification.Fault.pruned(before: floor.seq + 1, checkpoint: head.seq))")
        }
        return head
    }

    /// Returns the signed note of a stored checkpoint. Throws ``CheckpointError``.
    func note(_ checkpoint: AuditCheckpoint) throws(CheckpointError) -> SignedCheckpoint {
        let note = try note(checkpoint.text)
        guard note.head.seq == checkpoint.seq else { throw .form }
        return note
    }

    /// Reads a signed note of this installation. Throws ``CheckpointError``, and among them `unknownKey` if the note names
    /// none of the keys.
    func note(_ text: String) throws(CheckpointError) -> SignedCheckpoint {
        let note = try SignedCheckpoint(unverified: text)
        guard note.installation == installation else { throw .signature }
        if keys.contains(where: { note.isSigned(by: $0) }) { return note }
        throw keys.contains { note.names($0) } ? .signature : .unknownKey
    }

    // MARK: Events

    /// Returns the hash over the events of a range. It has fewer events than the range if the ledger lacks some. Throws
    /// `cursorExpired` if some were pruned.
    func coverage(from first: Int64, through last: Int64) async throws(StorageError) -> EventCoverage {
        var digest = EventDigest()
        var after = first - 1
        while after < last {
            let events = try await store.events(
                EventQuery(filter: EventFilter(scope: .all), after: after, through: last, limit: Self.pageLimit))
            for event in events { digest.add(event) }
            guard let newest = events.last?.seq else { break }
            after = newest
        }
        return EventCoverage(from: first, through: last, digest)
    }

    /// Reads the entries after `seq`. Returns the last event whose hash they have, 0 if they have none, and the last entry.
    func covered(after seq: Int64) async throws(StorageError) -> (event: Int64, entry: Int64) {
        var (event, last) = (Int64(0), seq)
        while true {
            let page = try await store.audit(AuditQuery(scope: .all, after: last, limit: Self.pageLimit))
            for entry in page.entries.rows { event = max(event, EventCoverage(entry)?.through ?? 0) }
            last = max(last, page.examined)
            guard page.hasMore else { return (event, last) }
        }
    }

    /// Compares the events of a range with their hash, unless some of them were pruned.
    private func check(_ known: EventCoverage, _ verdict: inout Verdict) async throws {
        let found: EventCoverage
        do {
            found = try await coverage(from: known.from, through: known.through)
        } catch {
            guard error.code == .cursorExpired else { throw error }
            verdict.eventsPruned += known.count
            return
        }
        guard found.sha256 == known.sha256, found.count == known.count else {
            throw AuditVerification.Fault.events(entry: known.entry, from: known.from, through: known.through)
        }
        verdict.events += known.count
    }
}

extension AuditVerification {
    /// The number of entries in one read.
    private static let pageLimit: Int64 = 1000

    /// Checks the entries of a store after the last one that was checked, up to `head`, and that the last one has the
    /// hash of `head`. `note` gets each entry. The next entries are read while those before are hashed.
    ///
    /// Throws ``Fault`` for the first mismatch, and `StorageError` if entries cannot be read.
    public mutating func check(
        entriesOf store: any AuditStore, through head: AuditHead, note: (AuditEntry) -> Void = { _ in }
    ) async throws {
        var page = try await Self.page(of: store, after: self.head.seq, through: head.seq)
        while self.head.seq < head.seq {
            guard !page.isEmpty else { throw Fault.missing(after: self.head.seq, checkpoint: head.seq) }
            // If an entry of this page is missing, the check below fails.
            let last = self.head.seq + Int64(page.count)
            async let next = Self.page(of: store, after: last, through: head.seq)
            for entry in page.entries {
                switch entry {
                case .success(let entry):
                    try check(entry)
                    note(entry)
                case .failure(let row): throw Fault.content(Int64(row.id) ?? 0)
                }
            }
            page = try await next
        }
        guard self.head == head else { throw Fault.hash(head.seq) }
    }

    /// Returns at most ``pageLimit`` entries after `seq`, and none after `last`.
    private static func page(
        of store: any AuditStore, after seq: Int64, through last: Int64
    ) async throws(StorageError) -> Page<AuditEntry> {
        guard seq < last else { return Page() }
        return try await store.audit(AuditQuery(scope: .all, after: seq, limit: Int(min(pageLimit, last - seq))))
            .entries
    }
}

extension AuditEntry {
    /// The time of the entry by its content; `nil` without a readable content.
    fileprivate var time: Timestamp? {
        guard let body = content?.body else { return nil }
        return (try? JSONValue(parsing: body))?["at"]?.stringValue.flatMap { Timestamp($0) }
    }
}
