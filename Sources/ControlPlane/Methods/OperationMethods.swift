import AuraAPI
import AuraModel
import JSON
import JSONRPC
import Jobs
import Storage

/// `provision`, `suspend`, `resume`, `restart`, `destroy`: each writes a job and answers at once.
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
        var asked = parameters
        asked.subscribe = nil
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
        var asked = parameters
        asked.subscribe = nil
        let tenant = parameters.tenant ?? Tenant.default
        let target = Submission.Target.existing(
            InstanceReference(parameters.instance, tenant: tenant), tenant: tenant)
        return try await submit(
            NewOperation(
                target: target, kind: kind, change: parameters.change ?? services.identifiers.next(), tenant: tenant,
                key: parameters.idempotencyKey, request: try Self.canonical(kind, asked),
                admit: Self.admission(of: kind)))
    }

    /// The request as one text, to tell a repetition from another request. Where its events go is no part of it.
    private static func canonical(_ kind: JobKind, _ parameters: some Encodable) throws -> String {
        "\(kind.rawValue) \(try JSONCoder.encodeString(parameters))"
    }

    func submit(_ operation: NewOperation) async throws -> OperationResult {
        guard let plan = catalogue[operation.kind]?.plan else {
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
                    admit: operation.admit))
            if let blocker = submitted.job.blockedBy { engine.noteCancellation(of: blocker) }
            engine.wake()
            return OperationResult(instance: InstanceView(submitted.instance), job: JobView(submitted.job))
        } catch let error as StorageError {
            throw APIError.from(error)
        }
    }
}

/// An operation that a call asks for.
struct NewOperation: Sendable {
    var target: Submission.Target
    var kind: JobKind
    var change: ChangeID
    var input: JSONValue = .null
    var tenant: TenantID
    /// The caller's idempotency key.
    var key: String?
    /// What the key stands for.
    var request: String
    var admit: @Sendable (Instance, [Job]) throws -> Admission
}
