public import AuraModel
import GRDB
public import Storage

/// Queries.
extension SQLiteStore {
    public func instance(
        _ reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> Instance? {
        try await read { [decoded] in try InstanceRows.find(reference, in: scope, $0, decoded) }
    }

    public func activity(
        of reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> InstanceActivity? {
        try await read { [decoded] database in
            guard let instance = try InstanceRows.find(reference, in: scope, database, decoded) else { return nil }
            return InstanceActivity(
                instance: instance,
                jobs: try JobRows.active(of: instance.id, limit: InstanceActivity.jobLimit, database))
        }
    }

    public func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        try await readAside { [decoded] in try InstanceRows.fetch(query, $0, decoded) }
    }

    public func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        try await readAside { [decoded] database in
            InstancePage(
                instances: try InstanceRows.fetch(query, database, decoded), head: try LedgerRows.bounds(database).head)
        }
    }

    public func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await read { try JobRows.find(id, in: scope, $0) }
    }

    public func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        try await readAside { try JobRows.fetch(query, $0) }
    }

    public func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await read { try StepRows.fetch(of: job, in: scope, $0) }
    }

    public func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        try await readAside { try LedgerRows.fetch(query, $0) }
    }

    public func bounds() async throws(StorageError) -> LedgerBounds {
        try await read { try LedgerRows.bounds($0) }
    }

    public func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? {
        try await read { database in
            let scope = ScopeCondition(scope)
            return try HotStatement(
                database,
                """
                SELECT min(available_at) FROM job
                WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(JobRows.active)\(scope.sql)
                """, scope.values
            ).rows { try $0.moment(0) }.first ?? nil
        }
    }
}
