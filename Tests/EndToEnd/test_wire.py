"""The wire without a client library: lines of a shell script, raw bytes on a socket, subscriptions that are cut and
resumed."""

import json
import shutil
import socket
import subprocess
import time

import pytest

from harness import Closed, Connection, RPCError, fresh_name


def shell(line, world, seconds=90):
    """Runs a line of shell as an operator writes it, with the daemon's socket for SOCKET; returns its JSON lines."""
    assert shutil.which("socat"), "socat is missing: run make setup"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line.replace("SOCKET", str(world.daemon.socket))],
        capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return [json.loads(text) for text in done.stdout.splitlines()]


def test_one_line_of_shell_makes_a_call(world):
    answers = shell(r"""printf '{"jsonrpc":"2.0","id":1,"method":"status.list"}\n' | socat - UNIX-CONNECT:SOCKET""", world)
    assert answers == [{"jsonrpc": "2.0", "id": 1, "result": {"instances": []}}]


def test_a_subscription_in_a_pipeline_ends_with_its_job(world):
    world.sandbox.settings(createSeconds=75)
    call = '{"jsonrpc":"2.0","id":1,"method":"provision","params":{"name":"ada","region":"eu-central","size":"small"}}'
    reply, = shell(f"printf '%s\\n' '{call}' | socat - UNIX-CONNECT:SOCKET", world)
    job = reply["result"]["job"]["id"]
    follow = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "status.subscribe",
                         "params": {"filter": {"job": job}, "from": "start", "until": "terminal"}})
    began = time.monotonic()
    reply, *notes = shell(f"printf '%s\\n' '{follow}' | socat -t 60 - UNIX-CONNECT:SOCKET", world)
    assert time.monotonic() - began < 45, "socat waited for its own limit instead of the end of the stream"
    assert reply["id"] == 2 and reply["result"]["subscription"]
    assert all(note["method"] == "status.event" for note in notes)
    assert {note["params"]["subscription"] for note in notes} == {reply["result"]["subscription"]}
    events = [note["params"]["result"] for note in notes]
    assert events[0]["type"] == "job.queued" and events[-2]["type"] == "job.succeeded"
    assert events[-1] == {"type": "subscription.ended", "reason": "terminal", "seq": events[-2]["seq"]}
    again = shell(f"printf '%s\\n' '{follow}' | socat -t 60 - UNIX-CONNECT:SOCKET", world)
    assert [note["params"]["result"] for note in again[1:]] == events, "a subscription to what is over tells all and ends"
    world.succeed("destroy", instance="ada")


def test_the_reply_comes_before_the_jobs_events(world):
    with world.connect() as connection:
        connection.subscribe()
        for number in range(10):
            reply = connection.call("provision", name=f"a{number}", region="eu-central", size="small")
            job = reply["job"]["id"]
            early = [note for note in connection.notes if note["params"]["result"].get("job") == job]
            assert early == [], "an event came before the reply that names its job"
            connection.notes.clear()
    for number in range(10):
        world.finish(world.begin("destroy", instance=f"a{number}"))
    world.nothing_left()


def test_a_subscription_can_start_after_any_seq(world):
    world.succeed("provision", name="ada")
    world.succeed("suspend", instance="ada")
    with world.connect() as connection:
        head = connection.call("system.health")["head"]
        connection.subscribe(**{"from": "start"})
        whole = [connection.note()["params"]["result"] for _ in range(head)]
    assert [event["seq"] for event in whole] == list(range(1, head + 1))
    for seq in range(head):
        with world.connect() as connection:
            reply = connection.subscribe(**{"from": seq})
            assert reply["head"] == head
            rest = [connection.note()["params"]["result"] for _ in range(head - seq)]
            assert rest == whole[seq:]
    with world.connect() as connection:
        error = connection.refused("cursorAhead", "status.subscribe", **{"from": head + 1})
        assert error.data["head"] == head
    world.succeed("destroy", instance="ada")


def test_a_subscription_resumed_after_a_disconnect_misses_no_event(world):
    """Each connection reads three events and is closed; the next one continues after the last event."""
    job = world.provision("ada")
    seen, cuts = [], 0
    while not seen or seen[-1]["type"] != "job.succeeded":
        with world.connect() as connection:
            connection.subscribe(filter={"job": job}, **{"from": seen[-1]["seq"] if seen else "start"})
            for _ in range(3):
                seen.append(connection.note()["params"]["result"])
                if seen[-1]["type"] == "job.succeeded":
                    break
        cuts += 1
    assert cuts >= 5
    with world.connect() as connection:
        subscription = connection.subscribe(filter={"job": job}, **{"from": "start"}, until="terminal")["subscription"]
        assert seen == connection.until_end(subscription)
    world.succeed("destroy", instance="ada")


