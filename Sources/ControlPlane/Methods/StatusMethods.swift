import AuraAPI
import AuraModel
import JSONRPC
import Storage

/// `status.get`, `status.list`.
extension ControlPlane {
    func registerStatus(in router: inout Router) {
        router.register(
            "status.get", params: StatusGetParameters.self, result: StatusGetResult.self, followsHolds: true
        ) { parameters, _ in
            try await self.answering { try await self.get(parameters) }
        }
        router.register(
            "status.list", params: StatusListParameters.self, result: StatusListResult.self, followsHolds: true
        ) { parameters, _ in
            try await self.answering { try await self.list(parameters) }
        }
    }

    private func get(_ parameters: StatusGetParameters) async throws -> StatusGetResult {
        let instance = try await instance(parameters.instance, tenant: parameters.tenant)
        let active = try await store.jobs(
            JobQuery(instance: instance.id, states: [.queued, .running, .waiting, .compensating], limit: 2))
        let job = active.first { $0.blockedBy == nil } ?? active.first
        return StatusGetResult(instance: InstanceView(instance), job: job.map { JobView($0) })
    }

    private func list(_ parameters: StatusListParameters) async throws -> StatusListResult {
        try Check.caller(tenant: parameters.tenant, key: nil, change: nil)
        let limit = try Check.limit(parameters.limit)
        let found = try await store.instances(
            InstanceQuery(
                tenant: parameters.tenant.map { TenantID($0) }, phases: parameters.phases ?? [],
                includesDestroyed: parameters.includeDestroyed ?? false, after: parameters.after, limit: limit + 1))
        let page = found.prefix(limit)
        return StatusListResult(
            instances: page.map(InstanceView.init), next: found.count > limit ? page.last?.id : nil)
    }

    func instance(_ text: String, tenant: String?) async throws -> Instance {
        try Check.caller(tenant: tenant, key: nil, change: nil)
        let reference = try Check.reference(text, tenant: tenant.map { TenantID($0) } ?? Tenant.default)
        guard let instance = try await store.instance(reference), tenant.map({ $0 == instance.tenant.text }) ?? true
        else {
            throw RPCError(.instanceNotFound, "no instance is \(text): status.list shows those that exist")
        }
        return instance
    }

    /// Turns the store's errors into the wire's.
    func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as StorageError {
            throw APIError.from(error)
        }
    }
}
