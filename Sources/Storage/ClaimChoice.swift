public import AuraModel

/// A job that a worker may lease.
public struct ClaimCandidate: Sendable, Hashable {
    public var id: JobID
    public var tenant: TenantID
    public var priority: Int

    public init(id: JobID, tenant: TenantID, priority: Int) {
        self.id = id
        self.tenant = tenant
        self.priority = priority
    }
}

/// The rows among which a claim chooses, as a store's transaction sees them. Candidates may not be another claim's as well.
public protocol ClaimRows {
    /// The priorities of free jobs that nobody started, or that somebody did; the smallest first.
    func priorities(isNew: Bool) throws -> [Int]
    /// Free jobs that were started and are due, the one that is due longest first.
    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate]
    /// Free jobs that nobody started, by turn; without those of some tenants, and without some jobs.
    func new(priority: Int, excluding: Set<TenantID>, after: [JobID], limit: Int) throws -> [ClaimCandidate]
    /// Jobs whose worker fell silent.
    func silent(limit: Int) throws -> [JobID]
    /// How many jobs of each tenant were started and have not ended, destroys apart. Asked for only where there is a limit.
    func inFlight() throws -> [TenantID: Int]
}

extension ClaimRows {
    /// Which jobs one claim takes, in their order: by priority, started ones before new ones, and at last those whose worker
    /// fell silent.
    public func choose(_ request: ClaimRequest) throws -> [JobID] {
        let started = try priorities(isNew: false).flatMap { try dueStarted(priority: $0, limit: request.limit) }
        let new = try newInTurn(request)
        let placesForNew = request.placesForNew(startedDue: started.count, newDue: new.count)
        let chosen = started.prefix(request.limit - placesForNew) + new.prefix(placesForNew)
        // Started before new within a priority: the sort is stable.
        let ids = chosen.sorted { $0.priority < $1.priority }.map(\.id)
        return try ids.count < request.limit ? ids + silent(limit: request.limit - ids.count) : ids
    }

    /// New jobs by priority and turn, without those of tenants that have all that they may have in flight.
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

/// How many more jobs of each tenant may start.
private struct TenantRoom {
    private let limit: Int?
    private var inFlight: [TenantID: Int] = [:]
    /// Tenants that may start no more.
    private(set) var full: Set<TenantID> = []

    /// Counts rows, so that nothing can leak; not at all where there is no limit.
    init(_ limit: Int?, count: () throws -> [TenantID: Int]) rethrows {
        self.limit = limit
        guard let limit else { return }
        inFlight = try count()
        full = Set(inFlight.filter { $0.value >= limit }.keys)
    }

    /// Takes a place for one more job of the tenant; false where there is none.
    mutating func take(_ tenant: TenantID) -> Bool {
        guard let limit else { return true }
        let count = inFlight[tenant, default: 0]
        guard count < limit else { return false }
        inFlight[tenant] = count + 1
        if count + 1 >= limit { full.insert(tenant) }
        return true
    }
}
