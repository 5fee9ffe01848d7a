import AuraAPI
import AuraModel
import EventStream
import JSONRPC
import Storage

/// `status.get`, `status.list`.
extension RPCService {
    func registerStatus(in router: inout Router) {
        router.register(Methods.statusGet, followsHolds: true, reads: true, onLoop: true) { parameters, call in
            try await self.answering { try await self.get(parameters, in: call.tenantScope, only: call.instances) }
        }
        router.register(Methods.statusList, followsHolds: true, reads: true, onLoop: true) { parameters, call in
            try await self.answering { try await self.list(parameters, in: call.tenantScope) }
        }
    }

    func get(
        _ parameters: StatusGetParameters, in scope: TenantScope, only: Set<InstanceID>? = nil
    ) async throws -> StatusGetResult {
        let found = try await store.findActivity(
            parameters.instance, tenant: parameters.tenant, in: scope, only: only)
        let active = found.jobs.rows
        let job = active.first { $0.blockedBy == nil } ?? active.first
        return StatusGetResult(instance: InstanceView(found.instance), job: job.map { JobView($0) })
    }

    func list(_ parameters: StatusListParameters, in scope: TenantScope) async throws -> StatusListResult {
        let limit = parameters.limit ?? Self.usualPage
        let found = try await store.instances(
            InstanceQuery(
                scope: scope, tenant: parameters.tenant, phases: try parameters.phases?.map { try $0.checked() } ?? [],
                includesDestroyed: parameters.includeDestroyed ?? false, after: try parameters.after?.asCursor(),
                limit: limit + 1))
        let page = found.prefix(limit)
        faults.note(page.unreadable)
        return StatusListResult(
            instances: page.rows.map { InstanceView($0) }, next: found.count > limit ? page.last : nil,
            unreadable: page.unreadable.isEmpty ? nil : page.unreadable.map { InstanceID($0.id) })
    }

    /// The page size if the caller gives no limit.
    static let usualPage = 100

    func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await APIError.answering(body)
    }
}
