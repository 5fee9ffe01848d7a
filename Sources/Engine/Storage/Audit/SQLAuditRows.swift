package import AuraModel

/// The rows of the audit in a database with SQL.
package struct SQLAuditRows<Connection: SQLConnection> {
    private let connection: Connection
    /// The head of an audit without entries.
    private let start: AuditHead

    /// Creates the rows of the transaction that the connection is in. `start` is the head of an audit without entries.
    package init(_ connection: Connection, start: AuditHead) {
        self.connection = connection
        self.start = start
    }

    // MARK: Reads

    /// Returns the range of entries. Throws `corrupt` if the row with it is missing or damaged.
    package func bounds() throws -> AuditBounds {
        let sql = "SELECT seq, hash, floor_seq, floor_hash FROM audit_head WHERE one = 1"
        let row = try connection.rows(sql, []).first
        return AuditBounds(
            floor: try AuditHead(row, "floor_seq", "floor_hash", start: start), head: try AuditHead(row, start: start))
    }

    /// Returns a page of entries.
    package func page(_ query: AuditQuery) throws -> AuditPage {
        var conditions = ["seq > ?"]
        var values: [SQLValue] = [.number(query.after)]
        for case (let condition, let moment?) in [("at >= ?", query.from), ("at < ?", query.before)] {
            conditions.append(condition)
            values.append(SQLValue(moment))
        }
        let sql = """
            SELECT seq, body, salt, digest, hash FROM audit
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq LIMIT ?
            """
        let rows = try connection.rows(sql, values + [.number(Int64(query.rowLimit))])
        return query.page(of: rows.map(AuditEntry.entry))
    }

    /// Returns all checkpoints, oldest first.
    package func checkpoints() throws -> Page<AuditCheckpoint> {
        let rows = try connection.rows("SELECT seq, at, note FROM audit_checkpoint ORDER BY seq", [])
        return Page(
            rows.map { row in
                UnreadableRow.catching(.auditCheckpoint, id: row.shown("seq")) {
                    AuditCheckpoint(seq: try row.number("seq"), at: try row.moment("at"), text: try row.text("note"))
                }
            })
    }

    // MARK: Writes

    /// Appends entries after the head. No other transaction may append until the end of this one.
    package func append(_ drafts: [AuditDraft]) throws {
        var head = try AuditHead(
            try connection.rows("SELECT seq, hash FROM audit_head WHERE one = 1", []).first, start: start)
        for draft in drafts {
            let content = AuditEntry.Content(draft)
            let entry = head.append(content)
            try connection.insert(
                [
                    .number(entry.seq), SQLValue(draft.at), .bytes(content.body), .bytes(content.salt),
                    .bytes(entry.digest), .bytes(entry.hash),
                ], ["seq", "at", "body", "salt", "digest", "hash"], into: .audit)
        }
        try connection.run(
            "UPDATE audit_head SET seq = ?, hash = ? WHERE one = 1", [.number(head.seq), .bytes(head.hash)])
    }

    /// The lock that each conditional append takes.
    package static var conditionLockName: String { "audit condition" }

    /// Returns true if an entry after `seq` satisfies `condition`. No other transaction may append an entry on a condition
    /// until the end of this one.
    package func has(after seq: Int64, _ condition: (AuditEntry) -> Bool) throws -> Bool {
        try connection.lock(Self.conditionLockName)
        let sql = "SELECT seq, body, salt, digest, hash FROM audit WHERE seq > ? ORDER BY seq"
        return try connection.rows(sql, [.number(seq)]).contains { row in
            (try? AuditEntry.entry(row).get()).map(condition) ?? false
        }
    }

    /// Erases the contents of entries. Returns the number of entries that had one.
    package func erase(_ entries: [Int64]) throws -> Int {
        let sql = "UPDATE audit SET body = NULL, salt = NULL WHERE seq = ? AND body IS NOT NULL"
        return try entries.reduce(0) { $0 + (try connection.run(sql, [.number($1)])) }
    }

    /// The lock that each deletion of old entries takes.
    package static var pruneLockName: String { "audit prune" }

    /// Deletes old entries, and returns the range of entries that are left.
    package func prune(_ request: AuditPruneRequest) throws -> AuditBounds {
        try connection.lock(Self.pruneLockName)
        let present = try bounds()
        let last = min(request.through, present.head.seq, present.floor.seq + Int64(max(request.limit, 0)))
        let kept = try connection.rows(
            "SELECT min(seq) AS seq FROM audit WHERE seq > ? AND seq <= ? AND at >= ?",
            [.number(present.floor.seq), .number(last), SQLValue(request.before)]
        ).first
        let floor = try kept.map { $0["seq"] == .null ? last : try $0.number("seq") - 1 } ?? last
        guard floor > present.floor.seq else { return present }
        guard let row = try connection.rows("SELECT hash FROM audit WHERE seq = ?", [.number(floor)]).first,
            let hash = try? row.bytes("hash", count: AuditChain.hashBytes)
        else {
            throw StorageError(
                .corrupt,
                "cannot prune the audit up to entry \(floor): the entry is missing or damaged; restore a backup")
        }
        try connection.run("DELETE FROM audit WHERE seq <= ?", [.number(floor)])
        try connection.run(
            "UPDATE audit_head SET floor_seq = ?, floor_hash = ? WHERE one = 1", [.number(floor), .bytes(hash)])
        return AuditBounds(floor: AuditHead(seq: floor, hash: hash), head: present.head)
    }

    /// Stores a checkpoint, and deletes the oldest ones.
    package func put(_ checkpoint: AuditCheckpoint) throws {
        try connection.insert(
            [.number(checkpoint.seq), SQLValue(checkpoint.at), .text(checkpoint.text)], ["seq", "at", "note"],
            into: .auditCheckpoint, "ON CONFLICT (seq) DO NOTHING")
        try connection.run(
            """
            DELETE FROM audit_checkpoint
            WHERE seq < (SELECT min(seq) FROM (SELECT seq FROM audit_checkpoint ORDER BY seq DESC LIMIT ?) AS kept)
            """, [.number(Int64(AuditCheckpoint.keptLimit))])
    }
}

extension AuditHead {
    /// Reads the row of the head, or of the floor. Its hash is NULL before the first entry. Throws `corrupt` if the row
    /// is missing or damaged.
    package init(
        _ row: SQLRow?, _ seqColumn: String = "seq", _ hashColumn: String = "hash", start: AuditHead
    ) throws(StorageError) {
        guard let row else {
            throw StorageError(.corrupt, "the head of the audit is missing: restore a backup")
        }
        do {
            let seq = try row.number(seqColumn)
            let hash = seq == 0 ? start.hash : try row.bytes(hashColumn, count: AuditChain.hashBytes)
            self.init(seq: seq, hash: hash)
        } catch {
            throw StorageError(.corrupt, "the head of the audit is damaged, \(error): restore a backup")
        }
    }
}

extension AuditEntry {
    /// Reads a row.
    fileprivate static func entry(_ row: SQLRow) -> Result<AuditEntry, UnreadableRow> {
        UnreadableRow.catching(.audit, id: row.shown("seq")) {
            let isErased = if case (.null, .null) = (row["body"], row["salt"]) { true } else { false }
            let content =
                isErased
                ? nil
                : AuditEntry.Content(
                    salt: try row.bytes("salt", count: AuditChain.saltBytes), body: try row.bytes("body"))
            return AuditEntry(
                seq: try row.number("seq"), content: content,
                digest: try row.bytes("digest", count: AuditChain.hashBytes),
                hash: try row.bytes("hash", count: AuditChain.hashBytes))
        }
    }
}
