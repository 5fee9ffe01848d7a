// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// A function for each method.

import { keyed, type CallOptions } from "./calls.js";
import type {
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
    ProvisionParameters,
    ReconcileParameters,
    ReconcileReport,
    StatusGetParameters,
    StatusGetResult,
    StatusListParameters,
    StatusListResult,
} from "./types.js";

/** Every method of a daemon. Whoever inherits it says how a call gets there. */
export abstract class Methods {
    /** Any method by its name; its result as it came. */
    abstract call<Result = unknown>(method: string, params?: object, options?: CallOptions): Promise<Result>;

    /**
     * Removes an instance and everything that was made for it. Takes over from any other job of the instance. It
     * has no way back: what is in its way is waited for.
     */
    destroy(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("destroy", keyed(params), options);
    }

    /**
     * Asks for a job to end early. What it had begun is undone, and its end is `cancelled`. A job that can only go
     * forward is not cancelled.
     */
    jobCancel(params: JobParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.cancel", params, options);
    }

    /** Why a job is where it is. Looks at the outside world for this answer. */
    jobExplain(params: JobParameters, options?: CallOptions): Promise<ExplainResult> {
        return this.call("job.explain", params, options);
    }

    /** A job with its steps. */
    jobGet(params: JobParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.get", params, options);
    }

    /** The jobs, page by page. */
    jobList(params: JobListParameters = {}, options?: CallOptions): Promise<JobListResult> {
        return this.call("job.list", params, options);
    }

    /**
     * Tries a failed job again, or wakes one that waits. A job that ended badly is tried by a new one; a job that
     * waits for its next try goes on now.
     */
    jobRetry(params: JobRetryParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("job.retry", keyed(params), options);
    }

    /** Waits until a job has come to its end. `$/cancelRequest` ends the waiting, not the job. */
    jobWait(params: JobWaitParameters, options?: CallOptions): Promise<JobResult> {
        return this.call("job.wait", params, options);
    }

    /**
     * One call, one running agent. Writes a job and answers at once; the job makes the machine, configures it,
     * joins it to the tailnet and waits for the agent. A provision that fails is undone.
     */
    provision(params: ProvisionParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("provision", keyed(params), options);
    }

    /** Compares the outside world with the database, and repairs. The same sweep runs by itself once a minute. */
    reconcileRun(params: ReconcileParameters = {}, options?: CallOptions): Promise<ReconcileReport> {
        return this.call("reconcile.run", params, options);
    }

    /** Shuts an instance's machine down and starts it. Two provider actions: off, and on. */
    restart(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("restart", keyed(params), options);
    }

    /** Starts a suspended instance's machine. The machine boots and the agent is waited for. */
    resume(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("resume", keyed(params), options);
    }

    /** This document. Everything that can be called, as an OpenRPC document. */
    rpcDiscover(options?: CallOptions): Promise<OpenRPC> {
        return this.call("rpc.discover", {}, options);
    }

    /** An instance as it is. */
    statusGet(params: StatusGetParameters, options?: CallOptions): Promise<StatusGetResult> {
        return this.call("status.get", params, options);
    }

    /** The instances, page by page. */
    statusList(params: StatusListParameters = {}, options?: CallOptions): Promise<StatusListResult> {
        return this.call("status.list", params, options);
    }

    /** Shuts an instance's machine down. The disk is kept, and still billed. */
    suspend(params: InstanceOperationParameters, options?: CallOptions): Promise<OperationResult> {
        return this.call("suspend", keyed(params), options);
    }

    /** Whether the daemon can do its work. */
    systemHealth(options?: CallOptions): Promise<HealthResult> {
        return this.call("system.health", {}, options);
    }

    /** What the daemon is. */
    systemInfo(options?: CallOptions): Promise<InfoResult> {
        return this.call("system.info", {}, options);
    }

    /** How much the wire takes. */
    systemLimits(options?: CallOptions): Promise<LimitsResult> {
        return this.call("system.limits", {}, options);
    }

    /** Whether the daemon answers. */
    systemPing(options?: CallOptions): Promise<PingResult> {
        return this.call("system.ping", {}, options);
    }
}
