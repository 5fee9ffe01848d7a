// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// What goes over the wire. A newer daemon may add members and values.

/** Names the key of a certificate. */
export interface AccessDenyParameters {
    key: KeyDigest;
}

/** The key that is not accepted any more. */
export interface AccessDenyResult {
    key: KeyDigest;
}

/** The roles of this daemon. */
export interface AccessListResult {
    /** The roles. */
    roles: RoleScopes[];
    /** All scopes that methods have, sorted. */
    scopes: Scope[];
}

/** A signed checkpoint of the audit. */
export interface AuditCheckpointResult {
    /** The entry that it covers, with all earlier ones. */
    seq: number;
    /**
     * A signed note (c2sp.org/signed-note). Keep it elsewhere, with its line ends, and give it to `audit.verify`
     * later.
     */
    checkpoint: string;
}

/**
 * An entry of the audit: a call that changed something or was refused, or an action of the daemon. Members other
 * than `seq` and `hash` are absent if the content of the entry was erased.
 */
export interface AuditEntry {
    /** The position in the audit, from 1, without gaps. */
    seq: number;
    /** The hash of the chain up to this entry, in base64. */
    hash: string;
    /** The time of the call. */
    at?: Timestamp;
    /** The caller; `aurad` for the daemon itself. */
    principal?: PrincipalId;
    /** How the caller showed who it is. */
    proof?: Proof;
    /** The token that was shown; absent without one. */
    token?: TokenId;
    /** The other end of the connection. */
    peer?: string;
    /** The method, or the action of the daemon, such as `daemon.start`. */
    method?: string;
    /** The tenant of the object; absent if it belongs to no single tenant. */
    tenant?: TenantId;
    /** The kind and the id of the object, such as `instance` and its id; absent if there is none. */
    object?: string;
    /** The change that the call caused; absent if there is none. */
    change?: ChangeId;
    /** `accepted`, `repeated`, `joined` or `unchanged`, or the name of the error that the caller received. */
    outcome?: string;
    /** The parameters without secrets. Long ones are replaced by their length and their SHA-256. */
    parameters?: unknown;
}

/** Selects the entries whose contents are erased. Either `entries` or `tenant` must be given. */
export interface AuditEraseParameters {
    /** The positions of the entries. */
    entries?: number[];
    /** All entries of this tenant. */
    tenant?: TenantId;
    /** The `next` of the previous call for the same tenant; absent for the first call. */
    after?: number;
}

/** The result of an erasure. */
export interface AuditEraseResult {
    /** The number of entries whose content this call erased. */
    erased: number;
    /** The value of `after` for the next call; absent if no entries are left to examine. */
    next?: number;
}

/** Selects the page of an export. */
export interface AuditExportParameters {
    /** The `next` of the previous page; absent for the first page. */
    after?: number;
    limit?: PageLimit;
}

