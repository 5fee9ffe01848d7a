// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// A function for each method.

import { keyed, type CallOptions } from "./calls.js";
import type {
    AccessDenyParameters,
    AccessDenyResult,
    AccessListResult,
    AuditCheckpointResult,
    AuditEraseParameters,
    AuditEraseResult,
    AuditExportParameters,
    AuditExportResult,
    AuditListParameters,
    AuditListResult,
    AuditVerifyParameters,
    AuditVerifyResult,
    AuthenticateParameters,
    ExplainResult,
    HealthResult,
    InfoResult,
    InstanceOperationParameters,
    JobListParameters,
    JobListResult,
    JobParameters,
    JobResult,
    JobRetryParameters,
    JobWaitParameters,
    LimitsResult,
    OpenRPC,
    OperationResult,
    PingResult,
    PrincipalCreateParameters,
    PrincipalListResult,
    PrincipalResult,
    PrincipalSetParameters,
    ProvisionParameters,
    ReconcileParameters,
    ReconcileReport,
    SecretDeleteResult,
    SecretListParameters,
    SecretListResult,
    SecretParameters,
    SecretResult,
    SecretRevealResult,
    SecretSetParameters,
    StatusGetParameters,
    StatusGetResult,
    StatusListParameters,
    StatusListResult,
    TenantCreateParameters,
    TenantListResult,
    TenantResult,
    TenantSetParameters,
    TokenCreateParameters,
    TokenCreateResult,
    TokenExplainParameters,
    TokenExplainResult,
    TokenListParameters,
    TokenListResult,
    TokenParameters,
    TokenResult,
    VaultDeleteResult,
    VaultImportParameters,
    VaultImportResult,
    VaultSecretParameters,
    VaultSetParameters,
    VaultSetResult,
    VaultStatusResult,
    WhoAmIResult,
} from "./types.js";

/** Every method of a daemon. Whoever inherits it says how a call gets there. */
export abstract class Methods {
    /** Any method by its name; its result as it came. */
    abstract call<Result = unknown>(method: string, params?: object, options?: CallOptions): Promise<Result>;

    /**
     * Denies the key of a client certificate for ever. Certificates with this key give no rights any more, and
     * connections with one end within a second, on all daemons. Only callers of all tenants can call it. A second
     * call changes nothing.
     */
    accessDeny(params: AccessDenyParameters, options?: CallOptions): Promise<AccessDenyResult> {
        return this.call("access.deny", params, options);
    }

    /** Lists the roles and all scopes. A role is a list of scopes and nothing else. */
    accessList(options?: CallOptions): Promise<AccessListResult> {
        return this.call("access.list", {}, options);
    }

    /** Returns the caller of this connection and its rights. Every caller may call it. */
    accessWhoami(options?: CallOptions): Promise<WhoAmIResult> {
        return this.call("access.whoami", {}, options);
    }

    /**
     * Returns a signed checkpoint of the newest entry. Keep it elsewhere: it proves later that no entry up to it
     * was changed. New entries are verified before they are signed. Only callers of all tenants can call it.
     */
    auditCheckpoint(options?: CallOptions): Promise<AuditCheckpointResult> {
        return this.call("audit.checkpoint", {}, options);
    }

    /**
     * Erases the contents of entries of the audit. The hashes of the entries stay, so the audit can still be
     * verified. Entries about the audit itself cannot be erased, and the call has an entry of its own. Only callers
     * of all tenants can call it.
     */
    auditErase(params: AuditEraseParameters = {}, options?: CallOptions): Promise<AuditEraseResult> {
        return this.call("audit.erase", params, options);
    }

    /**
     * Returns the audit as lines of JSON, one page per call. The lines of all pages can be verified without the
     * daemon. Only callers of all tenants can call it.
     */
    auditExport(params: AuditExportParameters = {}, options?: CallOptions): Promise<AuditExportResult> {
        return this.call("audit.export", params, options);
    }

