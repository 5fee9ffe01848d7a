import AuraModel
import Locking
import Storage

/// The names of the advisory locks that one write needs. The server holds them until the end of the transaction.
///
/// Each transaction of ``GroupCommit`` locks in this order, so that two daemons never wait for each other's advisory
/// locks:
///
/// 1. The advisory locks of all writes of the batch, in one statement: the total quota first, then the others in the
///    order of their keys. The names are those below, and `identities`, `secrets TENANT`, `record COLLECTION`,
///    `audit condition` and `audit prune` of the statements that both databases share.
/// 2. The rows that the writes lock or change: instances before their jobs.
/// 3. The row `audit_head`, if the batch has entries of the audit.
/// 4. The row `event_head`, in the last statement.
///
/// Two batches can still lock rows of step 2 in opposite orders. The server ends one of the transactions, which is
/// then repeated. Other transactions take at most one advisory lock: the migrations 7166570, and the epoch of the
/// ledger the same one as the claims.
final class AdvisoryLocks: Sendable {
    /// The transaction lacks a lock, which is among the names from then on.
    struct Missing: Error {}

    private let state: Locked<[String]>

    /// Creates the locks that a write needs as far as it is known before the transaction.
    init(_ names: [String] = []) {
        state = Locked(names)
    }

    /// The present names.
    var names: [String] { state.withLock { $0 } }

    /// Checks that the transaction has taken the lock. If the write finds out only from the rows that it needs one more
    /// lock, throws ``Missing``: the transaction is repeated and takes the lock at its start.
    func require(_ name: String) throws(Missing) {
        let isTaken = state.withLock { names in
            if names.contains(name) { return true }
            names.append(name)
            return false
        }
        guard isTaken else { throw Missing() }
    }

    /// Takes the locks, at the start of a transaction. Waits while other transactions hold them.
    static func take(_ names: [String], _ connection: PostgresConnection) throws {
        guard !names.isEmpty else { return }
        try connection.run(
            """
            SELECT pg_advisory_xact_lock(key) FROM (
                SELECT DISTINCT name <> '\(totalQuota)' AS is_other,
                    CASE name WHEN '\(claims)' THEN 7166571 ELSE hashtextextended(name, 0) END AS key
                FROM unnest($1::text[]) AS name
                ORDER BY is_other, key) AS sorted
            """, [PostgresValue(array: names)])
    }

    // MARK: Names

    /// The live instances of all tenants.
    static let totalQuota = "quota"
    /// Claims with a limit per tenant. Its key is a number that daemons of former releases use as well.
    static let claims = "claims"

    /// The live instances and the jobs of a tenant, or the live instances of all tenants for `nil`.
    static func quota(of tenant: TenantID?) -> String { tenant.map { "quota \($0.text)" } ?? totalQuota }

    /// A key of idempotency.
    static func key(_ key: Idempotency) -> String { "key \(key.scope) \(key.key)" }

    /// The jobs with a concurrency slot.
    static func slot(_ name: String) -> String { "place \(name)" }

    /// The calls of a provider.
    static func bucket(_ name: String) -> String { "bucket \(name)" }

    /// The locks of a submission, without those that depend on the state of an existing instance.
    static func of(_ submission: Submission) -> AdvisoryLocks {
        var names: [String] = []
        if let key = submission.idempotency { names.append(self.key(key)) }
        if case .new = submission.target, submission.totalQuota != nil || submission.quota != nil {
            names.append(quota(of: submission.totalQuota == nil ? submission.tenant : nil))
        }
        if submission.jobQuota != nil, submission.job.kind != .destroy { names.append(quota(of: submission.tenant)) }
        for collection in Set(submission.records.map(\.id.collection)) {
            names.append(SQLRecordRows<SharedStatements>.lockName(of: collection))
        }
        return AdvisoryLocks(names)
    }
}
