// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// What goes over the wire. A newer daemon may add members and values.

/** How far the ledger has come while nothing matched: a place to go on from. */
export interface Bookmark {
    type: "subscription.bookmark";
    /** Everything up to here was looked at. */
    seq: number;
}

/** Which call. */
export interface CancelRequest {
    /** The id of a call of this connection that is not answered yet. */
    id: string | number | null;
}

/** Why a job is to end early. */
export type Cancellation =
    | "requested" // somebody asked: its steps are undone
    | "superseded" // a destroy took over: it stops where it is, and the destroy cleans up
    | (string & {});

/**
 * What caused a mutation; it travels into jobs, events, cloud labels and log lines. Any text that the caller chose,
 * or a UUIDv7.
 */
export type ChangeId = string;

/** What the owner wants to be true of an instance. */
export type DesiredState =
    | "running" // it answers
    | "suspended" // its machine is off
    | "destroyed" // nothing of it exists
    | (string & {});

/** What can be done about an error. */
export type ErrorClass =
    | "transient" // the same call may succeed later
    | "capacity" // no room here: the next location or type is tried
    | "permanent" // repeating changes nothing
    | "ambiguous" // the effect may have happened
    | (string & {});

/** An entry of the ledger. `seq` has no gaps and is in the order of the commits. */
export interface Event {
    /** Its place in the ledger, from 1. */
    seq: number;
    at: Timestamp;
    type: EventType;
    tenant: TenantId;
    instance?: InstanceId;
    job?: JobId;
    change?: ChangeId;
    phase?: Phase;
    /** The name of the step that it is about. */
    step?: string;
    /** How far the job is. */
    progress?: number;
    /** For people. */
    message: string;
    /** What belongs to its type. */
    data?: unknown;
}

/** Which events: those that match every part that is given. */
export interface EventFilter {
    instance?: InstanceReference;
    job?: JobId;
    tenant?: TenantId;
    change?: ChangeId;
    /** Events of one of these types. */
    types?: EventType[];
}

/** What a subscription delivers. */
export interface EventNotification {
    subscription: SubscriptionId;
    result: Event | Snapshot | Bookmark | SubscriptionEnded;
}

/** What an event says. */
export type EventType =
    | "job.queued" // a job was accepted
    | "job.started" // its first step begins
    | "job.compensating" // its steps are being undone
    | "job.cancelRequested" // somebody asked to cancel it
    | "job.retryRequested" // somebody asked to go on now
    | "job.parked" // it cannot go on until somebody repairs what is in its way
    | "job.succeeded" // the end: it reached what was asked
    | "job.failed" // the end: it did not
    | "job.cancelled" // the end: somebody ended it, or a destroy took over
    | "phase.changed" // an instance is in another phase; `data.from`, `data.to`
    | "step.started" // a step begins
    | "step.progress" // how far a step is
    | "step.waiting" // a step waits for something
    | "step.retrying" // a step is tried again after a failure
    | "step.done" // a step succeeded; `data.milliseconds`
    | "step.failed" // a step failed for good
    | "step.undoing" // a step is being undone
    | "step.undone" // a step was undone
    | "step.undoFailed" // a step could not be undone for now
    | "task.started" // an Ansible task begins
    | "task.finished" // an Ansible task ended
    | "task.failed" // an Ansible task failed
    | "run.recap" // an Ansible run ended; `data` has its counts
    | "resource.adopted" // a sweep wrote a machine into its instance
    | "resource.quarantined" // a sweep cut the power of an orphan
    | "resource.reaped" // a sweep deleted an orphan
    | "instance.lost" // an instance's machine does not exist any more
    | "instance.found" // a lost machine is there again
    | "alert.raised" // somebody has to look; `data.code` says at what
    | (string & {});

/** What a job does, why it waits, what happens next, and what exists for it outside. */
export interface ExplainResult {
    job: Job;
    /** All of it in words, for people. */
    summary: string;
    /** What happens next, in words. */
    next: string;
    /** What it waits for; absent where it is at work or has ended. */
    waits?: Wait;
    /** What exists under the instance's name in the outside world, looked up for this answer. */
    resources: Resource[];
    /** What could not be looked at, and why. */
    unseen: Unseen[];
}

/** Why something did not succeed, in the cause's own words. */
export interface Failure {
    class: ErrorClass;
    /** A stable text for programs: the provider's own code where there is one. */
    code: string;
    /** For people. Never a secret. */
    message: string;
    /** The provider's id of the failed call, for its support. */
    correlationId?: string;
}

