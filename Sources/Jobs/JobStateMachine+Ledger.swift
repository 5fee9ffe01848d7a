public import AuraModel
public import JSON

/// What the machine writes down: rows and events.
extension JobStateMachine {
    /// Adds an event from within a step: its progress as 0 to 1 of the step. On the way back there is none.
    public mutating func report(
        _ type: EventType, step index: Int, message: String, fraction: Double?, data: JSONValue?, now: Timestamp
    ) {
        let isGoingForward = job.state != .compensating
        let progress = isGoingForward ? fraction.map { plan.progress(at: index, fraction: $0) } : nil
        emit(type, message, now: now, step: index, progress: progress, data: data)
    }

    /// Lets a step write its memory, its outside id and what it learnt of the instance.
    public mutating func checkpoint(
        _ index: Int, now: Timestamp, _ change: (inout StepRecord, inout Instance) throws -> Void
    ) rethrows {
        guard var record = steps[index] else { return }
        try changeInstance(now: now) { try change(&record, &$0) }
        put(record)
    }

    /// Changes the row of the instance, which is written only where something is different then.
    mutating func changeInstance(now: Timestamp, _ change: (inout Instance) throws -> Void) rethrows {
        var changed = instance
        try change(&changed)
        guard changed != instance else { return }
        changed.updatedAt = now
        instance = changed
        instanceChanged = true
    }

    /// Takes note of the limited driver at which the job is; the next transition writes it.
    mutating func enter(place: String?) {
        job.place = place
        if place != nil { job.waitingFor = nil }
        jobChanged = true
    }

    mutating func put(_ record: StepRecord) {
        steps[record.index] = record
        changedSteps.insert(record.index)
    }

    mutating func enter(_ phase: Phase, now: Timestamp) {
        guard instance.phase != phase, instance.phase.mayBecome(phase) else { return }
        let former = instance.phase
        changeInstance(now: now) { $0.phase = phase }
        emit(
            .phaseChanged, "\(instance.name) is \(phase.rawValue)", now: now,
            data: .object(["from": .string(former.rawValue), "to": .string(phase.rawValue)]))
    }

    mutating func emit(
        _ type: EventType, _ message: String, now: Timestamp, step: Int? = nil, progress: Double? = nil,
        data: JSONValue? = nil
    ) {
        var draft = EventDraft(at: now, type: type, tenant: job.tenant, message: message)
        draft.instance = instance.id
        draft.job = job.id
        draft.change = job.change
        draft.phase = instance.phase
        draft.step = step.map { plan.steps[$0].name }
        if let progress { draft.progress = raise(progress) }
        draft.data = data
        events.append(draft)
    }

    /// How far the job has come with this much: a step that starts over takes nothing back.
    private mutating func raise(_ progress: Double) -> Double {
        if progress > job.progress {
            job.progress = progress
            jobChanged = true
        }
        return job.progress
    }

    func deadlineFailure(_ subject: String, limit: Duration, last: String?) -> Failure {
        let cause = last.map { "; the last that was heard: \($0)" } ?? ""
        return Failure(
            .permanent, code: "deadlineExceeded",
            message: "\(subject) did not finish within \(Self.seconds(limit))\(cause)")
    }

    static func describe(_ failure: Failure) -> JSONValue {
        var fields: JSONObject = [
            "class": .string(failure.errorClass.rawValue), "code": .string(failure.code),
            "message": .string(failure.message),
        ]
        if let id = failure.correlationID { fields["correlationId"] = .string(id) }
        return .object(fields)
    }

    /// For people: `0.8 s`, `42 s`, `3 min 5 s`.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = max(duration.wholeMilliseconds, 0)
        if milliseconds < 10_000 { return "\(Double(milliseconds / 100) / 10) s" }
        let whole = milliseconds / 1000
        return whole < 120 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }
}
