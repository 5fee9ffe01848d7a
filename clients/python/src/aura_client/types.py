# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""What goes over the wire. Members that a later daemon adds are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Mapping

from ._codec import each, maybe, moment

JSON = Any

# Why a job is to end early.
Cancellation = Literal[
    "requested",
    "superseded",
]

# What the owner wants to be true of an instance.
DesiredState = Literal[
    "running",
    "suspended",
    "destroyed",
]

# What can be done about an error.
ErrorClass = Literal[
    "transient",
    "capacity",
    "permanent",
    "ambiguous",
]

# What an event says.
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

# What sort of thing an instance is.
InstanceKind = Literal[
    "agent",
]

# The operations.
JobKind = Literal[
    "provision",
    "suspend",
    "resume",
    "restart",
    "destroy",
]

# How far a job is.
JobState = Literal[
    "queued",
    "running",
    "waiting",
    "compensating",
    "succeeded",
    "failed",
    "cancelled",
]

# What becomes of a subscription whose client does not read fast enough.
LagPolicy = Literal[
    "replay",
    "coalesce",
    "close",
]

# Which end of a list comes first.
ListOrder = Literal[
    "oldest",
    "newest",
]

# What is true of an instance now.
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

# What a sweep did about a finding.
ReconcileAction = Literal[
    "none",
    "adopted",
    "quarantined",
    "reaped",
    "marked",
    "deferred",
    "failed",
]

# What a sweep thinks of a thing.
ReconcileVerdict = Literal[
    "unknown",
    "orphan",
    "foreign",
    "lost",
    "found",
    "drift",
]

# What kinds of things Aura makes in the outside world.
ResourceKind = Literal[
    "server",
    "key",
    "device",
]

# How far a step is.
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

# When a subscription ends by itself.
SubscriptionEnd = Literal[
    "terminal",
]

# Why a subscription ended by itself.
SubscriptionEndReason = Literal[
    "terminal",
    "maxEvents",
    "lagged",
    "cursorExpired",
]


@dataclass(frozen=True)
class Bookmark:
    """How far the ledger has come while nothing matched: a place to go on from."""

    type: str
    # Everything up to here was looked at.
    seq: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bookmark:
        return cls(
            type=data["type"],
            seq=data["seq"],
        )


@dataclass(frozen=True)
class Event:
    """An entry of the ledger. `seq` has no gaps and is in the order of the commits."""

    # Its place in the ledger, from 1.
    seq: int
    at: datetime
    type: EventType
    tenant: str
    # For people.
    message: str
    instance: str | None = None
    job: str | None = None
    change: str | None = None
    phase: Phase | None = None
    # The name of the step that it is about.
    step: str | None = None
    # How far the job is.
    progress: float | None = None
    # What belongs to its type.
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
            phase=data.get("phase"),
            step=data.get("step"),
            progress=data.get("progress"),
            data=data.get("data"),
        )


