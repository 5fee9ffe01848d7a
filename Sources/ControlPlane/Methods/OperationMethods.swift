import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Jobs
import Storage

/// `provision`, `suspend`, `resume`, `restart`, `destroy`: each writes a job and replies at once.
extension ControlPlane {
    func registerOperations(in router: inout Router) {
        router.register(Methods.provision, holdsEvents: true) { parameters, call in
            try await self.subscriptionMethods.subscribing(parameters.subscribe, call) {
                try await self.provision(parameters)
            }
        }
        let others: [(RPCMethod<InstanceOperationParameters, OperationResult>, JobKind)] = [
            (Methods.suspend, .suspend), (Methods.resume, .resume), (Methods.restart, .restart),
            (Methods.destroy, .destroy),
        ]
        for (method, kind) in others {
            router.register(method, holdsEvents: true) { parameters, call in
                try await self.subscriptionMethods.subscribing(parameters.subscribe, call) {
                    try await self.operate(kind, parameters)
                }
            }
        }
    }

    private func provision(_ parameters: ProvisionParameters) async throws -> OperationResult {
        let settings = services.settings
        guard settings.regions.contains(parameters.region) else {
            throw APIError.unknown(.unknownRegion, "region", parameters.region, allowed: settings.regions)
        }
        guard settings.sizes.contains(parameters.size) else {
            throw APIError.unknown(.unknownSize, "size", parameters.size, allowed: settings.sizes)
        }
        let asked = Self.bare(parameters)
        let now = time.now()
        let tenant = parameters.tenant ?? Tenant.default
        let change = parameters.change ?? services.identifiers.next()
        let instance = Instance(
            id: services.identifiers.next(), tenant: tenant, name: parameters.name, region: parameters.region,
            size: parameters.size, change: change, createdAt: now)
        return try await submit(
            NewOperation(
                target: .new(instance), kind: .provision, change: change, tenant: tenant,
                key: parameters.idempotencyKey, request: try Self.canonical(.provision, asked),
                admit: Provision.admit))
    }

    private func operate(
        _ kind: JobKind, _ parameters: InstanceOperationParameters
    ) async throws -> OperationResult {
        let asked = Self.bare(parameters)
        let tenant = parameters.tenant ?? Tenant.default
        let named = InstanceReference.name(shapedAsID: parameters.instance, tenant: tenant)
        var operation = NewOperation(
            target: .existing(InstanceReference(parameters.instance, tenant: tenant), tenant: tenant), kind: kind,
            change: parameters.change ?? services.identifiers.next(), tenant: tenant, key: parameters.idempotencyKey,
            request: try Self.canonical(kind, asked), admit: Self.admission(of: kind))
        do {
            return try await submit(operation)
        } catch let error as RPCError where error.code == .instanceNotFound {
            guard let named else { throw error }
            operation.target = .existing(named, tenant: tenant)
            return try await submit(operation)
        }
    }

    /// Returns the parameters as they are compared for an idempotency key: without `subscribe`, and without a `tenant` that names
    /// the default tenant.
    private static func bare(_ parameters: ProvisionParameters) -> ProvisionParameters {
        var bare = parameters
        bare.subscribe = nil
        if bare.tenant == Tenant.default { bare.tenant = nil }
        return bare
    }

    private static func bare(_ parameters: InstanceOperationParameters) -> InstanceOperationParameters {
        var bare = parameters
        bare.subscribe = nil
        if bare.tenant == Tenant.default { bare.tenant = nil }
        if InstanceID(bare.instance).isUUID { bare.instance = bare.instance.lowercased() }
        return bare
    }

    /// Returns the request as one text, which distinguishes a repetition from another request. It does not contain the
    /// subscription.
    private static func canonical(_ kind: JobKind, _ parameters: some Encodable) throws -> String {
        "\(kind.rawValue) \(try JSONCoder.encodeString(parameters))"
    }

    func submit(_ operation: NewOperation) async throws -> OperationResult {
        guard let plan = catalogue.definition(for: operation.kind)?.plan else {
            throw RPCError(.methodNotFound, "cannot \(operation.kind.rawValue) here")
        }
        let now = time.now()
        let job = NewJob(
            id: services.identifiers.next(), kind: operation.kind, change: operation.change,
            definitionVersion: plan.version, input: operation.input, deadline: now + plan.timeLimit)
        let idempotency = operation.key.map {
            Idempotency(scope: operation.tenant.text, key: $0, request: operation.request)
        }
        do {
            let submitted = try await store.submit(
                Submission(
                    target: operation.target, job: job, idempotency: idempotency,
                    quota: services.settings.instancesPerTenant, totalQuota: services.settings.instances, now: now,
                    admit: { instance, active in
                        try Self.check(instance, isFor: plan)
                        return try operation.admit(instance, active)
                    }))
            if let blocker = submitted.job.blockedBy { engine.noteCancellation(of: blocker) }
            engine.wake()
            return OperationResult(instance: InstanceView(submitted.instance), job: JobView(submitted.job))
        } catch let error as StorageError {
            if error.code == .nameTaken, let refusal = try await nameInDestruction(operation) { throw refusal }
            throw APIError.from(error)
        }
    }

    /// Throws if this daemon does not have the operation for instances of this kind: a newer daemon made the instance.
    private static func check(_ instance: Instance, isFor plan: JobPlan) throws {
        guard instance.kind != plan.instanceKind else { return }
        throw StorageError(
            .phaseConflict,
            "cannot \(plan.kind.rawValue) \(instance.name), this aurad does not know instances of the kind \(instance.kind): "
                + "use the aurad that made it")
    }

    /// Returns a retryable `nameTaken` error if the instance with the wanted name is being destroyed; otherwise `nil`.
    private func nameInDestruction(_ operation: NewOperation) async throws -> RPCError? {
        guard case .new(let instance) = operation.target else { return nil }
        return try await answering {
            guard let holder = try await store.instance(.name(instance.name, tenant: instance.tenant)) else {
                return nil
            }
            let active = try await store.jobs(
                JobQuery(instance: holder.id, isActive: true, limit: 2))
            guard let destroying = active.rows.first(where: { $0.kind == .destroy }) else { return nil }
            return RPCError(
                .nameTaken,
                "cannot use the name \(instance.name), its instance is being destroyed: "
                    + "try again when job \(destroying.id) has ended, or choose another name",
                data: ["job": .string(destroying.id.text)], retryable: true)
        }
    }
}

/// An operation that an RPC call requests.
struct NewOperation: Sendable {
    var target: Submission.Target
    var kind: JobKind
    var change: ChangeID
    var input: JSONValue = .null
    var tenant: TenantID
    /// The caller's idempotency key.
    var key: String?
    /// The canonical text of the request. The key is valid for this request only.
    var request: String
    var admit: @Sendable (Instance, [Job]) throws -> Admission
}