/** Whether the daemon can do its work. */
export interface HealthResult {
    /** True if it can: a write to the database was tried for this answer. */
    ok: boolean;
    /** The oldest event's `seq` that a subscription can still have; one more than the head where none is left. */
    oldest: number;
    /** The newest event's `seq`, read from the database for this answer. */
    head: number;
    /** Jobs that this daemon works on now. */
    jobsRunning: number;
    /** Why it cannot; absent if `ok` is true. */
    reason?: string;
}

/**
 * The caller's own key for a call. The same key with the same parameters is the same job; with other parameters it
 * is the error `idempotencyMismatch`. It is remembered for as long as the job.
 */
export type IdempotencyKey = string;

/** What the daemon is. */
export interface InfoResult {
    /** `aurad`. */
    name: string;
    /** Its version. */
    version: string;
    /** The id of the database: all daemons that share it say the same. */
    installation: string;
    startedAt: Timestamp;
    /** `sqlite` or `postgres`. */
    database: string;
    /** The regions that `provision` takes. */
    regions: string[];
    /** The sizes that `provision` takes. */
    sizes: string[];
}

/** A thing that should exist, and what is true of it. */
export interface Instance {
    id: InstanceId;
    name: InstanceName;
    tenant: TenantId;
    kind: InstanceKind;
    desired: DesiredState;
    phase: Phase;
    /** The catalogue's name of where it stands, such as `eu-central`. */
    region: string;
    /** The catalogue's name of how large it is, such as `small`. */
    size: string;
    /** Counts the machines that were built for it. */
    generation: number;
    /** The change that last touched it. */
    change: ChangeId;
    /** The machine, from the moment that its id is known until it is gone. */
    server?: ServerFacts;
    /** From when it joined until it left. */
    tailnet?: TailnetFacts;
    /** What the agent says of itself. */
    agentVersion?: string;
    /** Why the last job did not reach what was asked. */
    failure?: Failure;
    createdAt: Timestamp;
    /** When anything of this changed last. */
    updatedAt: Timestamp;
    /** When it first reached `running`: metering starts here. */
    runningAt?: Timestamp;
    destroyedAt?: Timestamp;
}

/** The id of an instance: a UUIDv7 in lower case. */
export type InstanceId = string;

/** What sort of thing an instance is. */
export type InstanceKind =
    | "agent" // an always-on AI agent on its own machine
    | (string & {});

/** An owner's name for an instance, unique among the live instances of its tenant: a DNS label. */
export type InstanceName = string;

/** An operation on an instance that exists. */
export interface InstanceOperationParameters {
    instance: InstanceReference;
    tenant?: TenantId;
    idempotencyKey?: IdempotencyKey;
    /** What causes this; a new UUIDv7 where none is given. */
    change?: ChangeId;
}

/**
 * An instance by its id, in either case, or by its name. A text in the shape of an id that is no instance's id is a
 * name.
 */
export type InstanceReference = string;

/** One operation on one instance: a saga that survives any crash. */
export interface Job {
    id: JobId;
    kind: JobKind;
    instance: InstanceId;
    tenant: TenantId;
    change: ChangeId;
    state: JobState;
    /** Tries of the present step that failed in a row. */
    attempt: number;
    cancellation?: Cancellation;
    /** For people: `for the machine to boot`. */
    waitingFor?: string;
    /** When it is looked at again, while it waits. */
    availableAt?: Timestamp;
    failure?: Failure;
    createdAt: Timestamp;
    startedAt?: Timestamp;
    finishedAt?: Timestamp;
    /** When it is given up. */
    deadline: Timestamp;
    /** The job that this one tries again. */
    retryOf?: JobId;
    /** Only where a single job was asked for. */
    steps?: Step[];
}

/** The id of a job: a UUIDv7 in lower case. */
export type JobId = string;

/** The operations. */
export type JobKind =
    | "provision" // from nothing to a running agent
    | "suspend" // shuts the machine down, and keeps its disk
    | "resume" // starts a suspended machine
    | "restart" // shuts the machine down and starts it
    | "destroy" // removes everything; takes over from any other job
    | (string & {});

/** Which jobs. */
export interface JobListParameters {
    instance?: InstanceReference;
    tenant?: TenantId;
    change?: ChangeId;
    /** Jobs in one of these. */
    states?: JobState[];
    /** The `next` of the page before. */
    after?: JobId;
    limit?: PageLimit;
    /** The oldest first where none is given. */
    order?: ListOrder;
}

/** A page of jobs, by their ids. */
export interface JobListResult {
    /** Without their steps. */
    jobs: Job[];
    /** Ask for `after` this for the next page; absent on the last. */
    next?: JobId;
    /**
     * The ids of jobs of this page that the daemon cannot read, since a newer one wrote them or they are damaged;
     * absent if there are none.
     */
    unreadable?: JobId[];
}

