// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraAPI
public import AuraModel
public import JSON
internal import JSONRPC

extension AuraClient {
    /// Removes an instance and everything that was made for it.
    ///
    /// Takes over from any other job of the instance. It has no way back: what is in its way is waited for.
    public func destroy(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.destroy,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Asks for a job to end early.
    ///
    /// What it had begun is undone, and its end is `cancelled`. A job that can only go forward is not cancelled.
    public func jobCancel(job: JobID) async throws -> JobResult {
        try await call(Methods.jobCancel, JobParameters(job: job))
    }

    /// Why a job is where it is.
    ///
    /// Looks at the outside world for this answer.
    public func jobExplain(job: JobID) async throws -> ExplainResult {
        try await call(Methods.jobExplain, JobParameters(job: job))
    }

    /// A job with its steps.
    public func jobGet(job: JobID) async throws -> JobResult {
        try await call(Methods.jobGet, JobParameters(job: job))
    }

    /// The jobs, page by page.
    public func jobList(
        instance: String? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [JobState]? = nil,
        after: JobID? = nil, limit: Int? = nil, order: ListOrder? = nil
    ) async throws -> JobListResult {
        try await call(
            Methods.jobList,
            JobListParameters(
                instance: instance, tenant: tenant, change: change, states: states, after: after, limit: limit,
                order: order))
    }

    /// Tries a failed job again, or wakes one that waits.
    ///
    /// A job that ended badly is tried by a new one; a job that waits for its next try goes on now.
    public func jobRetry(job: JobID, idempotencyKey: String? = nil) async throws -> OperationResult {
        try await call(Methods.jobRetry, JobRetryParameters(job: job, idempotencyKey: idempotencyKey))
    }

    /// Waits until a job has come to its end.
    ///
    /// `$/cancelRequest` ends the waiting, not the job.
    public func jobWait(job: JobID, timeoutMs: Int64? = nil) async throws -> JobResult {
        try await call(Methods.jobWait, JobWaitParameters(job: job, timeoutMs: timeoutMs))
    }

    /// One call, one running agent.
    ///
    /// Writes a job and answers at once; the job makes the machine, configures it, joins it to the tailnet and waits
    /// for the agent. A provision that fails is undone.
    public func provision(
        name: String, region: String, size: String, tenant: TenantID? = nil, idempotencyKey: String? = nil,
        change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.provision,
            ProvisionParameters(
                name: name, region: region, size: size, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Compares the outside world with the database, and repairs.
    ///
    /// The same sweep runs by itself once a minute.
    public func reconcileRun(dryRun: Bool? = nil, force: Bool? = nil) async throws -> ReconcileReport {
        try await call(Methods.reconcileRun, ReconcileParameters(dryRun: dryRun, force: force))
    }

    /// Shuts an instance's machine down and starts it.
    ///
    /// Two provider actions: off, and on.
    public func restart(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.restart,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Starts a suspended instance's machine.
    ///
    /// The machine boots and the agent is waited for.
    public func resume(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.resume,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// This document.
    ///
    /// Everything that can be called, as an OpenRPC document.
    public func rpcDiscover() async throws -> JSONValue {
        try await call(Methods.rpcDiscover, NoParams())
    }

    /// An instance as it is.
    public func statusGet(instance: String, tenant: TenantID? = nil) async throws -> StatusGetResult {
        try await call(Methods.statusGet, StatusGetParameters(instance: instance, tenant: tenant))
    }

    /// The instances, page by page.
    public func statusList(
        tenant: TenantID? = nil, phases: [Phase]? = nil, includeDestroyed: Bool? = nil, after: InstanceID? = nil,
        limit: Int? = nil
    ) async throws -> StatusListResult {
        try await call(
            Methods.statusList,
            StatusListParameters(
                tenant: tenant, phases: phases, includeDestroyed: includeDestroyed, after: after, limit: limit))
    }

    /// Shuts an instance's machine down.
    ///
    /// The disk is kept, and still billed.
    public func suspend(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.suspend,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Whether the daemon can do its work.
    public func systemHealth() async throws -> HealthResult {
        try await call(Methods.systemHealth, NoParams())
    }

    /// What the daemon is.
    public func systemInfo() async throws -> InfoResult {
        try await call(Methods.systemInfo, NoParams())
    }

    /// How much the wire takes.
    public func systemLimits() async throws -> LimitsResult {
        try await call(Methods.systemLimits, NoParams())
    }

    /// Whether the daemon answers.
    public func systemPing() async throws -> PingResult {
        try await call(Methods.systemPing, NoParams())
    }
}