def test_vanishing_subscribers_do_not_disturb_the_daemon(world):
    """Closing with unread events resets the connection while the daemon writes to it. The daemon is not affected."""
    follower = world.follow()
    jobs = [world.provision(f"a{number}") for number in range(8)]
    for number in range(150):
        with world.connect() as connection:
            connection.subscribe(**{"from": number % 7})
            connection.note()
    assert all(world.finish(job)["state"] == "succeeded" for job in jobs)
    for number in range(8):
        world.succeed("destroy", instance=f"a{number}")
    assert follower.reconnects == 0, "the daemon died"
    world.check_ledger()


def test_filters_select_events_by_instance_tenant_change_and_type(world):
    for tenant in ("acme", "blue", "empty"):
        world.call("tenant.create", tenant=tenant)
    for name, tenant in (("ada", "acme"), ("bob", "blue")):
        world.finish(world.provision(name, tenant=tenant, change=f"change-{name}"))
    instance = world.call("status.get", instance="ada", tenant="acme")["instance"]["id"]
    with world.connect() as connection:
        def events(**filter):
            connection.notes.clear()
            return connection.until_end(
                connection.subscribe(filter=filter, **{"from": "start"}, until="terminal")["subscription"])

        whole = events()
        ada = [event for event in whole if event["instance"] == instance]
        assert 0 < len(ada) < len(whole)
        assert events(instance=instance) == events(tenant="acme") == events(change="change-ada") == ada
        assert events(instance="ada", tenant="acme", types=["phase.changed"]) == [
            event for event in ada if event["type"] == "phase.changed"]
        assert events(tenant="empty") == []
        connection.refused("tenantNotFound", "status.subscribe", filter={"tenant": "nobody"})
        connection.refused("jobNotFound", "status.subscribe", filter={"job": instance})
        connection.refused("instanceNotFound", "status.subscribe", filter={"instance": "nobody"})
    for name, tenant in (("ada", "acme"), ("bob", "blue")):
        world.finish(world.begin("destroy", instance=name, tenant=tenant))


def test_an_ended_subscription_delivers_no_events(world):
    with world.connect() as connection:
        assert connection.subscribe(subscription="mine")["subscription"] == "mine"
        connection.refused("subscriptionExists", "status.subscribe", subscription="mine")
        assert connection.call("status.unsubscribe", subscription="mine") == {"ended": True}
        assert connection.call("status.unsubscribe", subscription="mine") == {"ended": False}
        world.succeed("provision", name="ada")
        assert connection.call("system.ping") == {"pong": True}
        assert connection.notes == []
        assert connection.subscribe(subscription="mine")["subscription"] == "mine"
    world.succeed("destroy", instance="ada")


def test_an_invalid_call_gets_an_error_and_the_connection_stays_open(world):
    refusals = [
        (b"{nonsense\n", -32700, None), (b"[]\n", -32600, None), (b'{"jsonrpc":"1.0","id":1,"method":"a"}\n', -32600, 1),
        (b'{"jsonrpc":"2.0","id":2,"method":"no.such"}\n', -32601, 2),
        (b'{"jsonrpc":"2.0","id":3,"method":"status.get","params":{"instance":"ada","colour":"red"}}\n', -32602, 3),
        (b'{"jsonrpc":"2.0","id":4,"method":"status.get","params":{}}\n', -32602, 4),
        (b'{"jsonrpc":"2.0","id":5,"method":"status.list","params":{"limit":0}}\n', -32602, 5),
    ]
    with world.connect() as connection:
        for line, number, identifier in refusals:
            connection.send_bytes(line)
            answer = connection.read()
            assert (answer["error"]["code"], answer["id"]) == (number, identifier), answer
            assert answer["error"]["data"]["code"] and answer["error"]["message"]
            assert connection.call("system.ping") == {"pong": True}
        connection.send_bytes(b'{"jsonrpc":"2.0","method":"status.get","params":{"instance":"nobody"}}\n')
        connection.send([{"jsonrpc": "2.0", "id": "a", "method": "system.ping"}, {"jsonrpc": "2.0", "id": None, "method": "no"},
                         {"jsonrpc": "2.0", "method": "system.ping"}])
        batch = connection.read()
        assert {answer["id"] for answer in batch} == {"a", None}, "a notification is never answered"
        limit = connection.call("system.limits")["limits"]["messageBytes"]
        connection.send_bytes(b" " * (limit + 1) + b"\n")
        assert "error" in connection.read()
        assert connection.call("system.ping") == {"pong": True}


