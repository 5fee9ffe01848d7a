import AuraModel
import Storage

/// The rows of a ``ModelStore`` as one value. A transaction changes a copy, which replaces the original or is dropped.
struct ModelRows: Sendable {
    struct JobRow: Sendable {
        var job: Job
        var turn: Int64 = 0
        var owner: String?
        var leaseUntil: Timestamp?
        /// The number of the last transition under the current epoch.
        var written: Int64 = 0
    }

    struct InstanceRow: Sendable {
        var instance: Instance
        /// False after the instance has failed or was destroyed, until it is revived.
        var holdsName = true
    }

    struct Key: Hashable, Sendable {
        var scope: String
        var key: String
    }

    struct Call: Sendable {
        var request: String
        var job: JobID
    }

    struct SingletonLease: Sendable {
        var owner: String
        var until: Timestamp
    }

    var instances: [InstanceID: InstanceRow] = [:]
    var jobs: [JobID: JobRow] = [:]
    var steps: [JobID: [Int: StepRecord]] = [:]
    var calls: [Key: Call] = [:]
    var singletonLeases: [String: SingletonLease] = [:]
    var buckets: [String: CallBucket] = [:]
    var observations: [Observation.Key: Observation] = [:]
    var identities = ModelIdentities()
    var secrets = ModelSecrets()
    var records: [RecordID: Record] = [:]
    var audit = ModelAudit()
    /// The `seq` of the newest event that was pruned.
    private(set) var floor: Int64 = 0
    private(set) var events: [Event] = []
    /// The events of the current transaction. They are kept apart so that a transaction does not copy the ledger.
    private var fresh: [Event] = []

    var head: Int64 { (fresh.last ?? events.last)?.seq ?? floor }

    mutating func append(_ drafts: [EventDraft]) {
        for draft in drafts { fresh.append(Event(seq: head + 1, entry: draft)) }
    }

    /// Ends the transaction and returns its events.
    mutating func commit() -> [Event] {
        defer { fresh = [] }
        events.append(contentsOf: fresh)
        return fresh
    }

    func steps(of job: JobID) -> [StepRecord] {
        (steps[job] ?? [:]).values.sorted { $0.index < $1.index }
    }

    func active(of instance: InstanceID) -> [Job] {
        jobs.values.map(\.job).filter { $0.instance == instance && !$0.state.isTerminal }
            .sorted { $0.id.text < $1.id.text }
    }

    func find(_ reference: InstanceReference) -> Instance? {
        switch reference {
        case .id(let id): instances[id]?.instance
        case .name(let name, let tenant):
            instances.values.filter { $0.instance.name == name && $0.instance.tenant == tenant }
                .max { ($0.holdsName ? 1 : 0, $0.instance.id.text) < ($1.holdsName ? 1 : 0, $1.instance.id.text) }?
                .instance
        }
    }

    func find(_ reference: InstanceReference, in scope: TenantScope) -> Instance? {
        find(reference).flatMap { scope.contains($0.tenant) ? $0 : nil }
    }

    func job(_ id: JobID, in scope: TenantScope) -> Job? {
        jobs[id].flatMap { scope.contains($0.job.tenant) ? $0.job : nil }
    }

    mutating func put(_ instance: Instance) {
        let held = instances[instance.id]?.holdsName ?? true
        let gone = instance.phase == .failed || instance.phase == .destroyed
        instances[instance.id] = InstanceRow(instance: instance, holdsName: held && !gone)
    }

    /// Active jobs that no worker holds and no other job blocks.
    var free: [JobRow] {
        jobs.values.filter { $0.owner == nil && $0.job.blockedBy == nil && !$0.job.state.isTerminal }
    }

    /// Inserts a new job with its fair-share tag: after the tenant's own queued jobs, and not before the job that is
    /// served next.
    mutating func queue(_ job: Job) {
        let queued = jobs.values.filter { $0.job.state == .queued && $0.job.priority == job.priority }
        let served = queued.filter { $0.owner == nil && $0.job.blockedBy == nil }.map(\.turn).min() ?? 1
        let own = queued.filter { $0.job.tenant == job.tenant }.map(\.turn).max() ?? 0
        jobs[job.id] = JobRow(job: job, turn: max(served, own + 1))
    }

    func countLive(of tenant: TenantID?) -> Int {
        instances.values.count { $0.holdsName && (tenant == nil || $0.instance.tenant == tenant) }
    }

    /// Removes events older than `moment` from the start of the ledger, at most `limit`. Returns their number.
    mutating func pruneEvents(before moment: Timestamp, limit: Int) -> Int {
        let old = events.prefix(limit).prefix { $0.entry.at < moment }
        floor = old.last?.seq ?? floor
        let count = old.count
        events.removeFirst(count)
        return count
    }
}