/** Which job. */
export interface JobParameters {
    job: JobId;
}

/** A job. */
export interface JobResult {
    job: Job;
}

/** Which job. */
export interface JobRetryParameters {
    job: JobId;
    idempotencyKey?: IdempotencyKey;
}

/** How far a job is. */
export type JobState =
    | "queued" // nothing of it ran
    | "running" // a worker has it
    | "waiting" // it waits for a moment, holding no worker
    | "compensating" // its steps are being undone
    | "succeeded" // it reached what was asked
    | "failed" // it did not, and what it had begun was undone
    | "cancelled" // somebody ended it
    | (string & {});

/** Which job, and for how long. */
export interface JobWaitParameters {
    job: JobId;
    /** In milliseconds; ten minutes where none is given. */
    timeoutMs?: number;
}

/** What becomes of a subscription whose client does not read fast enough. */
export type LagPolicy =
    | "replay" // it gets everything, later, from the ledger
    | "coalesce" // of what it missed, it gets no progress that a later event of the same job has overtaken; changes of state are never left out
    | "close"; // it ends with the reason `lagged`

/** How much the wire takes. */
export interface Limits {
    /** The longest message, in bytes without its line end. */
    messageBytes: number;
    /** The deepest nesting of one message. */
    depth: number;
    /** The most items in one batch. */
    batchItems: number;
    /** The longest id of a request, in bytes of its JSON text. */
    idBytes: number;
    /** The most calls of one connection that are not answered yet. */
    inFlightPerConnection: number;
    /** The most bytes of the messages of one connection whose calls are not answered yet. */
    inFlightBytesPerConnection: number;
    /**
     * The most calls of all connections together that are not answered yet. One user or address may have three
     * quarters of them.
     */
    inFlight: number;
    /** The most bytes of messages, over all connections, that are being read or whose calls are not answered yet. */
    inFlightBytes: number;
    /**
     * How long a connection waits for room among its calls in flight before further calls are refused, in
     * milliseconds.
     */
    inFlightPatienceMs: number;
    /** The most connections. */
    connections: number;
    /** How many of the connections are kept for root and the daemon's own user over the Unix socket. */
    connectionsKept: number;
    /** The most connections of one user of the machine. */
    connectionsPerUser: number;
    /**
     * The most connections over TCP of one network address. All clients of a loopback address have the same
     * address.
     */
    connectionsPerAddress: number;
    /** The most subscriptions of one connection. */
    subscriptionsPerConnection: number;
    /** The most subscriptions of one user of the machine, or of one network address, over all connections. */
    subscriptionsPerUser: number;
    /** The most subscriptions of all connections together. */
    subscriptions: number;
    /** The most bytes that wait to be read by one client. */
    outboundQueueBytes: number;
}

/** How much the wire takes from one client, and from all of them. */
export interface LimitsResult {
    limits: Limits;
}

/** Which end of a list comes first. */
export type ListOrder =
    | "oldest" // the oldest first
    | "newest"; // the newest first

/** An OpenRPC 1.3 document (https://spec.open-rpc.org). */
export type OpenRPC = Record<string, unknown>;

/** The answer to every call that changes something. */
export interface OperationResult {
    instance: Instance;
    job: Job;
}

/**
 * A subscription to the events of the job that a call makes, from its first one to its last, on the connection of
 * the call.
 */
export interface OperationSubscription {
    /** The client's own id for it; one is made where none is given. */
    subscription?: SubscriptionId;
    /** It ends after so many events. */
    maxEvents?: number;
    /** `replay` where none is given. */
    onLag?: LagPolicy;
}

/** How many rows a page has at most; 100 where none is given. */
export type PageLimit = number;

/** What is true of an instance now. */
export type Phase =
    | "queued" // accepted; nothing was done in the outside world
    | "provisioning" // a machine is being created and booted
    | "configuring" // Ansible runs on the machine
    | "networking" // the machine joins the tailnet and is checked
    | "running" // the agent answers
    | "suspending" // the machine is being shut down
    | "suspended" // the machine is off; its disk is kept and still billed
    | "resuming" // the machine is being started
    | "restarting" // the machine restarts
    | "degraded" // an operation ended without reaching what was asked
    | "rollingBack" // a failed provision is being undone
    | "failed" // a provision failed and was undone
    | "destroying" // everything is being removed
    | "destroyed" // nothing is left in the outside world
    | (string & {});

/** The daemon is there. */
export interface PingResult {
    /** Always true. */
    pong: true;
}

