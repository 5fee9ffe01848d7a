import AuraModel
public import Storage

/// Claiming jobs.
extension ModelStore {
    public func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed {
        try write { rows in
            Self.pullBack(request, &rows)
            let started = rows.free.filter {
                $0.job.state != .queued && $0.job.availableAt <= request.now && request.scope.includes($0.job)
            }
            .sorted {
                Self.key($0, $0.job.availableAt.milliseconds) < Self.key($1, $1.job.availableAt.milliseconds)
            }
            let new = Self.newInTurn(request, rows)
            let places = request.placesForNew(startedDue: started.count, newDue: new.count)
            let chosen = started.prefix(request.limit - places) + new.prefix(places)
            let silent = rows.jobs.values.filter { row in
                guard let until = row.leaseUntil, !row.job.state.isTerminal else { return false }
                return until < request.now && request.scope.includes(row.job)
            }
            let ids =
                chosen.sorted { $0.job.priority < $1.job.priority }.map(\.job.id)
                + silent.sorted {
                    Self.key($0, $0.leaseUntil?.milliseconds ?? 0) < Self.key($1, $1.leaseUntil?.milliseconds ?? 0)
                }
                .map(\.job.id)
            return Claimed(claims: ids.prefix(request.limit).compactMap { Self.lease($0, request, &rows) })
        }
    }

    /// Makes jobs due whose time is too far ahead, and ends leases that are too long.
    private static func pullBack(_ request: ClaimRequest, _ rows: inout ModelRows) {
        for (id, row) in rows.jobs where !row.job.state.isTerminal {
            if let until = row.leaseUntil, until > request.horizon {
                rows.jobs[id]?.leaseUntil = request.now + .milliseconds(-1)
            }
        }
        for row in rows.free where row.job.availableAt > request.horizon {
            rows.jobs[row.job.id]?.job.availableAt = request.now
        }
    }

    private static func key(_ row: ModelRows.JobRow, _ order: Int64) -> (Int, Int64, String) {
        (row.job.priority, order, row.job.id.text)
    }

    private static func newInTurn(_ request: ClaimRequest, _ rows: ModelRows) -> [ModelRows.JobRow] {
        var inFlight: [TenantID: Int] = [:]
        for row in rows.jobs.values where !row.job.state.isTerminal && row.job.state != .queued {
            if row.job.kind != .destroy { inFlight[row.job.tenant, default: 0] += 1 }
        }
        return rows.free.filter {
            $0.job.state == .queued && $0.job.availableAt <= request.now && request.scope.includes($0.job)
        }
        .sorted { key($0, $0.turn) < key($1, $1.turn) }
        .filter { row in
            guard let limit = request.inFlightPerTenant, row.job.kind != .destroy else { return true }
            guard inFlight[row.job.tenant, default: 0] < limit else { return false }
            inFlight[row.job.tenant, default: 0] += 1
            return true
        }
    }

    private static func lease(_ id: JobID, _ request: ClaimRequest, _ rows: inout ModelRows) -> Claim? {
        guard var row = rows.jobs[id], let instance = rows.find(.id(row.job.instance)) else { return nil }
        row.owner = request.owner
        row.leaseUntil = request.now + request.lease
        row.job.lease()
        row.written = 0
        rows.jobs[id] = row
        return Claim(job: row.job, instance: instance, steps: rows.steps(of: id))
    }
}
