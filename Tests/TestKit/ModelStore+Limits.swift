public import AuraModel
public import Storage

/// Slots, call budgets, singleton leases and pruning.
extension ModelStore {
    public func takeSlot(_ request: SlotRequest) async throws(StorageError) -> Bool {
        try write { rows throws(StorageError) in
            guard let row = rows.jobs[request.held.job], row.owner != nil, row.job.epoch == request.held.epoch else {
                throw StorageError(.fenced, "job \(request.held.job) belongs to another worker now")
            }
            let others = rows.jobs.values.filter { $0.job.id != request.held.job }
            let holders = others.filter { $0.job.slot == request.slot && $0.owner != nil }
            let waiting = others.filter { other in
                request.waitingFor != nil && other.job.waitingFor == request.waitingFor && !other.job.state.isTerminal
                    && other.job.state != .queued && other.job.slot == nil && other.job.blockedBy == nil
                    && other.job.availableAt > request.oldestWaiting
            }
            let party = { (job: Job) in SlotChoice.Party(job: job.id, tenant: job.tenant) }
            let isFree = SlotChoice(
                limit: request.limit, holders: holders.map { party($0.job) }, waiting: waiting.map { party($0.job) }
            ).admits(party(row.job))
            rows.jobs[request.held.job]?.job.slot = isFree ? request.slot : nil
            return isFree
        }
    }

    public func takeCalls(_ request: CallRequest) async throws(StorageError) -> CallGrant {
        try write { rows in
            let (bucket, grant) = request.apply(to: rows.buckets[request.bucket])
            rows.buckets[request.bucket] = bucket
            return grant
        }
    }

    public func clock() async throws(StorageError) -> Timestamp? { nil }

    public func takeSingletonLease(_ request: SingletonLeaseRequest) async throws(StorageError) -> Bool {
        try write { rows in
            if let lease = rows.singletonLeases[request.name], lease.owner != request.owner, lease.until > request.now {
                return false
            }
            rows.singletonLeases[request.name] = ModelRows.SingletonLease(
                owner: request.owner, until: request.now + request.duration)
            return true
        }
    }

    public func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned {
        try write { rows in
            let events = rows.pruneEvents(before: request.eventsBefore, limit: request.limit)
            let jobs = Self.oldJobs(request, rows)
            for id in jobs {
                rows.jobs[id] = nil
                rows.steps[id] = nil
                rows.calls = rows.calls.filter { $0.value.job != id }
            }
            let kept = Set(rows.jobs.values.map(\.job.instance))
            let instances = rows.instances.values.map(\.instance)
                .filter { $0.phase == .destroyed && !kept.contains($0.id) }.map(\.id).prefix(request.limit)
            for id in instances { rows.instances[id] = nil }
            let isFull = [jobs.count, instances.count, events].contains { $0 >= request.limit }
            return Pruned(
                jobs: jobs.count, events: events, instances: instances.count,
                bounds: LedgerBounds(floor: rows.floor, head: rows.head), hasMore: isFull)
        }
    }

    private static func oldJobs(_ request: PruneRequest, _ rows: ModelRows) -> [JobID] {
        let before = min(request.jobsBefore, rows.events.first?.entry.at ?? request.jobsBefore)
        let old = rows.jobs.values.filter { row in
            guard let end = row.job.finishedAt, end < before else { return false }
            return !rows.steps(of: row.job.id).contains { $0.state == .undoFailed }
        }
        return old.sorted { ($0.job.finishedAt ?? $0.job.createdAt) < ($1.job.finishedAt ?? $1.job.createdAt) }
            .prefix(request.limit).map(\.job.id)
    }
}
