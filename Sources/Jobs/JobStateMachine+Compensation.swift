public import AuraModel
import JSON

/// Undoing: in reverse order of start, what was begun, whether or not anybody knows that it happened.
extension JobStateMachine {
    /// Turns the job round. Its end will be `failed`, or `cancelled` where that was asked.
    mutating func compensate(_ failure: Failure, now: Timestamp) -> Decision {
        if job.cancellation == .superseded { return finish(.cancelled, .superseded, now: now) }
        job.failure = failure
        job.state = .compensating
        job.attempt = 0
        job.waitingFor = nil
        jobChanged = true
        guard let phase = plan.phaseWhileUndoing, nextUndo != nil else { return decideUndo(now: now) }
        enter(phase, now: now)
        emit(.jobCompensating, "undoing \(job.kind.rawValue): \(failure.message)", now: now)
        return decideUndo(now: now)
    }

    mutating func decideUndo(now: Timestamp) -> Decision {
        if isPausing { return .pause }
        if let index = nextUndo { return .undo(index) }
        return finish(job.cancellation == .requested ? .cancelled : .failed, job.failure, now: now)
    }

    /// The step that was begun last among those that still want to be undone.
    var nextUndo: Int? {
        plan.steps.indices.last { index in
            guard plan.steps[index].hasUndo, let record = steps[index] else { return false }
            switch record.state {
            case .intent, .ambiguous, .done, .failed, .undoing: return true
            case .pending, .undone, .undoFailed: return false
            }
        }
    }

    public mutating func beginUndo(_ index: Int, now: Timestamp) {
        guard var record = steps[index], record.state != .undoing else { return }
        record.state = .undoing
        record.attempt = 0
        record.deadline = now + plan.steps[index].timeLimit
        put(record)
        emit(.stepUndoing, "undoing \(record.name)", now: now, step: index)
    }

    public mutating func undoDone(_ index: Int, now: Timestamp) {
        guard var record = steps[index] else { return }
        record.state = .undone
        record.finishedAt = now
        put(record)
        job.waitingFor = nil
        jobChanged = true
        emit(.stepUndone, "\(record.name) is undone", now: now, step: index)
    }

    public mutating func undoWaits(_ index: Int, for duration: Duration, reason: String, now: Timestamp) {
        guard let record = steps[index] else { return }
        if let deadline = record.deadline, now >= deadline {
            let limit = plan.steps[index].timeLimit
            let failure = deadlineFailure("undoing \(record.name)", limit: limit, last: "it waited \(reason)")
            return giveUpUndo(record, failure, now: now)
        }
        job.waitingFor = reason
        job.availableAt = now + duration
        jobChanged = true
        isPausing = true
    }

    /// The undo threw. Every class is tried again, a few times: what is left behind costs money.
    public mutating func undoFailed(_ index: Int, _ failure: Failure, now: Timestamp, unit: Double) {
        guard var record = steps[index] else { return }
        record.attempt += 1
        if record.attempt >= policy.undoTries { return giveUpUndo(record, failure, now: now) }
        put(record)
        let wait = policy.transient.wait(
            attempt: record.attempt, unit: unit, floorMilliseconds: failure.retryAfterMilliseconds)
        pauseForRetry(record, failure, until: now + wait, now: now)
        emitRetry(.stepRetrying, record, failure, now: now)
    }

    /// Leaves the step as it is, its id kept, for people and the sweep to see.
    mutating func giveUpUndo(_ record: StepRecord, _ failure: Failure, now: Timestamp) {
        var record = record
        record.state = .undoFailed
        record.finishedAt = now
        put(record)
        job.waitingFor = nil
        jobChanged = true
        var data = Self.describe(failure)
        if let id = record.externalID { data["externalId"] = .string(id) }
        emit(
            .stepUndoFailed, "cannot undo \(record.name): \(failure.message)", now: now, step: record.index, data: data)
    }
}
