public import AuraModel
import Locking
public import Storage

/// The contract of ``Store`` in its simplest form, in memory. It is a reference for the conformance suite, and a store
/// without IO for tests that run a job thousands of times.
///
/// Each method runs under one lock. The observer is called under that lock, so it gets commits in order and must not
/// call the store. A second `ModelStore` over the same disk is the same database, opened again.
public final class ModelStore: Store {
    /// The data that remains when a store is closed.
    public final class Disk: Sendable {
        let rows = Locked(ModelRows())
        let installation = Locked<String?>(nil)

        public init() {}
    }

    typealias Observer = @Sendable ([Event]) -> Void

    public let installation: String
    let disk: Disk
    private let observer = Locked<Observer?>(nil)

    public init(disk: Disk = Disk(), installation: String = "model") {
        self.disk = disk
        let name = disk.installation.withLock { known in
            known = known ?? installation
            return known ?? installation
        }
        self.installation = name
        disk.rows.withLock { $0.audit.begin(name) }
    }

    public func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    func read<Value>(_ body: (ModelRows) -> Value) -> Value {
        disk.rows.withLock { body($0) }
    }

    /// Runs `body` on a copy of the rows, which replaces the rows unless `body` throws.
    func write<Value>(_ body: (inout ModelRows) throws(StorageError) -> Value) throws(StorageError) -> Value {
        try disk.rows.withLock { rows in
            Result { () throws(StorageError) in
                var copy = rows
                let value = try body(&copy)
                rows = copy
                copy = ModelRows()
                let added = rows.commit()
                if !added.isEmpty { observer.withLock { $0 }?(added) }
                return value
            }
        }.get()
    }
}

/// Reads.
extension ModelStore {
    public func instance(
        _ reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> Instance? {
        read { $0.find(reference, in: scope) }
    }

    public func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        Page(rows: read { Self.choose(query, from: $0) })
    }

    public func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        read { InstancePage(instances: Page(rows: Self.choose(query, from: $0)), head: $0.head) }
    }

    private static func choose(_ query: InstanceQuery, from rows: ModelRows) -> [Instance] {
        let found = rows.instances.values.map(\.instance).filter { instance in
            guard query.scope.contains(instance.tenant) else { return false }
            if let wanted = query.instance, instance.id != wanted { return false }
            if let tenant = query.tenant, instance.tenant != tenant { return false }
            if let after = query.after, instance.id.text <= after.text { return false }
            if query.phases.isEmpty {
                return query.includesDestroyed || query.instance != nil || instance.phase != .destroyed
            }
            return query.phases.contains(instance.phase)
        }
        return Array(found.sorted { $0.id.text < $1.id.text }.prefix(query.limit))
    }

    public func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        read { $0.job(id, in: scope) }
    }

    public func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        let found = read { $0.jobs.values.map(\.job) }.filter { job in
            guard query.scope.contains(job.tenant) else { return false }
            if let instance = query.instance, job.instance != instance { return false }
            if let tenant = query.tenant, job.tenant != tenant { return false }
            if let change = query.change, job.change != change { return false }
            if let after = query.after, job.id == after || (job.id.text < after.text) != query.newestFirst {
                return false
            }
            if query.isActive, job.state.isTerminal { return false }
            return query.states.isEmpty || query.states.contains(job.state)
        }
        return Page(rows: found.sorted { ($0.id.text < $1.id.text) != query.newestFirst }.prefix(query.limit))
    }

    public func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        read { $0.job(job, in: scope) == nil ? [] : $0.steps(of: job) }
    }

    public func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        let (bounds, events) = read { (LedgerBounds(floor: $0.floor, head: $0.head), $0.events) }
        try bounds.check(cursor: query.after)
        let found = events.filter {
            $0.seq > query.after && $0.seq <= query.through ?? .max && query.filter.matches($0.entry)
        }
        return Array(found.prefix(query.limit))
    }

    public func bounds() async throws(StorageError) -> LedgerBounds {
        read { LedgerBounds(floor: $0.floor, head: $0.head) }
    }

    public func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? {
        read { $0.free.map(\.job).filter(scope.includes).map(\.availableAt).min() }
    }
}

/// Direct access to the rows for tests, past the store.
extension ModelStore.Disk {
    public func job(_ id: JobID) -> Job? { rows.withLock { $0.jobs[id]?.job } }
    public func steps(of job: JobID) -> [StepRecord] { rows.withLock { $0.steps(of: job) } }
    public var jobs: [Job] { rows.withLock { $0.jobs.values.map(\.job) }.sorted { $0.id.text < $1.id.text } }
    public var instances: [Instance] {
        rows.withLock { $0.instances.values.map(\.instance) }.sorted { $0.id.text < $1.id.text }
    }
    public var ledger: [Event] { rows.withLock { $0.events } }
    public var head: Int64 { rows.withLock { $0.head } }
}