/** What is to exist. */
export interface ProvisionParameters {
    name: InstanceName;
    /** One of `system.info`'s `regions`. */
    region: string;
    /** One of `system.info`'s `sizes`. */
    size: string;
    tenant?: TenantId;
    idempotencyKey?: IdempotencyKey;
    /** What causes this; a new UUIDv7 where none is given. */
    change?: ChangeId;
}

/** What a sweep did about a finding. */
export type ReconcileAction =
    | "none" // nothing yet, or nothing at all; `reason` says why
    | "adopted" // written into its instance's row
    | "quarantined" // its power was cut
    | "reaped" // it was deleted
    | "marked" // the instance was marked, and an alert raised
    | "deferred" // it is due, and over this run's limit
    | "failed" // it was due, and did not succeed; the next run tries again
    | (string & {});

/** One thing that is not as it should be. */
export interface ReconcileFinding {
    verdict: ReconcileVerdict;
    kind: ResourceKind;
    /** The provider's id. */
    id: string;
    /** Its name there. */
    name: string;
    instance?: InstanceId;
    /** What was done; in a dry run, what would have been. */
    action: ReconcileAction;
    /** In words. */
    reason: string;
    /** When it was first seen so. */
    since?: Timestamp;
}

/** What a listing of the outside world gave. */
export interface ReconcileListing {
    kind: ResourceKind;
    /** Things that it had. */
    count: number;
    /** False where it failed or cannot be believed: nothing is concluded from what it lacks. */
    believed: boolean;
    /** Why it is not believed. */
    failure?: string;
}

/** How to sweep. */
export interface ReconcileParameters {
    /** Only say what would be done; nothing is written or touched. */
    dryRun?: boolean;
    /** Act although there are so many orphans that the database may be an old one. */
    force?: boolean;
}

/** What one sweep found and did. */
export interface ReconcileReport {
    startedAt: Timestamp;
    /** In milliseconds. */
    tookMs: number;
    /** Whether it only looked. */
    dryRun: boolean;
    /** What it read. */
    listings: ReconcileListing[];
    /** Things whose owner knows them. */
    owned: number;
    /** Things of instances that a job is at work on: not judged. */
    busy: number;
    /** What is not as it should be. */
    findings: ReconcileFinding[];
}

/** What a sweep thinks of a thing. */
export type ReconcileVerdict =
    | "unknown" // an instance without a machine, and the machine that carries its labels
    | "orphan" // it carries our labels, and nobody owns it
    | "foreign" // it has our kind of name, and is not provably ours: never touched
    | "lost" // an instance's machine does not exist any more
    | "found" // a lost machine is there again
    | "drift" // a machine is off whose instance is `running`, or the other way round
    | (string & {});

/** Something in the outside world. */
export interface Resource {
    kind: ResourceKind;
    /** The provider's id. */
    id: string;
    /** Its name there. */
    name: string;
    /** What it does now, in the provider's word, where it says. */
    state?: string;
    /** Whether it carries our labels or tags; what does not is never touched. */
    ours: boolean;
}

/** What kinds of things Aura makes in the outside world. */
export type ResourceKind =
    | "server" // a machine
    | "key" // an SSH key at the provider
    | "device" // a device of the tailnet
    | (string & {});

/** A machine as its provider knows it. */
export interface ServerFacts {
    /** The provider's id. */
    id: string;
    /** Its name there. */
    name: string;
    /** The public IPv4 address, or the IPv6 address where it has no other. */
    address: string;
    /** Where it stands, in the provider's word. */
    location: string;
    /** Its size, in the provider's word. */
    type: string;
}

/**
 * Instances as they were at one moment. A snapshot comes in one or more of these, in order of the instances' ids,
 * before any event.
 */
export interface Snapshot {
    type: "subscription.snapshot";
    /** The place in the ledger from which events follow: a client that lost its connection later goes on from here. */
    seq: number;
    instances: Instance[];
    /** Whether it is the last one, and events follow. */
    complete: boolean;
}

/** Which instance. */
export interface StatusGetParameters {
    instance: InstanceReference;
    tenant?: TenantId;
}

/** An instance, and what is done to it. */
export interface StatusGetResult {
    instance: Instance;
    /** The job that works on it now. */
    job?: Job;
}

/** Which instances. */
export interface StatusListParameters {
    tenant?: TenantId;
    /** Instances in one of these. */
    phases?: Phase[];
    /** Destroyed instances are left out unless this is true or `phases` names them. */
    includeDestroyed?: boolean;
    /** The `next` of the page before. */
    after?: InstanceId;
    limit?: PageLimit;
}

