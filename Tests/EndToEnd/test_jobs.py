"""Control of jobs by their owners: retry, explain, wait; and jobs that cannot be undone or cancelled."""

import json
import threading

import pytest

from harness import World, fresh_name

# Short, so that a parked job is tried again within the test.
PACE = {"pace.retryBaseSeconds": 0.1, "pace.retryCapSeconds": 0.5, "pace.parkedBaseSeconds": 0.5, "pace.parkedCapSeconds": 1}
REVOKED = {"status": 401, "message": "unable to authenticate", "count": 0}


def refused(world, code, method, **params):
    with world.connect() as connection:
        return connection.refused(code, method, **params)


@pytest.fixture
def world():
    world = World({**PACE}, scale=0.005)
    yield world
    world.close()


def test_a_failed_provision_is_tried_again_with_a_new_machine(world):
    name = fresh_name()
    world.sandbox.fault("status", "/v1/servers", "POST", status=422, code="invalid_input", message="no such thing")
    failed = world.finish(world.provision(name))
    assert failed["state"] == "failed"

    first = world.call("job.retry", job=failed["id"], idempotencyKey="again")
    again = world.call("job.retry", job=failed["id"], idempotencyKey="again")
    assert again["job"]["id"] == first["job"]["id"] != failed["id"]
    assert first["job"]["retryOf"] == failed["id"]
    assert (first["instance"]["phase"], first["instance"]["generation"]) == ("queued", 2)
    assert world.finish(first["job"]["id"])["state"] == "succeeded"
    assert world.instance(name)["phase"] == "running"
    assert len(world.sandbox.state()["servers"]) == 1

    refused(world, "nothingToRetry", "job.retry", job=first["job"]["id"])
    refused(world, "phaseConflict", "job.retry", job=failed["id"])


def test_retry_is_refused_if_another_instance_has_the_name(world):
    name = fresh_name()
    world.sandbox.fault("status", "/v1/servers", "POST", status=422, code="invalid_input", message="no such thing")
    failed = world.finish(world.provision(name))
    world.succeed("provision", name=name)
    refused(world, "nameTaken", "job.retry", job=failed["id"])


def test_a_blocked_destroy_parks_and_continues(world):
    """The token is revoked: nothing is forgotten, and the job cannot be cancelled. Once the token is valid again,
    everything is removed."""
    name = fresh_name()
    world.succeed("provision", name=name)
    world.sandbox.fault("status", "/v1/servers/*", **REVOKED)
    job = world.begin("destroy", instance=name)
    follower = world.follow()
    follower.wait(lambda event: event["type"] == "job.parked" and event.get("job") == job, what="a parked job")
    alert = follower.wait(lambda event: event["type"] == "alert.raised", what="an alert")
    assert alert["data"]["code"] == "jobParked"
    parked = world.call("job.get", job=job)["job"]
    assert parked["failure"]["code"] == "unauthorized" and parked["state"] in ("waiting", "running")
    assert world.instance(name)["phase"] == "destroying"
    assert world.instance(name)["failure"]["code"] == "unauthorized"

    refused(world, "pivotPassed", "job.cancel", job=job)
    explained = world.call("job.explain", job=job)
    assert "unable to authenticate" in explained["summary"] and explained["waits"]["seconds"] >= 0
    assert [resource["kind"] for resource in explained["resources"]] == ["server", "key"]

    world.sandbox.clear_faults()
    assert world.call("job.retry", job=job)["job"]["id"] == job
    ended = world.call("job.wait", job=job, timeoutMs=60_000)["job"]
    assert (ended["state"], ended.get("failure")) == ("succeeded", None)
    world.nothing_left()


