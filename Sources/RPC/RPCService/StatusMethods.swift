import AuraAPI
import AuraModel
import EventStream
import JSONRPC
import Storage

/// `status.get`, `status.list`.
extension RPCService {
    func registerStatus(in router: inout Router) {
        router.register(
            Methods.statusGet, followsHolds: true, reads: true, onLoop: true, atOnce: getAtOnce
        ) { parameters, call in
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
        return StatusGetResult(found)
    }

    /// Does the same as ``get(_:in:only:)`` without waiting; `nil` if reads of the store always wait.
    private var getAtOnce: (@Sendable (StatusGetParameters, RPCContext) throws -> StatusGetResult?)? {
        guard store.readsAtOnce else { return nil }
        return { [store] parameters, call throws in
            let found = try APIError.answering {
                try store.findActivityAtOnce(
                    parameters.instance, tenant: parameters.tenant, in: call.tenantScope, only: call.instances)
            }
            return found.map { StatusGetResult($0) }
        }
    }

    func list(_ parameters: StatusListParameters, in scope: TenantScope) async throws -> StatusListResult {
        let limit = parameters.limit ?? Self.usualPage
        let found = try await store.instances(
            InstanceQuery(
                scope: scope, tenant: parameters.tenant, phases: try parameters.phases?.map { try $0.checked() } ?? [],
                includesDestroyed: parameters.includeDestroyed ?? false, after: try parameters.after?.asCursor(),
                limit: limit + 1))
        let (views, unreadable) = found.views(ofFirst: limit) { InstanceView($0) }
        faults.note(unreadable)
        return StatusListResult(
            instances: views, next: found.count > limit ? found.last(ofFirst: limit) : nil,
            unreadable: unreadable.isEmpty ? nil : unreadable.map { InstanceID($0.id) })
    }

    /// The page size if the caller gives no limit.
    static let usualPage = 100

    func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await APIError.answering(body)
    }
}

extension StatusGetResult {
    /// Creates the result from an instance and its active jobs. A job that waits for another one is shown only if there
    /// is no other.
    fileprivate init(_ activity: InstanceActivity) {
        let active = activity.jobs.rows
        let job = active.first { $0.blockedBy == nil } ?? active.first
        self.init(instance: InstanceView(activity.instance), job: job.map { JobView($0) })
    }
}
