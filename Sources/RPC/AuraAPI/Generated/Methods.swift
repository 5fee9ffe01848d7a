// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON
public import JSONRPC

/// Every method, with the types of its parameters and its result.
public enum Methods {
    /// Denies the key of a client certificate for ever.
    public static let accessDeny = RPCMethod<AccessDenyParameters, AccessDenyResult>(
        "access.deny", parameters: "AccessDenyParameters", scopes: ["principals:write"], mutates: true)
    /// Lists the roles and all scopes.
    public static let accessList = RPCMethod<NoParams, AccessListResult>(
        "access.list", parameters: "NoParameters", scopes: ["system:read"])
    /// Returns the caller of this connection and its rights.
    public static let accessWhoami = RPCMethod<NoParams, WhoAmIResult>(
        "access.whoami", parameters: "NoParameters", scopes: [])
    /// Returns a signed checkpoint of the newest entry.
    public static let auditCheckpoint = RPCMethod<NoParams, AuditCheckpointResult>(
        "audit.checkpoint", parameters: "NoParameters", scopes: ["audit:read"])
    /// Erases the contents of entries of the audit.
    public static let auditErase = RPCMethod<AuditEraseParameters, AuditEraseResult>(
        "audit.erase", parameters: "AuditEraseParameters", scopes: ["audit:erase"], mutates: true)
    /// Returns the audit as lines of JSON, one page per call.
    public static let auditExport = RPCMethod<AuditExportParameters, AuditExportResult>(
        "audit.export", parameters: "AuditExportParameters", scopes: ["audit:read"])
    /// Lists entries of the audit, one page per call.
    public static let auditList = RPCMethod<AuditListParameters, AuditListResult>(
        "audit.list", parameters: "AuditListParameters", scopes: ["audit:read"])
    /// Verifies the whole audit.
    public static let auditVerify = RPCMethod<AuditVerifyParameters, AuditVerifyResult>(
        "audit.verify", parameters: "AuditVerifyParameters", scopes: ["audit:read"])
    /// Removes an instance and every resource that was created for it.
    public static let destroy = RPCMethod<InstanceOperationParameters, OperationResult>(
        "destroy", parameters: "InstanceOperationParameters", scopes: ["instances:write"], mutates: true)
    /// Requests that a job ends early.
    public static let jobCancel = RPCMethod<JobParameters, JobResult>(
        "job.cancel", parameters: "JobParameters", scopes: ["jobs:write"], mutates: true)
    /// Explains the state of a job.
    public static let jobExplain = RPCMethod<JobParameters, ExplainResult>(
        "job.explain", parameters: "JobParameters", scopes: ["jobs:read"])
    /// Returns a job with its steps.
    public static let jobGet = RPCMethod<JobParameters, JobResult>(
        "job.get", parameters: "JobParameters", scopes: ["jobs:read"])
    /// Lists jobs, one page per call.
    public static let jobList = RPCMethod<JobListParameters, JobListResult>(
        "job.list", parameters: "JobListParameters", scopes: ["jobs:read"])
    /// Retries a job that failed, or makes a waiting job due now.
    public static let jobRetry = RPCMethod<JobRetryParameters, OperationResult>(
        "job.retry", parameters: "JobRetryParameters", scopes: ["jobs:write"], mutates: true)
    /// Waits until a job has ended.
    public static let jobWait = RPCMethod<JobWaitParameters, JobResult>(
        "job.wait", parameters: "JobWaitParameters", scopes: ["jobs:read"])
    /// Creates a principal.
    public static let principalCreate = RPCMethod<PrincipalCreateParameters, PrincipalResult>(
        "principal.create", parameters: "PrincipalCreateParameters", scopes: ["principals:write"], mutates: true)
    /// Lists all principals.
    public static let principalList = RPCMethod<NoParams, PrincipalListResult>(
        "principal.list", parameters: "NoParameters", scopes: ["principals:read"])
    /// Changes the rights of a principal, or disables it.
    public static let principalSet = RPCMethod<PrincipalSetParameters, PrincipalResult>(
        "principal.set", parameters: "PrincipalSetParameters", scopes: ["principals:write"], mutates: true)
    /// Creates an instance: an agent on its own machine.
    public static let provision = RPCMethod<ProvisionParameters, OperationResult>(
        "provision", parameters: "ProvisionParameters", scopes: ["instances:write"], mutates: true)
    /// Compares the providers' resources with the database and repairs differences.
    public static let reconcileRun = RPCMethod<ReconcileParameters, ReconcileReport>(
        "reconcile.run", parameters: "ReconcileParameters", scopes: ["operations:write"], mutates: true)
    /// Shuts down an instance's machine and starts it again.
    public static let restart = RPCMethod<InstanceOperationParameters, OperationResult>(
        "restart", parameters: "InstanceOperationParameters", scopes: ["instances:write"], mutates: true)
    /// Starts the machine of a suspended instance.
    public static let resume = RPCMethod<InstanceOperationParameters, OperationResult>(
        "resume", parameters: "InstanceOperationParameters", scopes: ["instances:write"], mutates: true)
    /// Returns this API as an OpenRPC document.
    public static let rpcDiscover = RPCMethod<NoParams, JSONValue>(
        "rpc.discover", parameters: "NoParameters", scopes: ["system:read"])
    /// Deletes a secret with all its versions.
    public static let secretDelete = RPCMethod<SecretParameters, SecretDeleteResult>(
        "secret.delete", parameters: "SecretParameters", scopes: ["secrets:write"], mutates: true)
    /// Lists secrets without their values, one page per call.
    public static let secretList = RPCMethod<SecretListParameters, SecretListResult>(
        "secret.list", parameters: "SecretListParameters", scopes: ["secrets:read"])
    /// Returns the value of an exportable secret.
    public static let secretReveal = RPCMethod<SecretParameters, SecretRevealResult>(
        "secret.reveal", parameters: "SecretParameters", scopes: ["secrets:export"], mutates: true)
    /// Sets the value of a secret.
    public static let secretSet = RPCMethod<SecretSetParameters, SecretResult>(
        "secret.set", parameters: "SecretSetParameters", scopes: ["secrets:write"], mutates: true)
    /// Shows the daemon who calls, by a token.
    public static let sessionAuthenticate = RPCMethod<AuthenticateParameters, WhoAmIResult>(
        "session.authenticate", parameters: "AuthenticateParameters", scopes: [])
    /// Returns an instance and its active job.
    public static let statusGet = RPCMethod<StatusGetParameters, StatusGetResult>(
        "status.get", parameters: "StatusGetParameters", scopes: ["instances:read"])
    /// Lists instances, one page per call.
    public static let statusList = RPCMethod<StatusListParameters, StatusListResult>(
        "status.list", parameters: "StatusListParameters", scopes: ["instances:read"])
    /// Subscribes to the events of the ledger.
    public static let statusSubscribe = RPCMethod<SubscribeParameters, SubscribeResult>(
        "status.subscribe", parameters: "SubscribeParameters", scopes: ["events:read"])
    /// Ends a subscription of this connection.
    public static let statusUnsubscribe = RPCMethod<UnsubscribeParameters, UnsubscribeResult>(
        "status.unsubscribe", parameters: "UnsubscribeParameters", scopes: ["events:read"])
    /// Shuts down an instance's machine.
    public static let suspend = RPCMethod<InstanceOperationParameters, OperationResult>(
        "suspend", parameters: "InstanceOperationParameters", scopes: ["instances:write"], mutates: true)
    /// Reports whether the daemon can do its work.
    public static let systemHealth = RPCMethod<NoParams, HealthResult>(
        "system.health", parameters: "NoParameters", scopes: ["system:read"])
    /// Returns the daemon's version, database, regions and sizes.
    public static let systemInfo = RPCMethod<NoParams, InfoResult>(
        "system.info", parameters: "NoParameters", scopes: ["system:read"])
    /// Returns the limits of messages, calls, connections and subscriptions.
    public static let systemLimits = RPCMethod<NoParams, LimitsResult>(
        "system.limits", parameters: "NoParameters", scopes: ["system:read"])
    /// Checks that the daemon replies.
    public static let systemPing = RPCMethod<NoParams, PingResult>(
        "system.ping", parameters: "NoParameters", scopes: [])
    /// Creates a tenant.
    public static let tenantCreate = RPCMethod<TenantCreateParameters, TenantResult>(
        "tenant.create", parameters: "TenantCreateParameters", scopes: ["tenants:write"], mutates: true)
    /// Lists the tenants that the caller may see.
    public static let tenantList = RPCMethod<NoParams, TenantListResult>(
        "tenant.list", parameters: "NoParameters", scopes: ["tenants:read"])
    /// Changes the limits of a tenant, or disables it.
    public static let tenantSet = RPCMethod<TenantSetParameters, TenantResult>(
        "tenant.set", parameters: "TenantSetParameters", scopes: ["tenants:write"], mutates: true)
    /// Creates a token of a principal.
    public static let tokenCreate = RPCMethod<TokenCreateParameters, TokenCreateResult>(
        "token.create", parameters: "TokenCreateParameters", scopes: ["tokens:write"], mutates: true)
    /// Says what a token allows, and why it may be refused.
    public static let tokenExplain = RPCMethod<TokenExplainParameters, TokenExplainResult>(
        "token.explain", parameters: "TokenExplainParameters", scopes: ["tokens:read"])
    /// Lists tokens, one page per call.
    public static let tokenList = RPCMethod<TokenListParameters, TokenListResult>(
        "token.list", parameters: "TokenListParameters", scopes: ["tokens:read"])
    /// Revokes a token.
    public static let tokenRevoke = RPCMethod<TokenParameters, TokenResult>(
        "token.revoke", parameters: "TokenParameters", scopes: ["tokens:write"], mutates: true)
    /// Puts the credentials of this daemon's files and configuration into the vault.
    public static let vaultAdopt = RPCMethod<VaultImportParameters, VaultImportResult>(
        "vault.adopt", parameters: "VaultImportParameters", scopes: ["secrets:write"], mutates: true)
    /// Deletes a secret of the installation with all its versions.
    public static let vaultDelete = RPCMethod<VaultSecretParameters, VaultDeleteResult>(
        "vault.delete", parameters: "VaultSecretParameters", scopes: ["secrets:write"], mutates: true)
    /// Sets the value of a secret of the installation.
    public static let vaultSet = RPCMethod<VaultSetParameters, VaultSetResult>(
        "vault.set", parameters: "VaultSetParameters", scopes: ["secrets:write"], mutates: true)
    /// Shows the keys of the vault and the secrets of the installation.
    public static let vaultStatus = RPCMethod<NoParams, VaultStatusResult>(
        "vault.status", parameters: "NoParameters", scopes: ["secrets:read"])

    /// The scopes of all methods, sorted. No other scope exists.
    public static let scopes: [String] = [
        "audit:erase",
        "audit:read",
        "events:read",
        "instances:read",
        "instances:write",
        "jobs:read",
        "jobs:write",
        "operations:write",
        "principals:read",
        "principals:write",
        "secrets:export",
        "secrets:read",
        "secrets:write",
        "system:read",
        "tenants:read",
        "tenants:write",
        "tokens:read",
        "tokens:write",
    ]
}