/** A page of instances, by their ids. */
export interface StatusListResult {
    /** In the order in which they were made. */
    instances: Instance[];
    /** Ask for `after` this for the next page; absent on the last. */
    next?: InstanceId;
    /**
     * The ids of instances of this page that the daemon cannot read, since a newer one wrote them or they are
     * damaged; absent if there are none.
     */
    unreadable?: InstanceId[];
}

/** A step of a job, begun or still to come. */
export interface Step {
    /** Such as `server.create`. */
    name: string;
    state: StepState;
    /** The instance's phase while it runs. */
    phase: Phase;
    /** How long it usually takes, in seconds. */
    expectedSeconds: number;
    /** Tries that failed in a row. */
    attempt: number;
    /** The id of what it made in the outside world. */
    externalId?: string;
    startedAt?: Timestamp;
    finishedAt?: Timestamp;
}

/** How far a step is. */
export type StepState =
    | "pending" // not begun
    | "intent" // begun: the outside world may have been touched
    | "ambiguous" // nobody knows whether the effect happened
    | "done" // it succeeded
    | "failed" // it failed for good
    | "undoing" // its undo was begun
    | "undone" // its undo succeeded
    | "undoFailed" // something may be left, and its id is kept; it is tried again, rarely
    | (string & {});

/** Which events, and from where. */
export interface SubscribeParameters {
    filter?: EventFilter;
    /** `"now"` where none is given. */
    from?: SubscriptionStart;
    /** The `epoch` of the reply that the cursor in `from` came with; another epoch now is `cursorExpired`. */
    epoch?: string;
    until?: SubscriptionEnd;
    /** The client's own id for it; one is made where none is given. */
    subscription?: SubscriptionId;
    /** It ends after so many events. */
    maxEvents?: number;
    /** `replay` where none is given. */
    onLag?: LagPolicy;
}

/** A subscription that stands. */
export interface SubscribeResult {
    subscription: SubscriptionId;
    /** The `seq` of the newest event now. */
    head: number;
    /**
     * The ledger's unbroken history that `seq` counts in; a restored database has another one. Send it with `from`
     * to resume.
     */
    epoch?: string;
    /**
     * The instance that the filter or the operation means; absent without one. Resume with this id: a name may be
     * another instance's by then.
     */
    instance?: InstanceId;
}

/** When a subscription ends by itself. */
export type SubscriptionEnd =
    | "terminal"; // once every job that the filter matches has come to its end

/** Why a subscription ended by itself. */
export type SubscriptionEndReason =
    | "terminal" // every job that the filter matches has come to its end
    | "maxEvents" // as many events as were asked for were delivered
    | "lagged" // the client did not keep up, and asked to be told so
    | "cursorExpired" // what was to come next was pruned
    | (string & {});

/** The last thing that a subscription delivers that ends by itself. */
export interface SubscriptionEnded {
    type: "subscription.ended";
    reason: SubscriptionEndReason;
    /** The place in the ledger up to which it delivered. */
    seq: number;
}

/** The id of a subscription, unique on its connection. */
export type SubscriptionId = string;

/**
 * Where a subscription starts: `"now"`, `"start"` (the oldest event that is left), `"snapshot"` (the instances as
 * they are, then what changes), or a `seq`, for the events after it.
 */
export type SubscriptionStart = "now" | "start" | "snapshot" | number;

/** A machine as its tailnet knows it. */
export interface TailnetFacts {
    /** The device's id. */
    nodeId: string;
    /** The MagicDNS name, without its final dot. */
    name: string;
    /** Its addresses in the tailnet. */
    addresses: string[];
}

/** Whose an instance is. `default` is the tenant of a caller that names none. */
export type TenantId = string;

/** A moment in UTC as RFC 3339 writes it, with milliseconds. */
export type Timestamp = string;

/** Something that could not be looked at. */
export interface Unseen {
    kind: ResourceKind;
    /** Why. */
    reason: string;
}

/** Which subscription of this connection. */
export interface UnsubscribeParameters {
    /** Its id. */
    subscription: SubscriptionId;
}

/** What became of it. */
export interface UnsubscribeResult {
    /**
     * False if the connection had no such subscription, or if the subscription ended by itself and its last
     * notification said so.
     */
    ended: boolean;
}

/** What a job waits for. */
export interface Wait {
    /** For people: `for the machine to boot`. */
    for: string;
    /** When it is looked at again; absent while another job has to end first. */
    until?: Timestamp;
    /** From now, in seconds. */
    seconds?: number;
    /** Tries of the present step that failed in a row. */
    attempt: number;
    /** The job that has to end first. */
    blockedBy?: JobId;
}
