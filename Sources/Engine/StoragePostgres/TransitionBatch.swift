import AuraModel
import JSON
import Storage

/// A queued transition with its encoded values.
struct WaitingTransition: Sendable {
    var transition: Transition
    /// The encoded instance, if the transition changes it.
    var document: String?
    /// The encoded failure of the job, if it has one.
    var failure: String?
    /// Called after the commit. `seq` is that of the transition's last event. If this commit has no event of the
    /// transition, `seq` is that of the event before it. `cancellation` is the requested cancellation of the job.
    var finish: @Sendable (_ seq: Int64, _ cancellation: Cancellation?) -> Void
    var fail: @Sendable (StorageError) -> Void

    var job: Job { transition.job }
    var fenced: StorageError { StorageError(.fenced, "job \(job.id) belongs to another worker now") }
}

/// Writes the transitions of one commit in lots, with one statement for each lot: a round trip for each transition
/// would cost more than the writes.
///
/// The steps and the instance of a transition are written only if the worker still holds the job.
enum TransitionBatch {
    enum Outcome {
        case written(Cancellation?)
        /// The transition was committed before, and its result was lost.
        case repeated(Cancellation?)
        case fenced
    }

    /// Splits the transitions into lots. No two transitions of a lot write the same job or the same instance.
    static func lots(_ waiting: [WaitingTransition]) -> [[WaitingTransition]] {
        var lots: [[WaitingTransition]] = []
        var rest = waiting
        while !rest.isEmpty {
            var (jobs, instances): (Set<JobID>, Set<InstanceID>) = ([], [])
            var (lot, later): ([WaitingTransition], [WaitingTransition]) = ([], [])
            for each in rest {
                let instance = each.transition.instance?.id
                let isFree = !jobs.contains(each.job.id) && instance.map { !instances.contains($0) } ?? true
                if isFree {
                    jobs.insert(each.job.id)
                    if let instance { instances.insert(instance) }
                    lot.append(each)
                } else {
                    later.append(each)
                }
            }
            lots.append(lot)
            rest = later
        }
        return lots
    }

    /// Writes one lot. Returns an outcome for each transition, in their order.
    static func write(_ lot: [WaitingTransition], _ connection: PostgresConnection) throws -> [Outcome] {
        let rows = try connection.run(statement, values(of: lot))
        var written: [String: Cancellation?] = [:]
        for row in rows.all {
            written[row.text("id") ?? ""] = row.text("cancellation").flatMap(Cancellation.init(rawValue:))
        }
        let outcomes = try lot.map { each -> Outcome in
            if let cancellation = written[each.job.id.text] { return .written(cancellation) }
            return try repeated(each.transition, connection)
        }
        try unblock(
            zip(lot, outcomes).compactMap { $1.isWritten && $0.job.state.isTerminal ? $0.job : nil }, connection)
        return outcomes
    }

    private static func repeated(_ transition: Transition, _ connection: PostgresConnection) throws -> Outcome {
        guard transition.number > 0 else { return .fenced }
        let present = try connection.run(
            "SELECT cancellation FROM job WHERE id = $1 AND epoch = $2 AND written = $3",
            [
                PostgresValue(transition.job.id.text), PostgresValue(transition.job.epoch),
                PostgresValue(transition.number),
            ]
        ).first
        return present.map { .repeated($0.text("cancellation").flatMap(Cancellation.init(rawValue:))) } ?? .fenced
    }

    /// Unblocks the jobs that waited for the end of these jobs.
    private static func unblock(_ ended: [Job], _ connection: PostgresConnection) throws {
        guard !ended.isEmpty else { return }
        try connection.run(
            """
            UPDATE job SET blocked_by = NULL, available_at = least(job.available_at, ended.at)
            FROM unnest($1::text[], $2::bigint[]) AS ended (id, at) WHERE job.blocked_by = ended.id
            """,
            [
                PostgresValue(array: ended.map(\.id.text)),
                PostgresValue(array: ended.map { $0.finishedAt.map { String($0.milliseconds) } }),
            ])
    }

