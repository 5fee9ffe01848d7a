// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraAPI
public import AuraModel
public import JSON
internal import JSONRPC

extension AuraClient {
    /// Denies the key of a client certificate for ever.
    ///
    /// Certificates with this key give no rights any more, and connections with one end within a second, on all
    /// daemons. Only callers of all tenants can call it. A second call changes nothing.
    public func accessDeny(key: String) async throws -> AccessDenyResult {
        try await call(Methods.accessDeny, AccessDenyParameters(key: key))
    }

    /// Lists the roles and all scopes.
    ///
    /// A role is a list of scopes and nothing else.
    public func accessList() async throws -> AccessListResult {
        try await call(Methods.accessList, NoParams())
    }

    /// Returns the caller of this connection and its rights.
    ///
    /// Every caller may call it.
    public func accessWhoami() async throws -> WhoAmIResult {
        try await call(Methods.accessWhoami, NoParams())
    }

    /// Returns a signed checkpoint of the newest entry.
    ///
    /// Keep it elsewhere: it proves later that no entry up to it was changed. New entries are verified before they
    /// are signed. Only callers of all tenants can call it.
    public func auditCheckpoint() async throws -> AuditCheckpointResult {
        try await call(Methods.auditCheckpoint, NoParams())
    }

    /// Erases the contents of entries of the audit.
    ///
    /// The hashes of the entries stay, so the audit can still be verified. Entries about the audit itself cannot be
    /// erased, and the call has an entry of its own. Only callers of all tenants can call it.
    public func auditErase(entries: [Int64]? = nil, tenant: TenantID? = nil, after: Int64? = nil) async throws
        -> AuditEraseResult
    {
        try await call(Methods.auditErase, AuditEraseParameters(entries: entries, tenant: tenant, after: after))
    }

    /// Returns the audit as lines of JSON, one page per call.
    ///
    /// The lines of all pages can be verified without the daemon. Only callers of all tenants can call it.
    public func auditExport(after: Int64? = nil, limit: Int? = nil) async throws -> AuditExportResult {
        try await call(Methods.auditExport, AuditExportParameters(after: after, limit: limit))
    }

    /// Lists entries of the audit, one page per call.
    ///
    /// Entries of other tenants, and entries of no single tenant, are listed only for callers of all tenants.
    public func auditList(
        principal: PrincipalID? = nil, method: String? = nil, from: Timestamp? = nil, before: Timestamp? = nil,
        after: Int64? = nil, limit: Int? = nil
    ) async throws -> AuditListResult {
        try await call(
            Methods.auditList,
            AuditListParameters(
                principal: principal, method: method, from: from, before: before, after: after, limit: limit))
    }

    /// Verifies the whole audit.
    ///
    /// The result says what was proved: that the entries are consistent in themselves, that they agree with the
    /// signed checkpoints of the database and with a checkpoint that was kept elsewhere, and that the events of the
    /// ledger agree with their hashes in the audit. Only callers of all tenants can call it.
    public func auditVerify(checkpoint: String? = nil) async throws -> AuditVerifyResult {
        try await call(Methods.auditVerify, AuditVerifyParameters(checkpoint: checkpoint))
    }