@dataclass(frozen=True)
class EventFilter:
    """Which events: those that match every part that is given."""

    instance: str | None = None
    job: str | None = None
    tenant: str | None = None
    change: str | None = None
    # Events of one of these types.
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
    """What a job does, why it waits, what happens next, and what exists for it outside."""

    job: Job
    # All of it in words, for people.
    summary: str
    # What happens next, in words.
    next: str
    # What exists under the instance's name in the outside world, looked up for this answer.
    resources: list[Resource]
    # What could not be looked at, and why.
    unseen: list[Unseen]
    # What it waits for; absent where it is at work or has ended.
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
    """Why something did not succeed, in the cause's own words."""

    class_: ErrorClass
    # A stable text for programs: the provider's own code where there is one.
    code: str
    # For people. Never a secret.
    message: str
    # The provider's id of the failed call, for its support.
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
    """Whether the daemon can do its work."""

    # True if it can: a write to the database was tried for this answer.
    ok: bool
    # The oldest event's `seq` that a subscription can still have; one more than the head where none is left.
    oldest: int
    # The newest event's `seq`, read from the database for this answer.
    head: int
    # Jobs that this daemon works on now.
    jobs_running: int
    # Why it cannot; absent if `ok` is true.
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
    """What the daemon is."""

    # `aurad`.
    name: str
    # Its version.
    version: str
    # The id of the database: all daemons that share it say the same.
    installation: str
    started_at: datetime
    # `sqlite` or `postgres`.
    database: str
    # The regions that `provision` takes.
    regions: list[str]
    # The sizes that `provision` takes.
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
class Instance:
    """A thing that should exist, and what is true of it."""

    id: str
    name: str
    tenant: str
    kind: InstanceKind
    desired: DesiredState
    phase: Phase
    # The catalogue's name of where it stands, such as `eu-central`.
    region: str
    # The catalogue's name of how large it is, such as `small`.
    size: str
    # Counts the machines that were built for it.
    generation: int
    # The change that last touched it.
    change: str
    created_at: datetime
    # When anything of this changed last.
    updated_at: datetime
    # The machine, from the moment that its id is known until it is gone.
    server: ServerFacts | None = None
    # From when it joined until it left.
    tailnet: TailnetFacts | None = None
    # What the agent says of itself.
    agent_version: str | None = None
    # Why the last job did not reach what was asked.
    failure: Failure | None = None
    # When it first reached `running`: metering starts here.
    running_at: datetime | None = None
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
    """One operation on one instance: a saga that survives any crash."""

    id: str
    kind: JobKind
    instance: str
    tenant: str
    change: str
    state: JobState
    # Tries of the present step that failed in a row.
    attempt: int
    created_at: datetime
    # When it is given up.
    deadline: datetime
    cancellation: Cancellation | None = None
    # For people: `for the machine to boot`.
    waiting_for: str | None = None
    # When it is looked at again, while it waits.
    available_at: datetime | None = None
    failure: Failure | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    # The job that this one tries again.
    retry_of: str | None = None
    # Only where a single job was asked for.
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
    """A page of jobs, by their ids."""

    # Without their steps.
    jobs: list[Job]
    # Ask for `after` this for the next page; absent on the last.
    next: str | None = None
    # The ids of jobs of this page that the daemon cannot read, since a newer one wrote them or they are damaged; absent if there are none.
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
    """A job."""

    job: Job

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JobResult:
        return cls(
            job=Job.from_json(data["job"]),
        )


@dataclass(frozen=True)
class Limits:
    """How much the wire takes."""

    # The longest message, in bytes without its line end.
    message_bytes: int
    # The deepest nesting of one message.
    depth: int
    # The most items in one batch.
    batch_items: int
    # The longest id of a request, in bytes of its JSON text.
    id_bytes: int
    # The most calls of one connection that are not answered yet.
    in_flight_per_connection: int
    # The most bytes of the messages of one connection whose calls are not answered yet.
    in_flight_bytes_per_connection: int
    # The most calls of all connections together that are not answered yet. One user or address may have three quarters of them.
    in_flight: int
    # The most bytes of messages, over all connections, that are being read or whose calls are not answered yet.
    in_flight_bytes: int
    # How long a connection waits for room among its calls in flight before further calls are refused, in milliseconds.
    in_flight_patience_ms: int
    # The most connections.
    connections: int
    # How many of the connections are kept for root and the daemon's own user over the Unix socket.
    connections_kept: int
    # The most connections of one user of the machine.
    connections_per_user: int
    # The most connections over TCP of one network address. All clients of a loopback address have the same address.
    connections_per_address: int
    # The most subscriptions of one connection.
    subscriptions_per_connection: int
    # The most subscriptions of one user of the machine, or of one network address, over all connections.
    subscriptions_per_user: int
    # The most subscriptions of all connections together.
    subscriptions: int
    # The most bytes that wait to be read by one client.
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
            subscriptions_per_connection=data["subscriptionsPerConnection"],
            subscriptions_per_user=data["subscriptionsPerUser"],
            subscriptions=data["subscriptions"],
            outbound_queue_bytes=data["outboundQueueBytes"],
        )


@dataclass(frozen=True)
class LimitsResult:
    """How much the wire takes from one client, and from all of them."""

    limits: Limits

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LimitsResult:
        return cls(
            limits=Limits.from_json(data["limits"]),
        )


@dataclass(frozen=True)
class OperationResult:
    """The answer to every call that changes something."""

    instance: Instance
    job: Job

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OperationResult:
        return cls(
            instance=Instance.from_json(data["instance"]),
            job=Job.from_json(data["job"]),
        )


@dataclass(frozen=True)
class PingResult:
    """The daemon is there."""

    # Always true.
    pong: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PingResult:
        return cls(
            pong=data["pong"],
        )


