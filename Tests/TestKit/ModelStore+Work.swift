import AuraModel
public import Storage

/// Extending leases, and writing transitions.
extension ModelStore {
    public func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
        try write { rows in
            request.held.compactMap { held in
                guard var row = rows.jobs[held.job], row.owner != nil, row.job.epoch == held.epoch else { return nil }
                row.leaseUntil = request.now + request.lease
                rows.jobs[held.job] = row
                return LeaseState(job: held.job, epoch: held.epoch, cancellation: row.job.cancellation)
            }
        }
    }

    public func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        try write { rows throws(StorageError) in
            let present = rows.jobs[transition.job.id]
            if let present, transition.number > 0, present.job.epoch == transition.job.epoch,
                present.written == transition.number
            {
                return Applied(seq: rows.head, cancellation: present.job.cancellation)
            }
            guard let old = present, old.owner != nil, old.job.epoch == transition.job.epoch else {
                throw StorageError(.fenced, "job \(transition.job.id) belongs to another worker now")
            }
            rows.jobs[transition.job.id] = Self.merged(old, transition)
            for step in transition.steps { rows.steps[step.job, default: [:]][step.index] = step }
            if var instance = transition.instance {
                instance.desired = rows.find(.id(instance.id))?.desired ?? instance.desired
                rows.put(instance)
            }
            rows.append(transition.events)
            if transition.job.state.isTerminal { Self.unblock(after: transition.job, &rows) }
            return Applied(seq: rows.head, cancellation: old.job.cancellation)
        }
    }

    /// The row with the fields that belong to the worker taken from the transition.
    private static func merged(_ old: ModelRows.JobRow, _ transition: Transition) -> ModelRows.JobRow {
        var row = old
        row.job.state = transition.job.state
        row.job.availableAt = transition.job.availableAt
        row.job.attempt = transition.job.attempt
        row.job.waitingFor = transition.job.waitingFor
        row.job.failure = transition.job.failure
        row.job.startedAt = transition.job.startedAt
        row.job.finishedAt = transition.job.finishedAt
        row.job.progress = transition.job.progress
        row.written = max(row.written, transition.number)
        row.job.slot = transition.releasesLease ? nil : transition.job.slot
        guard transition.releasesLease else { return row }
        row.owner = nil
        row.leaseUntil = nil
        if old.job.cancellation != transition.job.cancellation {
            row.job.availableAt = min(row.job.availableAt, old.job.createdAt)
        }
        return row
    }

    private static func unblock(after job: Job, _ rows: inout ModelRows) {
        for (id, row) in rows.jobs where row.job.blockedBy == job.id {
            rows.jobs[id]?.job.blockedBy = nil
            rows.jobs[id]?.job.availableAt = min(row.job.availableAt, job.finishedAt ?? row.job.availableAt)
        }
    }

    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int {
        try write { rows in
            for lease in singletonLeases where rows.singletonLeases[lease].map({ $0.owner != owner }) ?? false {
                rows.singletonLeases[lease] = nil
            }
            let foreign = rows.jobs.filter { $0.value.owner != nil && $0.value.owner != owner }.keys
            for id in foreign {
                rows.jobs[id]?.owner = nil
                rows.jobs[id]?.leaseUntil = nil
            }
            return foreign.count
        }
    }
}
