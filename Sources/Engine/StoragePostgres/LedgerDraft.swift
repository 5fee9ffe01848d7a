import AuraModel
import JSON
import Storage

/// The events of one transaction, which get their `seq` at the end of the transaction, and its entries of the audit.
struct LedgerDraft {
    private(set) var drafts: [EventDraft] = []
    private var audit: [AuditDraft] = []

    /// The state before an item.
    typealias Mark = (events: Int, audit: Int)

    var mark: Mark { (drafts.count, audit.count) }

    mutating func append(_ more: [EventDraft]) {
        drafts.append(contentsOf: more)
    }

    mutating func append(audit more: [AuditDraft]) {
        audit.append(contentsOf: more)
    }

    mutating func rollBack(to mark: Mark) {
        drafts.removeLast(drafts.count - mark.events)
        audit.removeLast(audit.count - mark.audit)
    }

    /// Locks the head of the audit until the end of the transaction, and returns the statement that appends the entries.
    /// Returns `nil` without a statement if the transaction has none.
    ///
    /// The head has a row of its own. The counter of events is locked later, by the last statement, so that commits
    /// without entries never wait for the round trip of this one.
    func auditStatement(_ connection: PostgresConnection, start: AuditHead) throws -> PostgresStatement? {
        guard !audit.isEmpty else { return nil }
        let rows = try connection.run("SELECT seq, hash FROM audit_head WHERE one = 1 FOR UPDATE").sqlRows
        var head = try AuditHead(rows.first, start: start)
        let contents = audit.map { AuditEntry.Content($0) }
        let entries = contents.map { head.append($0) }
        func column(_ value: (AuditEntry) -> [UInt8]) -> PostgresValue {
            PostgresValue(array: entries.map { PostgresValue(bytes: value($0)).text })
        }
        return PostgresStatement(
            """
            WITH head AS (
                UPDATE audit_head SET seq = $1::bigint, hash = $2::bytea WHERE one = 1
            )
            INSERT INTO audit (seq, at, body, salt, digest, hash)
            SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[])
            """,
            [
                PostgresValue(head.seq), PostgresValue(bytes: head.hash),
                PostgresValue(array: entries.map { String($0.seq) }),
                PostgresValue(array: audit.map { String($0.at.milliseconds) }), column { $0.content?.body ?? [] },
                column { $0.content?.salt ?? [] }, column(\.digest), column(\.hash),
            ])
    }

    /// Runs `statement`, increments the counter `event_head`, writes the events with the numbers, and commits, in one
    /// round trip. Returns the last `seq` before these events.
    ///
    /// The counter's row is locked until the commit, so that the numbers follow the order of the commits, and a
    /// rollback leaves no gap. The transaction's last statement updates the counter, so that other writers wait only
    /// for the server and not for this process.
    func commit(_ connection: PostgresConnection, after statement: PostgresStatement? = nil) throws -> Int64 {
        let last = drafts.isEmpty ? PostgresStatement("SELECT seq AS base FROM event_head WHERE one = 1") : events
        let rows = try connection.runAndCommit((statement.map { [$0] } ?? []) + [last])
        guard let base = rows.first?.number("base") ?? (drafts.isEmpty ? 0 : nil) else {
            throw StorageError(.corrupt, "the ledger has no head")
        }
        return base
    }

    /// The statement that increments the counter and writes the events.
    private var events: PostgresStatement {
        func column(_ value: (EventDraft) -> String?) -> PostgresValue { PostgresValue(array: drafts.map(value)) }
        return PostgresStatement(
            """
            WITH head AS (
                UPDATE event_head SET seq = seq + $1::bigint WHERE one = 1 RETURNING seq - $1::bigint AS base
            ), written AS (
                INSERT INTO event (seq, at, type, tenant, instance, job, change, phase, step, progress, message, data,
                    principal)
                SELECT head.base + row.number, row.at, row.type, row.tenant, row.instance, row.job, row.change, row.phase,
                    row.step, row.progress, row.message, row.data, row.principal
                FROM head, unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                        $9::text[], $10::double precision[], $11::text[], $12::text[], $13::text[])
                    WITH ORDINALITY
                    AS row (at, type, tenant, instance, job, change, phase, step, progress, message, data, principal,
                        number)
            )
            SELECT base FROM head
            """,
            [
                PostgresValue(drafts.count), column { String($0.at.milliseconds) }, column(\.type.rawValue),
                column(\.tenant.text), column { $0.instance?.text }, column { $0.job?.text },
                column { $0.change?.text },
                column { $0.phase?.rawValue }, column(\.step), column { $0.progress.map { "\($0)" } },
                column(\.message),
                column { $0.data?.serializedString() }, column { $0.principal?.text },
            ])
    }

    /// Returns the events with their `seq`. The first event has `base` + 1.
    func events(after base: Int64) -> [Event] {
        drafts.enumerated().map { Event(seq: base + Int64($0.offset) + 1, entry: $0.element) }
    }
}
