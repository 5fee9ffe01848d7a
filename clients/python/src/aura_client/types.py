# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""What goes over the wire. Members that a later daemon adds are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Mapping

from ._codec import each, maybe, moment

JSON = Any

# What a verification compared the audit with.
AuditProof = Literal[
    "chain",
    "checkpoints",
    "outside",
    "events",
]

# The reason why a job ends early.
Cancellation = Literal[
    "requested",
    "superseded",
]

# The state that the owner wants for an instance.
DesiredState = Literal[
    "running",
    "suspended",
    "destroyed",
]

# The class of a failure. It determines the reaction to the failure.
ErrorClass = Literal[
    "transient",
    "capacity",
    "permanent",
    "ambiguous",
]

# The type of an event.
EventType = Literal[
    "job.queued",
    "job.started",
    "job.compensating",
    "job.cancelRequested",
    "job.retryRequested",
    "job.parked",
    "job.succeeded",
    "job.failed",
    "job.cancelled",
    "phase.changed",
    "step.started",
    "step.progress",
    "step.waiting",
    "step.retrying",
    "step.done",
    "step.failed",
    "step.undoing",
    "step.undone",
    "step.undoFailed",
    "task.started",
    "task.finished",
    "task.failed",
    "run.recap",
    "resource.adopted",
    "resource.quarantined",
    "resource.reaped",
    "instance.lost",
    "instance.found",
    "alert.raised",
]

# The kind of an instance.
InstanceKind = Literal[
    "agent",
]

# The kind of a job: the operation that it carries out.
JobKind = Literal[
    "provision",
    "suspend",
    "resume",
    "restart",
    "destroy",
]

# The state of a job.
JobState = Literal[
    "queued",
    "running",
    "waiting",
    "compensating",
    "succeeded",
    "failed",
    "cancelled",
]

# The policy for a client that does not read the events of a subscription fast enough.
LagPolicy = Literal[
    "replay",
    "coalesce",
    "close",
]

# The order of a list by creation.
ListOrder = Literal[
    "oldest",
    "newest",
]

# The present state of an instance.
Phase = Literal[
    "queued",
    "provisioning",
    "configuring",
    "networking",
    "running",
    "suspending",
    "suspended",
    "resuming",
    "restarting",
    "degraded",
    "rollingBack",
    "failed",
    "destroying",
    "destroyed",
]

# The kind of a principal.
PrincipalKind = Literal[
    "person",
    "service",
]

# How a caller showed who it is.
Proof = Literal[
    "anonymous",
    "peer",
    "certificate",
    "token",
    "session",
    "internal",
]

# The action that a sweep took on a finding.
ReconcileAction = Literal[
    "none",
    "adopted",
    "quarantined",
    "reaped",
    "marked",
    "deferred",
    "failed",
]

# The judgement of a sweep about a resource.
ReconcileVerdict = Literal[
    "unknown",
    "orphan",
    "foreign",
    "lost",
    "found",
    "drift",
]

# The kind of a resource that Aura creates at a provider.
ResourceKind = Literal[
    "server",
    "key",
    "device",
]

# A list of scopes with a name.
Role = Literal[
    "viewer",
    "operator",
    "tenantAdmin",
    "auditor",
    "admin",
]

# Whether a method may return the value of a secret.
SecretClass = Literal[
    "sealed",
    "exportable",
]

# The state of a step.
StepState = Literal[
    "pending",
    "intent",
    "ambiguous",
    "done",
    "failed",
    "undoing",
    "undone",
    "undoFailed",
]

# A condition that ends a subscription.
SubscriptionEnd = Literal[
    "terminal",
]

# The reason why a subscription ended without a call of the client.
SubscriptionEndReason = Literal[
    "terminal",
    "maxEvents",
    "lagged",
    "cursorExpired",
]


@dataclass(frozen=True)
class AccessDenyResult:
    """The key that is not accepted any more."""

    key: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AccessDenyResult:
        return cls(
            key=data["key"],
        )


