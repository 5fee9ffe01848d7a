"""`kill -9` in the middle of every step, on both databases: the next daemon continues, creates nothing twice, loses no
event."""

import itertools
import time
from datetime import datetime

import pytest

from harness import LEASES, Crew, World, eventually, fresh_name

# Functional bound: a job must run again within this time after its daemon's death. On a quiet machine it takes one
# second with SQLite. With PostgreSQL it takes one second after the end of the lease, since another daemon may hold the
# job.
MOVES_WITHIN_SECONDS = 35


@pytest.fixture
def world(shared_world):
    yield shared_world
    clean(shared_world)


@pytest.fixture(scope="module")
def crew(server):
    """Returns worlds on PostgreSQL that run in parallel, since each case waits for the end of a lease."""
    numbers = itertools.count()
    crew = Crew(lambda: World({"database": server.url(f"crash{next(numbers)}"), **LEASES}), size=5)
    yield crew
    crew.close()


def clean(world):
    world.sandbox.clear_faults()
    world.sandbox.settings(createSeconds=20, bootSeconds=0, deleteSeconds=3, guestShutdownSeconds=8, startSeconds=5)


def at(event):
    return datetime.fromisoformat(event["at"]).timestamp()


def crash(world, follower, job):
    """Kills the daemon and starts it again; returns the job's first event after that, or its last event."""
    world.daemon.kill()
    world.sandbox.clear_faults()
    limit = MOVES_WITHIN_SECONDS
    last = max(follower.last, 0)
    world.daemon.start()
    ends = ("job.succeeded", "job.failed", "job.cancelled")
    moved = follower.wait(
        lambda event: event.get("job") == job
        and (event["type"] in ends or event["seq"] > last and at(event) >= world.daemon.ready_at - 0.5),
        seconds=limit + 10, what="the job's next event")
    # A job may end before the kill; its last event is then older than the start.
    assert at(moved) - world.daemon.ready_at <= limit, moved
    return moved


class Hold:
    """Holds a step at its call to the cloud, and waits until the step is there."""

    def __init__(self, step, path=None, method=None, reached=None, **settings):
        self.step, self.path, self.method, self.reached, self.settings = step, path, method, reached, settings

    def __repr__(self):
        words = [self.step, self.method, self.path, *self.settings]
        return " ".join(str(word) for word in words if word)

    def prepare(self, world):
        world.sandbox.settings(**self.settings)
        self.fault = self.path and world.sandbox.fault("slow", self.path, self.method, seconds=20)

    def wait(self, world, follower, job, type="step.started"):
        follower.step(job, self.step, type)
        if self.path:
            eventually(lambda: world.sandbox.fired(self.fault), what=f"the call at which {self} is held")
        if self.reached:
            eventually(lambda: self.reached(world.sandbox.state()), what=f"the effect of {self}")


def key_exists(state):
    return len(state["sshKeys"]) == 1


def status(*wanted):
    return lambda state: [server["status"] for server in state["servers"]] in [[each] for each in wanted]


def no_server(state):
    return state["servers"] == []


PROVISION = [
    Hold("credentials.make"),
    Hold("key.create", "/v1/ssh_keys", "GET"),
    Hold("key.create", "/v1/ssh_keys", "POST", key_exists),
    Hold("server.create", "/v1/servers", "GET"),
    Hold("server.create", "/v1/servers", "POST", status("initializing", "starting", "running")),
    Hold("server.create", "/v1/actions", "GET"),
    Hold("server.create", createSeconds=100),
    Hold("server.boot", "/v1/servers/*", "GET"),
    Hold("machine.configure"),
    Hold("network.enrol"),
    Hold("agent.health", bootSeconds=100),
]
DESTROY = [
    Hold("host.teardown"),
    Hold("network.leave"),
    Hold("server.delete", "/v1/servers/*", "GET"),
    Hold("server.delete", "/v1/servers/*", "DELETE", status("deleting"), deleteSeconds=50),
    Hold("server.delete", "/v1/servers/*", "DELETE", no_server),
    Hold("server.delete", deleteSeconds=100),
    Hold("key.delete", "/v1/ssh_keys", "GET"),
    Hold("key.delete", "/v1/ssh_keys/*", "DELETE", lambda state: state["sshKeys"] == []),
    Hold("credentials.remove"),
]
SUSPEND = [
    Hold("server.shutdown", "/v1/servers/*", "GET"),
    Hold("server.shutdown", "/v1/servers/*/actions/shutdown", "POST"),
    Hold("server.shutdown", guestShutdownSeconds=100),
]
RESUME = [
    Hold("server.start", "/v1/servers/*", "GET"),
    Hold("server.start", "/v1/servers/*/actions/poweron", "POST", status("starting", "running")),
    Hold("server.start", startSeconds=100),
    Hold("server.boot"),
    Hold("agent.health", bootSeconds=100),
]
RESTART = [SUSPEND[1], RESUME[1], RESUME[4]]


