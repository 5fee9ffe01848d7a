public import AuraModel
import GRDB
import JSON
public import Storage

/// Operations: submissions, cancellations and retries.
extension SQLiteStore {
    public func submit(_ submission: Submission) async throws(StorageError) -> Submitted {
        guard case .new(let instance) = submission.target else {
            return try await writer.write(mayThrowAfterWriting: true) { [decoded] database, ledger in
                try SQLiteOperationRows.run(database, decoded, &ledger) { try $0.submit(submission) }
            }
        }
        // The document is encoded here, to keep the writer thread free. Without records, the transaction throws only before
        // it changes a row, so it needs no savepoint.
        let document = instance.document()
        return try await writer.write(mayThrowAfterWriting: !submission.records.isEmpty) { [decoded] database, ledger in
            try SQLiteOperationRows.run(database, decoded, &ledger, encoded: (instance, document)) {
                try $0.submit(submission)
            }
        }
    }

    public func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try await writer.write { [decoded] database, ledger in
            try SQLiteOperationRows.run(database, decoded, &ledger) { try $0.requestCancellation(request) }
        }
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try await writer.write { [decoded] database, ledger in
            try SQLiteOperationRows.run(database, decoded, &ledger) { try $0.makeDueNow(request) }
        }
    }
}

/// The rows of an operation's transaction. The database has one writer, so no row needs a lock.
private struct SQLiteOperationRows: OperationRows {
    let database: Database
    let decoded: DecodedInstances
    /// The new instance and its document, which was encoded before the transaction; `nil` for an existing instance.
    let encoded: (instance: Instance, document: String)?
    var events: [EventDraft] = []
    var audit: [AuditDraft] = []

    static func run<Value>(
        _ database: Database, _ decoded: DecodedInstances, _ ledger: inout GroupCommit.LedgerDraft,
        encoded: (Instance, String)? = nil, _ body: (inout SQLiteOperationRows) throws -> Value
    ) throws -> Value {
        var rows = SQLiteOperationRows(database: database, decoded: decoded, encoded: encoded)
        let value = try body(&rows)
        try LedgerRows.append(rows.events, database, &ledger)
        ledger.audit.append(contentsOf: rows.audit)
        return value
    }

    func calls(with key: Idempotency, orIn otherScope: String) throws -> [IdempotentCall] {
        let statement = try database.cachedStatement(
            sql: "SELECT scope, request, job FROM idempotency WHERE scope IN (?, ?) AND key = ?")
        return try Row.fetchAll(statement, arguments: [key.scope, otherScope, key.key]).map { row in
            IdempotentCall(scope: row["scope"], request: row["request"], job: JobID(row["job"]))
        }
    }

    func remember(_ key: Idempotency, for job: JobID, at now: Timestamp) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO idempotency (scope, key, request, job, created_at) VALUES (?, ?, ?, ?, ?)")
        try statement.execute(arguments: [key.scope, key.key, key.request, job.text, now.milliseconds])
    }

    func instance(_ reference: InstanceReference, in scope: TenantScope, locking: Bool) throws -> Instance? {
        try InstanceRows.find(reference, in: scope, database, decoded, remembers: false)
    }

    func lockQuota(of tenant: TenantID?) {}

    func countLive(of tenant: TenantID?, limit: Int) throws -> Int {
        try InstanceRows.countLive(of: tenant, atMost: limit, database)
    }

    func countJobs(of tenant: TenantID, limit: Int) throws -> Int {
        let statement = try database.cachedStatement(sql: Self.countJobs)
        return try Int.fetchOne(statement, arguments: [tenant.text, limit, tenant.text, limit]) ?? 0
    }

    /// The conditions are those of the indexes `job_queued_tenant` and `job_in_flight`.
    private static let countJobs = """
        SELECT (SELECT count(*) FROM (
                SELECT 1 FROM job WHERE tenant = ? AND state = 'queued' AND kind <> 'destroy' LIMIT ?))
            + (SELECT count(*) FROM (
                SELECT 1 FROM job
                WHERE tenant = ? AND finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy' LIMIT ?))
        """

    func insert(_ instance: Instance) throws {
        let document = encoded?.instance == instance ? encoded?.document : nil
        try InstanceRows.insert(instance, document: document ?? instance.document(), database)
    }

    func holdName(_ instance: Instance) throws { try InstanceRows.takeName(instance, database) }

    func update(_ instance: Instance) throws { try InstanceRows.updateWhole(instance, database) }

    func apply(_ records: [RecordChange], in scope: TenantScope, at now: Timestamp) throws {
        var rows = SQLRecordRows(SharedStatements(database))
        try rows.apply(records, in: scope, at: now)
    }

    func job(_ id: JobID, in scope: TenantScope, locking: Bool) throws -> Job? {
        try JobRows.find(id, in: scope, database)
    }

    func activeJobs(of instance: InstanceID) throws -> [Job] { try JobRows.active(of: instance, database) }

    func insert(_ job: Job) throws { try JobRows.insert(job, database) }

    func supersede(_ job: JobID) throws -> Bool {
        let statement = try database.cachedStatement(sql: "UPDATE job SET cancellation = 'superseded' WHERE id = ?")
        try statement.execute(arguments: [job.text])
        return try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT lease_owner IS NOT NULL FROM job WHERE id = ?"),
            arguments: [job.text]) == true
    }

    func endSuperseded(_ job: JobID, at now: Timestamp) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE job SET state = 'cancelled', failure = ?, finished_at = ?, waiting_for = NULL, epoch = epoch + 1
                WHERE id = ?
                """)
        try statement.execute(arguments: [
            try JSONCoder.encodeString(Failure.superseded), now.milliseconds, job.text,
        ])
    }

    func requestCancellation(of job: JobID, at now: Timestamp) throws -> Job {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE job SET cancellation = 'requested',
                    available_at = CASE WHEN lease_owner IS NULL THEN min(available_at, ?) ELSE available_at END
                WHERE id = ?
                """)
        try statement.execute(arguments: [now.milliseconds, job.text])
        return try present(job)
    }

    func makeDue(_ job: JobID, at now: Timestamp) throws -> Job? {
        let statement = try database.cachedStatement(
            sql: "UPDATE job SET available_at = ? WHERE id = ? AND lease_owner IS NULL AND available_at > ?")
        try statement.execute(arguments: [now.milliseconds, job.text, now.milliseconds])
        return database.changesCount == 1 ? try present(job) : nil
    }

    private func present(_ job: JobID) throws -> Job {
        guard let row = try JobRows.find(job, in: .all, database) else {
            throw StorageError(.corrupt, "job \(job) is missing in its own transaction")
        }
        return row
    }
}
