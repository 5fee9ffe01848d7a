"""Limits of a tenant, retention of the past, and a daemon that was stopped for longer than its leases."""

import os
import signal
import time

from harness import eventually


def test_the_instances_of_a_tenant_are_limited(worlds):
    world = worlds({"limits.instancesPerTenant": 2})
    for name in ("ada", "bob"):
        world.succeed("provision", name=name)
    with world.connect() as connection:
        error = connection.refused("quotaExceeded", "provision", name="cyd", region="eu-central", size="small")
        assert "2 live instances" in str(error)
        connection.call("tenant.create", tenant="other")
        connection.call("provision", name="cyd", region="eu-central", size="small", tenant="other")
    world.succeed("destroy", instance="ada")
    world.succeed("provision", name="dan")


def test_the_jobs_in_flight_of_a_tenant_are_limited(worlds):
    """Six provisions of one tenant, of which two run. Another tenant's only provision is not delayed, nor is a destroy."""
    world = worlds({"limits.jobsPerTenant": 2})
    world.succeed("provision", name="old")
    world.call("tenant.create", tenant="other")
    world.sandbox.settings(createSeconds=150)
    jobs = [world.provision(f"a{number}") for number in range(6)]

    def states():
        return [world.call("job.get", job=job)["job"]["state"] for job in jobs]

    eventually(lambda: sum(state != "queued" for state in states()) == 2, what="two jobs in flight")
    other = world.provision("b", tenant="other")
    removal = world.begin("destroy", instance="old")
    eventually(lambda: world.call("job.get", job=other)["job"]["state"] != "queued", what="the other tenant's job")
    assert world.finish(removal)["state"] == "succeeded"
    assert sum(state == "queued" for state in states()) == 4
    world.sandbox.settings(createSeconds=1)
    for job in [*jobs, other]:
        assert world.finish(job, 120)["state"] == "succeeded"


def test_old_jobs_and_events_are_pruned(worlds):
    world = worlds({"retention.jobSeconds": 1, "retention.eventSeconds": 1, "retention.everySeconds": 0.3})
    world.succeed("provision", name="ada")
    old = world.succeed("destroy", instance="ada")["id"]
    before = world.call("system.health")["head"]
    eventually(lambda: world.call("system.health")["oldest"] > before, what="the old events to go")
    with world.connect() as connection:
        connection.refused("jobNotFound", "job.get", job=old)
        error = connection.refused("cursorExpired", "status.subscribe", **{"from": 0})
        assert error.data["oldest"] > before and error.data["head"] >= before
        assert connection.subscribe(**{"from": "start"})["head"] >= before
    assert world.call("status.list", includeDestroyed=True)["instances"] == []
    job = world.provision("ada")
    events = world.follow_job(job)
    assert events[0]["type"] == "job.queued" and events[0]["seq"] == before + 1, "the ledger goes on without a gap"


def test_a_daemon_resumes_its_jobs_after_its_leases_expired(worlds):
    """A daemon is stopped for longer than a lease while it creates machines: it resumes its jobs, and each machine is
    created once."""
    world = worlds({"engine.leaseSeconds": 6, "engine.heartbeatSeconds": 2})
    follower = world.follow()
    world.sandbox.settings(createSeconds=100)
    jobs = [world.provision(f"a{number}") for number in range(5)]
    for job in jobs:
        follower.step(job, "server.create")
    os.kill(world.daemon.pid, signal.SIGSTOP)
    time.sleep(8)
    os.kill(world.daemon.pid, signal.SIGCONT)
    for job in jobs:
        assert world.finish(job, 90)["state"] == "succeeded"
    state = world.sandbox.state()
    assert state["createdServers"] == 5 and len(state["servers"]) == 5
    world.check_ledger()