@dataclass(frozen=True)
class ReconcileFinding:
    """One thing that is not as it should be."""

    verdict: ReconcileVerdict
    kind: ResourceKind
    # The provider's id.
    id: str
    # Its name there.
    name: str
    # What was done; in a dry run, what would have been.
    action: ReconcileAction
    # In words.
    reason: str
    instance: str | None = None
    # When it was first seen so.
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
    """What a listing of the outside world gave."""

    kind: ResourceKind
    # Things that it had.
    count: int
    # False where it failed or cannot be believed: nothing is concluded from what it lacks.
    believed: bool
    # Why it is not believed.
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
    """What one sweep found and did."""

    started_at: datetime
    # In milliseconds.
    took_ms: int
    # Whether it only looked.
    dry_run: bool
    # What it read.
    listings: list[ReconcileListing]
    # Things whose owner knows them.
    owned: int
    # Things of instances that a job is at work on: not judged.
    busy: int
    # What is not as it should be.
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
    """Something in the outside world."""

    kind: ResourceKind
    # The provider's id.
    id: str
    # Its name there.
    name: str
    # Whether it carries our labels or tags; what does not is never touched.
    ours: bool
    # What it does now, in the provider's word, where it says.
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
class ServerFacts:
    """A machine as its provider knows it."""

    # The provider's id.
    id: str
    # Its name there.
    name: str
    # The public IPv4 address, or the IPv6 address where it has no other.
    address: str
    # Where it stands, in the provider's word.
    location: str
    # Its size, in the provider's word.
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
    """Instances as they were at one moment. A snapshot comes in one or more of these, in order of the instances' ids, before any event."""

    type: str
    # The place in the ledger from which events follow: a client that lost its connection later goes on from here.
    seq: int
    instances: list[Instance]
    # Whether it is the last one, and events follow.
    complete: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        return cls(
            type=data["type"],
            seq=data["seq"],
            instances=each(Instance.from_json)(data["instances"]),
            complete=data["complete"],
        )


@dataclass(frozen=True)
class StatusGetResult:
    """An instance, and what is done to it."""

    instance: Instance
    # The job that works on it now.
    job: Job | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusGetResult:
        return cls(
            instance=Instance.from_json(data["instance"]),
            job=maybe(Job.from_json, data.get("job")),
        )


@dataclass(frozen=True)
class StatusListResult:
    """A page of instances, by their ids."""

    # In the order in which they were made.
    instances: list[Instance]
    # Ask for `after` this for the next page; absent on the last.
    next: str | None = None
    # The ids of instances of this page that the daemon cannot read, since a newer one wrote them or they are damaged; absent if there are none.
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
    """A step of a job, begun or still to come."""

    # Such as `server.create`.
    name: str
    state: StepState
    # The instance's phase while it runs.
    phase: Phase
    # How long it usually takes, in seconds.
    expected_seconds: float
    # Tries that failed in a row.
    attempt: int
    # The id of what it made in the outside world.
    external_id: str | None = None
    started_at: datetime | None = None
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
    """The last thing that a subscription delivers that ends by itself."""

    type: str
    reason: SubscriptionEndReason
    # The place in the ledger up to which it delivered.
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
    """A machine as its tailnet knows it."""

    # The device's id.
    node_id: str
    # The MagicDNS name, without its final dot.
    name: str
    # Its addresses in the tailnet.
    addresses: list[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TailnetFacts:
        return cls(
            node_id=data["nodeId"],
            name=data["name"],
            addresses=data["addresses"],
        )


@dataclass(frozen=True)
class Unseen:
    """Something that could not be looked at."""

    kind: ResourceKind
    # Why.
    reason: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Unseen:
        return cls(
            kind=data["kind"],
            reason=data["reason"],
        )


@dataclass(frozen=True)
class UnsubscribeResult:
    """What became of it."""

    # False if the connection had no such subscription, or if the subscription ended by itself and its last notification said so.
    ended: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UnsubscribeResult:
        return cls(
            ended=data["ended"],
        )


@dataclass(frozen=True)
class Wait:
    """What a job waits for."""

    # For people: `for the machine to boot`.
    for_: str
    # Tries of the present step that failed in a row.
    attempt: int
    # When it is looked at again; absent while another job has to end first.
    until: datetime | None = None
    # From now, in seconds.
    seconds: float | None = None
    # The job that has to end first.
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
