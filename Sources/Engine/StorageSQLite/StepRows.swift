import AuraModel
import GRDB
import JSON
import Storage

/// The rows of steps.
enum StepRows {
    static func put(_ step: StepRecord, _ database: Database) throws {
        var statement = try HotStatement(
            database,
            """
            INSERT INTO step (job, number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job, name) DO UPDATE SET number = excluded.number, state = excluded.state, attempt = excluded.attempt,
                memory = excluded.memory, external_id = excluded.external_id, started_at = excluded.started_at,
                deadline = excluded.deadline, finished_at = excluded.finished_at
            """)
        statement.bind(step.job.text)
        statement.bind(step.index)
        statement.bind(step.name)
        statement.bind(step.state.rawValue)
        statement.bind(step.attempt)
        statement.bind(step.memory.serializedString())
        statement.bind(step.externalID)
        statement.bind(step.startedAt?.milliseconds)
        statement.bind(step.deadline?.milliseconds)
        statement.bind(step.finishedAt?.milliseconds)
        try statement.run()
    }

    static func fetch(of job: JobID, in scope: TenantScope, _ database: any StatementSource) throws -> [StepRecord] {
        guard case .only(let tenants) = scope else { return try entries(of: job, database).map { try $0.row() } }
        let sql = ofJobInScope.text(for: tenants)
        return try HotStatement(database, sql, [.text(job.text), .text(job.text), .tenants(tenants)])
            .rows { try step($0, of: job) }
    }

    /// Returns the steps of a job, readable or not, in order of their numbers.
    static func entries(of job: JobID, _ database: any StatementSource) throws -> [Result<StepRecord, UnreadableRow>] {
        try HotStatement(database, ofJob, [.text(job.text)]).rows { row in
            UnreadableRow.catching(.job, id: job.text) { try step(row, of: job) }
        }
    }

    private static let columns =
        "SELECT number, name, state, attempt, memory, external_id, started_at, deadline, finished_at FROM step"
    private static let ofJob = "\(columns) WHERE job = ? ORDER BY number, name"
    /// A step has no tenant of its own. Its tenant is that of its job.
    private static let ofJobInScope = ScopedSQL { condition in
        """
        \(columns) WHERE job = ? AND EXISTS (SELECT 1 FROM job WHERE id = ? AND \(condition))
        ORDER BY number, name
        """
    }

    private static func step(_ row: HotRow, of job: JobID) throws -> StepRecord {
        var step = StepRecord(job: job, index: Int(try row.number(0) ?? 0), name: row.text(1) ?? "")
        let state = row.text(2) ?? ""
        guard let known = StepState(rawValue: state) else {
            throw StorageError.unknown(state, as: "state", of: "step \(step.name) of job \(job)")
        }
        step.state = known
        step.attempt = Int(try row.number(3) ?? 0)
        step.memory = try JSONValue(parsing: row.text(4) ?? "null")
        step.externalID = row.text(5)
        step.startedAt = try row.moment(6)
        step.deadline = try row.moment(7)
        step.finishedAt = try row.moment(8)
        return step
    }
}
