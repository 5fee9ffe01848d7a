public import AuraModel

/// A job that a worker may lease.
public struct ClaimCandidate: Sendable, Hashable {
    /// The job's id.
    public var id: JobID
    /// The tenant of the job's instance.
    public var tenant: TenantID
    /// The priority of the job; a lower number runs first.
    public var priority: Int

    /// Creates a candidate.
    public init(id: JobID, tenant: TenantID, priority: Int) {
        self.id = id
        self.tenant = tenant
        self.priority = priority
    }
}

/// The rows that a claim chooses from, read in the store's transaction. Two concurrent claims must not get the same
/// candidate.
///
/// A job is free if no worker holds it and no other job blocks it. A job is new in the state `queued`, and started in
/// every other active state.
public protocol ClaimRows {
    /// Returns the distinct priorities of the free jobs that are new (`isNew`) or started, in ascending order.
    func priorities(isNew: Bool) throws -> [Int]
    /// Returns started, free jobs of this priority that are due, the earliest due time first.
    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate]
    /// Returns new, free jobs of this priority that are due, in order of their fair-share tags. Omits the jobs of the
    /// tenants in `excluding`, and the jobs in `after`, which the same claim has found before.
    func new(priority: Int, excluding: Set<TenantID>, after: [JobID], limit: Int) throws -> [ClaimCandidate]
    /// Returns active jobs with an expired lease, the longest expired first.
    func silent(limit: Int) throws -> [JobID]
    /// Returns the number of jobs in flight per tenant: started and not ended, without destroys. Called only if the
    /// claim has a limit per tenant.
    func inFlight() throws -> [TenantID: Int]
}

extension ClaimRows {
    /// Chooses the jobs of one claim, ordered by priority, with started jobs before new ones of the same priority. If
    /// fewer jobs than the limit are found, jobs with an expired lease follow.
    public func choose(_ request: ClaimRequest) throws -> [JobID] {
        let started = try priorities(isNew: false).flatMap { try dueStarted(priority: $0, limit: request.limit) }
        let new = try newInTurn(request)
        let placesForNew = request.placesForNew(startedDue: started.count, newDue: new.count)
        let chosen = started.prefix(request.limit - placesForNew) + new.prefix(placesForNew)
        // The sort is stable, so started jobs stay before new ones within a priority.
        let ids = chosen.sorted { $0.priority < $1.priority }.map(\.id)
        return try ids.count < request.limit ? ids + silent(limit: request.limit - ids.count) : ids
    }

    /// Returns new jobs by priority and fair-share tag. Omits jobs of tenants that have reached their limit in flight;
    /// the limit does not apply to destroys.
    private func newInTurn(_ request: ClaimRequest) throws -> [ClaimCandidate] {
        var room = try TenantRoom(request.inFlightPerTenant) { try inFlight() }
        var found: [ClaimCandidate] = []
        for priority in try priorities(isNew: true) where found.count < request.limit {
            let isLimited = priority > JobKind.destroy.priority
            var excluded = isLimited ? room.full : []
            while found.count < request.limit {
                let missing = request.limit - found.count
                let candidates = try new(
                    priority: priority, excluding: excluded, after: found.map(\.id), limit: missing)
                found += candidates.filter { !isLimited || room.take($0.tenant) }
                let full = isLimited ? room.full : []
                if candidates.count < missing || full == excluded { break }
                excluded = full
            }
        }
        return found
    }
}

/// Counts how many more jobs of each tenant may start.
private struct TenantRoom {
    private let limit: Int?
    private var inFlight: [TenantID: Int] = [:]
    /// Tenants that have reached the limit.
    private(set) var full: Set<TenantID> = []

    /// Calls `count`, which counts stored rows and so cannot drift, only if there is a limit.
    init(_ limit: Int?, count: () throws -> [TenantID: Int]) rethrows {
        self.limit = limit
        guard let limit else { return }
        inFlight = try count()
        full = Set(inFlight.filter { $0.value >= limit }.keys)
    }

    /// Counts one more job of the tenant. Returns false, and counts nothing, if the tenant has reached the limit.
    mutating func take(_ tenant: TenantID) -> Bool {
        guard let limit else { return true }
        let count = inFlight[tenant, default: 0]
        guard count < limit else { return false }
        inFlight[tenant] = count + 1
        if count + 1 >= limit { full.insert(tenant) }
        return true
    }
}
