import AuraModel
import JSON
import Storage

/// The events of one transaction. They get their `seq` at the end of the transaction.
struct LedgerDraft {
    private(set) var drafts: [EventDraft] = []

    mutating func append(_ more: [EventDraft]) {
        drafts.append(contentsOf: more)
    }

    mutating func rollBack(to count: Int) {
        drafts.removeLast(drafts.count - count)
    }

    /// Increments the counter `event_head`, writes the events with the numbers, and commits, in one round trip. Returns
    /// the last `seq` before these events.
    ///
    /// The counter's row is locked until the commit, so that the numbers follow the order of the commits, and a
    /// rollback leaves no gap. The transaction's last statement updates the counter, so that other writers wait only
    /// for the server and not for this process.
    func commit(_ connection: PostgresConnection) throws -> Int64 {
        func column(_ value: (EventDraft) -> String?) -> PostgresValue { PostgresValue(array: drafts.map(value)) }
        let head = try connection.runAndCommit(
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
        guard let base = head.first?.number("base") else {
            throw StorageError(.corrupt, "the ledger has no head")
        }
        return base
    }

    /// Returns the events with their `seq`. The first event has `base` + 1.
    func events(after base: Int64) -> [Event] {
        drafts.enumerated().map { Event(seq: base + Int64($0.offset) + 1, entry: $0.element) }
    }
}