    /**
     * Lists entries of the audit, one page per call. Entries of other tenants, and entries of no single tenant, are
     * listed only for callers of all tenants.
     */
    auditList(params: AuditListParameters = {}, options?: CallOptions): Promise<AuditListResult> {
        return this.call("audit.list", params, options);
    }

    /**
     * Verifies the whole audit. The result says what was proved: that the entries are consistent in themselves,
     * that they agree with the signed checkpoints of the database and with a checkpoint that was kept elsewhere,
     * and that the events of the ledger agree with their hashes in the audit. Only callers of all tenants can call
     * it.
     */
    auditVerify(params: AuditVerifyParameters = {}, options?: CallOptions): Promise<AuditVerifyResult> {
        return this.call("audit.verify", params, options);
    }

    /**
     * Removes an instance and every resource that was created for it. Writes a `destroy` job and replies at once.
     * An active job of another kind is stopped without an undo, and the destroy removes what it created. A destroy
     * cannot be cancelled. A failure that retries do not overcome parks the job: it raises an alert and retries
     * rarely until the cause is removed. If a destroy is already active, the reply has that job. A destroyed
     * instance is `phaseConflict`.
     */
    destroy(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("destroy", keyed(params), options);
    }

    /**
     * Requests that a job ends early. The reply does not wait for the end. The steps that were begun are undone in
     * reverse order, and the job ends as `cancelled`. A job past its point of no return, such as every `destroy`,
     * is `pivotPassed`. A job that has ended is `jobTerminal`. A second request changes nothing.
     */
    jobCancel(params: JobParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.cancel", params, options);
    }

    /**
     * Explains the state of a job. Reports why the job waits, what happens next, and which resources exist for its
     * instance. The call asks the providers for these resources. Lookups that fail or take more than 10 seconds are
     * listed in `unseen`.
     */
    jobExplain(params: JobParameters, options?: CallOptions): Promise<ExplainResult> {
        return this.call("job.explain", params, options);
    }

    /** Returns a job with its steps. */
    jobGet(params: JobParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.get", params, options);
    }

    /** Lists jobs, one page per call. A job must match every filter that is given. */
    jobList(params: JobListParameters = {}, options?: CallOptions): Promise<JobListResult> {
        return this.call("job.list", params, options);
    }

    /**
     * Retries a job that failed, or makes a waiting job due now. A job that ended as `failed` or `cancelled` is
     * retried by a new job of the same kind on the same instance. A retried provision builds a new machine. A
     * waiting job becomes due now, and the reply has that job. A job that a worker is running does not change. A
     * job that succeeded is `nothingToRetry`.
     */
    jobRetry(params: JobRetryParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("job.retry", keyed(params), options);
    }

    /**
     * Waits until a job has ended. Returns the job in its final state. After `timeoutMs` the call fails with
     * `waitTimeout`. `$/cancelRequest` and the end of the connection stop the wait. The job continues in each case.
     */
    jobWait(params: JobWaitParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.wait", params, options);
    }

    /** Creates a principal. A principal is a person or a program. Create a token for it with `token.create`. */
    principalCreate(params: PrincipalCreateParameters, options?: CallOptions): Promise<PrincipalResult> {
        return this.call("principal.create", params, options);
    }

    /**
     * Lists all principals. Processes on the Unix socket are not in the list: the setting `access.unix` gives them
     * rights.
     */
    principalList(options?: CallOptions): Promise<PrincipalListResult> {
        return this.call("principal.list", {}, options);
    }

    /**
     * Changes the rights of a principal, or disables it. All daemons use the new rights within a second.
     * Connections whose rights were reduced end if they have subscriptions.
     */
    principalSet(params: PrincipalSetParameters, options?: CallOptions): Promise<PrincipalResult> {
        return this.call("principal.set", params, options);
    }

    /**
     * Creates an instance: an agent on its own machine. Writes a `provision` job and replies at once. The job
     * creates the machine, configures it, joins it to the tailnet if one is configured, and waits until the agent
     * is healthy. A provision that fails is undone: its resources are deleted, and the instance becomes `failed`.
     * Once the machine exists, a failure that an operator can repair, such as a rejected token, parks the job
     * instead.
     */
    provision(params: ProvisionParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("provision", keyed(params), options);
    }