    /// Removes an instance and every resource that was created for it.
    ///
    /// Writes a `destroy` job and replies at once. An active job of another kind is stopped without an undo, and the
    /// destroy removes what it created. A destroy cannot be cancelled. A failure that retries do not overcome parks
    /// the job: it raises an alert and retries rarely until the cause is removed. If a destroy is already active, the
    /// reply has that job. A destroyed instance is `phaseConflict`.
    public func destroy(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.destroy,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Requests that a job ends early.
    ///
    /// The reply does not wait for the end. The steps that were begun are undone in reverse order, and the job ends
    /// as `cancelled`. A job past its point of no return, such as every `destroy`, is `pivotPassed`. A job that has
    /// ended is `jobTerminal`. A second request changes nothing.
    public func jobCancel(job: JobID) async throws -> JobResult {
        try await call(Methods.jobCancel, JobParameters(job: job))
    }

    /// Explains the state of a job.
    ///
    /// Reports why the job waits, what happens next, and which resources exist for its instance. The call asks the
    /// providers for these resources. Lookups that fail or take more than 10 seconds are listed in `unseen`.
    public func jobExplain(job: JobID) async throws -> ExplainResult {
        try await call(Methods.jobExplain, JobParameters(job: job))
    }

    /// Returns a job with its steps.
    public func jobGet(job: JobID) async throws -> JobResult {
        try await call(Methods.jobGet, JobParameters(job: job))
    }

    /// Lists jobs, one page per call.
    ///
    /// A job must match every filter that is given.
    public func jobList(
        instance: String? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [Open<JobState>]? = nil,
        after: JobID? = nil, limit: Int? = nil, order: Open<ListOrder>? = nil
    ) async throws -> JobListResult {
        try await call(
            Methods.jobList,
            JobListParameters(
                instance: instance, tenant: tenant, change: change, states: states, after: after, limit: limit,
                order: order))
    }

    /// Retries a job that failed, or makes a waiting job due now.
    ///
    /// A job that ended as `failed` or `cancelled` is retried by a new job of the same kind on the same instance. A
    /// retried provision builds a new machine. A waiting job becomes due now, and the reply has that job. A job that
    /// a worker is running does not change. A job that succeeded is `nothingToRetry`.
    public func jobRetry(job: JobID, idempotencyKey: String? = nil) async throws -> OperationResult {
        try await call(Methods.jobRetry, JobRetryParameters(job: job, idempotencyKey: idempotencyKey))
    }

    /// Waits until a job has ended.
    ///
    /// Returns the job in its final state. After `timeoutMs` the call fails with `waitTimeout`. `$/cancelRequest` and
    /// the end of the connection stop the wait. The job continues in each case.
    public func jobWait(job: JobID, timeoutMs: Int64? = nil) async throws -> JobResult {
        try await call(Methods.jobWait, JobWaitParameters(job: job, timeoutMs: timeoutMs))
    }

    /// Creates a principal.
    ///
    /// A principal is a person or a program. Create a token for it with `token.create`.
    public func principalCreate(
        name: String, kind: Open<PrincipalKind>? = nil, role: Open<Role>? = nil, scopes: [String]? = nil,
        tenants: [TenantID]? = nil
    ) async throws -> PrincipalResult {
        try await call(
            Methods.principalCreate,
            PrincipalCreateParameters(name: name, kind: kind, role: role, scopes: scopes, tenants: tenants))
    }

    /// Lists all principals.
    ///
    /// Processes on the Unix socket are not in the list: the setting `access.unix` gives them rights.
    public func principalList() async throws -> PrincipalListResult {
        try await call(Methods.principalList, NoParams())
    }

    /// Changes the rights of a principal, or disables it.
    ///
    /// All daemons use the new rights within a second. Connections whose rights were reduced end if they have
    /// subscriptions.
    public func principalSet(
        principal: String, role: Open<Role>? = nil, scopes: [String]? = nil, tenants: [TenantID]? = nil,
        allTenants: Bool? = nil, enabled: Bool? = nil
    ) async throws -> PrincipalResult {
        try await call(
            Methods.principalSet,
            PrincipalSetParameters(
                principal: principal, role: role, scopes: scopes, tenants: tenants, allTenants: allTenants,
                enabled: enabled))
    }

    /// Creates an instance: an agent on its own machine.
    ///
    /// Writes a `provision` job and replies at once. The job creates the machine, configures it, joins it to the
    /// tailnet if one is configured, and waits until the agent is healthy. A provision that fails is undone: its
    /// resources are deleted, and the instance becomes `failed`. Once the machine exists, a failure that an operator
    /// can repair, such as a rejected token, parks the job instead.
    public func provision(
        name: String, region: String, size: String, tenant: TenantID? = nil, idempotencyKey: String? = nil,
        change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.provision,
            ProvisionParameters(
                name: name, region: region, size: size, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Compares the providers' resources with the database and repairs differences.
    ///
    /// Runs one sweep and returns its report. Unless it is disabled, the same sweep runs every
    /// `reconciler.everySeconds`, 60 by default. All daemons of a database together run one sweep at a time: a second
    /// one is `sweepRunning`.
    public func reconcileRun(dryRun: Bool? = nil, force: Bool? = nil) async throws -> ReconcileReport {
        try await call(Methods.reconcileRun, ReconcileParameters(dryRun: dryRun, force: force))
    }

    /// Shuts down an instance's machine and starts it again.
    ///
    /// Uses two provider actions, off and on. The job succeeds when the machine has booted and the agent is healthy.
    /// The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a restart is
    /// already active, the reply has that job. An active job of another kind is `instanceBusy`.
    public func restart(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.restart,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Starts the machine of a suspended instance.
    ///
    /// The job succeeds when the machine has booted and the agent is healthy. The instance must be `suspended` or
    /// `degraded`, else the call fails with `phaseConflict`. If a resume is already active, the reply has that job.
    /// An active job of another kind is `instanceBusy`.
    public func resume(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.resume,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Returns this API as an OpenRPC document.
    ///
    /// The document describes every method, type, error and notification.
    public func rpcDiscover() async throws -> JSONValue {
        try await call(Methods.rpcDiscover, NoParams())
    }

    /// Deletes a secret with all its versions.
    ///
    /// The values cannot be restored, except from a backup of the database.
    public func secretDelete(name: String, tenant: TenantID? = nil) async throws -> SecretDeleteResult {
        try await call(Methods.secretDelete, SecretParameters(name: name, tenant: tenant))
    }

    /// Lists secrets without their values, one page per call.
    ///
    /// Only secrets of the caller's tenants are listed.
    public func secretList(tenant: TenantID? = nil, after: String? = nil, limit: Int? = nil) async throws
        -> SecretListResult
    {
        try await call(Methods.secretList, SecretListParameters(tenant: tenant, after: after, limit: limit))
    }

    /// Returns the value of an exportable secret.
    ///
    /// No role has the scope of this method; it is given by name. The value of a sealed secret is never returned.
    /// Each call is written to the audit before its reply, so it counts as a change.
    public func secretReveal(name: String, tenant: TenantID? = nil) async throws -> SecretRevealResult {
        try await call(Methods.secretReveal, SecretParameters(name: name, tenant: tenant))
    }

    /// Sets the value of a secret.
    ///
    /// Creates the secret, or a new version of it. The reply never has the value. The last 20 versions are kept. A
    /// class can change from `exportable` to `sealed`, and never back.
    public func secretSet(name: String, value: String, tenant: TenantID? = nil, `class`: Open<SecretClass>? = nil)
        async throws -> SecretResult
    {
        try await call(Methods.secretSet, SecretSetParameters(name: name, value: value, tenant: tenant, class: `class`))
    }

    /// Shows the daemon who calls, by a token.
    ///
    /// Before a connection of TCP or a WebSocket has shown a token or a client certificate, it can call only this
    /// method and `system.ping`, and it ends after 10 s. The connection keeps the rights of the token until another
    /// token is shown, the token ends, or the connection closes. Over HTTP, send the header `Authorization: Bearer
    /// TOKEN` with each request instead.
    public func sessionAuthenticate(token: String) async throws -> WhoAmIResult {
        try await call(Methods.sessionAuthenticate, AuthenticateParameters(token: token))
    }

    /// Returns an instance and its active job.
    public func statusGet(instance: String, tenant: TenantID? = nil) async throws -> StatusGetResult {
        try await call(Methods.statusGet, StatusGetParameters(instance: instance, tenant: tenant))
    }

    /// Lists instances, one page per call.
    ///
    /// An instance must match every filter that is given.
    public func statusList(
        tenant: TenantID? = nil, phases: [Open<Phase>]? = nil, includeDestroyed: Bool? = nil, after: InstanceID? = nil,
        limit: Int? = nil
    ) async throws -> StatusListResult {
        try await call(
            Methods.statusList,
            StatusListParameters(
                tenant: tenant, phases: phases, includeDestroyed: includeDestroyed, after: after, limit: limit))
    }

    /// Shuts down an instance's machine.
    ///
    /// The disk is kept, and the provider still bills it. If the operating system does not shut down in time, the
    /// power is cut. The instance must be `running` or `degraded`, else the call fails with `phaseConflict`. If a
    /// suspend is already active, the reply has that job. An active job of another kind is `instanceBusy`.
    public func suspend(
        instance: String, tenant: TenantID? = nil, idempotencyKey: String? = nil, change: ChangeID? = nil
    ) async throws -> OperationResult {
        try await call(
            Methods.suspend,
            InstanceOperationParameters(
                instance: instance, tenant: tenant, idempotencyKey: idempotencyKey, change: change))
    }

    /// Reports whether the daemon can do its work.
    ///
    /// Each call writes to the database and waits until the write is durable.
    public func systemHealth() async throws -> HealthResult {
        try await call(Methods.systemHealth, NoParams())
    }

    /// Returns the daemon's version, database, regions and sizes.
    public func systemInfo() async throws -> InfoResult {
        try await call(Methods.systemInfo, NoParams())
    }

    /// Returns the limits of messages, calls, connections and subscriptions.
    public func systemLimits() async throws -> LimitsResult {
        try await call(Methods.systemLimits, NoParams())
    }

    /// Checks that the daemon replies.
    ///
    /// Does not use the database.
    public func systemPing() async throws -> PingResult {
        try await call(Methods.systemPing, NoParams())
    }

    /// Creates a tenant.
    ///
    /// Instances, secrets and tokens belong to tenants. The tenant `default` exists from the start.
    public func tenantCreate(tenant: TenantID, quota: TenantQuotaView? = nil) async throws -> TenantResult {
        try await call(Methods.tenantCreate, TenantCreateParameters(tenant: tenant, quota: quota))
    }

    /// Lists the tenants that the caller may see.
    ///
    /// A caller with all tenants sees all of them.
    public func tenantList() async throws -> TenantListResult {
        try await call(Methods.tenantList, NoParams())
    }

    /// Changes the limits of a tenant, or disables it.
    ///
    /// Tokens of a disabled tenant are refused within a second, on all daemons. Its instances continue to run.
    public func tenantSet(tenant: TenantID, quota: TenantQuotaView? = nil, enabled: Bool? = nil) async throws
        -> TenantResult
    {
        try await call(Methods.tenantSet, TenantSetParameters(tenant: tenant, quota: quota, enabled: enabled))
    }

    /// Creates a token of a principal.
    ///
    /// The reply has the text of the token, which cannot be shown again. A token can only have rights that its
    /// principal and the caller have.
    public func tokenCreate(
        principal: String, name: String, scopes: [String]? = nil, tenants: [TenantID]? = nil,
        notBefore: Timestamp? = nil, expires: Timestamp? = nil, restrictions: [String]? = nil
    ) async throws -> TokenCreateResult {
        try await call(
            Methods.tokenCreate,
            TokenCreateParameters(
                principal: principal, name: name, scopes: scopes, tenants: tenants, notBefore: notBefore,
                expires: expires, restrictions: restrictions))
    }

    /// Says what a token allows, and why it may be refused.
    ///
    /// Restrictions on the peer are not checked.
    public func tokenExplain(text: String) async throws -> TokenExplainResult {
        try await call(Methods.tokenExplain, TokenExplainParameters(text: text))
    }

    /// Lists tokens, one page per call.
    ///
    /// The reply never has the text of a token.
    public func tokenList(principal: String? = nil, all: Bool? = nil, after: String? = nil, limit: Int? = nil)
        async throws -> TokenListResult
    {
        try await call(
            Methods.tokenList, TokenListParameters(principal: principal, all: all, after: after, limit: limit))
    }

    /// Revokes a token.
    ///
    /// Connections with the token end within a second, on all daemons. A second call changes nothing.
    public func tokenRevoke(token: String) async throws -> TokenResult {
        try await call(Methods.tokenRevoke, TokenParameters(token: token))
    }

    /// Puts the credentials of this daemon's files and configuration into the vault.
    ///
    /// These are the keys of machines in its credentials directory, and the credentials of providers. It replaces no
    /// secret, and can be repeated. Only callers of all tenants can call it.
    public func vaultAdopt(delete: Bool? = nil) async throws -> VaultImportResult {
        try await call(Methods.vaultAdopt, VaultImportParameters(delete: delete))
    }

    /// Deletes a secret of the installation with all its versions.
    ///
    /// The keys of machines cannot be deleted by it. Only callers of all tenants can call it.
    public func vaultDelete(name: String) async throws -> VaultDeleteResult {
        try await call(Methods.vaultDelete, VaultSecretParameters(name: name))
    }

    /// Sets the value of a secret of the installation.
    ///
    /// A setting such as `hetzner.token: vault:hetzner.token` uses it for each call to the provider, so a new value
    /// needs no restart. No method returns the value. Only callers of all tenants can call it.
    public func vaultSet(name: String, value: String) async throws -> VaultSetResult {
        try await call(Methods.vaultSet, VaultSetParameters(name: name, value: value))
    }

    /// Shows the keys of the vault and the secrets of the installation.
    ///
    /// A key can be removed from the key files of all daemons when no version and no token names it. Only callers of
    /// all tenants can call it.
    public func vaultStatus() async throws -> VaultStatusResult {
        try await call(Methods.vaultStatus, NoParams())
    }
}
