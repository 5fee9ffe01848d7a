import AuraAPI
import AuraModel
import JSONRPC
import Storage

/// `tenant.create`, `tenant.list`, `tenant.set`.
extension IdentityMethods {
    func registerTenants(in router: inout Router) {
        router.register(Methods.tenantCreate) { parameters, call in
            // A caller of some tenants could not see the new one.
            try Self.check(.only([parameters.tenant]), isWithin: call.principal)
            let record = TenantRecord(
                id: parameters.tenant, quota: parameters.quota?.quota ?? TenantQuota(), createdAt: time.now(),
                createdBy: PrincipalID(call.principal.id))
            try await write(.createTenant(record), call.audit)
            return TenantResult(tenant: TenantView(record))
        }
        // Up to 1,000 rows are too many for an event loop.
        router.register(Methods.tenantList, reads: true) { _, call in
            let visible = registry.table.tenants.values.filter { Self.sees(call.principal, $0.id) }
            return TenantListResult(tenants: visible.sorted { $0.id.text < $1.id.text }.map { TenantView($0) })
        }
        router.register(Methods.tenantSet) { parameters, call in
            let (id, caller) = (parameters.tenant, call.principal)
            guard Self.sees(caller, id) else { throw Self.unknown(id) }
            try await write(
                .setTenant(id, isEnabled: parameters.enabled, quota: parameters.quota?.quota), call.audit)
            guard let record = registry.table.tenants[id] else { throw Self.unknown(id) }
            return TenantResult(tenant: TenantView(record))
        }
    }

    private static func sees(_ caller: Principal, _ tenant: TenantID) -> Bool {
        caller.rights.tenants.contains(tenant)
    }

    private static func unknown(_ tenant: TenantID) -> RPCError {
        RPCError(.tenantNotFound, "no tenant has the id \(tenant): tenant.list shows those that exist")
    }
}