    /**
     * Compares the providers' resources with the database and repairs differences. Runs one sweep and returns its
     * report. Unless it is disabled, the same sweep runs every `reconciler.everySeconds`, 60 by default. All
     * daemons of a database together run one sweep at a time: a second one is `sweepRunning`.
     */
    reconcileRun(params: ReconcileParameters = {}, options?: CallOptions): Promise<ReconcileReport> {
        return this.call("reconcile.run", params, options);
    }

    /**
     * Shuts down an instance's machine and starts it again. Uses two provider actions, off and on. The job succeeds
     * when the machine has booted and the agent is healthy. The instance must be `running` or `degraded`, else the
     * call fails with `phaseConflict`. If a restart is already active, the reply has that job. An active job of
     * another kind is `instanceBusy`.
     */
    restart(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("restart", keyed(params), options);
    }

    /**
     * Starts the machine of a suspended instance. The job succeeds when the machine has booted and the agent is
     * healthy. The instance must be `suspended` or `degraded`, else the call fails with `phaseConflict`. If a
     * resume is already active, the reply has that job. An active job of another kind is `instanceBusy`.
     */
    resume(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("resume", keyed(params), options);
    }

    /** Returns this API as an OpenRPC document. The document describes every method, type, error and notification. */
    rpcDiscover(options?: CallOptions): Promise<OpenRPC> {
        return this.call("rpc.discover", {}, options);
    }

    /** Deletes a secret with all its versions. The values cannot be restored, except from a backup of the database. */
    secretDelete(params: SecretParameters, options?: CallOptions): Promise<SecretDeleteResult> {
        return this.call("secret.delete", params, options);
    }

    /** Lists secrets without their values, one page per call. Only secrets of the caller's tenants are listed. */
    secretList(params: SecretListParameters = {}, options?: CallOptions): Promise<SecretListResult> {
        return this.call("secret.list", params, options);
    }

    /**
     * Returns the value of an exportable secret. No role has the scope of this method; it is given by name. The
     * value of a sealed secret is never returned. Each call is written to the audit before its reply, so it counts
     * as a change.
     */
    secretReveal(params: SecretParameters, options?: CallOptions): Promise<SecretRevealResult> {
        return this.call("secret.reveal", params, options);
    }

    /**
     * Sets the value of a secret. Creates the secret, or a new version of it. The reply never has the value. The
     * last 20 versions are kept. A class can change from `exportable` to `sealed`, and never back.
     */
    secretSet(params: SecretSetParameters, options?: CallOptions): Promise<SecretResult> {
        return this.call("secret.set", params, options);
    }

    /**
     * Shows the daemon who calls, by a token. Before a connection of TCP or a WebSocket has shown a token or a
     * client certificate, it can call only this method and `system.ping`, and it ends after 10 s. The connection
     * keeps the rights of the token until another token is shown, the token ends, or the connection closes. Over
     * HTTP, send the header `Authorization: Bearer TOKEN` with each request instead.
     */
    sessionAuthenticate(params: AuthenticateParameters, options?: CallOptions): Promise<WhoAmIResult> {
        return this.call("session.authenticate", params, options);
    }

    /** Returns an instance and its active job. */
    statusGet(params: StatusGetParameters, options?: CallOptions): Promise<StatusGetResult> {
        return this.call("status.get", params, options);
    }

    /** Lists instances, one page per call. An instance must match every filter that is given. */
    statusList(params: StatusListParameters = {}, options?: CallOptions): Promise<StatusListResult> {
        return this.call("status.list", params, options);
    }

    /**
     * Shuts down an instance's machine. The disk is kept, and the provider still bills it. If the operating system
     * does not shut down in time, the power is cut. The instance must be `running` or `degraded`, else the call
     * fails with `phaseConflict`. If a suspend is already active, the reply has that job. An active job of another
     * kind is `instanceBusy`.
     */
    suspend(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("suspend", keyed(params), options);
    }

