import AuraModel
import JSON
import Storage

/// Conversions of rows to values.
extension PostgresRow {
    func job() throws -> Job {
        let id = text("id") ?? ""
        let zero = Timestamp(milliseconds: 0)
        var job = Job(
            id: JobID(id), kind: JobKind(rawValue: text("kind") ?? ""), instance: InstanceID(text("instance") ?? ""),
            instanceKind: InstanceKind(rawValue: text("instance_kind") ?? ""), tenant: TenantID(text("tenant") ?? ""),
            change: ChangeID(text("change") ?? ""), definitionVersion: Int(number("definition_version") ?? 0),
            input: try JSONValue(parsing: text("input") ?? "null"), createdAt: moment("created_at") ?? zero,
            deadline: moment("deadline") ?? zero)
        job.state = try known("state", of: "job \(id)") ?? .queued
        job.priority = Int(number("priority") ?? 0)
        job.availableAt = moment("available_at") ?? job.createdAt
        job.epoch = number("epoch") ?? 0
        job.attempt = Int(number("attempt") ?? 0)
        job.progress = double("progress") ?? 0
        job.cancellation = try known("cancellation", of: "job \(id)")
        job.blockedBy = text("blocked_by").map { JobID($0) }
        // The column `place` has the former name of a slot.
        job.slot = text("place")
        job.waitingFor = text("waiting_for")
        job.failure = try text("failure").map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = moment("started_at")
        job.finishedAt = moment("finished_at")
        job.principal = text("principal").map { PrincipalID($0) }
        return job
    }

    /// Returns the job, or its `UnreadableRow`.
    func jobEntry() -> Result<Job, UnreadableRow> {
        UnreadableRow.catching(.job, id: text("id") ?? "", instance: text("instance").map { InstanceID($0) }) {
            try job()
        }
    }

    /// Returns the value of a column, or `nil` if it is null. Throws `corrupt` if this version does not know the value.
    private func known<Value: RawRepresentable<String>>(_ column: String, of subject: String) throws -> Value? {
        guard let text = text(column) else { return nil }
        guard let value = Value(rawValue: text) else { throw StorageError.unknown(text, as: column, of: subject) }
        return value
    }

    /// Returns the instance from the columns `id`, `desired` and `document`.
    ///
    /// - Parameter remembers: whether to cache the decoded instance.
    func instance(_ decoded: DecodedInstances, remembers: Bool = true) throws -> Instance {
        try instance(id: text("id") ?? "", decoded, remembers: remembers)
    }

    /// Returns the instance from a row that joins the job with its instance, and so has the job's `id`.
    func instance(of job: Job, _ decoded: DecodedInstances) throws -> Instance {
        try instance(id: job.instance.text, decoded, remembers: false)
    }

    private func instance(id: String, _ decoded: DecodedInstances, remembers: Bool) throws -> Instance {
        guard let desired: DesiredState = try known("desired", of: "instance \(id)") else {
            throw StorageError.unknown("", as: "desired", of: "instance \(id)")
        }
        let document = text("document") ?? ""
        return remembers
            ? try decoded.instance(stored: document, id: id, desired: desired)
            : try decoded.decode(document, id: id, desired: desired)
    }

    /// Returns the instance, or its `UnreadableRow`.
    func instanceEntry(_ decoded: DecodedInstances) -> Result<Instance, UnreadableRow> {
        let id = text("id") ?? ""
        return UnreadableRow.catching(.instance, id: id, instance: InstanceID(id), document: text("document")) {
            try instance(decoded)
        }
    }

    func step() throws -> StepRecord {
        var step = StepRecord(
            job: JobID(text("job") ?? ""), index: Int(number("number") ?? 0), name: text("name") ?? "")
        step.state = try known("state", of: "step \(step.name) of job \(step.job)") ?? .pending
        step.attempt = Int(number("attempt") ?? 0)
        step.memory = try JSONValue(parsing: text("memory") ?? "null")
        step.externalID = text("external_id")
        step.startedAt = moment("started_at")
        step.deadline = moment("deadline")
        step.finishedAt = moment("finished_at")
        return step
    }

    /// Converts a row with the columns ``EventColumn/list``. Accepts every row, so that an event is never omitted.
    func event() -> Event {
        func text(_ column: EventColumn) -> String? { self.text(at: column.rawValue) }
        func number(_ column: EventColumn) -> Int64? { text(column).flatMap(Int64.init) }
        var draft = EventDraft(
            at: Timestamp(milliseconds: number(.at) ?? 0), type: EventType(rawValue: text(.type) ?? ""),
            tenant: TenantID(text(.tenant) ?? ""), message: text(.message) ?? "")
        draft.instance = text(.instance).map { InstanceID($0) }
        draft.job = text(.job).map { JobID($0) }
        draft.change = text(.change).map { ChangeID($0) }
        draft.principal = text(.principal).map { PrincipalID($0) }
        draft.phase = text(.phase).map { Phase(rawValue: $0) }
        draft.step = text(.step)
        draft.progress = text(.progress).flatMap(Double.init)
        draft.data = text(.data).map(EventDraft.data(stored:))
        return Event(seq: number(.seq) ?? 0, entry: draft)
    }
}

/// The columns of an event, by their index in a result. Every daemon reads all events of all daemons, and the look-up
/// of columns by name in each row would cost too much.
enum EventColumn: Int32, CaseIterable {
    case seq, at, type, tenant, instance, job, change, principal, phase, step, progress, message, data

    /// The columns for a `SELECT`.
    static let list = allCases.map { "\($0)" }.joined(separator: ", ")
}
