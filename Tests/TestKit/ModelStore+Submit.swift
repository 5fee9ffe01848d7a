import AuraModel
public import Storage

/// Submitting operations.
extension ModelStore {
    public func submit(_ submission: Submission) async throws -> Submitted {
        try write { rows in
            if let repeated = try Self.repeated(submission, rows) { return repeated }
            let instance = try Self.target(submission, &rows)
            let active = rows.active(of: instance.id)
            switch try submission.admit(instance, active) {
            case .accept(let admitted): return try Self.accept(submission, admitted, blockedBy: nil, &rows)
            case .revive(let admitted):
                try Self.takeName(admitted, &rows)
                try submission.checkQuota(of: admitted.tenant) { min(rows.countLive(of: $0), $1) }
                return try Self.accept(submission, admitted, blockedBy: nil, &rows)
            case .supersede(let admitted):
                let blocker = Self.supersede(active.first, now: submission.now, &rows)
                return try Self.accept(submission, admitted, blockedBy: blocker, &rows)
            case .join(let id):
                guard let job = rows.jobs[id]?.job else { throw StorageError(.jobNotFound, "no job has the id \(id)") }
                Self.remember(submission, id, &rows)
                return Submitted(instance: instance, job: job, isRepetition: true)
            }
        }
    }

    private static func repeated(_ submission: Submission, _ rows: ModelRows) throws -> Submitted? {
        guard let key = submission.idempotency,
            let call = rows.calls[ModelRows.Key(scope: key.scope, key: key.key)]
        else { return nil }
        guard call.request == key.request else {
            throw StorageError(.idempotencyMismatch, "the idempotency key \(key.key) was used with other parameters")
        }
        guard let job = rows.jobs[call.job]?.job, let instance = rows.find(.id(job.instance)) else {
            throw StorageError(.corrupt, "the job of the idempotency key \(key.key) is missing")
        }
        return Submitted(instance: instance, job: job, isRepetition: true)
    }

    private static func remember(_ submission: Submission, _ job: JobID, _ rows: inout ModelRows) {
        guard let key = submission.idempotency else { return }
        rows.calls[ModelRows.Key(scope: key.scope, key: key.key)] = ModelRows.Call(request: key.request, job: job)
    }

    private static func target(_ submission: Submission, _ rows: inout ModelRows) throws -> Instance {
        switch submission.target {
        case .new(let instance):
            try submission.checkQuota(of: instance.tenant) { min(rows.countLive(of: $0) + 1, $1) }
            try takeName(instance, &rows)
            rows.put(instance)
            return instance
        case .existing(let reference, let tenant):
            guard let instance = rows.find(reference), instance.tenant == tenant else {
                throw StorageError(.instanceNotFound, "no such instance: \(reference)")
            }
            return instance
        }
    }

    private static func takeName(_ instance: Instance, _ rows: inout ModelRows) throws {
        let isTaken = rows.instances.values.contains {
            $0.holdsName && $0.instance.name == instance.name && $0.instance.tenant == instance.tenant
                && $0.instance.id != instance.id
        }
        if isTaken { throw StorageError(.nameTaken, "an instance named \(instance.name) exists") }
        rows.instances[instance.id]?.holdsName = true
    }

    private static func accept(
        _ submission: Submission, _ instance: Instance, blockedBy: JobID?, _ rows: inout ModelRows
    ) throws -> Submitted {
        let new = submission.job
        let rival = rows.active(of: instance.id).first { ($0.kind == .destroy) == (new.kind == .destroy) }
        if let rival { throw StorageError(.instanceBusy, "job \(rival.id) is at work on it", job: rival.id) }
        let job = submission.job(of: instance, blockedBy: blockedBy)
        rows.put(instance)
        rows.queue(job)
        remember(submission, job.id, &rows)
        rows.append(
            .jobQueued, "\(job.kind.rawValue) of \(instance.name) is queued", of: job, phase: instance.phase,
            at: submission.now)
        return Submitted(instance: instance, job: job, isRepetition: false)
    }

    /// Ends the active job if no worker holds it and returns `nil`. Otherwise requests its cancellation and returns its
    /// id.
    private static func supersede(_ job: Job?, now: Timestamp, _ rows: inout ModelRows) -> JobID? {
        guard let job else { return nil }
        rows.jobs[job.id]?.job.cancellation = .superseded
        if rows.jobs[job.id]?.owner != nil { return job.id }
        rows.jobs[job.id]?.job.state = .cancelled
        rows.jobs[job.id]?.job.failure = .superseded
        rows.jobs[job.id]?.job.finishedAt = now
        rows.jobs[job.id]?.job.waitingFor = nil
        rows.jobs[job.id]?.job.epoch += 1
        rows.append(.jobCancelled, "\(job.kind.rawValue) stopped: a destroy took over", of: job, at: now)
        return nil
    }
}
