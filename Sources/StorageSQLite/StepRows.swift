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
            ON CONFLICT (job, number) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
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

    static func fetch(of job: JobID, _ database: Database) throws -> [StepRecord] {
        let statement = try database.cachedStatement(sql: "SELECT * FROM step WHERE job = ? ORDER BY number")
        return try Row.fetchAll(statement, arguments: [job.text]).map(step)
    }

    private static func step(_ row: Row) throws -> StepRecord {
        var step = StepRecord(job: JobID(row["job"]), index: row["number"], name: row["name"])
        guard let state = StepState(rawValue: row["state"]) else {
            throw StorageError(
                .corrupt, "step \(step.name) of job \(step.job) has a state that this version does not know")
        }
        step.state = state
        step.attempt = row["attempt"]
        step.memory = try JSONValue(parsing: row["memory"] as String)
        step.externalID = row["external_id"]
        step.startedAt = (row["started_at"] as Int64?).map(Timestamp.init(milliseconds:))
        step.deadline = (row["deadline"] as Int64?).map(Timestamp.init(milliseconds:))
        step.finishedAt = (row["finished_at"] as Int64?).map(Timestamp.init(milliseconds:))
        return step
    }
}
