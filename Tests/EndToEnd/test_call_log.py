"""The log of calls: at the level `debug` a line with the method, the caller and the outcome of each call, and no
line at higher levels.

Neither parameters nor results are part of a line."""

import json
import os
import re

import pytest
import requests

from harness import RPCError, eventually

CALL = re.compile(
    r"^\S+ debug aurad: method=(?P<method>\S+) outcome=(?P<outcome>\S+) peer=(?P<peer>.+?) principal=(?P<principal>\S+) "
    r"\[\S+\] call$")
PLANTED = "planted-7d1f0c52e9"


def calls(world):
    """Returns the lines of the log about calls, in their order, as dictionaries."""
    return [found.groupdict() for found in map(CALL.match, world.daemon.log_text().splitlines()) if found]


def test_each_call_is_logged_with_its_method_caller_and_outcome(worlds):
    world = worlds({"log.level": "debug", "http": "127.0.0.1:0"})
    with world.connect() as connection:
        connection.call("status.list")
        connection.refused("instanceNotFound", "status.get", instance=PLANTED)
        connection.refused("invalidParams", "status.list", limit=PLANTED)
        connection.refused("unknownRegion", "provision", name="ada", region=PLANTED, size="small", idempotencyKey=PLANTED)
        # Calls with a constant reply and calls of unknown methods do not pass the log.
        connection.call("system.ping")
        with pytest.raises(RPCError):
            connection.call(f"no.{PLANTED}")
        # A notification is logged although it has no reply.
        connection.send({"jsonrpc": "2.0", "method": "job.list", "params": {"change": PLANTED}})
        connection.send([{"jsonrpc": "2.0", "id": number, "method": "system.health"} for number in ("one", "two")])
        connection.read()
    host, port = world.daemon.http
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "job.get", "params": {"job": PLANTED}})
    assert "error" in requests.post(
        f"http://{host}:{port}/rpc", data=body, timeout=30,
        headers={"Content-Type": "application/json", **world.daemon.http.headers}).json()
    eventually(lambda: calls(world) and calls(world)[-1]["method"] == "job.get", what="the line of the last call")

    own, gateway = f"uid:{os.getuid()}", world.daemon.principal
    # The notification and the members of a batch may run at the same time.
    assert sorted((line["method"], line["outcome"], line["principal"]) for line in calls(world)) == sorted([
        ("status.list", "ok", own), ("status.get", "instanceNotFound", own), ("status.list", "invalidParams", own),
        ("provision", "unknownRegion", own), ("job.list", "ok", own), ("system.health", "ok", own),
        ("system.health", "ok", own), ("principal.create", "ok", own), ("token.create", "ok", own),
        ("job.get", "jobNotFound", gateway)])
    assert world.daemon.token not in world.daemon.log_text()
    peers = {line["principal"]: line["peer"] for line in calls(world)}
    assert str(os.getpid()) in peers[own] and peers[gateway].startswith("127.0.0.1 port "), peers
    assert PLANTED not in world.daemon.log_text()


@pytest.mark.parametrize("level", ["info", "warning"])
def test_no_call_is_logged_above_debug(worlds, level):
    world = worlds({"log.level": level})
    with world.connect() as connection:
        connection.call("status.list")
        connection.refused("instanceNotFound", "status.get", instance=PLANTED)
    world.daemon.stop()
    assert "method=" not in world.daemon.log_text()
    assert PLANTED not in world.daemon.log_text()