def conclude(world, follower, name, job, created):
    """Checks that the job succeeded, that exactly one machine and one key were ever made, and that the ledger lost
    nothing."""
    assert follower.end(job)["type"] == "job.succeeded"
    state = world.sandbox.state()
    assert state["createdServers"] - created == 1
    keys = [key for key in state["sshKeys"] + state["past"]["sshKeys"] if name in key["name"]]
    assert len(keys) == 1
    if world.instance(name)["phase"] != "destroyed":
        assert len(state["servers"]) == 1 and len(state["sshKeys"]) == 1
        world.succeed("destroy", instance=name)
    world.nothing_left()
    world.check_ledger()


UNDO = [
    Hold("server.create", "/v1/servers/*", "DELETE", no_server),
    Hold("server.create", deleteSeconds=100),
    Hold("key.create", "/v1/ssh_keys/*", "DELETE", lambda state: state["sshKeys"] == []),
    Hold("credentials.make"),
]


def in_provision(world, hold):
    name, follower, created = fresh_name(), world.follow(), world.sandbox.state()["createdServers"]
    hold.prepare(world)
    job = world.provision(name)
    hold.wait(world, follower, job)
    crash(world, follower, job)
    follower.end(job)
    assert world.instance(name)["phase"] == "running"
    conclude(world, follower, name, job, created)


def during(kind, before=()):
    """Returns the case of an operation on a running instance, after other operations on it."""
    def case(world, hold):
        name, created = fresh_name(), world.sandbox.state()["createdServers"]
        world.succeed("provision", name=name)
        for operation in before:
            world.succeed(operation, instance=name)
        follower = world.follow()
        hold.prepare(world)
        job = world.begin(kind, instance=name)
        hold.wait(world, follower, job)
        crash(world, follower, job)
        conclude(world, follower, name, job, created)
    return case


def in_undo(world, hold):
    name, follower = fresh_name(), world.follow()
    world.sandbox.fault("status", "/v1/servers/*", "GET", status=422, code="invalid_input", message="no luck")
    hold.prepare(world)
    job = world.provision(name)
    hold.wait(world, follower, job, "step.undoing")
    crash(world, follower, job)
    end = follower.end(job)
    assert end["type"] == "job.failed" and end["data"]["code"] == "invalid_input" and "no luck" in end["message"]
    world.nothing_left()
    assert world.instance(name)["phase"] == "failed"
    world.succeed("destroy", instance=name)
    world.nothing_left()
    world.check_ledger()


# The case of each operation, and the points at which the daemon is killed.
OPERATIONS = {
    "provision": (in_provision, PROVISION), "destroy": (during("destroy"), DESTROY), "suspend": (during("suspend"), SUSPEND),
    "resume": (during("resume", ["suspend"]), RESUME), "restart": (during("restart"), RESTART), "undo": (in_undo, UNDO)}
CASES = [
    pytest.param(case, hold, id=f"{operation}-{hold}") for operation, (case, holds) in OPERATIONS.items() for hold in holds]


@pytest.mark.parametrize("case, hold", CASES)
def test_a_job_continues_after_a_crash_on_sqlite(world, case, hold):
    case(world, hold)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_job_continues_after_a_crash_on_postgres(crew, operation):
    case, holds = OPERATIONS[operation]

    def alone(world, hold):
        try:
            case(world, hold)
        finally:
            clean(world)

    crew.each(holds, alone)


def test_a_job_succeeds_despite_repeated_crashes(world):
    """A daemon that dies every half second still completes the job."""
    name, follower, created = fresh_name(), world.follow(), world.sandbox.state()["createdServers"]
    world.sandbox.settings(createSeconds=100, bootSeconds=50)
    job = world.provision(name)
    for _ in range(8):
        time.sleep(0.5)
        world.daemon.kill()
        world.daemon.start()
    assert follower.end(job)["type"] == "job.succeeded"
    conclude(world, follower, name, job, created)


def test_twenty_jobs_continue_after_a_crash_without_repeated_work(world):
    """Twenty provisions in all stages and one crash: each continues, none is done twice."""
    follower, created = world.follow(), world.sandbox.state()["createdServers"]
    names = [fresh_name() for _ in range(20)]
    world.sandbox.settings(createSeconds=50)
    jobs = [world.provision(name) for name in names]
    follower.step(jobs[10], "server.create")
    world.daemon.kill()
    world.daemon.start()
    assert all(follower.end(job)["type"] == "job.succeeded" for job in jobs)
    state = world.sandbox.state()
    assert state["createdServers"] - created == len(state["servers"]) == len(state["sshKeys"]) == 20
    ends = [world.begin("destroy", instance=name) for name in names]
    follower.step(ends[10], "server.delete")
    world.daemon.kill()
    world.daemon.start()
    assert all(follower.end(job)["type"] == "job.succeeded" for job in ends)
    world.nothing_left()
    world.check_ledger()
