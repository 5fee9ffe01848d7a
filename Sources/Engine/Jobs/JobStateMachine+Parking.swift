import AuraModel
import JSON

/// Parking: a job waits until an operator has repaired the cause of a failure. It is retried rarely, is never given up,
/// and raises one alert.
extension JobStateMachine {
    /// Parks the job at a step that failed for good, if the job cannot or must not be undone. Each try gets the step's
    /// whole time limit again.
    mutating func park(_ record: StepRecord, _ failure: Failure, now: Timestamp, unit: Double) {
        var record = record
        let isNews = job.failure == nil
        record.attempt += 1
        record.state = .intent
        let wait = policy.parked.wait(
            attempt: record.attempt, unit: unit, floorMilliseconds: failure.retryAfterMilliseconds)
        record.deadline = now + wait + plan.steps[record.index].timeLimit
        put(record)
        job.failure = failure
        changeInstance(now: now) { $0.failure = failure }
        pauseForRetry(record, failure, until: now + wait, now: now)
        emitRetry(.jobParked, record, failure, now: now)
        if isNews {
            alert(
                "jobParked", "\(job.kind.rawValue) of \(instance.name) cannot go on: \(failure.message)", record,
                now: now)
        }
    }

    /// Parks a job that began with other steps than this daemon has. The job is due again after one second, because
    /// another daemon may have the steps. This daemon sets the job aside and does not claim it again for some minutes.
    mutating func parkForeign(now: Timestamp) -> Decision {
        let failure = Failure(
            .permanent, code: Self.foreignCode,
            message: "this aurad has other steps for \(job.definition) than those with which the job began: "
                + "start the aurad that accepted it")
        let isNews = job.waitingFor != Self.foreignReason
        if job.state == .running { job.state = .waiting }
        job.waitingFor = Self.foreignReason
        job.availableAt = now + .seconds(1)
        jobChanged = true
        isPausing = true
        guard isNews else { return .pause }
        // A job that is being undone keeps its failure, which is the cause of the undo.
        if job.state != .compensating {
            job.failure = failure
            changeInstance(now: now) { $0.failure = failure }
        }
        let message = "\(job.kind.rawValue) of \(instance.name) cannot go on: \(failure.message)"
        emit(.jobParked, message, now: now, data: Self.describe(failure))
        emit(.alertRaised, message, now: now, data: .object(["code": "jobParked"]))
        return .pause
    }

    private static let foreignCode = "otherSteps"
    private static let foreignReason = "for an aurad that has the steps with which it began"

    /// Clears the failure of a job that was parked and continues now.
    mutating func forgetParking(now: Timestamp) {
        guard job.failure != nil else { return }
        job.failure = nil
        changeInstance(now: now) { $0.failure = nil }
    }

    /// Releases the job when only steps with a failed undo are left. Their undo is retried later, without a limit on
    /// the tries.
    mutating func parkUndo(now: Timestamp) -> Decision {
        let left = givenUp.sorted().compactMap { steps[$0]?.name }.joined(separator: ", ")
        job.waitingFor = "to try again to undo \(left)"
        job.availableAt = undoDueAgain ?? now
        jobChanged = true
        isPausing = true
        return .pause
    }

    /// Records that the undo failed. The row keeps the provider's id of the resource, so that operators can find it.
    mutating func giveUpUndo(_ record: StepRecord, _ failure: Failure, now: Timestamp, unit: Double = 1) {
        var record = record
        record.state = .undoFailed
        record.attempt = max(record.attempt + 1, policy.undoTries)
        record.finishedAt = now
        put(record)
        let rounds = record.attempt - policy.undoTries + 1
        let due =
            now + policy.parked.wait(attempt: rounds, unit: unit, floorMilliseconds: failure.retryAfterMilliseconds)
        undoDueAgain = min(undoDueAgain ?? due, due)
        givenUp.insert(record.index)
        job.waitingFor = nil
        jobChanged = true
        let left = record.externalID.map { " (id \($0))" } ?? ""
        let message = "cannot undo \(record.name)\(left): \(failure.message)"
        changeInstance(now: now) { $0.failure = Failure(.permanent, code: "undoFailed", message: message) }
        emit(
            .stepUndoFailed, message, now: now, step: record.index,
            data: Self.describe(failure, of: record))
        if rounds == 1 { alert("undoFailed", message, record, now: now) }
    }

    private mutating func alert(_ code: String, _ message: String, _ record: StepRecord, now: Timestamp) {
        var data: JSONObject = ["code": .string(code)]
        if let id = record.externalID { data["externalId"] = .string(id) }
        emit(.alertRaised, message, now: now, step: record.index, data: .object(data))
    }

    private static func describe(_ failure: Failure, of record: StepRecord) -> JSONValue {
        var data = describe(failure)
        data["attempt"] = .integer(Int64(record.attempt))
        if let id = record.externalID { data["externalId"] = .string(id) }
        return data
    }
}
