"""Instances, jobs and events as the daemon reports them."""

from datetime import datetime, timedelta, timezone

INSTANCE = "0199a1b2-0000-7000-8000-00000000ada1"
JOB = "0199a1b2-0000-7000-8000-0000000000b1"
CHANGE = "0199a1b2-0000-7000-8000-0000000000c1"
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=timezone.utc)

PLAN = [
    ("credentials.make", "provisioning", 0.5),
    ("key.create", "provisioning", 1),
    ("server.create", "provisioning", 20),
    ("server.boot", "provisioning", 20),
    ("machine.configure", "configuring", 60),
    ("network.enrol", "networking", 15),
    ("agent.health", "networking", 2),
]


def at(seconds, base=NOON):
    moment = base + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def ago(seconds):
    return at(-seconds, datetime.now(timezone.utc))


def instance(name="ada", phase="queued", **more):
    return {
        "id": INSTANCE, "name": name, "tenant": "default", "kind": "agent", "desired": "running", "phase": phase,
        "region": "eu-central", "size": "small", "generation": 1, "change": CHANGE,
        "createdAt": at(0), "updatedAt": at(0), **more,
    }


def running(name="ada", **more):
    return instance(
        name, "running",
        server={
            "id": "42", "name": f"aura-{name}-0000ada1-g1", "address": "203.0.113.10", "location": "nbg1",
            "type": "cx23",
        },
        tailnet={"nodeId": "n1", "name": f"aura-{name}.tail1.ts.net", "addresses": ["100.64.0.7"]},
        agentVersion="2026.1.1", runningAt=at(40), **more)


def job(kind="provision", state="queued", **more):
    return {
        "id": JOB, "kind": kind, "instance": INSTANCE, "tenant": "default", "change": CHANGE, "state": state,
        "attempt": 0, "createdAt": at(0), "deadline": at(3600), **more,
    }


def step(name, state="pending", phase="provisioning", expected=20, **more):
    return {"name": name, "state": state, "phase": phase, "expectedSeconds": expected, "attempt": 0, **more}


def plan():
    return [step(name, phase=phase, expected=expected) for name, phase, expected in PLAN]


def event(seq, type, message, seconds=None, **more):
    return {
        "seq": seq, "at": at(seq if seconds is None else seconds), "type": type, "tenant": "default",
        "instance": INSTANCE, "job": JOB, "change": CHANGE, "message": message, **more,
    }


def provision_events():
    """Returns the events of a provision from its acceptance to the running agent."""
    events = [event(1, "job.queued", "provision of ada is queued", phase="queued", progress=0)]

    def add(type, message, **more):
        events.append(event(len(events) + 1, type, message, **more))

    add("job.started", "provision of ada started", phase="queued", progress=0)
    done, total, phase = 0, sum(expected for _, _, expected in PLAN), "queued"
    for name, next_phase, expected in PLAN:
        if next_phase != phase:
            phase = next_phase
            add("phase.changed", f"ada is {phase}", phase=phase)
        add("step.started", name, phase=phase, step=name, progress=round(done / total, 3))
        if name == "server.create":
            add("step.progress", "creating cx23 in nbg1", phase=phase, step=name, progress=round(done / total + 0.01, 3))
        if name == "machine.configure":
            add("task.started", "install the agent", phase=phase, step=name, progress=round(done / total + 0.1, 3))
        done += expected
        add("step.done", f"{name} took 1.0 s", phase=phase, step=name, progress=round(done / total, 3))
    add("phase.changed", "ada is running", phase="running")
    add("job.succeeded", "provision succeeded after 24 s", phase="running", progress=1)
    return events


def failure_events():
    """Returns the events of a provision that finds no machine and is undone."""
    return [
        event(1, "job.queued", "provision of ada is queued", phase="queued", progress=0),
        event(2, "job.started", "provision of ada started", phase="queued", progress=0),
        event(3, "phase.changed", "ada is provisioning", phase="provisioning"),
        event(4, "step.started", "credentials.make", phase="provisioning", step="credentials.make", progress=0),
        event(5, "step.done", "credentials.make took 0.1 s", phase="provisioning", step="credentials.make", progress=0.1),
        event(6, "step.started", "server.create", phase="provisioning", step="server.create", progress=0.1),
        event(7, "step.failed", "server.create: no cx23 is left", phase="provisioning", step="server.create"),
        event(8, "phase.changed", "ada is rollingBack", phase="rollingBack"),
        event(9, "job.compensating", "undoing provision: no cx23 is left", phase="rollingBack"),
        event(10, "step.undoing", "undoing server.create", phase="rollingBack", step="server.create"),
        event(11, "step.undone", "server.create is undone", phase="rollingBack", step="server.create"),
        event(12, "step.undoing", "undoing credentials.make", phase="rollingBack", step="credentials.make"),
        event(13, "step.undone", "credentials.make is undone", phase="rollingBack", step="credentials.make"),
        event(14, "phase.changed", "ada is failed", phase="failed"),
        event(15, "job.failed", "provision failed after 15 s: no cx23 is left", phase="failed"),
    ]


PRINCIPAL = "0199a1b2-0000-7000-8000-0000000000d1"
TOKEN_ID = "AAECAwQFBgcICQoLDA0ODw"
# The first vector of the format: the key has the bytes 0 to 31 and the id the bytes 0 to 15.
TOKEN = f"aura1_k1_{TOKEN_ID}_knFUDyAaFSIAFRIAfcRmL1CuVmScPld_zX_TkcGneo0"


def principal(name="billing", **more):
    return {
        "id": PRINCIPAL, "name": name, "kind": "service", "scopes": ["instances:read", "jobs:read"], "enabled": True,
        "createdAt": at(0), **more,
    }


def token(**more):
    return {
        "id": TOKEN_ID, "name": "host-7", "key": "k1", "principal": PRINCIPAL, "notBefore": at(0),
        "expires": "2126-12-20T12:00:00.000Z", "createdAt": at(0), **more,
    }


def whoami(**more):
    return {"principal": PRINCIPAL, "proof": "token", "scopes": ["instances:read"], **more}
