public import AuraModel
import Locking
public import Storage

/// The audit.
extension ModelStore {
    public func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try write { rows throws(StorageError) in rows.audit.append(drafts) }
    }

    public func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        try write { rows throws(StorageError) in
            guard !rows.audit.rows.contains(where: { $0.entry.seq > seq && exists($0.entry) }) else { return false }
            rows.audit.append([draft])
            return true
        }
    }

    public func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        let found = read { $0.audit.rows }.filter { row in
            row.entry.seq > query.after && query.from.map { row.at >= $0 } ?? true
                && query.before.map { row.at < $0 } ?? true
        }
        return query.page(of: found.prefix(query.rowLimit).map { .success($0.entry) })
    }

    public func auditBounds() async throws(StorageError) -> AuditBounds {
        read { $0.audit.bounds }
    }

    public func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try write { rows throws(StorageError) in
            let count = rows.audit.erase(Set(entries))
            if let audit { rows.audit.append([audit]) }
            return count
        }
    }

    public func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try write { rows throws(StorageError) in rows.audit.prune(request) }
    }

    public func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try write { rows throws(StorageError) in
            if rows.audit.checkpoints[checkpoint.seq] == nil { rows.audit.checkpoints[checkpoint.seq] = checkpoint }
            for seq in rows.audit.checkpoints.keys.sorted().dropLast(AuditCheckpoint.keptLimit) {
                rows.audit.checkpoints[seq] = nil
            }
        }
    }

    public func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        Page(rows: read { $0.audit.checkpoints.values }.sorted { $0.seq < $1.seq })
    }
}

/// The rows of the audit, in memory. The head of the chain is known when the first entry is appended.
struct ModelAudit: Sendable {
    struct Row: Sendable {
        var at: Timestamp
        var entry: AuditEntry
    }

    var bounds = AuditBounds(floor: .start(installation: ""), head: .start(installation: ""))
    var rows: [Row] = []
    var checkpoints: [Int64: AuditCheckpoint] = [:]

    /// Begins the chain of an installation, unless it has entries.
    mutating func begin(_ installation: String) {
        guard bounds.head.seq == 0 else { return }
        bounds = AuditBounds(floor: .start(installation: installation), head: .start(installation: installation))
    }

    mutating func append(_ drafts: [AuditDraft]) {
        for draft in drafts { rows.append(Row(at: draft.at, entry: bounds.head.append(AuditEntry.Content(draft)))) }
    }

    mutating func erase(_ entries: Set<Int64>) -> Int {
        var count = 0
        for index in rows.indices where entries.contains(rows[index].entry.seq) && rows[index].entry.content != nil {
            rows[index].entry.content = nil
            count += 1
        }
        return count
    }

    mutating func prune(_ request: AuditPruneRequest) -> AuditBounds {
        let old = rows.prefix(max(request.limit, 0)).prefix {
            $0.entry.seq <= request.through && $0.at < request.before
        }
        guard let last = old.last?.entry else { return bounds }
        rows.removeFirst(old.count)
        bounds.floor = AuditHead(seq: last.seq, hash: last.hash)
        return bounds
    }
}

/// Direct access to the audit for tests, past the store.
extension ModelStore.Disk {
    public var audit: [AuditEntry] { rows.withLock { $0.audit.rows.map(\.entry) } }
    /// Changes the column with the time of each entry, which no hash covers.
    public func changeAuditTimes(to at: Timestamp) {
        rows.withLock { rows in
            for index in rows.audit.rows.indices { rows.audit.rows[index].at = at }
        }
    }
    /// The installation of the first store over this disk.
    public var installationName: String { installation.withLock { $0 } ?? "" }
}