/** A page of an export. */
export interface AuditExportResult {
    /**
     * Lines of JSON. The first line of the first page has `installation` and `floor`. Each further line is an entry
     * with `seq`, `digest` and `hash`, and with `salt` and `body` unless its content was erased; `body` is the text
     * that was hashed, and the others but `seq` are base64. The last line of the last page has the signed
     * `checkpoint` if there is a key file.
     */
    lines: string[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: number;
}

/** Selects entries of the audit and the page to return. */
export interface AuditListParameters {
    /** Only calls of this caller; all callers if absent. */
    principal?: PrincipalId;
    /** Only calls of this method; all methods if absent. */
    method?: string;
    /** Only entries from this time on. */
    from?: Timestamp;
    /** Only entries before this time. */
    before?: Timestamp;
    /** The `next` of the previous page; absent for the first page. */
    after?: number;
    limit?: PageLimit;
}

/**
 * A page of entries, oldest first. A page can have few entries and still have a next one, because a call examines a
 * limited number of entries.
 */
export interface AuditListResult {
    /** The entries. */
    entries: AuditEntry[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: number;
    /** The positions of damaged entries of this page. Absent if there are none. */
    unreadable?: number[];
}

/** What a verification compared the audit with. */
export type AuditProof =
    | "chain" // the entries are consistent in themselves: each hash follows from the one before
    | "checkpoints" // the entries agree with the signed checkpoints that the database keeps
    | "outside" // the entries agree with a checkpoint that was kept elsewhere
    | "events" // the events of the ledger agree with the entries of the audit that have their hashes
    | (string & {});

/** A checkpoint to compare the audit with. */
export interface AuditVerifyParameters {
    /** The whole text of a checkpoint that was kept outside of this installation, line ends included. */
    checkpoint?: string;
}

/** The result of a verification of the whole audit. */
export interface AuditVerifyResult {
    /** False if there is a mismatch. */
    consistent: boolean;
    /** What was proved; empty after a mismatch. */
    proofs: AuditProof[];
    /** The last entry that was pruned; 0 if none was. */
    floor: number;
    /** The newest entry; 0 if there is none. */
    head: number;
    /** The hash of the newest entry, in base64. */
    hash: string;
    /** The number of entries whose content was erased. */
    erased: number;
    /** The number of events that were compared with their hashes in the audit. */
    events: number;
    /**
     * The number of events with a hash in the audit that were not compared, because some of the events under the
     * same hash were pruned.
     */
    eventsPruned: number;
    /** The first mismatch; absent if there is none. */
    fault?: string;
    /** The reason why a proof is missing; absent if there is none. */
    remark?: string;
}

/** The token of the caller. */
export interface AuthenticateParameters {
    token: TokenText;
}

/**
 * A position in the ledger. It is sent when the filter has matched none of the last 1,000 or more events, so that a
 * client can resume from there.
 */
export interface Bookmark {
    type: "subscription.bookmark";
    /** Every event up to this `seq` was compared with the filter. */
    seq: number;
}

/** Parameters that name the call to cancel. */
export interface CancelRequest {
    /**
     * The id of a call on this connection that has no reply yet. Ids are compared byte for byte: `1` and `1.0`
     * differ.
     */
    id: string | number | null;
}

/** The reason why a job ends early. */
export type Cancellation =
    | "requested" // `job.cancel` was called: the steps of the job are undone
    | "superseded" // a destroy took over: the job stops without an undo, and the destroy removes what it created
    | (string & {});

/**
 * The id of the change that caused a call: 1 to 128 visible ASCII characters that the client chose, or a UUIDv7. It
 * is copied to jobs, events, provider labels and log lines.
 */
export type ChangeId = string;

/** The state that the owner wants for an instance. */
export type DesiredState =
    | "running" // the machine is on and the agent runs
    | "suspended" // the machine is off
    | "destroyed" // no resource of the instance exists
    | (string & {});

/** The class of a failure. It determines the reaction to the failure. */
export type ErrorClass =
    | "transient" // the same call may succeed later
    | "capacity" // the provider has no capacity here: the next location or server type is tried
    | "permanent" // the same call fails again
    | "ambiguous" // the effect may have happened: it is looked up before a retry
    | (string & {});

/** An entry of the ledger. `seq` has no gaps and follows the order of the commits. */
export interface Event {
    /** The position in the ledger, from 1. */
    seq: number;
    /** The time of the event. */
    at: Timestamp;
    type: EventType;
    /** The tenant of the instance; `default` if the event has no instance. */
    tenant: TenantId;
    /** The instance of the event; absent if there is none. */
    instance?: InstanceId;
    /** The job of the event; absent if there is none. */
    job?: JobId;
    /** The change that caused the event; absent if there is none. */
    change?: ChangeId;
    /** Who caused the event; absent if the daemon did by itself. */
    principal?: PrincipalId;
    /** The instance's phase after the event; absent if the event does not report it. */
    phase?: Phase;
    /** The name of the step, such as `server.create`; absent if the event concerns no step. */
    step?: string;
    /**
     * The progress of the job, from 0 to 1; absent if the event does not report it. It never decreases within a
     * job.
     */
    progress?: number;
    /** A description for people. */
    message: string;
    /** Further facts; their shape depends on `type`. Absent if there are none. */
    data?: unknown;
}

/** Selects events. An event must match every member that is given; an empty filter matches all events. */
export interface EventFilter {
    /** Events of this instance; all instances if absent. An unknown one is `instanceNotFound`. */
    instance?: InstanceReference;
    /** Events of this job; all jobs if absent. An unknown one is `jobNotFound`. */
    job?: JobId;
    /**
     * Events of this tenant; all tenants if absent. An `instance` given by name is looked up in this tenant, or in
     * `default` if absent.
     */
    tenant?: TenantId;
    /** Events of this change; all changes if absent. */
    change?: ChangeId;
    /** Events of one of these types; all types if absent or empty. */
    types?: EventType[];
}

/** A message of a subscription. */
export interface EventNotification {
    subscription: SubscriptionId;
    /** An event, a page of a snapshot, a bookmark, or the end of the subscription. */
    result: Event | Snapshot | Bookmark | SubscriptionEnded;
}

/** The type of an event. */
export type EventType =
    | "job.queued" // a job was accepted
    | "job.started" // the first step of a job begins
    | "job.compensating" // the steps of a job are being undone
    | "job.cancelRequested" // `job.cancel` was called
    | "job.retryRequested" // `job.retry` made a waiting job due now
    | "job.parked" // a job cannot continue until an operator removes the cause; it retries rarely
    | "job.succeeded" // final: the job reached its goal
    | "job.failed" // final: the job did not reach its goal; `data` has the failure
    | "job.cancelled" // final: `job.cancel` or a destroy ended the job
    | "phase.changed" // an instance entered another phase; `data.from`, `data.to`
    | "step.started" // a step begins
    | "step.progress" // the progress of a step
    | "step.waiting" // a step waits for a condition
    | "step.retrying" // a step or its undo failed and is retried; `data.attempt`, `data.retryAt`
    | "step.done" // a step succeeded; `data.milliseconds`
    | "step.failed" // a step failed and is not retried; `data` has the failure
    | "step.undoing" // a step is being undone
    | "step.undone" // a step was undone
    | "step.undoFailed" // the undo of a step failed; it is retried rarely
    | "task.started" // an Ansible task begins
    | "task.finished" // an Ansible task ended; `data.outcome`, `data.milliseconds`
    | "task.failed" // an Ansible task failed; `data.ignored`
    | "run.recap" // an Ansible run ended; `data` has its counts
    | "resource.adopted" // a sweep recorded a server as the machine of its instance
    | "resource.quarantined" // a sweep cuts the power of an orphaned server
    | "resource.reaped" // a sweep deleted an orphaned resource
    | "instance.lost" // the machine of an instance does not exist any more
    | "instance.found" // the machine of a lost instance exists again
    | "alert.raised" // an operator must act; `data.code` names the problem
    | (string & {});

/** The state of a job: why it waits, what happens next, and which resources exist for its instance. */
export interface ExplainResult {
    job: Job;
    /** The whole explanation as text for people. */
    summary: string;
    /** The next action, as text for people. */
    next: string;
    /** The condition that the job waits for or last waited for; absent if there is none. */
    waits?: Wait;
    /** The resources with the instance's name that the providers returned during this call. */
    resources: Resource[];
    /** The kinds of resource that could not be looked up, each with the cause. */
    unseen: Unseen[];
}

/** The cause of a failure, as its source reported it. */
export interface Failure {
    class: ErrorClass;
    /** A stable text for programs: the provider's error code, or Aura's own if there is none. */
    code: string;
    /** A description for people. It contains no secret. */
    message: string;
    /** The provider's id of the failed call, for the provider's support; absent if there is none. */
    correlationId?: string;
}

/** The health of the daemon. */
export interface HealthResult {
    /** True if a write to the database succeeded during this call. */
    ok: boolean;
    /** The `seq` of the oldest event that a subscription can read; `head` + 1 if no event is left. */
    oldest: number;
    /** The `seq` of the newest event, read from the database during this call; 0 if there never was one. */
    head: number;
    /** The number of jobs that this daemon is running. */
    jobsRunning: number;
    /** Why the write failed; absent if `ok` is true. */
    reason?: string;
}

/**
 * The client's own key for a call: 1 to 255 visible ASCII characters. A second call with the same key and
 * parameters returns the same job. With other parameters it is `idempotencyMismatch`. Each caller has its own keys
 * in each tenant; a key is kept as long as its job.
 */
export type IdempotencyKey = string;

/** The daemon's version, database, regions and sizes. */
export interface InfoResult {
    /** The program's name: `aurad`. */
    name: string;
    /** The version of the daemon. */
    version: string;
    /** The id of the database. All daemons that share the database return the same id. */
    installation: string;
    /** The time at which the daemon started. */
    startedAt: Timestamp;
    /** The kind of database: `sqlite` or `postgres`. */
    database: string;
    /** The regions that `provision` accepts. */
    regions: string[];
    /** The sizes that `provision` accepts. */
    sizes: string[];
}

/** A secret of the installation, without its value. */
export interface InstallationSecret {
    name: SecretName;
    /** The number of the current version, from 1. */
    version: number;
    /** The time of the first version. */
    createdAt: Timestamp;
    /** The time of the current version. */
    updatedAt: Timestamp;
}

/** An instance: its desired state, its phase, and the facts about its machine. */
export interface Instance {
    id: InstanceId;
    name: InstanceName;
    tenant: TenantId;
    kind: InstanceKind;
    desired: DesiredState;
    phase: Phase;
    /** The configured name of its region, such as `eu-central`. */
    region: string;
    /** The configured name of its size, such as `small`. */
    size: string;
    /** The number of the instance's machine, from 1. A retried provision increases it by 1. */
    generation: number;
    /** The change that created the instance or that caused the last job to start on it. */
    change: ChangeId;
    /** The machine; absent until its id is known, and after it was deleted. */
    server?: ServerFacts;
    /** The machine's tailnet device; absent until it has joined, and after it was removed. */
    tailnet?: TailnetFacts;
    /** The agent's version, as the configuration of the machine reported it; absent until then. */
    agentVersion?: string;
    /**
     * The last failure of a job, of an undo, or of the machine; absent if there is none. The start of a job clears
     * it.
     */
    failure?: Failure;
    /** The time at which the instance was accepted. */
    createdAt: Timestamp;
    /** The time of the last change to any member. */
    updatedAt: Timestamp;
    /** The first time at which the instance was `running`; absent before. Metering starts here. */
    runningAt?: Timestamp;
    /** The time at which the instance was destroyed; absent before. */
    destroyedAt?: Timestamp;
}

/** The id of an instance: a UUIDv7 in lower case. */
export type InstanceId = string;

/** The kind of an instance. */
export type InstanceKind =
    | "agent" // an always-on AI agent on its own machine
    | (string & {});

/**
 * The owner's name for an instance: a DNS label of at most 40 characters. It is unique among the tenant's live
 * instances, which are those not `failed` or `destroyed`.
 */
export type InstanceName = string;

/** The parameters of an operation on an existing instance. */
export interface InstanceOperationParameters {
    instance: InstanceReference;
    /** The tenant of the instance; `default` if absent. */
    tenant?: TenantId;
    idempotencyKey?: IdempotencyKey;
    /** The change that causes this call; a new UUIDv7 if absent. */
    change?: ChangeId;
}

/**
 * The id of an instance, in upper or lower case, or its name. A name means the live instance with that name, or
 * else the newest that had it. If no instance has a given id, the text is looked up as a name.
 */
export type InstanceReference = string;

/** One operation on one instance: a saga that continues after a crash. */
export interface Job {
    id: JobId;
    kind: JobKind;
    instance: InstanceId;
    tenant: TenantId;
    change: ChangeId;
    /** Who requested the job; absent if an older daemon wrote it. */
    principal?: PrincipalId;
    state: JobState;
    /** The number of consecutive failed tries of the present step. */
    attempt: number;
    /** The reason why the job ends early; absent if it was not cancelled. */
    cancellation?: Cancellation;
    /**
     * Why the present step waits or last waited, as text for people: `for the machine to boot`. Absent if it has
     * not waited.
     */
    waitingFor?: string;
    /** The time at which a waiting job is due; absent if it has not waited. */
    availableAt?: Timestamp;
    /** Why the job failed, was cancelled, is being undone, or is parked; absent otherwise. */
    failure?: Failure;
    /** The time at which the job was accepted. */
    createdAt: Timestamp;
    /** The time at which the first step began; absent before. */
    startedAt?: Timestamp;
    /** The time at which the job ended; absent before. */
    finishedAt?: Timestamp;
    /**
     * The time at which an unfinished job fails and is undone. The time in which it is parked does not count. It
     * has no effect on a job past its point of no return.
     */
    deadline: Timestamp;
    /** The job that this job retries; absent if it retries none. */
    retryOf?: JobId;
    /** The steps in their order. Present in the results of `job.get`, `job.wait` and `job.explain` only. */
    steps?: Step[];
}

/** The id of a job: a UUIDv7 in lower case. */
export type JobId = string;

/** The kind of a job: the operation that it carries out. */
export type JobKind =
    | "provision" // creates a machine and runs the agent on it
    | "suspend" // shuts down the machine and keeps its disk
    | "resume" // starts a suspended machine
    | "restart" // shuts down the machine and starts it again
    | "destroy" // removes all resources of the instance; it takes over from any other job
    | (string & {});

/** Selects jobs and the page to return. */
export interface JobListParameters {
    /** Jobs of this instance; all instances if absent. An unknown one is `instanceNotFound`. */
    instance?: InstanceReference;
    /**
     * Jobs of this tenant; all tenants if absent. An `instance` given by name is looked up in this tenant, or in
     * `default` if absent.
     */
    tenant?: TenantId;
    /** Jobs of this change; all changes if absent. */
    change?: ChangeId;
    /** Jobs in one of these states; all states if absent or empty. */
    states?: JobState[];
    /** The `next` of the previous page; absent for the first page. */
    after?: JobId;
    limit?: PageLimit;
    /** The order by creation; `oldest` if absent. */
    order?: ListOrder;
}

/** A page of jobs in the requested order. */
export interface JobListResult {
    /** The jobs, without their steps. */
    jobs: Job[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: JobId;
    /**
     * The ids of jobs of this page that the daemon cannot read, because a newer daemon wrote them or they are
     * damaged. Absent if there are none.
     */
    unreadable?: JobId[];
}

/** Parameters that name a job. */
export interface JobParameters {
    job: JobId;
}

/** The job of the call. */
export interface JobResult {
    job: Job;
}

/** Parameters that name the job to retry. */
export interface JobRetryParameters {
    job: JobId;
    /** The client's own key for the new job; ignored if the named job has not ended. */
    idempotencyKey?: IdempotencyKey;
}

/** The state of a job. */
export type JobState =
    | "queued" // no step has begun
    | "running" // a worker is running it
    | "waiting" // it waits for a time or a condition and holds no worker
    | "compensating" // its steps are being undone
    | "succeeded" // it reached its goal
    | "failed" // it did not reach its goal, and the steps that had begun were undone
    | "cancelled" // `job.cancel` or a destroy ended it
    | (string & {});

/** Parameters that name the job to wait for and limit the wait. */
export interface JobWaitParameters {
    job: JobId;
    /** The longest wait, in milliseconds; 600,000 (ten minutes) if absent. */
    timeoutMs?: number;
}

/** The SHA-256 of a certificate's public key (its SubjectPublicKeyInfo in DER), in hexadecimal. */
export type KeyDigest = string;

/** The policy for a client that does not read the events of a subscription fast enough. */
export type LagPolicy =
    | "replay" // every event is delivered later, from the ledger
    | "coalesce" // late delivery leaves out progress that a later event of the same job replaces; no change of state is left out
    | "close" // the subscription ends with the reason `lagged`
    | (string & {});

/** The limits of messages, calls, connections and subscriptions. */
export interface Limits {
    /** The longest message, in bytes without its line end. A longer one is `messageTooLarge`. */
    messageBytes: number;
    /** The maximum nesting of arrays and objects in a message; `[]` has depth 1. A deeper one is `messageTooDeep`. */
    depth: number;
    /** The maximum number of items in a batch. A larger batch is `batchTooLarge`. */
    batchItems: number;
    /** The longest id of a request, in bytes of its JSON text. A longer one is `invalidRequest`. */
    idBytes: number;
    /**
     * The maximum number of calls of a connection that have no reply yet. A further call waits for at most
     * `inFlightPatienceMs` and is then `tooManyInFlight`.
     */
    inFlightPerConnection: number;
    /**
     * The maximum number of bytes of messages of a connection, for the calls that have no reply yet. A further call
     * waits for at most `inFlightPatienceMs` and is then `tooManyInFlight`.
     */
    inFlightBytesPerConnection: number;
    /**
     * The maximum number of calls of all connections together that have no reply yet. A further call is
     * `daemonBusy`. One user or network address may have three quarters of them.
     */
    inFlight: number;
    /**
     * The maximum number of bytes of messages over all connections: those that are being read, and those of calls
     * without a reply. A further message is `daemonBusy`.
     */
    inFlightBytes: number;
    /**
     * The longest time, in milliseconds, that a connection waits for earlier calls to finish before it refuses
     * further calls.
     */
    inFlightPatienceMs: number;
    /** The maximum number of connections. A further one is `tooManyConnections`. */
    connections: number;
    /** The number of `connections` that are reserved for root and the daemon's own user over the Unix socket. */
    connectionsKept: number;
    /**
     * The maximum number of connections of one user of the machine over the Unix socket. A further one is
     * `tooManyConnectionsOfUser`.
     */
    connectionsPerUser: number;
    /**
     * The maximum number of TCP connections of one network address. A further one is `tooManyConnectionsOfUser`. An
     * IPv6 network of 64 bits counts as one address. All clients of a loopback address have the same address.
     */
    connectionsPerAddress: number;
    /**
     * The maximum number of connections of one principal that has shown a token, a certificate or a session. A
     * further one is `tooManyConnectionsOfUser`.
     */
    connectionsPerPrincipal: number;
    /** The maximum number of subscriptions of one connection. A further one is `tooManySubscriptions`. */
    subscriptionsPerConnection: number;
    /**
     * The maximum number of subscriptions of one user of the machine, or of one network address, over all
     * connections. A further one is `tooManySubscriptions`.
     */
    subscriptionsPerUser: number;
    /**
     * The maximum number of subscriptions of one principal that has shown a token, a certificate or a session, over
     * all connections. A further one is `tooManySubscriptions`.
     */
    subscriptionsPerPrincipal: number;
    /**
     * The maximum number of bytes of messages of such a principal, for the calls that have no reply yet. A further
     * message is `daemonBusy`.
     */
    inFlightBytesPerPrincipal: number;
    /** The maximum number of subscriptions of all connections together. A further one is `tooManySubscriptions`. */
    subscriptions: number;
    /**
     * The maximum number of bytes that wait for one client to read them. A reply that does not fit is replaced by
     * `outboundQueueFull`.
     */
    outboundQueueBytes: number;
}

/** The limits for one client and for all clients together. */
export interface LimitsResult {
    limits: Limits;
}

/** The order of a list by creation. */
export type ListOrder =
    | "oldest" // the oldest first
    | "newest" // the newest first
    | (string & {});

/** An OpenRPC 1.3 document (https://spec.open-rpc.org). */
export type OpenRPC = Record<string, unknown>;

/** The result of each call that starts an operation. */
export interface OperationResult {
    /** The instance after the call. */
    instance: Instance;
    /** The job that the call wrote, or the job that already does the same. */
    job: Job;
}

/** Requests a subscription to all events of the job, from the first to the last, on the connection of the call. */
export interface OperationSubscription {
    /**
     * The client's own id for the subscription; the daemon assigns one if absent. An id in use is
     * `subscriptionExists`.
     */
    subscription?: SubscriptionId;
    /** The number of events after which the subscription ends; no limit if absent. */
    maxEvents?: number;
    /** The policy for a client that does not read fast enough; `replay` if absent. */
    onLag?: LagPolicy;
}

/** The maximum number of rows of a page, from 1 to 1,000; 100 if absent. */
export type PageLimit = number;

/** The present state of an instance. */
export type Phase =
    | "queued" // the instance was accepted, and no resource exists yet
    | "provisioning" // the machine is being created and booted
    | "configuring" // Ansible runs on the machine
    | "networking" // the machine joins the tailnet, and the agent is checked
    | "running" // the agent passed its health check
    | "suspending" // the machine is being shut down
    | "suspended" // the machine is off; its disk is kept and still billed
    | "resuming" // the machine is being started
    | "restarting" // the machine is being shut down and started again
    | "degraded" // an operation did not reach its goal, or the machine is lost
    | "rollingBack" // a failed or cancelled provision is being undone
    | "failed" // a provision failed or was cancelled, and was undone
    | "destroying" // all resources are being removed
    | "destroyed" // no resource of the instance is left
    | (string & {});

/** The reply to `system.ping`. */
export interface PingResult {
    /** Always true. */
    pong: true;
}

/** A principal: a person or a program that calls methods. */
export interface Principal {
    id: PrincipalId;
    name: PrincipalName;
    kind: PrincipalKind;
    /** The scopes, sorted. */
    scopes: Scope[];
    /** The tenants whose objects the principal may see and change, sorted; absent for all tenants. */
    tenants?: TenantId[];
    /** False if the principal may do nothing. */
    enabled: boolean;
    createdAt: Timestamp;
    /** The caller that created the principal. */
    createdBy?: PrincipalId;
}

/** Describes the principal to create. `role`, `scopes` or both must be given. */
export interface PrincipalCreateParameters {
    name: PrincipalName;
    /** The kind; `service` if absent. */
    kind?: PrincipalKind;
    /** The role whose scopes the principal gets. */
    role?: Role;
    /** Scopes in addition to those of `role`. */
    scopes?: Scope[];
    /** The tenants whose objects the principal may see and change; all tenants if absent. */
    tenants?: TenantId[];
}

/**
 * The id of a caller: a UUIDv7 for a principal that `principal.create` made, `uid:N` for a local process of that
 * user on the Unix socket, and `loopback` for a client of TCP, WebSocket or HTTP of a release in which these needed
 * no proof.
 */
export type PrincipalId = string;

/** The kind of a principal. */
export type PrincipalKind =
    | "person" // a human user
    | "service" // a program
    | (string & {});

/** All principals. */
export interface PrincipalListResult {
    /** The principals, ordered by name. */
    principals: Principal[];
}

/** The name of a principal: a DNS label of at most 63 characters, which no other principal has. */
export type PrincipalName = string;

/** A principal, by its id or its name. */
export type PrincipalReference = string;

/** A principal. */
export interface PrincipalResult {
    principal: Principal;
}

/** Selects a principal and says what to change. A member that is absent stays as it is. */
export interface PrincipalSetParameters {
    principal: PrincipalReference;
    /** The role whose scopes replace the present ones. */
    role?: Role;
    /** Scopes that replace the present ones, in addition to those of `role`. */
    scopes?: Scope[];
    /** The tenants that replace the present ones. */
    tenants?: TenantId[];
    /** True for all tenants, in place of `tenants`. */
    allTenants?: boolean;
    /** Whether the principal may do anything. */
    enabled?: boolean;
}

/** How a caller showed who it is. */
export type Proof =
    | "anonymous" // the caller has shown nothing
    | "peer" // the kernel's record of a process on the Unix socket
    | "certificate" // a client certificate
    | "token" // a token
    | "session" // the cookie of a dashboard's session
    | "internal" // the daemon itself
    | (string & {});

/** Describes the instance to create. */
export interface ProvisionParameters {
    name: InstanceName;
    /** The region: one of the `regions` of `system.info`. Any other is `unknownRegion`. */
    region: string;
    /** The size: one of the `sizes` of `system.info`. Any other is `unknownSize`. */
    size: string;
    /** The tenant of the new instance; `default` if absent. */
    tenant?: TenantId;
    idempotencyKey?: IdempotencyKey;
    /** The change that causes this call; a new UUIDv7 if absent. */
    change?: ChangeId;
}

/** The action that a sweep took on a finding. */
export type ReconcileAction =
    | "none" // no action, or no action so far; `reason` has the cause
    | "adopted" // the server was recorded as the machine of its instance
    | "quarantined" // the power of the server was cut
    | "reaped" // the resource was deleted
    | "marked" // the instance was updated: its machine is lost, or exists again
    | "deferred" // an action is due, but a limit, a backoff, or too many orphans postpone it
    | "failed" // an action failed; a later sweep tries it again
    | (string & {});

/** A difference between the providers' resources and the database. */
export interface ReconcileFinding {
    verdict: ReconcileVerdict;
    kind: ResourceKind;
    /** The provider's id of the resource. */
    id: string;
    /** The name of the resource at its provider. */
    name: string;
    /** The instance that the resource belongs to by its labels; absent if they name none. */
    instance?: InstanceId;
    /** The action that was taken, or in a dry run the action that would be taken. */
    action: ReconcileAction;
    /** The cause, as text for people. */
    reason: string;
    /** The time at which the difference was first seen; absent if one listing is enough for the verdict. */
    since?: Timestamp;
}

/** The listing of one kind of resource at its provider. */
export interface ReconcileListing {
    kind: ResourceKind;
    /** The number of resources in the listing. */
    count: number;
    /**
     * False if the listing failed or is far shorter than expected. The sweep then leaves orphans alone. A missing
     * machine counts as lost only after several such listings.
     */
    believed: boolean;
    /** Why the listing failed; absent if it did not fail. */
    failure?: string;
}

/** The options of a sweep. */
export interface ReconcileParameters {
    /** If true, the sweep reports its actions without taking them, and writes nothing. False if absent. */
    dryRun?: boolean;
    /**
     * If true, the sweep acts even if so many servers are orphans that the database may be an old backup. False if
     * absent: such orphans are deferred.
     */
    force?: boolean;
}

/** The findings and actions of one sweep. */
export interface ReconcileReport {
    /** The time at which the sweep started. */
    startedAt: Timestamp;
    /** The duration of the sweep, in milliseconds. */
    tookMs: number;
    /** True if the sweep was a dry run. */
    dryRun: boolean;
    /** The listings that the sweep read, one for each kind of resource. */
    listings: ReconcileListing[];
    /** The number of resources that belong to a known instance. */
    owned: number;
    /**
     * The number of resources that were not judged: a job works on their instance, they are being deleted, or their
     * instance cannot be read.
     */
    busy: number;
    /** The differences between the providers' resources and the database. */
    findings: ReconcileFinding[];
}

/** The judgement of a sweep about a resource. */
export type ReconcileVerdict =
    | "unknown" // a server with the labels and name of an instance that has no machine recorded
    | "orphan" // a resource of Aura that no instance owns
    | "foreign" // a resource with a name like Aura's that is not provably Aura's; it is never touched
    | "lost" // the machine of an instance is missing from its provider's listing
    | "found" // the machine of a lost instance is listed again
    | "drift" // a machine that is off although its instance is `running`, or on although it is `suspended`
    | (string & {});

/** A resource at a provider. */
export interface Resource {
    kind: ResourceKind;
    /** The provider's id of the resource. */
    id: string;
    /** The name of the resource at its provider. */
    name: string;
    /** The present state of a server, such as `running` or `off`; absent for other kinds. */
    state?: string;
    /** True if the resource has Aura's labels or tags. A resource without them is never touched. */
    ours: boolean;
}

/** The kind of a resource that Aura creates at a provider. */
export type ResourceKind =
    | "server" // a machine
    | "key" // an SSH key at the provider of machines
    | "device" // a device of the tailnet
    | (string & {});

/**
 * A restriction of a token: `KEY=VALUE[,VALUE]`. The keys are `method`, `scope`, `tenant`, `instance`, `before`
 * (seconds since 1970), `peer` (an address, a network or `unix:UID`) and `rate` (`N/60`). A call must satisfy every
 * restriction, with one of its values.
 */
export type RestrictionText = string;

/** A list of scopes with a name. */
export type Role =
    | "viewer" // reads everything but the audit
    | "operator" // also operates instances and jobs
    | "tenantAdmin" // also makes tokens and secrets, in its tenants
    | "auditor" // reads the audit, and nothing else
    | "admin" // everything, except to reveal secrets
    | (string & {});

/** A role with its scopes. */
export interface RoleScopes {
    role: Role;
    /** The scopes, sorted. */
    scopes: Scope[];
}

/**
 * A right that methods need, such as `instances:write`. `rpc.discover` lists the scopes of each method
 * (`x-scopes`).
 */
export type Scope = string;

/** A secret, without its value. */
export interface Secret {
    tenant: TenantId;
    name: SecretName;
    class: SecretClass;
    /** The number of the current version, from 1. */
    version: number;
    /** The time of the first version. */
    createdAt: Timestamp;
    /** The time of the current version. */
    updatedAt: Timestamp;
}

/** Whether a method may return the value of a secret. */
export type SecretClass =
    | "sealed" // only the daemon uses the value, no method returns it
    | "exportable" // `secret.reveal` returns the value
    | (string & {});

/** A position in a list of secrets: the tenant and the name, separated by a slash. */
export type SecretCursor = string;

/** The secret that was deleted. */
export interface SecretDeleteResult {
    tenant: TenantId;
    name: SecretName;
}

/** Selects secrets and the page to return. */
export interface SecretListParameters {
    /** Secrets of this tenant; of all tenants of the caller if absent. */
    tenant?: TenantId;
    /** The `next` of the previous page; absent for the first page. */
    after?: SecretCursor;
    limit?: PageLimit;
}

/** A page of secrets, ordered by tenant and name. */
export interface SecretListResult {
    /** The secrets. */
    secrets: Secret[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: SecretCursor;
    /**
     * Secrets on this page whose rows this version cannot read: the tenant and the name, separated by a space;
     * absent if there are none.
     */
    unreadable?: string[];
}

/** The name of a secret, unique within its tenant. */
export type SecretName = string;

/** Selects a secret. */
export interface SecretParameters {
    name: SecretName;
    /** The owner; if absent, the caller's only tenant or else `default`. */
    tenant?: TenantId;
}

/** A secret. */
export interface SecretResult {
    secret: Secret;
}

/** A secret and its value. */
export interface SecretRevealResult {
    secret: Secret;
    value: SecretValue;
}

/** A secret and its new value. */
export interface SecretSetParameters {
    name: SecretName;
    value: SecretValue;
    /** The owner; if absent, the caller's only tenant or else `default`. */
    tenant?: TenantId;
    /** If absent, that of the current version, or `sealed` for a new secret. */
    class?: SecretClass;
}

/** The value of a secret: a text of at most 65,536 bytes in UTF-8, without NUL. */
export type SecretValue = string;

/** The facts about a machine, as its provider reports them. */
export interface ServerFacts {
    /** The provider's id of the machine. */
    id: string;
    /** The name of the machine at its provider. */
    name: string;
    /** The public IPv4 address, or the IPv6 address if there is no IPv4 address. */
    address: string;
    /** The provider's name of the location, such as `nbg1`. */
    location: string;
    /** The provider's name of the server type, such as `cx23`. */
    type: string;
}

/**
 * A page of a snapshot: the state of instances. A snapshot has one or more pages, in the order of the instances'
 * ids, before any event.
 */
export interface Snapshot {
    type: "subscription.snapshot";
    /**
     * The position in the ledger after which events follow. A client that loses its connection later resumes from
     * it.
     */
    seq: number;
    /**
     * The instances of this page, at most 100 together with `unreadable`. Destroyed ones are included only if the
     * filter selects one instance or job.
     */
    instances: Instance[];
    /** True on the last page; events follow it. */
    complete: boolean;
    /**
     * The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are
     * damaged. Absent if there are none.
     */
    unreadable?: InstanceId[];
}

/** Parameters that name an instance. */
export interface StatusGetParameters {
    instance: InstanceReference;
    /** The tenant of the instance. If absent, an id is looked up in all tenants and a name in `default`. */
    tenant?: TenantId;
}

/** An instance and its active job. */
export interface StatusGetResult {
    instance: Instance;
    /** The active job of the instance; absent if there is none. */
    job?: Job;
}

/** Selects instances and the page to return. */
export interface StatusListParameters {
    /** Instances of this tenant; all tenants if absent. */
    tenant?: TenantId;
    /** Instances in one of these phases. If absent or empty, `includeDestroyed` decides. */
    phases?: Phase[];
    /** True includes destroyed instances if `phases` is absent or empty. False if absent. */
    includeDestroyed?: boolean;
    /** The `next` of the previous page; absent for the first page. */
    after?: InstanceId;
    limit?: PageLimit;
}

/** A page of instances in the order of their creation. */
export interface StatusListResult {
    /** The instances, the oldest first. */
    instances: Instance[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: InstanceId;
    /**
     * The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are
     * damaged. Absent if there are none.
     */
    unreadable?: InstanceId[];
}

/** A step of a job, begun or not. */
export interface Step {
    /** The name of the step, such as `server.create`. */
    name: string;
    state: StepState;
    /** The instance's phase during the step. */
    phase: Phase;
    /** The usual duration in seconds; 0 if this daemon does not have the job's definition. */
    expectedSeconds: number;
    /** The number of consecutive failed tries of the step or of its undo. */
    attempt: number;
    /** The provider's id of the resource that the step created; absent if there is none. */
    externalId?: string;
    /** The time at which the step began; absent before. */
    startedAt?: Timestamp;
    /** The time at which the step or its undo ended; absent before. */
    finishedAt?: Timestamp;
}

/** The state of a step. */
export type StepState =
    | "pending" // it has not begun
    | "intent" // it has begun: its effect may have happened
    | "ambiguous" // a try failed without a clear result: its effect may have happened
    | "done" // it succeeded
    | "failed" // it failed and is not retried
    | "undoing" // its undo has begun
    | "undone" // its undo succeeded
    | "undoFailed" // its undo failed: a resource may be left, its id is kept, and the undo is retried rarely
    | (string & {});

/** Selects the events, the start and the end of a subscription. */
export interface SubscribeParameters {
    /** The events to deliver; all events if absent. */
    filter?: EventFilter;
    /** The start; `"now"` if absent. */
    from?: SubscriptionStart;
    /**
     * The `epoch` of the reply that belongs to the `seq` in `from`. If the ledger has another epoch now, the call
     * fails with `cursorExpired`. Absent: no check.
     */
    epoch?: string;
    /** The condition that ends the subscription; no condition if absent. */
    until?: SubscriptionEnd;
    /**
     * The client's own id for the subscription; the daemon assigns one if absent. An id in use is
     * `subscriptionExists`.
     */
    subscription?: SubscriptionId;
    /** The number of events after which the subscription ends; no limit if absent. */
    maxEvents?: number;
    /** The policy for a client that does not read fast enough; `replay` if absent. */
    onLag?: LagPolicy;
}

/** An accepted subscription. */
export interface SubscribeResult {
    subscription: SubscriptionId;
    /** The `seq` of the newest event when the subscription was accepted; 0 if there never was one. */
    head: number;
    /**
     * The id of the ledger's history in which `seq` counts. A restored database has another one. Send it with
     * `from` to resume.
     */
    epoch?: string;
    /**
     * The id of the instance that the filter or the operation names; absent without one. Resume with this id,
     * because another instance may have the name later.
     */
    instance?: InstanceId;
}

/** A condition that ends a subscription. */
export type SubscriptionEnd =
    | "terminal" // every job that the filter matches has ended
    | (string & {});

/** The reason why a subscription ended without a call of the client. */
export type SubscriptionEndReason =
    | "terminal" // every job that the filter matches has ended
    | "maxEvents" // the requested number of events was delivered
    | "lagged" // the client did not read fast enough, and `onLag` is `close`
    | "cursorExpired" // the next events were pruned
    | (string & {});

/** The last message of a subscription that ends without a call of the client. */
export interface SubscriptionEnded {
    type: "subscription.ended";
    reason: SubscriptionEndReason;
    /** The position in the ledger up to which matching events were delivered. */
    seq: number;
}

/** The id of a subscription: 1 to 64 visible ASCII characters, unique on its connection. */
export type SubscriptionId = string;

/**
 * The start of a subscription. `"now"`: events from now on. `"start"`: all events that are left. `"snapshot"`: the
 * present state of the instances, then all changes. A `seq`: the events after it. A `seq` beyond the newest event
 * is `cursorAhead`; one before a pruned event is `cursorExpired`.
 */
export type SubscriptionStart = "now" | "start" | "snapshot" | number;

/** The facts about a machine, as its tailnet reports them. */
export interface TailnetFacts {
    /** The tailnet's id of the device. */
    nodeId: string;
    /** The MagicDNS name, without its final dot. */
    name: string;
    /** The addresses of the device in the tailnet. */
    addresses: string[];
}

/** A tenant: the owner of instances, secrets and quotas. */
export interface Tenant {
    id: TenantId;
    /** False if the tenant's principals may do nothing. */
    enabled: boolean;
    quota: TenantQuota;
    createdAt: Timestamp;
    /** The caller that created the tenant; absent for `default` and for tenants of an earlier version. */
    createdBy?: PrincipalId;
}

/** Describes the tenant to create. */
export interface TenantCreateParameters {
    tenant: TenantId;
    /** The tenant's own limits. */
    quota?: TenantQuota;
}

/**
 * The id of a tenant, which owns instances: a DNS label of at most 63 characters. An instance that was provisioned
 * without one belongs to `default`.
 */
export type TenantId = string;

/** The tenants that the caller may see. */
export interface TenantListResult {
    /** The tenants, ordered by id. */
    tenants: Tenant[];
}

/** Limits of a tenant. A member that is absent is the installation's default. */
export interface TenantQuota {
    /** The maximum number of live instances. */
    liveInstances?: number;
    /** The maximum number of jobs that have not ended. A destroy does not count and is never refused. */
    jobsInFlight?: number;
    /**
     * The maximum number of calls of all callers of the tenant in 60 seconds, a fifth of them at once. Each daemon
     * counts for itself.
     */
    callsPerMinute?: number;
    /**
     * The maximum number of calls that may change something, of all callers of the tenant in 60 seconds. Each
     * daemon counts for itself.
     */
    mutationsPerMinute?: number;
    /** The maximum number of tokens of the tenant that are neither revoked nor expired. */
    tokens?: number;
    /** The maximum number of secrets. */
    secrets?: number;
}

/** A tenant. */
export interface TenantResult {
    tenant: Tenant;
}

/** Selects a tenant and says what to change. A member that is absent stays as it is. */
export interface TenantSetParameters {
    tenant: TenantId;
    /** Limits that replace the present ones. */
    quota?: TenantQuota;
    /** Whether the tenant's principals may do anything. */
    enabled?: boolean;
}

/** A time in UTC, as RFC 3339 text with milliseconds. */
export type Timestamp = string;

/** A token, without its text. */
export interface Token {
    id: TokenId;
    /** A label for people. */
    name: string;
    /** The name of the vault's key that signed the token. */
    key: string;
    principal: PrincipalId;
    /** The scopes, sorted; absent for those of the principal. */
    scopes?: Scope[];
    /** The tenants, sorted; absent for those of the principal. */
    tenants?: TenantId[];
    /** The time from which on the token is valid. */
    notBefore: Timestamp;
    /** The time at which the token expires; absent if it does not. */
    expires?: Timestamp;
    /** The time at which the token was revoked; absent if it was not. */
    revokedAt?: Timestamp;
    createdAt: Timestamp;
    /** The caller that created the token. */
    createdBy?: PrincipalId;
    /** The time of the last use, to within a minute; absent before the first. */
    lastUsedAt?: Timestamp;
}

/** Describes the token to create. */
export interface TokenCreateParameters {
    principal: PrincipalReference;
    /** A label for people, such as the place where the token is used. */
    name: string;
    /** The scopes, each of which the principal must have; all of the principal's if absent. */
    scopes?: Scope[];
    /** The tenants, each of which the principal must have; all of the principal's if absent. */
    tenants?: TenantId[];
    /** The time from which on the token is valid; now if absent. */
    notBefore?: Timestamp;
    /** The time at which the token expires; in 90 days if absent. */
    expires?: Timestamp;
    /** Restrictions that the text of the token gets at once. Anybody who holds the text can add more. */
    restrictions?: RestrictionText[];
}

/** A new token. */
export interface TokenCreateResult {
    token: Token;
    /** The text of the token. It is shown only once. */
    text: TokenText;
}

/** The text of a token. */
export interface TokenExplainParameters {
    text: TokenText;
}

/** What a token allows. */
export interface TokenExplainResult {
    /** True if the token gives rights now. */
    valid: boolean;
    /** Why the token gives no rights, and what to do; absent if it is valid. */
    reason?: string;
    /** The token; absent if no key of this installation signed it, or its row was removed. */
    token?: Token;
    /** The restrictions in the text of the token. */
    restrictions: RestrictionText[];
    /** The scopes that the token gives, sorted. */
    scopes: Scope[];
    /** The tenants whose objects the token lets its holder see and change, sorted; absent for all tenants. */
    tenants?: TenantId[];
}

/** The id of a token: the third part of its text, 16 bytes in base64url without padding. */
export type TokenId = string;

/** Selects tokens and the page to return. */
export interface TokenListParameters {
    /** Tokens of this principal; all principals if absent. */
    principal?: PrincipalReference;
    /** Whether tokens are included that are revoked or have expired. */
    all?: boolean;
    /** The `next` of the previous page; absent for the first page. */
    after?: TokenId;
    limit?: PageLimit;
}

/** A page of tokens, ordered by id. */
export interface TokenListResult {
    /** The tokens. */
    tokens: Token[];
    /** The value of `after` for the next page; absent on the last page. */
    next?: TokenId;
}

/** Selects a token. */
export interface TokenParameters {
    token: TokenId;
}

/** A token. */
export interface TokenResult {
    token: Token;
}

/** The text of a token, `aura1_KEY_ID_TAG` and then `~RESTRICTION` for each restriction. It is a secret. */
export type TokenText = string;

/** A kind of resource that could not be looked up. */
export interface Unseen {
    kind: ResourceKind;
    /** The cause, as text for people. */
    reason: string;
}

/** Parameters that name a subscription of this connection. */
export interface UnsubscribeParameters {
    /** The id of the subscription. */
    subscription: SubscriptionId;
}

/** The result of `status.unsubscribe`. */
export interface UnsubscribeResult {
    /**
     * True if the call ended the subscription. False if the connection has no such subscription, or if its last
     * notification, `subscription.ended`, was sent before.
     */
    ended: boolean;
}

/** The secret of the installation that was deleted. */
export interface VaultDeleteResult {
    name: SecretName;
}

/** A credential outside of the vault. */
export interface VaultImportLeft {
    /** The file or the setting that has it. */
    place: string;
    /** The name of its secret. */
    name: SecretName;
    /** True if the vault has the credential, and the daemon does not need this place any more. */
    deletable: boolean;
    /** Why it is still there, and what to do. */
    reason: string;
}

/** Says what to do with the files of imported credentials. */
export interface VaultImportParameters {
    /** True to delete each file whose credential was opened in the vault; if absent, no file is deleted. */
    delete?: boolean;
}

/** The result of an import. It never has a value. */
export interface VaultImportResult {
    /** The number of credentials that the call put into the vault. */
    imported: number;
    /** The number of credentials that were in the vault before. */
    present: number;
    /** The number of files that the call deleted. */
    deleted: number;
    /** The credentials that are still outside of the vault, at most 1,000, ordered by place. */
    left: VaultImportLeft[];
    /** The number of credentials that are still outside of the vault. */
    leftCount: number;
}

/** A key of the vault, without the key itself. */
export interface VaultKey {
    /** The name of the key in the key file. */
    id: string;
    /** True if this daemon has the key. */
    inKeyFile: boolean;
    /** The number of versions of secrets that are wrapped under the key. */
    versions: number;
    /** The number of tokens that the key signed and that are neither revoked nor expired. */
    tokens: number;
}

/** Names a secret of the installation. */
export interface VaultSecretParameters {
    name: SecretName;
}

/** A secret of the installation and its new value. */
export interface VaultSetParameters {
    name: SecretName;
    value: SecretValue;
}

/** A secret of the installation, as it is now. */
export interface VaultSetResult {
    secret: InstallationSecret;
}

/** The keys of the vault and the secrets of the installation. */
export interface VaultStatusResult {
    /** The name of the key under which this daemon wraps new versions. */
    currentKey: string;
    /** The keys of this daemon's key file in its order, and then other keys that versions or tokens name. */
    keys: VaultKey[];
    /**
     * The secrets of the installation that `vault.set` and `vault.adopt` made, ordered by name; not the keys of
     * machines.
     */
    secrets: InstallationSecret[];
    /**
     * The number of credentials that this daemon has in files or in its configuration, which `vault.adopt` can
     * import.
     */
    outside: number;
}

/** The condition that a job waits for. */
export interface Wait {
    /** The condition as text for people: `for the machine to boot`. */
    for: string;
    /** The time at which the job is due; absent if it waits for another job or another daemon. */
    until?: Timestamp;
    /** The time from now to `until`, in seconds; absent without `until`. */
    seconds?: number;
    /** The number of consecutive failed tries of the present step. */
    attempt: number;
    /** The job that must end first; absent if there is none. */
    blockedBy?: JobId;
}

/** The caller of this connection, with its rights. */
export interface WhoAmIResult {
    principal: PrincipalId;
    proof: Proof;
    /** The scopes, sorted. */
    scopes: Scope[];
    /** The tenants whose objects the caller may see and change, sorted; absent for all tenants. */
    tenants?: TenantId[];
    /** The only instances that the caller may see and change, sorted; absent if a token does not restrict them. */
    instances?: InstanceId[];
}
