// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON
public import JSONRPC

/// Every method, with the types of its parameters and its result.
public enum Methods {
    /// Removes an instance and everything that was made for it.
    public static let destroy = RPCMethod<InstanceOperationParameters, OperationResult>(
        "destroy", parameters: "InstanceOperationParameters")
    /// Asks for a job to end early.
    public static let jobCancel = RPCMethod<JobParameters, JobResult>(
        "job.cancel", parameters: "JobParameters")
    /// Why a job is where it is.
    public static let jobExplain = RPCMethod<JobParameters, ExplainResult>(
        "job.explain", parameters: "JobParameters")
    /// A job with its steps.
    public static let jobGet = RPCMethod<JobParameters, JobResult>(
        "job.get", parameters: "JobParameters")
    /// The jobs, page by page.
    public static let jobList = RPCMethod<JobListParameters, JobListResult>(
        "job.list", parameters: "JobListParameters")
    /// Tries a failed job again, or wakes one that waits.
    public static let jobRetry = RPCMethod<JobRetryParameters, OperationResult>(
        "job.retry", parameters: "JobRetryParameters")
    /// Waits until a job has come to its end.
    public static let jobWait = RPCMethod<JobWaitParameters, JobResult>(
        "job.wait", parameters: "JobWaitParameters")
    /// One call, one running agent.
    public static let provision = RPCMethod<ProvisionParameters, OperationResult>(
        "provision", parameters: "ProvisionParameters")
    /// Compares the outside world with the database, and repairs.
    public static let reconcileRun = RPCMethod<ReconcileParameters, ReconcileReport>(
        "reconcile.run", parameters: "ReconcileParameters")
    /// Shuts an instance's machine down and starts it.
    public static let restart = RPCMethod<InstanceOperationParameters, OperationResult>(
        "restart", parameters: "InstanceOperationParameters")
    /// Starts a suspended instance's machine.
    public static let resume = RPCMethod<InstanceOperationParameters, OperationResult>(
        "resume", parameters: "InstanceOperationParameters")
    /// This document.
    public static let rpcDiscover = RPCMethod<NoParams, JSONValue>(
        "rpc.discover", parameters: "NoParameters")
    /// An instance as it is.
    public static let statusGet = RPCMethod<StatusGetParameters, StatusGetResult>(
        "status.get", parameters: "StatusGetParameters")
    /// The instances, page by page.
    public static let statusList = RPCMethod<StatusListParameters, StatusListResult>(
        "status.list", parameters: "StatusListParameters")
    /// Follows the ledger.
    public static let statusSubscribe = RPCMethod<SubscribeParameters, SubscribeResult>(
        "status.subscribe", parameters: "SubscribeParameters")
    /// Ends a subscription.
    public static let statusUnsubscribe = RPCMethod<UnsubscribeParameters, UnsubscribeResult>(
        "status.unsubscribe", parameters: "UnsubscribeParameters")
    /// Shuts an instance's machine down.
    public static let suspend = RPCMethod<InstanceOperationParameters, OperationResult>(
        "suspend", parameters: "InstanceOperationParameters")
    /// Whether the daemon can do its work.
    public static let systemHealth = RPCMethod<NoParams, HealthResult>(
        "system.health", parameters: "NoParameters")
    /// What the daemon is.
    public static let systemInfo = RPCMethod<NoParams, InfoResult>(
        "system.info", parameters: "NoParameters")
    /// How much the wire takes.
    public static let systemLimits = RPCMethod<NoParams, LimitsResult>(
        "system.limits", parameters: "NoParameters")
    /// Whether the daemon answers.
    public static let systemPing = RPCMethod<NoParams, PingResult>(
        "system.ping", parameters: "NoParameters")
}