def test_a_failed_undo_is_retried_until_nothing_is_left(world):
    name = fresh_name()
    world.sandbox.fault("status", "/v1/actions", "GET", status=422, code="invalid_input", message="no such action", count=0)
    deleting = world.sandbox.fault(
        "status", "/v1/servers/*", "DELETE", status=422, code="protected", message="protected", count=0)
    job = world.provision(name)
    follower = world.follow()
    alert = follower.wait(lambda event: event["type"] == "alert.raised", seconds=60, what="an alert")
    assert alert["data"]["code"] == "undoFailed" and alert["job"] == job
    state = world.sandbox.state()
    assert alert["data"]["externalId"] == str(state["servers"][0]["id"])
    failing = world.call("job.get", job=job)["job"]
    assert failing["state"] == "compensating"
    undo_failed = [step for step in failing["steps"] if step.get("externalId") == alert["data"]["externalId"]]
    assert undo_failed[0]["state"] in ("undoFailed", "undoing")
    assert world.instance(name)["failure"]["code"] == "undoFailed"

    fired = world.sandbox.fired(deleting)
    follower.wait(
        lambda event: event["type"] == "step.undoFailed" and world.sandbox.fired(deleting) > fired, what="another try")
    world.sandbox.clear_faults()
    world.call("job.retry", job=job)
    assert world.finish(job)["state"] == "failed"
    state = world.sandbox.state()
    assert (state["servers"], state["sshKeys"]) == ([], [])
    world.succeed("destroy", instance=name)
    world.nothing_left()


def test_job_wait_ends_with_the_job_the_time_limit_or_a_cancellation(world):
    name = fresh_name()
    world.sandbox.settings(timeScale=1)
    job = world.provision(name)
    timeout = refused(world, "waitTimeout", "job.wait", job=job, timeoutMs=50)
    assert timeout.data["job"] == job
    refused(world, "invalidParams", "job.wait", job=job, timeoutMs=3_600_001)
    refused(world, "jobNotFound", "job.wait", job="nothing")

    # Cancelling a wait ends only that wait.
    with world.connect() as connection:
        connection.send({"jsonrpc": "2.0", "id": "w", "method": "job.wait", "params": {"job": job}})
        connection.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "w"}})
        answer = connection.read()
        assert (answer["id"], answer["error"]["data"]["code"]) == ("w", "requestCancelled")
    answers = []
    waits = [threading.Thread(target=lambda: answers.append(world.call("job.wait", job=job))) for _ in range(8)]
    for wait in waits:
        wait.start()
    world.sandbox.settings(timeScale=0.005)
    for wait in waits:
        wait.join(60)
    assert [answer["job"]["state"] for answer in answers] == ["succeeded"] * 8
    assert world.call("job.wait", job=job, timeoutMs=0)["job"]["state"] == "succeeded"


def test_job_explain_lists_unseen_resources_if_the_provider_fails(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    job = world.begin("suspend", instance=name)
    world.finish(job)
    explained = world.call("job.explain", job=job)
    assert explained["resources"][0]["state"] == "off" and explained["resources"][0]["ours"]
    assert "succeeded" in explained["summary"]
    world.sandbox.fault("status", "/v1/*", status=503, count=0)
    explained = world.call("job.explain", job=job)
    assert {unseen["kind"] for unseen in explained["unseen"]} == {"server", "key"}


def test_the_job_commands_of_the_command_line_reach_the_daemon(world):
    name = fresh_name()
    world.succeed("provision", name=name)
    job = world.call("job.list", instance=name, order="newest")["jobs"][0]["id"]
    run = lambda *words: world.daemon.aura(*words)
    assert run("job", "wait", job).stdout == f"job {job} succeeded\n"
    explained = run("job", "explain", job)
    assert f"The provision of {name} succeeded." in explained.stdout and "server" in explained.stdout
    refused = run("job", "retry", job)
    assert refused.returncode == 2 and "it succeeded: nothing is left to do" in refused.stderr
    assert json.loads(run("--json", "job", "wait", job).stdout)["job"]["state"] == "succeeded"
    assert run("--version").stdout == "aura 0.1.0\n"
