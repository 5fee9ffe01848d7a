import AuraModel
import JSON

/// Waiting for somebody to repair what is in a job's way: rarely tried again, never given up, and an alert once.
extension JobStateMachine {
    /// The step cannot succeed as things are, and there is no way back. It gets its whole time anew at each try.
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

    /// The job waits for a daemon that has the steps with which it began. Due soon, since another daemon may have them; this one
    /// leaves it alone from now on.
    mutating func parkForeign(now: Timestamp) -> Decision {
        let failure = Failure(
            .permanent, code: Self.foreignCode,
            message: "this aurad has other steps for \(job.definition) than those with which the job began: "
                + "start the aurad that accepted it")
        if job.state == .running { job.state = .waiting }
        job.waitingFor = "for an aurad that has the steps with which it began"
        job.availableAt = now + .seconds(1)
        jobChanged = true
        isPausing = true
        guard job.failure?.code != failure.code else { return .pause }
        job.failure = failure
        changeInstance(now: now) { $0.failure = failure }
        let message = "\(job.kind.rawValue) of \(instance.name) cannot go on: \(failure.message)"
        emit(.jobParked, message, now: now, data: Self.describe(failure))
        emit(.alertRaised, message, now: now, data: .object(["code": "jobParked"]))
        return .pause
    }

    private static let foreignCode = "otherSteps"

    /// What was in the way is not there any more.
    mutating func forgetParking(now: Timestamp) {
        guard job.failure != nil else { return }
        job.failure = nil
        changeInstance(now: now) { $0.failure = nil }
    }

    /// All that could be undone is; what is left is tried again later, for as long as it takes.
    mutating func parkUndo(now: Timestamp) -> Decision {
        let left = givenUp.sorted().compactMap { steps[$0]?.name }.joined(separator: ", ")
        job.waitingFor = "to try again to undo \(left)"
        job.availableAt = undoDueAgain ?? now
        jobChanged = true
        isPausing = true
        return .pause
    }

    /// Leaves the step as it is for now, its id kept, for people to see.
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
