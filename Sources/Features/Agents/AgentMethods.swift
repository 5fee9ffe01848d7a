import AuraAPI
import AuraModel
import EventStream
import JSON
import JSONRPC
import RPCService
import Storage

/// `provision`: writes the instance and its job, and replies at once.
struct AgentMethods {
    let regions: [String]
    let sizes: [String]
    let service: RPCService

    func register(in router: inout Router) {
        router.register(Methods.provision, holdsEvents: true, onLoop: true) { parameters, call in
            try await service.subscribing(parameters.subscribe, call) {
                try await provision(
                    parameters, in: call.tenantScope, by: PrincipalID(call.principal.id), audit: call.audit)
            }
        }
    }

    private func provision(
        _ parameters: ProvisionParameters, in scope: TenantScope, by principal: PrincipalID, audit: AuditSlip?
    ) async throws -> OperationResult {
        guard regions.contains(parameters.region) else {
            throw Self.unknown(.unknownRegion, "region", parameters.region, allowed: regions)
        }
        guard sizes.contains(parameters.size) else {
            throw Self.unknown(.unknownSize, "size", parameters.size, allowed: sizes)
        }
        let tenant = parameters.tenant ?? scope.usualTenant
        let change = parameters.change ?? service.identifiers.next()
        let instance = Instance(
            of: Agents.kind, id: service.identifiers.next(), tenant: tenant, name: parameters.name,
            region: parameters.region,
            size: parameters.size, change: change, createdAt: service.time.now())
        return try await service.submit(
            NewOperation(
                target: .new(instance), in: scope, kind: .provision, change: change, principal: principal,
                tenant: tenant, key: parameters.idempotencyKey,
                request: try NewOperation.canonical(.provision, Self.bare(parameters, tenant)), audit: audit,
                admit: Provision.admit))
    }

    /// Returns the parameters as they are compared for an idempotency key: without `subscribe`, and with the tenant unless
    /// it is the default one.
    private static func bare(_ parameters: ProvisionParameters, _ tenant: TenantID) -> ProvisionParameters {
        var bare = parameters
        bare.subscribe = nil
        bare.tenant = tenant == Tenant.default ? nil : tenant
        return bare
    }

    private static func unknown(_ code: RPCErrorCode, _ kind: String, _ given: String, allowed: [String]) -> RPCError {
        RPCError(
            code,
            "cannot provision in \(kind) \"\(given.prefix(64))\": choose one of \(allowed.joined(separator: ", "))",
            data: ["given": .string(String(given.prefix(64))), "allowed": .array(allowed.map { .string($0) })])
    }
}