@dataclass(frozen=True)
class AccessListResult:
    """The roles of this daemon."""

    # The roles.
    roles: list[RoleScopes]
    # All scopes that methods have, sorted.
    scopes: list[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AccessListResult:
        return cls(
            roles=each(RoleScopes.from_json)(data["roles"]),
            scopes=data["scopes"],
        )


@dataclass(frozen=True)
class AuditCheckpointResult:
    """A signed checkpoint of the audit."""

    # The entry that it covers, with all earlier ones.
    seq: int
    # A signed note (c2sp.org/signed-note). Keep it elsewhere, with its line ends, and give it to `audit.verify` later.
    checkpoint: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditCheckpointResult:
        return cls(
            seq=data["seq"],
            checkpoint=data["checkpoint"],
        )


@dataclass(frozen=True)
class AuditEntry:
    """An entry of the audit: a call that changed something or was refused, or an action of the daemon. Members other than `seq` and `hash` are absent if the content of the entry was erased."""

    # The position in the audit, from 1, without gaps.
    seq: int
    # The hash of the chain up to this entry, in base64.
    hash: str
    # The time of the call.
    at: datetime | None = None
    # The caller; `aurad` for the daemon itself.
    principal: str | None = None
    # How the caller showed who it is.
    proof: Proof | None = None
    # The token that was shown; absent without one.
    token: str | None = None
    # The other end of the connection.
    peer: str | None = None
    # The method, or the action of the daemon, such as `daemon.start`.
    method: str | None = None
    # The tenant of the object; absent if it belongs to no single tenant.
    tenant: str | None = None
    # The kind and the id of the object, such as `instance` and its id; absent if there is none.
    object: str | None = None
    # The change that the call caused; absent if there is none.
    change: str | None = None
    # `accepted`, `repeated`, `joined` or `unchanged`, or the name of the error that the caller received.
    outcome: str | None = None
    # The parameters without secrets. Long ones are replaced by their length and their SHA-256.
    parameters: JSON | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditEntry:
        return cls(
            seq=data["seq"],
            hash=data["hash"],
            at=maybe(moment, data.get("at")),
            principal=data.get("principal"),
            proof=data.get("proof"),
            token=data.get("token"),
            peer=data.get("peer"),
            method=data.get("method"),
            tenant=data.get("tenant"),
            object=data.get("object"),
            change=data.get("change"),
            outcome=data.get("outcome"),
            parameters=data.get("parameters"),
        )


@dataclass(frozen=True)
class AuditEraseResult:
    """The result of an erasure."""

    # The number of entries whose content this call erased.
    erased: int
    # The value of `after` for the next call; absent if no entries are left to examine.
    next: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditEraseResult:
        return cls(
            erased=data["erased"],
            next=data.get("next"),
        )


@dataclass(frozen=True)
class AuditExportResult:
    """A page of an export."""

    # Lines of JSON. The first line of the first page has `installation` and `floor`. Each further line is an entry with `seq`, `digest` and `hash`, and with `salt` and `body` unless its content was erased; `body` is the text that was hashed, and the others but `seq` are base64. The last line of the last page has the signed `checkpoint` if there is a key file.
    lines: list[str]
    # The value of `after` for the next page; absent on the last page.
    next: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditExportResult:
        return cls(
            lines=data["lines"],
            next=data.get("next"),
        )


@dataclass(frozen=True)
class AuditListResult:
    """A page of entries, oldest first. A page can have few entries and still have a next one, because a call examines a limited number of entries."""

    # The entries.
    entries: list[AuditEntry]
    # The value of `after` for the next page; absent on the last page.
    next: int | None = None
    # The positions of damaged entries of this page. Absent if there are none.
    unreadable: list[int] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditListResult:
        return cls(
            entries=each(AuditEntry.from_json)(data["entries"]),
            next=data.get("next"),
            unreadable=data.get("unreadable"),
        )


@dataclass(frozen=True)
class AuditVerifyResult:
    """The result of a verification of the whole audit."""

    # False if there is a mismatch.
    consistent: bool
    # What was proved; empty after a mismatch.
    proofs: list[AuditProof]
    # The last entry that was pruned; 0 if none was.
    floor: int
    # The newest entry; 0 if there is none.
    head: int
    # The hash of the newest entry, in base64.
    hash: str
    # The number of entries whose content was erased.
    erased: int
    # The number of events that were compared with their hashes in the audit.
    events: int
    # The number of events with a hash in the audit that were not compared, because some of the events under the same hash were pruned.
    events_pruned: int
    # The first mismatch; absent if there is none.
    fault: str | None = None
    # The reason why a proof is missing; absent if there is none.
    remark: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditVerifyResult:
        return cls(
            consistent=data["consistent"],
            proofs=data["proofs"],
            floor=data["floor"],
            head=data["head"],
            hash=data["hash"],
            erased=data["erased"],
            events=data["events"],
            events_pruned=data["eventsPruned"],
            fault=data.get("fault"),
            remark=data.get("remark"),
        )


@dataclass(frozen=True)
class Bookmark:
    """A position in the ledger. It is sent when the filter has matched none of the last 1,000 or more events, so that a client can resume from there."""

    type: str
    # Every event up to this `seq` was compared with the filter.
    seq: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bookmark:
        return cls(
            type=data["type"],
            seq=data["seq"],
        )


@dataclass(frozen=True)
class Event:
    """An entry of the ledger. `seq` has no gaps and follows the order of the commits."""

    # The position in the ledger, from 1.
    seq: int
    # The time of the event.
    at: datetime
    type: EventType
    # The tenant of the instance; `default` if the event has no instance.
    tenant: str
    # A description for people.
    message: str
    # The instance of the event; absent if there is none.
    instance: str | None = None
    # The job of the event; absent if there is none.
    job: str | None = None
    # The change that caused the event; absent if there is none.
    change: str | None = None
    # Who caused the event; absent if the daemon did by itself.
    principal: str | None = None
    # The instance's phase after the event; absent if the event does not report it.
    phase: Phase | None = None
    # The name of the step, such as `server.create`; absent if the event concerns no step.
    step: str | None = None
    # The progress of the job, from 0 to 1; absent if the event does not report it. It never decreases within a job.
    progress: float | None = None
    # Further facts; their shape depends on `type`. Absent if there are none.
    data: JSON | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        return cls(
            seq=data["seq"],
            at=moment(data["at"]),
            type=data["type"],
            tenant=data["tenant"],
            message=data["message"],
            instance=data.get("instance"),
            job=data.get("job"),
            change=data.get("change"),
            principal=data.get("principal"),
            phase=data.get("phase"),
            step=data.get("step"),
            progress=data.get("progress"),
            data=data.get("data"),
        )


@dataclass(frozen=True)
class EventFilter:
    """Selects events. An event must match every member that is given; an empty filter matches all events."""

    # Events of this instance; all instances if absent. An unknown one is `instanceNotFound`.
    instance: str | None = None
    # Events of this job; all jobs if absent. An unknown one is `jobNotFound`.
    job: str | None = None
    # Events of this tenant; all tenants if absent. An `instance` given by name is looked up in this tenant, or in `default` if absent.
    tenant: str | None = None
    # Events of this change; all changes if absent.
    change: str | None = None
    # Events of one of these types; all types if absent or empty.
    types: list[EventType] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EventFilter:
        return cls(
            instance=data.get("instance"),
            job=data.get("job"),
            tenant=data.get("tenant"),
            change=data.get("change"),
            types=data.get("types"),
        )

    def to_json(self) -> dict[str, Any]:
        members = {
            "instance": self.instance,
            "job": self.job,
            "tenant": self.tenant,
            "change": self.change,
            "types": self.types,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class ExplainResult:
    """The state of a job: why it waits, what happens next, and which resources exist for its instance."""

    job: Job
    # The whole explanation as text for people.
    summary: str
    # The next action, as text for people.
    next: str
    # The resources with the instance's name that the providers returned during this call.
    resources: list[Resource]
    # The kinds of resource that could not be looked up, each with the cause.
    unseen: list[Unseen]
    # The condition that the job waits for or last waited for; absent if there is none.
    waits: Wait | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ExplainResult:
        return cls(
            job=Job.from_json(data["job"]),
            summary=data["summary"],
            next=data["next"],
            resources=each(Resource.from_json)(data["resources"]),
            unseen=each(Unseen.from_json)(data["unseen"]),
            waits=maybe(Wait.from_json, data.get("waits")),
        )


@dataclass(frozen=True)
class Failure:
    """The cause of a failure, as its source reported it."""

    class_: ErrorClass
    # A stable text for programs: the provider's error code, or Aura's own if there is none.
    code: str
    # A description for people. It contains no secret.
    message: str
    # The provider's id of the failed call, for the provider's support; absent if there is none.
    correlation_id: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Failure:
        return cls(
            class_=data["class"],
            code=data["code"],
            message=data["message"],
            correlation_id=data.get("correlationId"),
        )


@dataclass(frozen=True)
class HealthResult:
    """The health of the daemon."""

    # True if a write to the database succeeded during this call.
    ok: bool
    # The `seq` of the oldest event that a subscription can read; `head` + 1 if no event is left.
    oldest: int
    # The `seq` of the newest event, read from the database during this call; 0 if there never was one.
    head: int
    # The number of jobs that this daemon is running.
    jobs_running: int
    # Why the write failed; absent if `ok` is true.
    reason: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HealthResult:
        return cls(
            ok=data["ok"],
            oldest=data["oldest"],
            head=data["head"],
            jobs_running=data["jobsRunning"],
            reason=data.get("reason"),
        )


@dataclass(frozen=True)
class InfoResult:
    """The daemon's version, database, regions and sizes."""

    # The program's name: `aurad`.
    name: str
    # The version of the daemon.
    version: str
    # The id of the database. All daemons that share the database return the same id.
    installation: str
    # The time at which the daemon started.
    started_at: datetime
    # The kind of database: `sqlite` or `postgres`.
    database: str
    # The regions that `provision` accepts.
    regions: list[str]
    # The sizes that `provision` accepts.
    sizes: list[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InfoResult:
        return cls(
            name=data["name"],
            version=data["version"],
            installation=data["installation"],
            started_at=moment(data["startedAt"]),
            database=data["database"],
            regions=data["regions"],
            sizes=data["sizes"],
        )


@dataclass(frozen=True)
class InstallationSecret:
    """A secret of the installation, without its value."""

    name: str
    # The number of the current version, from 1.
    version: int
    # The time of the first version.
    created_at: datetime
    # The time of the current version.
    updated_at: datetime

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InstallationSecret:
        return cls(
            name=data["name"],
            version=data["version"],
            created_at=moment(data["createdAt"]),
            updated_at=moment(data["updatedAt"]),
        )


@dataclass(frozen=True)
class Instance:
    """An instance: its desired state, its phase, and the facts about its machine."""

    id: str
    name: str
    tenant: str
    kind: InstanceKind
    desired: DesiredState
    phase: Phase
    # The configured name of its region, such as `eu-central`.
    region: str
    # The configured name of its size, such as `small`.
    size: str
    # The number of the instance's machine, from 1. A retried provision increases it by 1.
    generation: int
    # The change that created the instance or that caused the last job to start on it.
    change: str
    # The time at which the instance was accepted.
    created_at: datetime
    # The time of the last change to any member.
    updated_at: datetime
    # The machine; absent until its id is known, and after it was deleted.
    server: ServerFacts | None = None
    # The machine's tailnet device; absent until it has joined, and after it was removed.
    tailnet: TailnetFacts | None = None
    # The agent's version, as the configuration of the machine reported it; absent until then.
    agent_version: str | None = None
    # The last failure of a job, of an undo, or of the machine; absent if there is none. The start of a job clears it.
    failure: Failure | None = None
    # The first time at which the instance was `running`; absent before. Metering starts here.
    running_at: datetime | None = None
    # The time at which the instance was destroyed; absent before.
    destroyed_at: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Instance:
        return cls(
            id=data["id"],
            name=data["name"],
            tenant=data["tenant"],
            kind=data["kind"],
            desired=data["desired"],
            phase=data["phase"],
            region=data["region"],
            size=data["size"],
            generation=data["generation"],
            change=data["change"],
            created_at=moment(data["createdAt"]),
            updated_at=moment(data["updatedAt"]),
            server=maybe(ServerFacts.from_json, data.get("server")),
            tailnet=maybe(TailnetFacts.from_json, data.get("tailnet")),
            agent_version=data.get("agentVersion"),
            failure=maybe(Failure.from_json, data.get("failure")),
            running_at=maybe(moment, data.get("runningAt")),
            destroyed_at=maybe(moment, data.get("destroyedAt")),
        )


@dataclass(frozen=True)
class Job:
    """One operation on one instance: a saga that continues after a crash."""

    id: str
    kind: JobKind
    instance: str
    tenant: str
    change: str
    state: JobState
    # The number of consecutive failed tries of the present step.
    attempt: int
    # The time at which the job was accepted.
    created_at: datetime
    # The time at which an unfinished job fails and is undone. The time in which it is parked does not count. It has no effect on a job past its point of no return.
    deadline: datetime
    # Who requested the job; absent if an older daemon wrote it.
    principal: str | None = None
    # The reason why the job ends early; absent if it was not cancelled.
    cancellation: Cancellation | None = None
    # Why the present step waits or last waited, as text for people: `for the machine to boot`. Absent if it has not waited.
    waiting_for: str | None = None
    # The time at which a waiting job is due; absent if it has not waited.
    available_at: datetime | None = None
    # Why the job failed, was cancelled, is being undone, or is parked; absent otherwise.
    failure: Failure | None = None
    # The time at which the first step began; absent before.
    started_at: datetime | None = None
    # The time at which the job ended; absent before.
    finished_at: datetime | None = None
    # The job that this job retries; absent if it retries none.
    retry_of: str | None = None
    # The steps in their order. Present in the results of `job.get`, `job.wait` and `job.explain` only.
    steps: list[Step] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        return cls(
            id=data["id"],
            kind=data["kind"],
            instance=data["instance"],
            tenant=data["tenant"],
            change=data["change"],
            state=data["state"],
            attempt=data["attempt"],
            created_at=moment(data["createdAt"]),
            deadline=moment(data["deadline"]),
            principal=data.get("principal"),
            cancellation=data.get("cancellation"),
            waiting_for=data.get("waitingFor"),
            available_at=maybe(moment, data.get("availableAt")),
            failure=maybe(Failure.from_json, data.get("failure")),
            started_at=maybe(moment, data.get("startedAt")),
            finished_at=maybe(moment, data.get("finishedAt")),
            retry_of=data.get("retryOf"),
            steps=maybe(each(Step.from_json), data.get("steps")),
        )


@dataclass(frozen=True)
class JobListResult:
    """A page of jobs in the requested order."""

    # The jobs, without their steps.
    jobs: list[Job]
    # The value of `after` for the next page; absent on the last page.
    next: str | None = None
    # The ids of jobs of this page that the daemon cannot read, because a newer daemon wrote them or they are damaged. Absent if there are none.
    unreadable: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JobListResult:
        return cls(
            jobs=each(Job.from_json)(data["jobs"]),
            next=data.get("next"),
            unreadable=data.get("unreadable"),
        )


@dataclass(frozen=True)
class JobResult:
    """The job of the call."""

    job: Job

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JobResult:
        return cls(
            job=Job.from_json(data["job"]),
        )


@dataclass(frozen=True)
class Limits:
    """The limits of messages, calls, connections and subscriptions."""

    # The longest message, in bytes without its line end. A longer one is `messageTooLarge`.
    message_bytes: int
    # The maximum nesting of arrays and objects in a message; `[]` has depth 1. A deeper one is `messageTooDeep`.
    depth: int
    # The maximum number of items in a batch. A larger batch is `batchTooLarge`.
    batch_items: int
    # The longest id of a request, in bytes of its JSON text. A longer one is `invalidRequest`.
    id_bytes: int
    # The maximum number of calls of a connection that have no reply yet. A further call waits for at most `inFlightPatienceMs` and is then `tooManyInFlight`.
    in_flight_per_connection: int
    # The maximum number of bytes of messages of a connection, for the calls that have no reply yet. A further call waits for at most `inFlightPatienceMs` and is then `tooManyInFlight`.
    in_flight_bytes_per_connection: int
    # The maximum number of calls of all connections together that have no reply yet. A further call is `daemonBusy`. One user or network address may have three quarters of them.
    in_flight: int
    # The maximum number of bytes of messages over all connections: those that are being read, and those of calls without a reply. A further message is `daemonBusy`.
    in_flight_bytes: int
    # The longest time, in milliseconds, that a connection waits for earlier calls to finish before it refuses further calls.
    in_flight_patience_ms: int
    # The maximum number of connections. A further one is `tooManyConnections`.
    connections: int
    # The number of `connections` that are reserved for root and the daemon's own user over the Unix socket.
    connections_kept: int
    # The maximum number of connections of one user of the machine over the Unix socket. A further one is `tooManyConnectionsOfUser`.
    connections_per_user: int
    # The maximum number of TCP connections of one network address. A further one is `tooManyConnectionsOfUser`. An IPv6 network of 64 bits counts as one address. All clients of a loopback address have the same address.
    connections_per_address: int
    # The maximum number of connections of one principal that has shown a token, a certificate or a session. A further one is `tooManyConnectionsOfUser`.
    connections_per_principal: int
    # The maximum number of subscriptions of one connection. A further one is `tooManySubscriptions`.
    subscriptions_per_connection: int
    # The maximum number of subscriptions of one user of the machine, or of one network address, over all connections. A further one is `tooManySubscriptions`.
    subscriptions_per_user: int
    # The maximum number of subscriptions of one principal that has shown a token, a certificate or a session, over all connections. A further one is `tooManySubscriptions`.
    subscriptions_per_principal: int
    # The maximum number of bytes of messages of such a principal, for the calls that have no reply yet. A further message is `daemonBusy`.
    in_flight_bytes_per_principal: int
    # The maximum number of subscriptions of all connections together. A further one is `tooManySubscriptions`.
    subscriptions: int
    # The maximum number of bytes that wait for one client to read them. A reply that does not fit is replaced by `outboundQueueFull`.
    outbound_queue_bytes: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        return cls(
            message_bytes=data["messageBytes"],
            depth=data["depth"],
            batch_items=data["batchItems"],
            id_bytes=data["idBytes"],
            in_flight_per_connection=data["inFlightPerConnection"],
            in_flight_bytes_per_connection=data["inFlightBytesPerConnection"],
            in_flight=data["inFlight"],
            in_flight_bytes=data["inFlightBytes"],
            in_flight_patience_ms=data["inFlightPatienceMs"],
            connections=data["connections"],
            connections_kept=data["connectionsKept"],
            connections_per_user=data["connectionsPerUser"],
            connections_per_address=data["connectionsPerAddress"],
            connections_per_principal=data["connectionsPerPrincipal"],
            subscriptions_per_connection=data["subscriptionsPerConnection"],
            subscriptions_per_user=data["subscriptionsPerUser"],
            subscriptions_per_principal=data["subscriptionsPerPrincipal"],
            in_flight_bytes_per_principal=data["inFlightBytesPerPrincipal"],
            subscriptions=data["subscriptions"],
            outbound_queue_bytes=data["outboundQueueBytes"],
        )


@dataclass(frozen=True)
class LimitsResult:
    """The limits for one client and for all clients together."""

    limits: Limits

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LimitsResult:
        return cls(
            limits=Limits.from_json(data["limits"]),
        )


@dataclass(frozen=True)
class OperationResult:
    """The result of each call that starts an operation."""

    # The instance after the call.
    instance: Instance
    # The job that the call wrote, or the job that already does the same.
    job: Job

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OperationResult:
        return cls(
            instance=Instance.from_json(data["instance"]),
            job=Job.from_json(data["job"]),
        )


@dataclass(frozen=True)
class PingResult:
    """The reply to `system.ping`."""

    # Always true.
    pong: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PingResult:
        return cls(
            pong=data["pong"],
        )


@dataclass(frozen=True)
class Principal:
    """A principal: a person or a program that calls methods."""

    id: str
    name: str
    kind: PrincipalKind
    # The scopes, sorted.
    scopes: list[str]
    # False if the principal may do nothing.
    enabled: bool
    created_at: datetime
    # The tenants whose objects the principal may see and change, sorted; absent for all tenants.
    tenants: list[str] | None = None
    # The caller that created the principal.
    created_by: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Principal:
        return cls(
            id=data["id"],
            name=data["name"],
            kind=data["kind"],
            scopes=data["scopes"],
            enabled=data["enabled"],
            created_at=moment(data["createdAt"]),
            tenants=data.get("tenants"),
            created_by=data.get("createdBy"),
        )


@dataclass(frozen=True)
class PrincipalListResult:
    """All principals."""

    # The principals, ordered by name.
    principals: list[Principal]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrincipalListResult:
        return cls(
            principals=each(Principal.from_json)(data["principals"]),
        )


@dataclass(frozen=True)
class PrincipalResult:
    """A principal."""

    principal: Principal

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrincipalResult:
        return cls(
            principal=Principal.from_json(data["principal"]),
        )


@dataclass(frozen=True)
class ReconcileFinding:
    """A difference between the providers' resources and the database."""

    verdict: ReconcileVerdict
    kind: ResourceKind
    # The provider's id of the resource.
    id: str
    # The name of the resource at its provider.
    name: str
    # The action that was taken, or in a dry run the action that would be taken.
    action: ReconcileAction
    # The cause, as text for people.
    reason: str
    # The instance that the resource belongs to by its labels; absent if they name none.
    instance: str | None = None
    # The time at which the difference was first seen; absent if one listing is enough for the verdict.
    since: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReconcileFinding:
        return cls(
            verdict=data["verdict"],
            kind=data["kind"],
            id=data["id"],
            name=data["name"],
            action=data["action"],
            reason=data["reason"],
            instance=data.get("instance"),
            since=maybe(moment, data.get("since")),
        )


@dataclass(frozen=True)
class ReconcileListing:
    """The listing of one kind of resource at its provider."""

    kind: ResourceKind
    # The number of resources in the listing.
    count: int
    # False if the listing failed or is far shorter than expected. The sweep then leaves orphans alone. A missing machine counts as lost only after several such listings.
    believed: bool
    # Why the listing failed; absent if it did not fail.
    failure: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReconcileListing:
        return cls(
            kind=data["kind"],
            count=data["count"],
            believed=data["believed"],
            failure=data.get("failure"),
        )


@dataclass(frozen=True)
class ReconcileReport:
    """The findings and actions of one sweep."""

    # The time at which the sweep started.
    started_at: datetime
    # The duration of the sweep, in milliseconds.
    took_ms: int
    # True if the sweep was a dry run.
    dry_run: bool
    # The listings that the sweep read, one for each kind of resource.
    listings: list[ReconcileListing]
    # The number of resources that belong to a known instance.
    owned: int
    # The number of resources that were not judged: a job works on their instance, they are being deleted, or their instance cannot be read.
    busy: int
    # The differences between the providers' resources and the database.
    findings: list[ReconcileFinding]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ReconcileReport:
        return cls(
            started_at=moment(data["startedAt"]),
            took_ms=data["tookMs"],
            dry_run=data["dryRun"],
            listings=each(ReconcileListing.from_json)(data["listings"]),
            owned=data["owned"],
            busy=data["busy"],
            findings=each(ReconcileFinding.from_json)(data["findings"]),
        )


@dataclass(frozen=True)
class Resource:
    """A resource at a provider."""

    kind: ResourceKind
    # The provider's id of the resource.
    id: str
    # The name of the resource at its provider.
    name: str
    # True if the resource has Aura's labels or tags. A resource without them is never touched.
    ours: bool
    # The present state of a server, such as `running` or `off`; absent for other kinds.
    state: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Resource:
        return cls(
            kind=data["kind"],
            id=data["id"],
            name=data["name"],
            ours=data["ours"],
            state=data.get("state"),
        )


@dataclass(frozen=True)
class RoleScopes:
    """A role with its scopes."""

    role: Role
    # The scopes, sorted.
    scopes: list[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RoleScopes:
        return cls(
            role=data["role"],
            scopes=data["scopes"],
        )


@dataclass(frozen=True)
class Secret:
    """A secret, without its value."""

    tenant: str
    name: str
    class_: SecretClass
    # The number of the current version, from 1.
    version: int
    # The time of the first version.
    created_at: datetime
    # The time of the current version.
    updated_at: datetime

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Secret:
        return cls(
            tenant=data["tenant"],
            name=data["name"],
            class_=data["class"],
            version=data["version"],
            created_at=moment(data["createdAt"]),
            updated_at=moment(data["updatedAt"]),
        )


@dataclass(frozen=True)
class SecretDeleteResult:
    """The secret that was deleted."""

    tenant: str
    name: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SecretDeleteResult:
        return cls(
            tenant=data["tenant"],
            name=data["name"],
        )


@dataclass(frozen=True)
class SecretListResult:
    """A page of secrets, ordered by tenant and name."""

    # The secrets.
    secrets: list[Secret]
    # The value of `after` for the next page; absent on the last page.
    next: str | None = None
    # Secrets on this page whose rows this version cannot read: the tenant and the name, separated by a space; absent if there are none.
    unreadable: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SecretListResult:
        return cls(
            secrets=each(Secret.from_json)(data["secrets"]),
            next=data.get("next"),
            unreadable=data.get("unreadable"),
        )


@dataclass(frozen=True)
class SecretResult:
    """A secret."""

    secret: Secret

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SecretResult:
        return cls(
            secret=Secret.from_json(data["secret"]),
        )


@dataclass(frozen=True)
class SecretRevealResult:
    """A secret and its value."""

    secret: Secret
    value: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SecretRevealResult:
        return cls(
            secret=Secret.from_json(data["secret"]),
            value=data["value"],
        )


@dataclass(frozen=True)
class ServerFacts:
    """The facts about a machine, as its provider reports them."""

    # The provider's id of the machine.
    id: str
    # The name of the machine at its provider.
    name: str
    # The public IPv4 address, or the IPv6 address if there is no IPv4 address.
    address: str
    # The provider's name of the location, such as `nbg1`.
    location: str
    # The provider's name of the server type, such as `cx23`.
    type: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ServerFacts:
        return cls(
            id=data["id"],
            name=data["name"],
            address=data["address"],
            location=data["location"],
            type=data["type"],
        )


@dataclass(frozen=True)
class Snapshot:
    """A page of a snapshot: the state of instances. A snapshot has one or more pages, in the order of the instances' ids, before any event."""

    type: str
    # The position in the ledger after which events follow. A client that loses its connection later resumes from it.
    seq: int
    # The instances of this page, at most 100 together with `unreadable`. Destroyed ones are included only if the filter selects one instance or job.
    instances: list[Instance]
    # True on the last page; events follow it.
    complete: bool
    # The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are damaged. Absent if there are none.
    unreadable: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        return cls(
            type=data["type"],
            seq=data["seq"],
            instances=each(Instance.from_json)(data["instances"]),
            complete=data["complete"],
            unreadable=data.get("unreadable"),
        )


@dataclass(frozen=True)
class StatusGetResult:
    """An instance and its active job."""

    instance: Instance
    # The active job of the instance; absent if there is none.
    job: Job | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusGetResult:
        return cls(
            instance=Instance.from_json(data["instance"]),
            job=maybe(Job.from_json, data.get("job")),
        )


@dataclass(frozen=True)
class StatusListResult:
    """A page of instances in the order of their creation."""

    # The instances, the oldest first.
    instances: list[Instance]
    # The value of `after` for the next page; absent on the last page.
    next: str | None = None
    # The ids of instances of this page that the daemon cannot read, because a newer daemon wrote them or they are damaged. Absent if there are none.
    unreadable: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusListResult:
        return cls(
            instances=each(Instance.from_json)(data["instances"]),
            next=data.get("next"),
            unreadable=data.get("unreadable"),
        )


@dataclass(frozen=True)
class Step:
    """A step of a job, begun or not."""

    # The name of the step, such as `server.create`.
    name: str
    state: StepState
    # The instance's phase during the step.
    phase: Phase
    # The usual duration in seconds; 0 if this daemon does not have the job's definition.
    expected_seconds: float
    # The number of consecutive failed tries of the step or of its undo.
    attempt: int
    # The provider's id of the resource that the step created; absent if there is none.
    external_id: str | None = None
    # The time at which the step began; absent before.
    started_at: datetime | None = None
    # The time at which the step or its undo ended; absent before.
    finished_at: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        return cls(
            name=data["name"],
            state=data["state"],
            phase=data["phase"],
            expected_seconds=data["expectedSeconds"],
            attempt=data["attempt"],
            external_id=data.get("externalId"),
            started_at=maybe(moment, data.get("startedAt")),
            finished_at=maybe(moment, data.get("finishedAt")),
        )


@dataclass(frozen=True)
class SubscriptionEnded:
    """The last message of a subscription that ends without a call of the client."""

    type: str
    reason: SubscriptionEndReason
    # The position in the ledger up to which matching events were delivered.
    seq: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SubscriptionEnded:
        return cls(
            type=data["type"],
            reason=data["reason"],
            seq=data["seq"],
        )


@dataclass(frozen=True)
class TailnetFacts:
    """The facts about a machine, as its tailnet reports them."""

    # The tailnet's id of the device.
    node_id: str
    # The MagicDNS name, without its final dot.
    name: str
    # The addresses of the device in the tailnet.
    addresses: list[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TailnetFacts:
        return cls(
            node_id=data["nodeId"],
            name=data["name"],
            addresses=data["addresses"],
        )


@dataclass(frozen=True)
class Tenant:
    """A tenant: the owner of instances, secrets and quotas."""

    id: str
    # False if the tenant's principals may do nothing.
    enabled: bool
    quota: TenantQuota
    created_at: datetime
    # The caller that created the tenant; absent for `default` and for tenants of an earlier version.
    created_by: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tenant:
        return cls(
            id=data["id"],
            enabled=data["enabled"],
            quota=TenantQuota.from_json(data["quota"]),
            created_at=moment(data["createdAt"]),
            created_by=data.get("createdBy"),
        )


@dataclass(frozen=True)
class TenantListResult:
    """The tenants that the caller may see."""

    # The tenants, ordered by id.
    tenants: list[Tenant]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TenantListResult:
        return cls(
            tenants=each(Tenant.from_json)(data["tenants"]),
        )


@dataclass(frozen=True)
class TenantQuota:
    """Limits of a tenant. A member that is absent is the installation's default."""

    # The maximum number of live instances.
    live_instances: int | None = None
    # The maximum number of jobs that have not ended. A destroy does not count and is never refused.
    jobs_in_flight: int | None = None
    # The maximum number of calls of all callers of the tenant in 60 seconds, a fifth of them at once. Each daemon counts for itself.
    calls_per_minute: int | None = None
    # The maximum number of calls that may change something, of all callers of the tenant in 60 seconds. Each daemon counts for itself.
    mutations_per_minute: int | None = None
    # The maximum number of tokens of the tenant that are neither revoked nor expired.
    tokens: int | None = None
    # The maximum number of secrets.
    secrets: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TenantQuota:
        return cls(
            live_instances=data.get("liveInstances"),
            jobs_in_flight=data.get("jobsInFlight"),
            calls_per_minute=data.get("callsPerMinute"),
            mutations_per_minute=data.get("mutationsPerMinute"),
            tokens=data.get("tokens"),
            secrets=data.get("secrets"),
        )

    def to_json(self) -> dict[str, Any]:
        members = {
            "liveInstances": self.live_instances,
            "jobsInFlight": self.jobs_in_flight,
            "callsPerMinute": self.calls_per_minute,
            "mutationsPerMinute": self.mutations_per_minute,
            "tokens": self.tokens,
            "secrets": self.secrets,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class TenantResult:
    """A tenant."""

    tenant: Tenant

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TenantResult:
        return cls(
            tenant=Tenant.from_json(data["tenant"]),
        )


@dataclass(frozen=True)
class Token:
    """A token, without its text."""

    id: str
    # A label for people.
    name: str
    # The name of the vault's key that signed the token.
    key: str
    principal: str
    # The time from which on the token is valid.
    not_before: datetime
    created_at: datetime
    # The scopes, sorted; absent for those of the principal.
    scopes: list[str] | None = None
    # The tenants, sorted; absent for those of the principal.
    tenants: list[str] | None = None
    # The time at which the token expires; absent if it does not.
    expires: datetime | None = None
    # The time at which the token was revoked; absent if it was not.
    revoked_at: datetime | None = None
    # The caller that created the token.
    created_by: str | None = None
    # The time of the last use, to within a minute; absent before the first.
    last_used_at: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Token:
        return cls(
            id=data["id"],
            name=data["name"],
            key=data["key"],
            principal=data["principal"],
            not_before=moment(data["notBefore"]),
            created_at=moment(data["createdAt"]),
            scopes=data.get("scopes"),
            tenants=data.get("tenants"),
            expires=maybe(moment, data.get("expires")),
            revoked_at=maybe(moment, data.get("revokedAt")),
            created_by=data.get("createdBy"),
            last_used_at=maybe(moment, data.get("lastUsedAt")),
        )


@dataclass(frozen=True)
class TokenCreateResult:
    """A new token."""

    token: Token
    # The text of the token. It is shown only once.
    text: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TokenCreateResult:
        return cls(
            token=Token.from_json(data["token"]),
            text=data["text"],
        )


@dataclass(frozen=True)
class TokenExplainResult:
    """What a token allows."""

    # True if the token gives rights now.
    valid: bool
    # The restrictions in the text of the token.
    restrictions: list[str]
    # The scopes that the token gives, sorted.
    scopes: list[str]
    # Why the token gives no rights, and what to do; absent if it is valid.
    reason: str | None = None
    # The token; absent if no key of this installation signed it, or its row was removed.
    token: Token | None = None
    # The tenants whose objects the token lets its holder see and change, sorted; absent for all tenants.
    tenants: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TokenExplainResult:
        return cls(
            valid=data["valid"],
            restrictions=data["restrictions"],
            scopes=data["scopes"],
            reason=data.get("reason"),
            token=maybe(Token.from_json, data.get("token")),
            tenants=data.get("tenants"),
        )


@dataclass(frozen=True)
class TokenListResult:
    """A page of tokens, ordered by id."""

    # The tokens.
    tokens: list[Token]
    # The value of `after` for the next page; absent on the last page.
    next: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TokenListResult:
        return cls(
            tokens=each(Token.from_json)(data["tokens"]),
            next=data.get("next"),
        )


@dataclass(frozen=True)
class TokenResult:
    """A token."""

    token: Token

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TokenResult:
        return cls(
            token=Token.from_json(data["token"]),
        )


@dataclass(frozen=True)
class Unseen:
    """A kind of resource that could not be looked up."""

    kind: ResourceKind
    # The cause, as text for people.
    reason: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Unseen:
        return cls(
            kind=data["kind"],
            reason=data["reason"],
        )


@dataclass(frozen=True)
class UnsubscribeResult:
    """The result of `status.unsubscribe`."""

    # True if the call ended the subscription. False if the connection has no such subscription, or if its last notification, `subscription.ended`, was sent before.
    ended: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UnsubscribeResult:
        return cls(
            ended=data["ended"],
        )


@dataclass(frozen=True)
class VaultDeleteResult:
    """The secret of the installation that was deleted."""

    name: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultDeleteResult:
        return cls(
            name=data["name"],
        )


@dataclass(frozen=True)
class VaultImportLeft:
    """A credential outside of the vault."""

    # The file or the setting that has it.
    place: str
    # The name of its secret.
    name: str
    # True if the vault has the credential, and the daemon does not need this place any more.
    deletable: bool
    # Why it is still there, and what to do.
    reason: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultImportLeft:
        return cls(
            place=data["place"],
            name=data["name"],
            deletable=data["deletable"],
            reason=data["reason"],
        )


@dataclass(frozen=True)
class VaultImportResult:
    """The result of an import. It never has a value."""

    # The number of credentials that the call put into the vault.
    imported: int
    # The number of credentials that were in the vault before.
    present: int
    # The number of files that the call deleted.
    deleted: int
    # The credentials that are still outside of the vault, at most 1,000, ordered by place.
    left: list[VaultImportLeft]
    # The number of credentials that are still outside of the vault.
    left_count: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultImportResult:
        return cls(
            imported=data["imported"],
            present=data["present"],
            deleted=data["deleted"],
            left=each(VaultImportLeft.from_json)(data["left"]),
            left_count=data["leftCount"],
        )


@dataclass(frozen=True)
class VaultKey:
    """A key of the vault, without the key itself."""

    # The name of the key in the key file.
    id: str
    # True if this daemon has the key.
    in_key_file: bool
    # The number of versions of secrets that are wrapped under the key.
    versions: int
    # The number of tokens that the key signed and that are neither revoked nor expired.
    tokens: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultKey:
        return cls(
            id=data["id"],
            in_key_file=data["inKeyFile"],
            versions=data["versions"],
            tokens=data["tokens"],
        )


@dataclass(frozen=True)
class VaultSetResult:
    """A secret of the installation, as it is now."""

    secret: InstallationSecret

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultSetResult:
        return cls(
            secret=InstallationSecret.from_json(data["secret"]),
        )


@dataclass(frozen=True)
class VaultStatusResult:
    """The keys of the vault and the secrets of the installation."""

    # The name of the key under which this daemon wraps new versions.
    current_key: str
    # The keys of this daemon's key file in its order, and then other keys that versions or tokens name.
    keys: list[VaultKey]
    # The secrets of the installation that `vault.set` and `vault.adopt` made, ordered by name; not the keys of machines.
    secrets: list[InstallationSecret]
    # The number of credentials that this daemon has in files or in its configuration, which `vault.adopt` can import.
    outside: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VaultStatusResult:
        return cls(
            current_key=data["currentKey"],
            keys=each(VaultKey.from_json)(data["keys"]),
            secrets=each(InstallationSecret.from_json)(data["secrets"]),
            outside=data["outside"],
        )


@dataclass(frozen=True)
class Wait:
    """The condition that a job waits for."""

    # The condition as text for people: `for the machine to boot`.
    for_: str
    # The number of consecutive failed tries of the present step.
    attempt: int
    # The time at which the job is due; absent if it waits for another job or another daemon.
    until: datetime | None = None
    # The time from now to `until`, in seconds; absent without `until`.
    seconds: float | None = None
    # The job that must end first; absent if there is none.
    blocked_by: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wait:
        return cls(
            for_=data["for"],
            attempt=data["attempt"],
            until=maybe(moment, data.get("until")),
            seconds=data.get("seconds"),
            blocked_by=data.get("blockedBy"),
        )


@dataclass(frozen=True)
class WhoAmIResult:
    """The caller of this connection, with its rights."""

    principal: str
    proof: Proof
    # The scopes, sorted.
    scopes: list[str]
    # The tenants whose objects the caller may see and change, sorted; absent for all tenants.
    tenants: list[str] | None = None
    # The only instances that the caller may see and change, sorted; absent if a token does not restrict them.
    instances: list[str] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WhoAmIResult:
        return cls(
            principal=data["principal"],
            proof=data["proof"],
            scopes=data["scopes"],
            tenants=data.get("tenants"),
            instances=data.get("instances"),
        )
