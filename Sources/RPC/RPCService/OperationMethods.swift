public import AuraAPI
public import AuraModel
import EventStream
public import JSON
public import JSONRPC
public import Jobs
public import Storage

/// `suspend`, `resume`, `restart`, `destroy`: each writes a job and replies at once.
extension RPCService {
    func registerOperations(in router: inout Router) {
        let methods: [(RPCMethod<InstanceOperationParameters, OperationResult>, JobKind)] = [
            (Methods.suspend, .suspend), (Methods.resume, .resume), (Methods.restart, .restart),
            (Methods.destroy, .destroy),
        ]
        for (method, kind) in methods {
            router.register(method, holdsEvents: true, onLoop: true) { parameters, call in
                try await self.subscribing(parameters.subscribe, call) {
                    try await self.operate(
                        kind, parameters, in: call.tenantScope, only: call.instances,
                        by: PrincipalID(call.principal.id), audit: call.audit)
                }
            }
        }
    }

    func operate(
        _ kind: JobKind, _ parameters: InstanceOperationParameters, in scope: TenantScope,
        only: Set<InstanceID>? = nil, by principal: PrincipalID, audit: AuditSlip? = nil
    ) async throws -> OperationResult {
        let tenant = parameters.tenant ?? scope.usualTenant
        let asked = Self.bare(parameters, tenant)
        let named = InstanceReference.name(shapedAsID: parameters.instance, tenant: tenant)
        var operation = NewOperation(
            target: .existing(InstanceReference(parameters.instance, tenant: tenant), tenant: tenant), in: scope,
            kind: kind, change: parameters.change ?? identifiers.next(), principal: principal, tenant: tenant,
            key: parameters.idempotencyKey,
            request: try NewOperation.canonical(kind, asked), only: only, audit: audit,
            admit: operations.admission(of: kind))
        do {
            return try await submit(operation)
        } catch let error as RPCError where error.code == .instanceNotFound {
            guard let named else { throw error }
            operation.target = .existing(named, tenant: tenant)
            return try await submit(operation)
        }
    }

    /// Returns the parameters as they are compared for an idempotency key: without `subscribe`, with the tenant unless it
    /// is the default one, and with an id in lower case.
    private static func bare(
        _ parameters: InstanceOperationParameters, _ tenant: TenantID
    ) -> InstanceOperationParameters {
        var bare = parameters
        bare.subscribe = nil
        bare.tenant = tenant == Tenant.default ? nil : tenant
        if InstanceID(bare.instance).isUUID { bare.instance = bare.instance.lowercased() }
        return bare
    }

    /// Writes a job for an operation and wakes the engine. Throws `RPCError`.
    public func submit(_ operation: NewOperation) async throws -> OperationResult {
        let plans = operations.map(\.definition.plan).filter { $0.kind == operation.kind }
        guard let plan = plans.first else {
            throw RPCError(.methodNotFound, "cannot \(operation.kind.rawValue) here")
        }
        let now = time.now()
        var job = NewJob(
            id: identifiers.next(), kind: operation.kind, change: operation.change, principal: operation.principal,
            definitionVersion: plan.version, input: operation.input, deadline: now + plan.timeLimit)
        for plan in plans {
            job.termsByKind[plan.instanceKind] = NewJob.Terms(
                definitionVersion: plan.version, deadline: now + plan.timeLimit)
        }
        let idempotency = operation.key.map {
            Idempotency(scope: operation.tenant.text, key: $0, request: operation.request)
        }
        let own = ownQuota(operation.tenant)
        var submission = Submission(
            target: operation.target, in: operation.scope, job: job, idempotency: idempotency,
            quota: own?.liveInstances ?? quota.perTenant, totalQuota: quota.total,
            jobQuota: own?.jobsInFlight ?? quota.jobsPerTenant, now: now,
            admit: { [job] instance, active throws(StorageError) in
                try Self.check(instance, isFor: job)
                guard operation.only?.contains(instance.id) ?? true else { throw operation.target.notFound }
                return try operation.admit(instance, active)
            })
        submission.audit = operation.audit?.draft
        do {
            let submitted = try await store.submit(submission)
            operation.audit?.noteWritten()
            if let blocker = submitted.job.blockedBy { engine.noteCancellation(of: blocker) }
            engine.wake()
            return OperationResult(instance: InstanceView(submitted.instance), job: JobView(submitted.job))
        } catch {
            if error.code == .nameTaken, let refusal = try await nameInDestruction(operation) { throw refusal }
            throw APIError.from(error)
        }
    }

    /// Throws if there is no such operation on instances of this kind.
    private static func check(_ instance: Instance, isFor job: NewJob) throws(StorageError) {
        guard job.termsByKind[instance.kind] == nil else { return }
        throw StorageError(
            .phaseConflict,
            "cannot \(job.kind.rawValue) \(instance.name), this aurad has no such operation for instances of the kind "
                + "\(instance.kind): use the aurad that made it")
    }

    /// Returns a retryable `nameTaken` error if the instance with the wanted name is being destroyed; otherwise `nil`.
    private func nameInDestruction(_ operation: NewOperation) async throws -> RPCError? {
        guard case .new(let instance) = operation.target else { return nil }
        return try await answering {
            let name = InstanceReference.name(instance.name, tenant: instance.tenant)
            guard let holder = try await store.instance(name, in: operation.scope) else { return nil }
            let active = try await store.jobs(
                JobQuery(scope: operation.scope, instance: holder.id, isActive: true, limit: 2))
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
public struct NewOperation: Sendable {
    /// The instance to create, or the existing one.
    public var target: Submission.Target
    /// The tenants whose instances the caller may change.
    public var scope: TenantScope
    /// The operation.
    public var kind: JobKind
    /// The change id of the call.
    public var change: ChangeID
    /// The caller.
    public var principal: PrincipalID
    /// The input of the job.
    public var input: JSONValue
    /// The tenant of the call.
    public var tenant: TenantID
    /// The caller's idempotency key.
    public var key: String?
    /// The canonical text of the request. The key is valid for this request only.
    public var request: String
    /// The only instances that the caller may change; `nil` for all of its tenants.
    public var only: Set<InstanceID>?
    /// The entry of the audit for the call; `nil` without an audit.
    public var audit: AuditSlip?
    /// The rule that admits the operation.
    public var admit: Operation.Admit

    /// Creates a request.
    public init(
        target: Submission.Target, in scope: TenantScope, kind: JobKind, change: ChangeID, principal: PrincipalID,
        input: JSONValue = .null, tenant: TenantID,
        key: String? = nil, request: String, only: Set<InstanceID>? = nil, audit: AuditSlip? = nil,
        admit: @escaping Operation.Admit
    ) {
        self.target = target
        self.scope = scope
        self.kind = kind
        self.change = change
        self.principal = principal
        self.input = input
        self.tenant = tenant
        self.key = key
        self.request = request
        self.only = only
        self.audit = audit
        self.admit = admit
    }

    /// Returns the request as one text, which distinguishes a repetition from another request. The parameters must not
    /// contain the subscription.
    public static func canonical(_ kind: JobKind, _ parameters: some Encodable) throws -> String {
        "\(kind.rawValue) \(try JSONCoder.encodeString(parameters))"
    }
}