    /**
     * Reports whether the daemon can do its work. Each call writes to the database and waits until the write is
     * durable.
     */
    systemHealth(options?: CallOptions): Promise<HealthResult> {
        return this.call("system.health", {}, options);
    }

    /** Returns the daemon's version, database, regions and sizes. */
    systemInfo(options?: CallOptions): Promise<InfoResult> {
        return this.call("system.info", {}, options);
    }

    /** Returns the limits of messages, calls, connections and subscriptions. */
    systemLimits(options?: CallOptions): Promise<LimitsResult> {
        return this.call("system.limits", {}, options);
    }

    /** Checks that the daemon replies. Does not use the database. */
    systemPing(options?: CallOptions): Promise<PingResult> {
        return this.call("system.ping", {}, options);
    }

    /**
     * Creates a tenant. Instances, secrets and tokens belong to tenants. The tenant `default` exists from the
     * start.
     */
    tenantCreate(params: TenantCreateParameters, options?: CallOptions): Promise<TenantResult> {
        return this.call("tenant.create", params, options);
    }

    /** Lists the tenants that the caller may see. A caller with all tenants sees all of them. */
    tenantList(options?: CallOptions): Promise<TenantListResult> {
        return this.call("tenant.list", {}, options);
    }

    /**
     * Changes the limits of a tenant, or disables it. Tokens of a disabled tenant are refused within a second, on
     * all daemons. Its instances continue to run.
     */
    tenantSet(params: TenantSetParameters, options?: CallOptions): Promise<TenantResult> {
        return this.call("tenant.set", params, options);
    }

    /**
     * Creates a token of a principal. The reply has the text of the token, which cannot be shown again. A token can
     * only have rights that its principal and the caller have.
     */
    tokenCreate(params: TokenCreateParameters, options?: CallOptions): Promise<TokenCreateResult> {
        return this.call("token.create", params, options);
    }

    /** Says what a token allows, and why it may be refused. Restrictions on the peer are not checked. */
    tokenExplain(params: TokenExplainParameters, options?: CallOptions): Promise<TokenExplainResult> {
        return this.call("token.explain", params, options);
    }

    /** Lists tokens, one page per call. The reply never has the text of a token. */
    tokenList(params: TokenListParameters = {}, options?: CallOptions): Promise<TokenListResult> {
        return this.call("token.list", params, options);
    }

    /**
     * Revokes a token. Connections with the token end within a second, on all daemons. A second call changes
     * nothing.
     */
    tokenRevoke(params: TokenParameters, options?: CallOptions): Promise<TokenResult> {
        return this.call("token.revoke", params, options);
    }

    /**
     * Puts the credentials of this daemon's files and configuration into the vault. These are the keys of machines
     * in its credentials directory, and the credentials of providers. It replaces no secret, and can be repeated.
     * Only callers of all tenants can call it.
     */
    vaultAdopt(params: VaultImportParameters = {}, options?: CallOptions): Promise<VaultImportResult> {
        return this.call("vault.adopt", params, options);
    }

    /**
     * Deletes a secret of the installation with all its versions. The keys of machines cannot be deleted by it.
     * Only callers of all tenants can call it.
     */
    vaultDelete(params: VaultSecretParameters, options?: CallOptions): Promise<VaultDeleteResult> {
        return this.call("vault.delete", params, options);
    }

    /**
     * Sets the value of a secret of the installation. A setting such as `hetzner.token: vault:hetzner.token` uses
     * it for each call to the provider, so a new value needs no restart. No method returns the value. Only callers
     * of all tenants can call it.
     */
    vaultSet(params: VaultSetParameters, options?: CallOptions): Promise<VaultSetResult> {
        return this.call("vault.set", params, options);
    }

    /**
     * Shows the keys of the vault and the secrets of the installation. A key can be removed from the key files of
     * all daemons when no version and no token names it. Only callers of all tenants can call it.
     */
    vaultStatus(options?: CallOptions): Promise<VaultStatusResult> {
        return this.call("vault.status", {}, options);
    }
}
