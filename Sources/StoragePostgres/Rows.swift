import AuraModel
import JSON
import Storage

/// Rows as values.
extension PostgresRow {
    func job() throws -> Job {
        let id = text("id") ?? ""
        guard let kind = JobKind(rawValue: text("kind") ?? ""), let state = JobState(rawValue: text("state") ?? ""),
            let created = moment("created_at"), let deadline = moment("deadline")
        else { throw StorageError(.corrupt, "job \(id) has a kind or a state that this version does not know") }
        var job = Job(
            id: JobID(id), kind: kind, instance: InstanceID(text("instance") ?? ""),
            tenant: TenantID(text("tenant") ?? ""),
            change: ChangeID(text("change") ?? ""), definitionVersion: Int(number("definition_version") ?? 0),
            input: try JSONValue(parsing: text("input") ?? "null"), createdAt: created, deadline: deadline)
        job.state = state
        job.priority = Int(number("priority") ?? 0)
        job.availableAt = moment("available_at") ?? created
        job.epoch = number("epoch") ?? 0
        job.attempt = Int(number("attempt") ?? 0)
        job.progress = double("progress") ?? 0
        job.cancellation = text("cancellation").flatMap(Cancellation.init(rawValue:))
        job.blockedBy = text("blocked_by").map { JobID($0) }
        job.place = text("place")
        job.waitingFor = text("waiting_for")
        job.failure = try text("failure").map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = moment("started_at")
        job.finishedAt = moment("finished_at")
        return job
    }

    func instance() throws -> Instance {
        var instance = try JSONCoder.decode(Instance.self, from: text("document") ?? "")
        guard let desired = DesiredState(rawValue: text("desired") ?? "") else {
            throw StorageError(.corrupt, "instance \(instance.id) wants a state that this version does not know")
        }
        instance.desired = desired
        return instance
    }

    func step() throws -> StepRecord {
        var step = StepRecord(
            job: JobID(text("job") ?? ""), index: Int(number("number") ?? 0), name: text("name") ?? "")
        guard let state = StepState(rawValue: text("state") ?? "") else {
            throw StorageError(
                .corrupt, "step \(step.name) of job \(step.job) has a state that this version does not know")
        }
        step.state = state
        step.attempt = Int(number("attempt") ?? 0)
        step.memory = try JSONValue(parsing: text("memory") ?? "null")
        step.externalID = text("external_id")
        step.startedAt = moment("started_at")
        step.deadline = moment("deadline")
        step.finishedAt = moment("finished_at")
        return step
    }

    func event() throws -> Event {
        let seq = number("seq") ?? 0
        guard let type = EventType(rawValue: text("type") ?? ""), let at = moment("at") else {
            throw StorageError(.corrupt, "the ledger has an event of an unknown type at seq \(seq)")
        }
        var draft = EventDraft(
            at: at, type: type, tenant: TenantID(text("tenant") ?? ""), message: text("message") ?? "")
        draft.instance = text("instance").map { InstanceID($0) }
        draft.job = text("job").map { JobID($0) }
        draft.change = text("change").map { ChangeID($0) }
        draft.phase = text("phase").flatMap(Phase.init(rawValue:))
        draft.step = text("step")
        draft.progress = double("progress")
        draft.data = try text("data").map { try JSONValue(parsing: $0) }
        return Event(seq: seq, entry: draft)
    }
}
