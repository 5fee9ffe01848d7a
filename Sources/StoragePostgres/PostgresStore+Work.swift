public import AuraModel
import JSON
public import Storage

/// Keeping leases, and writing what workers decide.
extension PostgresStore {
    public func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState] {
        try await writer.write { connection, _ in
            let until = try self.leaseTime(request.now, connection) + request.lease
            let rows = try connection.run(
                """
                UPDATE job SET lease_until = $1 FROM unnest($2::text[], $3::bigint[]) AS held (id, epoch)
                WHERE job.id = held.id AND job.epoch = held.epoch AND job.lease_owner IS NOT NULL
                RETURNING job.id, job.epoch, job.cancellation
                """,
                [
                    PostgresValue(until), PostgresValue(array: request.held.map(\.job.text)),
                    PostgresValue(array: request.held.map { String($0.epoch) }),
                ])
            let kept = rows.all.map { row in
                LeaseState(
                    job: JobID(row.text("id") ?? ""), epoch: row.number("epoch") ?? 0,
                    cancellation: row.text("cancellation").flatMap(Cancellation.init(rawValue:)))
            }
            let order = Dictionary(uniqueKeysWithValues: request.held.enumerated().map { ($0.element.job, $0.offset) })
            let states = kept.sorted { order[$0.job, default: 0] < order[$1.job, default: 0] }
            return { _ in states }
        }
    }

    /// What needs no database is made before the writer's turn, since its thread bounds what all jobs can do.
    public func apply(_ transition: Transition) async throws -> Applied {
        let document = try transition.instance.map(JSONCoder.encodeString)
        return try await writer.write { connection, ledger in
            let cancellation: Cancellation?
            switch try Self.write(transition, document: document, connection) {
            case .written(let asked):
                cancellation = asked
                ledger.append(transition.events)
                if transition.job.state.isTerminal { try Self.unblock(after: transition.job, connection) }
            case .repeated(let asked):
                cancellation = asked
            case .fenced:
                throw StorageError(.fenced, "job \(transition.job.id) belongs to another worker now")
            }
            let offset = Int64(ledger.drafts.count)
            return { Applied(seq: $0 + offset, cancellation: cancellation) }
        }
    }

    private enum Outcome {
        case written(Cancellation?)
        /// It had committed already: its answer was lost.
        case repeated(Cancellation?)
        case fenced
    }

    /// The job's row, its steps and its instance, in one round trip: the last two only where the first was the worker's.
    private static let statement = """
        WITH moved AS (
            UPDATE job SET state = $1,
                available_at = CASE WHEN $2 OR cancellation IS NOT DISTINCT FROM $3 THEN $4 ELSE least($4, created_at) END,
                attempt = $5, waiting_for = $6, failure = $7, started_at = $8, finished_at = $9, progress = $10, place = $11,
                written = greatest(written, $12), lease_owner = CASE WHEN $2 THEN lease_owner END,
                lease_until = CASE WHEN $2 THEN lease_until END
            WHERE id = $13 AND epoch = $14 AND lease_owner IS NOT NULL AND (written < $12 OR $12 = 0)
            RETURNING cancellation
        ), stepped AS (
            INSERT INTO step (job, number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
            SELECT $13, row.number, row.name, row.state, row.attempt, row.memory, row.external_id, row.started_at, row.deadline,
                row.finished_at
            FROM unnest($15::integer[], $16::text[], $17::text[], $18::integer[], $19::text[], $20::text[], $21::bigint[],
                    $22::bigint[], $23::bigint[])
                AS row (number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
            WHERE EXISTS (SELECT 1 FROM moved)
            ON CONFLICT (job, number) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
                memory = excluded.memory, external_id = excluded.external_id, started_at = excluded.started_at,
                deadline = excluded.deadline, finished_at = excluded.finished_at
        ), changed AS (
            UPDATE instance SET phase = $24, holds_name = holds_name AND $25, document = $26
            WHERE id = $27 AND EXISTS (SELECT 1 FROM moved)
        )
        SELECT cancellation FROM moved
        """

    private static func write(
        _ transition: Transition, document: String?, _ connection: PostgresConnection
    ) throws -> Outcome {
        let job = transition.job
        let values =
            try values(of: job, transition) + values(of: transition.steps)
            + values(of: transition.instance, document: document)
        if let row = try connection.run(statement, values).first {
            return .written(row.text("cancellation").flatMap(Cancellation.init(rawValue:)))
        }
        guard transition.number > 0 else { return .fenced }
        let present = try connection.run(
            "SELECT cancellation FROM job WHERE id = $1 AND epoch = $2 AND written = $3",
            [PostgresValue(job.id.text), PostgresValue(job.epoch), PostgresValue(transition.number)]
        ).first
        return present.map { .repeated($0.text("cancellation").flatMap(Cancellation.init(rawValue:))) } ?? .fenced
    }

    /// `$1` to `$14`
    private static func values(of job: Job, _ transition: Transition) throws -> [PostgresValue] {
        [
            PostgresValue(job.state.rawValue), PostgresValue(!transition.releasesLease),
            PostgresValue(job.cancellation?.rawValue), PostgresValue(job.availableAt), PostgresValue(job.attempt),
            PostgresValue(job.waitingFor), PostgresValue(try job.failure.map(JSONCoder.encodeString)),
            PostgresValue(job.startedAt), PostgresValue(job.finishedAt), PostgresValue(job.progress),
            PostgresValue(transition.releasesLease ? nil : job.place), PostgresValue(transition.number),
            PostgresValue(job.id.text), PostgresValue(job.epoch),
        ]
    }

    /// `$15` to `$23`
    private static func values(of steps: [StepRecord]) -> [PostgresValue] {
        func column(_ value: (StepRecord) -> String?) -> PostgresValue { PostgresValue(array: steps.map(value)) }
        func moment(_ value: (StepRecord) -> Timestamp?) -> PostgresValue {
            column { value($0).map { String($0.milliseconds) } }
        }
        return [
            column { String($0.index) }, column(\.name), column(\.state.rawValue), column { String($0.attempt) },
            column { $0.memory.serializedString() }, column(\.externalID), moment(\.startedAt), moment(\.deadline),
            moment(\.finishedAt),
        ]
    }

    /// `$24` to `$27`
    private static func values(of instance: Instance?, document: String?) -> [PostgresValue] {
        [
            PostgresValue(instance?.phase.rawValue), PostgresValue(instance.map(keepsName) ?? true),
            PostgresValue(document), PostgresValue(instance?.id.text),
        ]
    }

    /// Lets the jobs go on that waited for this one to end.
    private static func unblock(after job: Job, _ connection: PostgresConnection) throws {
        try connection.run(
            "UPDATE job SET blocked_by = NULL, available_at = least(available_at, $1) WHERE blocked_by = $2",
            [PostgresValue(job.finishedAt), PostgresValue(job.id.text)])
    }

    public func requestCancellation(_ request: CancellationRequest) async throws -> Job {
        try await writer.write { connection, ledger in
            let job = try Self.cancel(request, connection, &ledger)
            return { _ in job }
        }
    }

    private static func cancel(
        _ request: CancellationRequest, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Job {
        guard let job = try find(request.job, locking: true, connection) else {
            throw StorageError(.jobNotFound, "no job has the id \(request.job)")
        }
        guard !job.state.isTerminal else {
            throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
        }
        guard job.cancellation == nil else { return job }
        let row = try connection.run(
            """
            UPDATE job SET cancellation = 'requested',
                available_at = CASE WHEN lease_owner IS NULL THEN least(available_at, $1) ELSE available_at END
            WHERE id = $2 RETURNING *
            """, [PostgresValue(request.now), PostgresValue(job.id.text)]
        ).first
        var draft = EventDraft(
            at: request.now, type: .jobCancelRequested, tenant: job.tenant,
            message: "\(job.kind.rawValue) is to be cancelled")
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        ledger.append([draft])
        return try row?.job() ?? job
    }

    public func hasten(_ request: HastenRequest) async throws -> Job {
        try await writer.write { connection, ledger in
            let job = try Self.hasten(request, connection, &ledger)
            return { _ in job }
        }
    }

    private static func hasten(
        _ request: HastenRequest, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Job {
        guard let job = try find(request.job, locking: true, connection) else {
            throw StorageError(.jobNotFound, "no job has the id \(request.job)")
        }
        guard !job.state.isTerminal else {
            throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
        }
        let row = try connection.run(
            """
            UPDATE job SET available_at = $1 WHERE id = $2 AND lease_owner IS NULL AND available_at > $1 RETURNING *
            """, [PostgresValue(request.now), PostgresValue(job.id.text)]
        ).first
        guard let row else { return job }
        ledger.append([.retryRequested(of: job, at: request.now)])
        return try row.job()
    }

    /// Changes nothing: other daemons may be alive. Their leases run out by themselves where they are not.
    public func takeOverLeases(owner: String) async throws -> Int { 0 }
}
