public import AuraModel
import GRDB
public import Storage

/// Queries.
extension SQLiteStore {
    public func instance(
        _ reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> Instance? {
        try await read(inTransaction: false) { [decoded] in try InstanceRows.find(reference, in: scope, $0, decoded) }
    }

    public func activity(
        of reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> InstanceActivity? {
        try await read(findActivity(of: reference, in: scope))
    }

    public var readsAtOnce: Bool { true }

    public func activityAtOnce(
        of reference: InstanceReference, in scope: TenantScope
    ) throws(StorageError) -> ReadAtOnce<InstanceActivity?> {
        try readAtOnce(findActivity(of: reference, in: scope))
    }

    private func findActivity(
        of reference: InstanceReference, in scope: TenantScope
    ) -> @Sendable (ReadConnection) throws -> InstanceActivity? {
        { [decoded] database in
            guard let instance = try InstanceRows.find(reference, in: scope, database, decoded) else { return nil }
            return InstanceActivity(
                instance: instance,
                jobs: try JobRows.active(of: instance.id, limit: InstanceActivity.jobLimit, database))
        }
    }

    public func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        try await readList(of: query.limit) { [decoded] in try InstanceRows.fetch(query, $0, decoded) }
    }

    public func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        try await readAside { [decoded] database in
            InstancePage(
                instances: try InstanceRows.fetch(query, database, decoded), head: try LedgerRows.bounds(database).head)
        }
    }

    public func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await read(inTransaction: false) { try JobRows.find(id, in: scope, $0) }
    }

    public func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        try await readList(of: query.limit) { try JobRows.fetch(query, $0) }
    }

    public func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await read(inTransaction: false) { try StepRows.fetch(of: job, in: scope, $0) }
    }

    public func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        try await readAside { try LedgerRows.fetch(query, $0) }
    }

    public func bounds() async throws(StorageError) -> LedgerBounds {
        try await read(inTransaction: false) { try LedgerRows.bounds($0) }
    }

    public func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? {
        try await read(inTransaction: false) { database in
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
