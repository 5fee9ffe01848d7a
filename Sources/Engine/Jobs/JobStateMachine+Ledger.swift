public import AuraModel
public import JSON

/// The rows and events that the state machine writes.
extension JobStateMachine {
    /// Adds an event of a running step. `fraction` is the step's progress, 0 to 1; a compensating job reports no
    /// progress.
    public mutating func report(
        _ type: EventType, step index: Int, message: String, fraction: Double?, data: JSONValue?, now: Timestamp
    ) {
        let isGoingForward = job.state != .compensating
        let progress = isGoingForward ? fraction.map { plan.progress(at: index, fraction: $0) } : nil
        emit(type, message, now: now, step: index, progress: progress, data: data)
    }

    /// Lets a step change its memory, the provider's id and the instance.
    public mutating func checkpoint(
        _ index: Int, now: Timestamp, _ change: (inout StepRecord, inout Instance) throws -> Void
    ) rethrows {
        guard var record = steps[index] else { return }
        try changeInstance(now: now) { try change(&record, &$0) }
        put(record)
    }

    /// Changes the instance. Its row is written only if a value differs.
    mutating func changeInstance(now: Timestamp, _ change: (inout Instance) throws -> Void) rethrows {
        var changed = instance
        try change(&changed)
        guard changed != instance else { return }
        changed.updatedAt = now
        instance = changed
        instanceChanged = true
    }

    /// Records the driver whose concurrency slot the job uses; `nil` if it uses none. The next transition writes the
    /// value.
    mutating func enter(slot: String?) {
        job.slot = slot
        if slot != nil { job.waitingFor = nil }
        jobChanged = true
    }

    mutating func put(_ record: StepRecord) {
        steps[record.index] = record
        changedSteps.insert(record.index)
    }

    mutating func enter(_ phase: Phase, now: Timestamp) {
        guard instance.phase != phase, plan.phases.allows(instance.phase, phase) else { return }
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
        draft.principal = job.principal
        draft.instance = instance.id
        draft.job = job.id
        draft.change = job.change
        draft.phase = instance.phase
        draft.step = step.map { plan.steps[$0].name }
        if let progress { draft.progress = raise(progress) }
        draft.data = data
        events.append(draft)
    }

    /// Raises the job's progress to `progress` if that is more, and returns the job's progress. A step that starts over
    /// does not lower it.
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

    /// Formats a duration for people: `0.8 s`, `42 s`, `3 min 5 s`.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = max(duration.wholeMilliseconds, 0)
        if milliseconds < 10_000 { return "\(Double(milliseconds / 100) / 10) s" }
        let whole = milliseconds / 1000
        return whole < 120 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }
}