def test_replies_arrive_after_a_half_close(world):
    with world.connect() as connection:
        for number in range(20):
            connection.post("provision", name=f"a{number}", region="eu-central", size="small")
        connection.socket.shutdown(socket.SHUT_WR)
        replies = [connection.read() for _ in range(20)]
        assert sorted(reply["id"] for reply in replies) == list(range(1, 21))
        assert all(reply["result"]["job"]["state"] == "queued" for reply in replies)
        with pytest.raises(Closed):
            connection.read()
    for number in range(20):
        world.finish(world.begin("destroy", instance=f"a{number}"))
    world.nothing_left()


def test_a_stalled_client_does_not_delay_other_clients(world):
    with Connection(world.daemon.socket) as idle:
        for _ in range(50):
            idle.post("status.subscribe", **{"from": "start"})
        jobs = [world.provision(f"a{number}") for number in range(5)]
        for job in jobs:
            assert world.finish(job)["state"] == "succeeded"
        with world.connect() as connection:
            for _ in range(2000):
                connection.post("status.list", includeDestroyed=True)
                connection.read()
        for number in range(5):
            world.finish(world.begin("destroy", instance=f"a{number}"))
        idle.socket.settimeout(10)
        seen = {}
        head = world.call("system.health")["head"]
        while len(seen) < 50 or min(seen.values()) < head:
            message = idle.read()
            if "method" in message:
                identifier, event = message["params"]["subscription"], message["params"]["result"]
                assert event["seq"] == seen.get(identifier, 0) + 1, "an event was lost on the way to a slow client"
                seen[identifier] = event["seq"]
    world.nothing_left()


def test_calls_work_over_tcp(worlds):
    world = worlds(start_daemon=False)
    world.daemon.with_settings(listen="127.0.0.1:0").start()
    address = next(word for word in world.daemon.ready_line.split() if word.startswith("tcp:"))
    host, port = address.removeprefix("tcp:").rsplit(":", 1)
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b'{"jsonrpc":"2.0","id":1.50,"method":"system.ping"}\n')
        assert connection.makefile("rb").readline() == b'{"jsonrpc":"2.0","id":1.50,"result":{"pong":true}}\n'


def test_an_error_message_states_the_remedy(world):
    with world.connect() as connection:
        with pytest.raises(RPCError) as raised:
            connection.call("status.get", instance="ada")
    assert raised.value.number == -32020 and raised.value.code == "instanceNotFound"
    assert raised.value.data["retryable"] is False and "status.list" in raised.value.message


def test_max_events_ends_a_subscription(world):
    """The subscription ends after the requested number of events, whether old or live; a repetition continues after
    them."""
    job = world.provision(fresh_name())
    world.finish(job)
    with world.connect() as connection:
        first = connection.subscribe(**{"from": "start"}, maxEvents=3)["subscription"]
        notes = [connection.note()["params"] for _ in range(4)]
        assert {note["subscription"] for note in notes} == {first}
        assert [note["result"]["seq"] for note in notes] == [1, 2, 3, 3]
        assert notes[-1]["result"] == {"type": "subscription.ended", "reason": "maxEvents", "seq": 3}
        connection.subscribe(**{"from": 3}, maxEvents=1, filter={"types": ["job.succeeded"]})
        assert connection.note()["params"]["result"]["type"] == "job.succeeded"
        assert connection.note()["params"]["result"]["reason"] == "maxEvents"
        live = connection.subscribe(maxEvents=2)["subscription"]
        connection.call("destroy", instance=world.call("job.get", job=job)["job"]["instance"])
        notes = [connection.note()["params"] for _ in range(3)]
        assert [note["subscription"] for note in notes] == [live] * 3 and notes[0]["result"]["type"] == "job.queued"
        assert connection.call("status.unsubscribe", subscription=live) == {"ended": False}
        connection.refused("invalidParams", "status.subscribe", maxEvents=0)
        connection.refused("invalidParams", "status.subscribe", onLag="forget")


def test_a_filter_with_few_matches_gets_bookmarks(world):
    """After every thousand events that do not match, the subscriber gets a bookmark, and may start from there."""
    with world.connect() as connection:
        quiet = connection.subscribe(filter={"types": ["alert.raised"]})["subscription"]
        begun = connection.call("system.health")["head"]
        jobs = [connection.call("provision", name=fresh_name(), region="eu-central", size="small")["job"] for _ in range(50)]
        for job in jobs:
            world.finish(job["id"])
        head = connection.call("system.health")["head"]
        assert head - begun > 1100, "too few events to get a bookmark"
        mark = connection.note()["params"]
        assert mark["subscription"] == quiet and mark["result"]["type"] == "subscription.bookmark"
        assert begun + 1000 <= mark["result"]["seq"] <= head
        again = connection.subscribe(**{"from": mark["result"]["seq"]}, filter={"types": ["alert.raised"]})
        assert again["head"] >= mark["result"]["seq"]