    private static let statement = """
        WITH input AS (
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::bigint[],
                    $8::integer[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::double precision[], $14::text[])
                AS input (id, epoch, number, state, keeps, cancellation, available_at, attempt, waiting_for, failure,
                    started_at, finished_at, progress, place)
        ), moved AS (
            UPDATE job SET state = input.state,
                available_at = CASE WHEN input.keeps OR job.cancellation IS NOT DISTINCT FROM input.cancellation
                    THEN input.available_at ELSE least(input.available_at, job.created_at) END,
                attempt = input.attempt, waiting_for = input.waiting_for, failure = input.failure,
                started_at = input.started_at, finished_at = input.finished_at, progress = input.progress,
                place = input.place, written = greatest(job.written, input.number),
                lease_owner = CASE WHEN input.keeps THEN job.lease_owner END,
                lease_until = CASE WHEN input.keeps THEN job.lease_until END
            FROM input
            WHERE job.id = input.id AND job.epoch = input.epoch AND \(PostgresStore.isLeased)
                AND (job.written < input.number OR input.number = 0)
            RETURNING job.id, job.cancellation
        ), stepped AS (
            INSERT INTO step (job, number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
            SELECT row.* FROM unnest($15::text[], $16::integer[], $17::text[], $18::text[], $19::integer[], $20::text[],
                    $21::text[], $22::bigint[], $23::bigint[], $24::bigint[])
                AS row (job, number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
            WHERE row.job IN (SELECT id FROM moved)
            ON CONFLICT (job, name) DO UPDATE SET number = excluded.number, state = excluded.state,
                attempt = excluded.attempt, memory = excluded.memory, external_id = excluded.external_id, started_at = excluded.started_at,
                deadline = excluded.deadline, finished_at = excluded.finished_at
        ), changed AS (
            UPDATE instance SET phase = row.phase, holds_name = instance.holds_name AND row.keeps, document = row.document
            FROM unnest($25::text[], $26::text[], $27::text[], $28::boolean[], $29::text[])
                AS row (job, id, phase, keeps, document)
            WHERE instance.id = row.id AND row.job IN (SELECT id FROM moved)
        )
        SELECT id, cancellation FROM moved
        """

    private static func values(of lot: [WaitingTransition]) -> [PostgresValue] {
        values(ofJobs: lot) + values(of: lot.flatMap(\.transition.steps)) + values(ofInstances: lot)
    }

    /// Returns the values of the placeholders `$1` to `$14`: one array for each column of the jobs.
    private static func values(ofJobs lot: [WaitingTransition]) -> [PostgresValue] {
        func column(_ value: (WaitingTransition) -> String?) -> PostgresValue { PostgresValue(array: lot.map(value)) }
        func moment(_ value: (Job) -> Timestamp?) -> PostgresValue {
            column { value($0.job).map { String($0.milliseconds) } }
        }
        return [
            column(\.job.id.text), column { String($0.job.epoch) }, column { String($0.transition.number) },
            column(\.job.state.rawValue), column { $0.transition.releasesLease ? "f" : "t" },
            column { $0.job.cancellation?.rawValue }, moment(\.availableAt), column { String($0.job.attempt) },
            column(\.job.waitingFor), column(\.failure), moment(\.startedAt), moment(\.finishedAt),
            column { "\($0.job.progress)" }, column { $0.transition.releasesLease ? nil : $0.job.slot },
        ]
    }

    /// Returns the values of the placeholders `$15` to `$24`: one array for each column of the steps.
    private static func values(of steps: [StepRecord]) -> [PostgresValue] {
        func column(_ value: (StepRecord) -> String?) -> PostgresValue { PostgresValue(array: steps.map(value)) }
        func moment(_ value: (StepRecord) -> Timestamp?) -> PostgresValue {
            column { value($0).map { String($0.milliseconds) } }
        }
        return [
            column(\.job.text), column { String($0.index) }, column(\.name), column(\.state.rawValue),
            column { String($0.attempt) }, column { $0.memory.serializedString() }, column(\.externalID),
            moment(\.startedAt), moment(\.deadline), moment(\.finishedAt),
        ]
    }

    /// Returns the values of the placeholders `$25` to `$29`: one array for each column of the instances.
    private static func values(ofInstances lot: [WaitingTransition]) -> [PostgresValue] {
        let changed = lot.filter { $0.transition.instance != nil }
        func column(_ value: (WaitingTransition) -> String?) -> PostgresValue {
            PostgresValue(array: changed.map(value))
        }
        return [
            column(\.job.id.text), column { $0.transition.instance?.id.text },
            column { $0.transition.instance?.phase.rawValue },
            column { $0.transition.instance.map(PostgresStore.keepsName) ?? true ? "t" : "f" }, column(\.document),
        ]
    }
}

extension TransitionBatch.Outcome {
    /// The requested cancellation of the job; `nil` if there is none.
    var cancellation: Cancellation? {
        switch self {
        case .written(let cancellation), .repeated(let cancellation): cancellation
        case .fenced: nil
        }
    }

    fileprivate var isWritten: Bool {
        if case .written = self { true } else { false }
    }
}
