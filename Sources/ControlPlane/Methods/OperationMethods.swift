import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Jobs
import Storage

/// `provision`, `suspend`, `resume`, `restart`, `destroy`: each writes a job and answers at once.
extension ControlPlane {
    func registerOperations(in router: inout Router) {
        router.register("provision", params: ProvisionParameters.self, result: OperationResult.self, holdsEvents: true)
        {
            try await self.provision($0, $1)
        }
        let operations: [(JobKind, @Sendable (Instance, [Job]) throws -> Admission)] = [
            (.suspend, Suspend.admit), (.resume, Resume.admit), (.restart, Restart.admit), (.destroy, Destroy.admit),
        ]
        for (kind, admit) in operations {
            router.register(
                kind.rawValue, params: InstanceOperationParameters.self, result: OperationResult.self, holdsEvents: true
            ) {
                try await self.operate(kind, $0, $1, admit)
            }
        }
    }

    private func provision(_ parameters: ProvisionParameters, _ call: Call) async throws -> OperationResult {
        try Check.name(parameters.name)
        try Check.caller(tenant: parameters.tenant, key: parameters.idempotencyKey, change: parameters.change)
        let settings = services.settings
        guard settings.regions.contains(parameters.region) else {
            throw APIError.unknown(.unknownRegion, "region", parameters.region, allowed: settings.regions)
        }
        guard settings.sizes.contains(parameters.size) else {
            throw APIError.unknown(.unknownSize, "size", parameters.size, allowed: settings.sizes)
        }
        let now = time.now()
        let tenant = parameters.tenant.map { TenantID($0) } ?? Tenant.default
        let change = self.change(parameters.change)
        let instance = Instance(
            id: services.identifiers.next(), tenant: tenant, name: parameters.name, region: parameters.region,
            size: parameters.size, change: change, createdAt: now)
        return try await submit(
            .new(instance), kind: .provision, change: change, key: parameters.idempotencyKey, tenant: tenant,
            request: parameters, call, now: now, admit: Provision.admit)
    }

    private func operate(
        _ kind: JobKind, _ parameters: InstanceOperationParameters, _ call: Call,
        _ admit: @escaping @Sendable (Instance, [Job]) throws -> Admission
    ) async throws -> OperationResult {
        try Check.caller(tenant: parameters.tenant, key: parameters.idempotencyKey, change: parameters.change)
        let tenant = parameters.tenant.map { TenantID($0) } ?? Tenant.default
        let target = Submission.Target.existing(
            try Check.reference(parameters.instance, tenant: tenant), tenant: tenant)
        return try await submit(
            target, kind: kind, change: change(parameters.change), key: parameters.idempotencyKey, tenant: tenant,
            request: parameters, call, now: time.now(), admit: admit)
    }

    private func submit(
        _ target: Submission.Target, kind: JobKind, change: ChangeID, key: String?, tenant: TenantID,
        request: some Encodable, _ call: Call, now: Timestamp,
        admit: @escaping @Sendable (Instance, [Job]) throws -> Admission
    ) async throws -> OperationResult {
        guard let plan = catalogue[kind]?.plan else { throw RPCError(.methodNotFound, "cannot \(kind.rawValue) here") }
        let job = NewJob(
            id: services.identifiers.next(), kind: kind, change: change, definitionVersion: plan.version, input: .null,
            deadline: now + plan.timeLimit)
        let idempotency = try key.map { key in
            Idempotency(
                scope: tenant.text, key: key,
                request: "\(kind.rawValue) \(try JSONCoder.encodeString(request))")
        }
        do {
            let submitted = try await store.submit(
                Submission(
                    target: target, job: job, idempotency: idempotency, quota: services.settings.instancesPerTenant,
                    now: now, admit: admit))
            if let blocker = submitted.job.blockedBy { engine.noteCancellation(of: blocker) }
            engine.wake()
            return OperationResult(instance: InstanceView(submitted.instance), job: JobView(submitted.job))
        } catch let error as StorageError {
            throw APIError.from(error)
        }
    }

    private func change(_ given: String?) -> ChangeID {
        given.map { ChangeID($0) } ?? services.identifiers.next()
    }
}
