public import AuraModel
import JSON

/// Compensation: undoes the steps that were begun, in reverse order, whether or not their effect is known.
extension JobStateMachine {
    /// Starts the compensation. The job will end as `failed`, or as `cancelled` if its cancellation was requested. A
    /// superseded job ends at once, without undo.
    mutating func compensate(_ failure: Failure, now: Timestamp) -> Decision {
        if job.cancellation == .superseded { return finish(.cancelled, .superseded, now: now) }
        job.failure = failure
        job.state = .compensating
        job.attempt = 0
        job.waitingFor = nil
        jobChanged = true
        for var record in steps.values where record.isUnsent && record.state != .done {
            record.state = .undone
            record.finishedAt = now
            put(record)
        }
        guard let phase = plan.phaseWhileUndoing, nextUndo != nil else { return decideUndo(now: now) }
        enter(phase, now: now)
        emit(.jobCompensating, "undoing \(job.kind.rawValue): \(failure.message)", now: now)
        return decideUndo(now: now)
    }

    mutating func decideUndo(now: Timestamp) -> Decision {
        if isPausing { return .pause }
        if let index = nextUndo { return .undo(index) }
        if !givenUp.isEmpty { return parkUndo(now: now) }
        return finish(job.cancellation == .requested ? .cancelled : .failed, job.failure, now: now)
    }

    /// The index of the next step to undo, in the reverse order of the plan. Steps whose undo failed under an earlier
    /// claim come after all others.
    var nextUndo: Int? {
        lastUndoable { [.intent, .ambiguous, .done, .failed, .undoing].contains($0.state) }
            ?? lastUndoable { $0.state == .undoFailed && !givenUp.contains($0.index) }
    }

    private func lastUndoable(_ matches: (StepRecord) -> Bool) -> Int? {
        plan.steps.indices.last { index in
            guard plan.steps[index].hasUndo, let record = steps[index] else { return false }
            return matches(record)
        }
    }

    /// Begins the undo of the step with a new deadline.
    public mutating func beginUndo(_ index: Int, now: Timestamp) {
        guard var record = steps[index], record.state != .undoing else { return }
        if record.state != .undoFailed { record.attempt = 0 }
        record.state = .undoing
        record.deadline = now + plan.steps[index].timeLimit
        put(record)
        emit(.stepUndoing, "undoing \(record.name)", now: now, step: index)
    }

    /// Records that the step is undone.
    public mutating func undoDone(_ index: Int, now: Timestamp) {
        guard var record = steps[index] else { return }
        record.state = .undone
        record.finishedAt = now
        put(record)
        job.waitingFor = nil
        jobChanged = true
        emit(.stepUndone, "\(record.name) is undone", now: now, step: index)
    }

    /// Releases the job until its undo is called again, or gives up the undo if its deadline has passed.
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

    /// Records a failed try of the undo. Failures of every class are retried, up to ``RetryPolicy/undoTries``, because
    /// a resource that is left behind costs money.
    public mutating func undoFailed(_ index: Int, _ failure: Failure, now: Timestamp, unit: Double) {
        guard var record = steps[index] else { return }
        if record.attempt + 1 >= policy.undoTries { return giveUpUndo(record, failure, now: now, unit: unit) }
        record.attempt += 1
        put(record)
        let wait = policy.transient.wait(
            attempt: record.attempt, unit: unit, floorMilliseconds: failure.retryAfterMilliseconds)
        pauseForRetry(record, failure, until: now + wait, now: now)
        emitRetry(.stepRetrying, record, failure, now: now)
    }
}
