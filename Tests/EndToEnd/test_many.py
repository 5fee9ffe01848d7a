"""Two hundred calls at once."""

import json
import socket

import pytest

from harness import REPOSITORY, eventually, finish

COUNT = 200
CONNECTIONS = 8


def snapshot(world):
    """Returns the pages of a snapshot, as the shell client prints them."""
    script = f"source {REPOSITORY}/clients/shell/aura.sh; aura_subscribe '{{\"from\": \"snapshot\", \"until\": \"terminal\"}}'"
    done = finish(["bash", "-c", script], environment={"AURA_SOCKET": str(world.daemon.socket)}, seconds=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.load
def test_two_hundred_concurrent_provisions_succeed(worlds):
    """Exactly two hundred instances are made, within the provider's real rate limit, and no client sees an error."""
    world = worlds(rate=3600, scale=0.1)
    sockets = [socket.socket(socket.AF_UNIX) for _ in range(CONNECTIONS)]
    for place, each in enumerate(sockets):
        each.connect(str(world.daemon.socket))
        calls = [
            {"jsonrpc": "2.0", "id": number, "method": "provision",
             "params": {"name": f"a{number}", "region": "eu-central", "size": "small", "idempotencyKey": f"k{number}"}}
            for number in range(place, COUNT, CONNECTIONS)]
        each.sendall(b"".join(json.dumps(call).encode() + b"\n" for call in calls))
    jobs = []
    for each in sockets:
        with each, each.makefile("rb") as lines:
            replies = [json.loads(next(lines)) for _ in range(COUNT // CONNECTIONS)]
        assert all("result" in reply for reply in replies), [reply for reply in replies if "error" in reply]
        jobs += [reply["result"]["job"]["id"] for reply in replies]
    assert len(set(jobs)) == COUNT
    for job in jobs:
        assert world.finish(job, 120)["state"] == "succeeded"
    state = world.sandbox.state()
    print(f"requests: {state['requests']['total']}, over the limit: {state['requests']['rateLimited']}")
    assert state["createdServers"] == COUNT and len(state["servers"]) == COUNT
    listed = world.call("status.list", limit=1000)["instances"]
    assert len(listed) == COUNT and {instance["phase"] for instance in listed} == {"running"}

    assert [(len(page["instances"]), page["complete"]) for page in snapshot(world)] == [(100, False), (100, True)]

    ends = [world.begin("destroy", instance=instance["id"]) for instance in listed]
    for job in ends:
        assert world.finish(job, 120)["state"] == "succeeded"
    eventually(lambda: world.sandbox.state()["servers"] == [], what="the last server to go")
    world.nothing_left()
    world.check_ledger()
