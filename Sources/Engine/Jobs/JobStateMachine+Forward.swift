public import AuraModel
import JSON

/// The steps of a job that is not being undone.
extension JobStateMachine {
    /// Records the step's intent. After its commit, the step may call providers.
    public mutating func beginStep(_ index: Int, now: Timestamp) {
        let step = plan.steps[index]
        if job.startedAt == nil {
            job.startedAt = now
            let change = job.change
            changeInstance(now: now) { instance in
                instance.change = change
                instance.failure = nil
            }
            emit(.jobStarted, "\(job.kind.rawValue) of \(instance.name) started", now: now, progress: 0)
        }
        var record = steps[index] ?? StepRecord(job: job.id, index: index, name: step.name)
        guard record.startedAt == nil else {
            guard record.isUnsent else { return }
            // The next try may send a change, so the row must show the intent if the daemon crashes.
            record.isUnsent = false
            untouched.insert(index)
            return put(record)
        }
        record.state = .intent
        record.startedAt = now
        record.deadline = now + step.timeLimit
        put(record)
        untouched.insert(index)
        job.attempt = 0
        jobChanged = true
        enter(step.phase, now: now)
        emit(.stepStarted, step.name, now: now, step: index, progress: plan.progress(at: index, fraction: 0))
    }

    /// Records that the step is done.
    public mutating func stepDone(_ index: Int, now: Timestamp) {
        guard var record = steps[index] else { return }
        record.state = .done
        record.attempt = 0
        record.finishedAt = now
        put(record)
        job.attempt = 0
        job.waitingFor = nil
        forgetParking(now: now)
        jobChanged = true
        let took = record.startedAt.map { now - $0 } ?? .zero
        emit(
            .stepDone, "\(record.name) took \(Self.seconds(took))", now: now, step: index,
            progress: plan.progress(at: index, fraction: 1),
            data: .object(["milliseconds": .integer(took.wholeMilliseconds)]))
    }

    /// Releases the job until the step is called again, or fails the step if its deadline has passed.
    public mutating func stepWaits(_ index: Int, for duration: Duration, reason: String, now: Timestamp) {
        guard let record = steps[index] else { return }
        if let deadline = record.deadline, now >= deadline {
            let failure = deadlineFailure(record.name, limit: plan.steps[index].timeLimit, last: "it waited \(reason)")
            return failForGood(index, failure, now: now)
        }
        markUnsent(record)
        if job.waitingFor != reason { emit(.stepWaiting, "\(record.name) waits \(reason)", now: now, step: index) }
        job.state = .waiting
        job.waitingFor = reason
        job.availableAt = min(now + duration, end(of: record))
        jobChanged = true
        isPausing = true
    }

    /// Records a failed try of the step. `unit` is a random number in `0 ..< 1`, for the jitter of the backoff.
    public mutating func stepFailed(_ index: Int, _ failure: Failure, now: Timestamp, unit: Double) {
        guard var record = steps[index] else { return }
        if failure.errorClass == .permanent { return failForGood(index, failure, now: now, unit: unit) }
        let limit = end(of: record)
        if now >= limit {
            let expired = deadlineFailure(record.name, limit: plan.steps[index].timeLimit, last: failure.message)
            return failForGood(index, expired, now: now, unit: unit)
        }
        record.attempt += 1
        record.state = failure.errorClass == .ambiguous ? .ambiguous : .intent
        put(record)
        markUnsent(record)
        let backoff = failure.errorClass == .capacity ? policy.capacity : policy.transient
        let wait = backoff.wait(
            attempt: record.attempt, unit: unit, floorMilliseconds: failure.retryAfterMilliseconds)
        pauseForRetry(record, failure, until: min(now + wait, limit), now: now)
        emitRetry(.stepRetrying, record, failure, now: now)
    }

    /// Returns the time at which the step counts as failed. Past the pivot, the job's deadline does not apply.
    private func end(of record: StepRecord) -> Timestamp {
        let deadline = record.deadline ?? job.deadline
        return isPastPivot ? deadline : min(deadline, jobDeadline)
    }

    /// Records that the step cannot succeed. The job is compensated, or parked if it cannot or must not be undone.
    mutating func failForGood(_ index: Int, _ failure: Failure, now: Timestamp, unit: Double = 1) {
        guard var record = steps[index] else { return }
        if isPastPivot || mayPark(failure) { return park(record, failure, now: now, unit: unit) }
        record.state = isUnsent(record) ? .undone : .failed
        record.finishedAt = now
        put(record)
        emit(
            .stepFailed, "\(record.name): \(failure.message)", now: now, step: index, data: Self.describe(failure))
        _ = compensate(failure, now: now)
    }

    /// Returns true if the job must park instead of being undone: the instance has a paid resource, and an operator can
    /// repair the cause, such as a rejected token, a limit, or a fault of the daemon's host.
    private func mayPark(_ failure: Failure) -> Bool {
        failure.reaction == .park && instance.facts.value.holdsPaidResource && plan.phaseWhileUndoing != nil
    }

    /// Returns true if the step sent no change in any of its tries. Such a step needs no undo, and the provider might
    /// refuse the undo as it refused the step.
    private func isUnsent(_ record: StepRecord) -> Bool {
        unsent.contains(record.index) && record.memory == .null && record.externalID == nil
    }

    /// Records in the step's row that no change was sent so far, for the next claim.
    private mutating func markUnsent(_ record: StepRecord) {
        guard isUnsent(record) else { return }
        var record = record
        record.isUnsent = true
        put(record)
    }

    /// Declares that the step's drivers announce each change before they send it. The step counts as unsent until the
    /// first announcement.
    mutating func trackChanges(of index: Int) {
        if untouched.contains(index) { unsent.insert(index) }
    }

    /// Records that a change is about to be sent for the step.
    mutating func noteChange(of index: Int) {
        untouched.remove(index)
        unsent.remove(index)
    }

    mutating func pauseForRetry(_ record: StepRecord, _ failure: Failure, until: Timestamp, now: Timestamp) {
        if job.state != .compensating { job.state = .waiting }
        job.attempt = record.attempt
        job.availableAt = until
        job.waitingFor = "to try \(record.name) again: \(failure.message)"
        jobChanged = true
        isPausing = true
    }

    mutating func emitRetry(_ type: EventType, _ record: StepRecord, _ failure: Failure, now: Timestamp) {
        var data = Self.describe(failure)
        data["attempt"] = .integer(Int64(record.attempt))
        data["retryAt"] = .string(job.availableAt.description)
        let wait = Self.seconds(job.availableAt - now)
        emit(
            type, "\(record.name): \(failure.message); trying again in \(wait)", now: now, step: record.index,
            data: data)
    }
}
