"""The plays of the rules. A play is a function of the stage; its name is the rule's id with underscores."""

import os
import pathlib
import socket
import threading
import time

from adapter import Adapter, Failed
from scripted import INSTANCE, JOB, Proxy, Scripted, ended, error, event


class Skipped(Exception):
    """The rule cannot be played here."""


class Stage:
    """The resources of a play: a directory with a short path, adapters and daemons."""

    def __init__(self, description, directory, world=None):
        self.description = description
        self.directory = pathlib.Path(directory)
        # Makes a daemon of Aura with a sandbox.
        self.world = world

    def adapter(self, **environment):
        return Adapter(self.description, environment)

    def daemon(self, answer, name="aurad.sock", **options):
        if "host" not in options:
            options["path"] = self.directory / name
        return Scripted(answer, **options)


def until(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"this did not happen within {seconds} s: {what}"
        time.sleep(0.02)


def name_of(call):
    return {"instance": {**INSTANCE, "name": call["params"]["instance"]}}


def answer_names(call, peer):
    if call["method"] == "status.get":
        peer.answer(call, name_of(call))


def accept(call, peer, head=0, **more):
    if call["method"] == "status.subscribe":
        peer.answer(call, {"subscription": "s1", "head": head, **more})


def is_given_up(daemon, method):
    """True if each call of the method was cancelled by its id, or was the last on a connection that ended."""
    def is_free(peer, call):
        return peer.is_closed or any(each["params"]["id"] == call["id"] for each in peer.called("$/cancelRequest"))
    calls = [(peer, call) for peer in daemon.peers for call in peer.called(method)]
    return bool(calls) and all(is_free(peer, call) for peer, call in calls)


# MARK: processes and threads

def fork(stage):
    with stage.daemon(answer_names) as daemon, stage.adapter() as adapter:
        for number in range(10):
            client = f"c{number}"
            adapter.open(daemon.address, client=client)
            adapter.call("status.get", client=client, instance="before").result()
            asked = {side: [{"instance": f"{side}{each}"} for each in range(20)] for side in ("parent", "child")}
            said = adapter.do("fork", client=client, method="status.get", **asked).result()
            for side, params in asked.items():
                names = [each.get("instance", {}).get("name", each) for each in said[side]]
                assert names == [each["instance"] for each in params], f"the {side} got {names}"
        for peer in daemon.peers:
            sides = {call["params"]["instance"][:5] for call in peer.called("status.get")} - {"befor"}
            assert len(sides) <= 1, "parent and child shared a connection"


def concurrent_calls(stage):
    kept = []

    def answer(call, peer):
        if call["method"] == "job.wait":
            kept.append((call, peer))
        elif call["params"]["instance"] in ("a", "b"):
            # Both calls get their replies once both have arrived, the later call first.
            pair.append((call, peer))
            for each, its_peer in reversed(pair) if len(pair) == 2 else []:
                its_peer.answer(each, name_of(each))
        else:
            peer.answer(call, name_of(call))

    pair = []
    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        wait = adapter.wait(JOB["id"])
        daemon.until(lambda: kept, "the wait")
        both = [adapter.call("status.get", instance=each) for each in ("a", "b")]
        assert [each.result()["instance"]["name"] for each in both] == ["a", "b"]
        for number in range(50):
            assert adapter.call("status.get", instance=f"n{number}").result()["instance"]["name"] == f"n{number}"
        assert not wait.is_over
        kept[0][1].answer(kept[0][0], {"job": JOB})
        assert wait.result()["state"] == "succeeded"
        assert len(daemon.peers) == 1, f"the calls used {len(daemon.peers)} connections"


# MARK: giving up

def cancelled_call(stage):
    with stage.daemon(answer_names) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        waits = [adapter.wait(JOB["id"]) for _ in range(3)]
        daemon.until(lambda: len(daemon.called("job.wait")) == 3, "the waits")
        for wait in waits:
            adapter.cancel(wait)
            wait.failure("cancelled")
        daemon.until(lambda: is_given_up(daemon, "job.wait"), "the daemon was told")
        assert adapter.call("status.get", instance="next").result()["instance"]["name"] == "next"


def cancelled_waits(stage):
    world = stage.world()
    # The cloud refuses every call, so that the job continues.
    world.sandbox.fault("status", "/v1/*", status=503, count=0)
    job = world.provision("ada")
    with stage.adapter() as adapter:
        adapter.open(f"unix:{world.daemon.socket}", patienceMs=2000)
        # Few at a time, so that a client with one process per wait does not overload the machine.
        for _ in range(30):
            waits = [adapter.wait(job) for _ in range(10)]
            for wait in waits:
                adapter.cancel(wait)
                wait.failure("cancelled")
        assert adapter.call("status.get", instance="ada").result()["instance"]["name"] == "ada"
        assert "finishedAt" not in world.call("job.get", job=job)["job"], "the call was answered only when the job had ended"


def timed_out_call(stage):
    def answer(call, peer):
        if call["params"]["instance"] != "silent":
            answer_names(call, peer)

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, timeoutMs=1000)
        for _ in range(2):
            adapter.call("status.get", instance="silent").failure("timeout")
        daemon.until(lambda: is_given_up(daemon, "status.get"), "the daemon was told")
        assert adapter.call("status.get", instance="next").result()["instance"]["name"] == "next"


# MARK: closing

def close_final(stage):
    with stage.daemon(answer_names) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        waits = [adapter.wait(JOB["id"]) for _ in range(3)]
        daemon.until(lambda: len(daemon.called("job.wait")) == 3, "the waits")
        adapter.close()
        for wait in waits:
            wait.failure("closed")
        daemon.until(lambda: all(peer.is_closed for peer in daemon.peers), "the end of the connection")
        connections = len(daemon.peers)
        adapter.call("status.get", instance="later").failure("closed")
        adapter.subscribe().failure("closed")
        # Longer than the first waits between attempts.
        time.sleep(1)
        assert len(daemon.peers) == connections, "the closed client has a connection again"


def close_subscription(stage):
    with stage.daemon(accept) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        subscription = adapter.subscribe()
        daemon.until(lambda: daemon.called("status.subscribe"), "the subscription")
        adapter.close()
        assert subscription.result() == {"reason": None}
        daemon.until(lambda: all(peer.is_closed for peer in daemon.peers), "the end of the connection")


# MARK: silence

def silence_noticed(stage):
    def answer(call, peer):
        accept(call, peer, head=40)
        # The first connection falls silent, like one with dropped packets.
        if len(daemon.called("status.subscribe")) == 1:
            peer.tell(event(41))
        else:
            daemon.is_mute = False
            peer.tell(event(42))
            peer.tell(ended(42))

    with stage.daemon(answer, is_mute=True) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, silenceMs=1000, timeoutMs=3000)
        subscription = adapter.subscribe()
        assert subscription.seqs(2, seconds=60) == [41, 42]
        assert subscription.result() == {"reason": "terminal"}
        assert [call["params"].get("from") for call in daemon.called("status.subscribe")[1:]] == [41]
        first = next(peer for peer in daemon.peers if peer.called("status.subscribe"))
        assert first.called("system.ping"), "no ping was sent on the connection of the subscription"
        daemon.until(lambda: first.is_closed, "the end of the silent connection")


def silence_answered(stage):
    with stage.daemon(accept) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, silenceMs=1000, timeoutMs=3000)
        subscription = adapter.subscribe()
        daemon.until(lambda: len(daemon.called("system.ping")) >= 3, "three pings", 60)
        peer = next(peer for peer in daemon.peers if peer.called("status.subscribe"))
        assert len(peer.called("system.ping")) >= 3
        peer.tell(event(7))
        assert subscription.seqs(1) == [7]
        assert len(daemon.called("status.subscribe")) == 1
        adapter.leave(subscription)


def silence_aurad(stage):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    world = stage.world({"listen": f"127.0.0.1:{port}"})
    with Proxy(port) as proxy, stage.adapter() as adapter:
        adapter.open(proxy.address, silenceMs=1000, timeoutMs=5000, patienceMs=30_000, token=world.daemon.token)
        subscription = adapter.subscribe(**{"from": "start"})
        head = world.finish(world.provision("a1")) and world.call("system.health")["head"]
        subscription.seqs(head, 60)
        proxy.freeze()
        world.daemon.kill()
        world.daemon.start()
        head = world.finish(world.provision("a2")) and world.call("system.health")["head"]
        assert subscription.seqs(head, 60)[:head] == list(range(1, head + 1))
        adapter.leave(subscription)


def keepalive(stage):
    with stage.daemon(accept, host="127.0.0.1") as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        subscription = adapter.subscribe()
        daemon.until(lambda: daemon.called("status.subscribe"), "the subscription")
        peer = next(peer for peer in daemon.peers if peer.called("status.subscribe"))
        ends = peer.socket.getpeername()[1], peer.socket.getsockname()[1]
        until(lambda: timer_of(*ends) == 2, "the keepalive timer of the client's socket in /proc/net/tcp")
        peer.tell(event(1))
        assert subscription.seqs(1) == [1]
        adapter.leave(subscription)


def timer_of(local, remote):
    """Returns the kernel's active timer of the loopback TCP socket with these ports: 2 is keepalive. An older connection
    of the local port can be listed as well, while it waits for late packets. (IPv4 sockets may be in either file.)"""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in open(table).readlines()[1:]:
                fields = line.split()
                if [int(each.rpartition(":")[2], 16) for each in fields[1:3]] == [local, remote]:
                    return int(fields[5].partition(":")[0], 16)
    raise Skipped("this system has no /proc/net/tcp")


# MARK: resuming

def resumed(stage, reply, **params):
    """Returns the parameters of three subscriptions in a row; the first two lose their connection after an event."""
    def answer(call, peer):
        accept(call, peer, head=40, **reply)
        number = len(daemon.called("status.subscribe"))
        peer.tell(event(40 + number))
        if number < 3:
            peer.hang_up()
        else:
            peer.tell(ended(43))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        subscription = adapter.subscribe(**params)
        assert subscription.result(60) == {"reason": "terminal"}
        assert subscription.seqs(3) == [41, 42, 43]
        return [call["params"] for call in daemon.called("status.subscribe")]


def resume_identity(stage):
    reply = {"instance": INSTANCE["id"], "epoch": "e-1"}
    first, *others = resumed(stage, reply, filter={"instance": "ada"})
    assert first["filter"] == {"instance": "ada"} and "epoch" not in first
    for number, params in enumerate(others):
        assert params["filter"] == {"instance": INSTANCE["id"]}, params
        assert (params["from"], params.get("epoch")) == (41 + number, "e-1"), params


def resume_older_daemon(stage):
    for params in resumed(stage, {}, filter={"instance": "ada"}):
        assert params["filter"] == {"instance": "ada"} and "epoch" not in params, params


def resume_other_epoch(stage):
    def answer(call, peer):
        if len(daemon.called("status.subscribe")) == 1:
            accept(call, peer, head=40, epoch="e-1")
            peer.tell(event(41))
            peer.hang_up()
        else:
            peer.refuse(call, error(-32033, "cursorExpired", retryable=False, oldest=1, head=9))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        subscription = adapter.subscribe()
        assert subscription.failure("aura").code == "cursorExpired"
        assert len(daemon.called("status.subscribe")) == 2 and subscription.seqs(1) == [41]


def resume_once(stage):
    def answer(call, peer):
        accept(call, peer)
        start = call["params"].get("from")
        first = 1 if start == "start" else start + 1
        # An event that was delivered already is sent again.
        for seq in range(max(first - 1, 1), first + min(3, call["params"]["maxEvents"])):
            peer.tell(event(seq))
        peer.hang_up()

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        subscription = adapter.subscribe(**{"from": "start", "maxEvents": 10})
        assert subscription.result(60) == {"reason": "maxEvents"}
        assert [each["seq"] for each in subscription.events] == list(range(1, 11))


# MARK: addresses

def reached(adapter, daemon, address=None):
    client = f"c{address}"
    adapter.open(address, client=client)
    before = len(daemon.called("status.get"))
    adapter.call("status.get", client=client, instance="ada").result()
    assert len(daemon.called("status.get")) == before + 1, f"another daemon was called by {address}"


def address_forms(stage):
    for name in ("aurad.sock", "a b,c:d!e'f\"g\\h(i)[j]{k}.sock", "ä%20*?$x.sock", "tcp.sock"):
        with stage.daemon(answer_names, name) as daemon, stage.adapter() as adapter:
            reached(adapter, daemon, f"unix:{stage.directory / name}")
            reached(adapter, daemon, f"{stage.directory / name}")


def address_tcp(stage):
    with stage.daemon(answer_names, host="127.0.0.1") as daemon, stage.adapter() as adapter:
        reached(adapter, daemon, f"tcp:127.0.0.1:{daemon.port}")
        reached(adapter, daemon, f"tcp:localhost:{daemon.port}")
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        return
    with stage.daemon(answer_names, host="::1") as daemon, stage.adapter() as adapter:
        reached(adapter, daemon, f"tcp:[::1]:{daemon.port}")


def address_refused(stage):
    wrong = [
        "tcp:nowhere", "tcp::1", "tcp::7070", "tcp:::1:7070", "tcp:host:", "tcp:host:0", "tcp:host:65536", "tcp:host:12x", "tcp:", "unix:",
        f"unix:/{'x' * 107}"]
    with stage.adapter() as adapter:
        for number, address in enumerate(wrong):
            client = f"c{number}"
            try:
                adapter.open(address, client=client, patienceMs=1000)
                # A client that only stores the address refuses it at its first use.
                adapter.call("system.ping", client=client).failure("refused")
            except Failed as failed:
                assert failed.kind == "refused", f"{address}: {failed}"


def address_environment(stage):
    with stage.daemon(answer_names, "other.sock") as daemon:
        for address in (daemon.address, daemon.address.removeprefix("unix:")):
            with stage.adapter(AURA_SOCKET=address, XDG_RUNTIME_DIR=str(stage.directory)) as adapter:
                reached(adapter, daemon)


def address_runtime(stage):
    (stage.directory / "aura").mkdir()
    with stage.daemon(answer_names, "aura/aurad.sock") as daemon, stage.adapter(XDG_RUNTIME_DIR=str(stage.directory)) as adapter:
        reached(adapter, daemon)


def address_fallback(stage):
    if os.path.exists("/run/aura/aurad.sock"):
        raise Skipped("a daemon runs on this machine")
    with stage.adapter(XDG_RUNTIME_DIR=str(stage.directory)) as adapter:
        adapter.open(patienceMs=1000)
        assert "/run/aura/aurad.sock" in adapter.call("system.ping").failure("lost").message


# MARK: an absent daemon

def patience_ends(stage):
    address = f"unix:{stage.directory}/nobody.sock"
    with stage.adapter() as adapter:
        adapter.open(address, patienceMs=1000)
        for command in (adapter.call("system.ping"), adapter.wait(JOB["id"]), adapter.subscribe()):
            assert "nobody.sock" in command.failure("lost", 60).message


def patience_lasts(stage):
    def answer(call, peer):
        answer_names(call, peer)
        accept(call, peer)
        if call["method"] == "status.subscribe":
            peer.tell(event(1))
            peer.tell(ended(1))

    address = f"unix:{stage.directory}/aurad.sock"
    with stage.adapter() as adapter:
        adapter.open(address, patienceMs=30_000)
        call, subscription = adapter.call("status.get", instance="ada"), adapter.subscribe(**{"from": "start"})
        time.sleep(1)
        assert not call.is_over and not subscription.is_over
        with stage.daemon(answer):
            assert call.result(60)["instance"]["name"] == "ada"
            assert subscription.result(60) == {"reason": "terminal"} and subscription.seqs(1) == [1]


def strict_mode(stage):
    patience_lasts(stage)
    (stage.directory / "aurad.sock").unlink()
    refused_for_good(stage)
    (stage.directory / "aurad.sock").unlink()
    resume_once(stage)


# MARK: readers that leave

def descendants(pid):
    """Returns the processes below a process, except zombies."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = open(f"/proc/{entry}/stat").read().rpartition(")")[2].split()
            except OSError:
                continue
            found.add((int(entry), int(fields[1]), fields[0]))
    below, size = {pid}, 0
    while len(below) != size:
        size = len(below)
        below |= {each for each, parent, _ in found if parent in below}
    return {each for each, _, state in found if each in below and state != "Z"} - {pid}


def processes_with(word):
    """Returns the processes that have a word in their arguments or environment, such as a play's own directory."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                texts = [open(f"/proc/{entry}/{name}", "rb").read() for name in ("cmdline", "environ")]
            except OSError:
                continue
            if any(word.encode() in text for text in texts):
                found.add(int(entry))
    return found


def leave(stage, answer, count):
    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        adapter.call("status.get", instance="ada").result()
        before = descendants(adapter.process.pid)
        elsewhere = processes_with(str(stage.directory))
        for _ in range(5):
            subscription = adapter.subscribe()
            number = len(daemon.called("status.subscribe"))
            subscription.seqs(count)
            daemon.until(lambda: len(daemon.called("status.subscribe")) > number - 1, "the subscription")
            adapter.leave(subscription)
            assert subscription.result() == {"reason": None}
        daemon.until(
            lambda: len(daemon.called("status.subscribe")) == 5
            and all(peer.is_closed for peer in daemon.peers if peer.called("status.subscribe")), "the end of the connections")
        until(lambda: descendants(adapter.process.pid) <= before, "the end of the subscription's processes")
        until(lambda: processes_with(str(stage.directory)) <= elsewhere, "the end of processes that were left to init")


def reader_leaves(stage):
    def answer(call, peer):
        answer_names(call, peer)
        accept(call, peer)
        if call["method"] == "status.subscribe":
            peer.tell(event(1))
    leave(stage, answer, 1)


def reader_leaves_amid_events(stage):
    def answer(call, peer):
        answer_names(call, peer)
        accept(call, peer)
        if call["method"] == "status.subscribe":
            threading.Thread(target=flow, args=(peer,), daemon=True).start()

    def flow(peer):
        seq = 0
        while not peer.is_closed and seq < 100_000:
            seq += 1
            peer.tell(event(seq))
            time.sleep(0.002)
    leave(stage, answer, 3)


# MARK: restarts

def restart_wait(stage):
    def answer(call, peer):
        number = len(daemon.called("job.wait"))
        if number <= 2:
            peer.hang_up()
        elif number == 3:
            peer.refuse(call, error(-32011, "shuttingDown"))
            peer.hang_up()
        elif number == 4:
            peer.refuse(call, error(-32036, "waitTimeout", job=JOB["id"], state="running"))
        else:
            peer.answer(call, {"job": JOB})

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        assert adapter.wait(JOB["id"]).result(60)["state"] == "succeeded"


def restart_aurad(stage):
    world = stage.world()
    with stage.adapter() as adapter:
        adapter.open(f"unix:{world.daemon.socket}", patienceMs=30_000)
        subscription = adapter.subscribe(**{"from": "start"})
        head = 0
        for number in range(3):
            job = world.provision(f"a{number}")
            wait = adapter.wait(job)
            subscription.seqs(head + 1, 60)
            (world.daemon.stop if number == 1 else world.daemon.kill)()
            world.daemon.start()
            assert wait.result(60)["state"] == "succeeded"
            head = world.call("system.health")["head"]
            assert subscription.seqs(head, 60)[:head] == list(range(1, head + 1))
        adapter.leave(subscription)


# MARK: errors

def id_null_call(stage):
    kept = []

    def answer(call, peer):
        if call["method"] == "job.wait":
            kept.append((call, peer))
        else:
            peer.refuse(None, error(-32700, "parseError", "the number is out of range", reason="numberOutOfRange"))
            peer.answer(call, name_of(call))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        waits = [adapter.wait(JOB["id"]) for _ in range(3)]
        daemon.until(lambda: len(kept) == 3, "the waits")
        assert adapter.call("status.get", instance="ada").result()["instance"]["name"] == "ada"
        assert not any(wait.is_over for wait in waits)
        for call, peer in kept:
            peer.answer(call, {"job": JOB})
        assert [wait.result()["state"] for wait in waits] == ["succeeded"] * 3
        assert len(daemon.peers) == 1, "the connection was given up"


def id_null_connection(stage):
    for number, code in ((-32005, "tooManyConnections"), (-32006, "tooManyConnectionsOfUser")):
        def answer(call, peer):
            if peer.number <= 4:
                peer.refuse(None, error(number, code, "full"))
                peer.hang_up()
                return
            answer_names(call, peer)
            accept(call, peer)
            if call["method"] == "status.subscribe":
                peer.tell(ended(0))

        with stage.daemon(answer, f"{code}.sock") as daemon, stage.adapter() as adapter:
            adapter.open(daemon.address)
            call, subscription = adapter.call("status.get", instance="ada"), adapter.subscribe()
            assert call.result(60)["instance"]["name"] == "ada"
            assert subscription.result(60) == {"reason": "terminal"}


def checked_before_sending(stage):
    kept = []

    def answer(call, peer):
        if call["method"] == "job.wait":
            kept.append((call, peer))
        else:
            answer_names(call, peer)

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        wait = adapter.wait(JOB["id"])
        daemon.until(lambda: kept, "the wait")
        adapter.call("status.get", instance="x" * (1 << 20)).failure("refused")
        # Large but allowed: more than a system accepts as one argument of a process.
        large = "y" * 300_000
        assert adapter.call("status.get", instance=large).result()["instance"]["name"] == large
        assert not wait.is_over
        kept[0][1].answer(kept[0][0], {"job": JOB})
        assert wait.result()["state"] == "succeeded"
        assert all(len(call["params"]["instance"]) < 1 << 20 for call in daemon.called("status.get"))


def refused_for_now(stage):
    codes = [(-32004, "tooManyInFlight"), (-32014, "daemonBusy"), (-32011, "shuttingDown")]

    def answer(call, peer):
        number = len(daemon.called(call["method"]))
        if number <= len(codes):
            peer.refuse(call, error(*codes[number - 1], limit=1, actual=2, retryAfterMs=100))
        elif call["method"] == "status.get":
            peer.answer(call, name_of(call))
        else:
            accept(call, peer)
            peer.tell(ended(0))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        assert adapter.call("status.get", instance="ada").result(60)["instance"]["name"] == "ada"
        assert adapter.subscribe().result(60) == {"reason": "terminal"}


def refused_for_good(stage):
    def answer(call, peer):
        peer.refuse(call, error(-32020, "instanceNotFound", "there is no instance ada", retryable=False))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address)
        for command in (adapter.call("status.get", instance="ada"), adapter.subscribe(filter={"instance": "ada"})):
            failed = command.failure("aura")
            assert failed.code == "instanceNotFound" and "no instance ada" in failed.message
        assert len(daemon.called("status.get")) == 1 and len(daemon.called("status.subscribe")) == 1


# MARK: tokens

TOKEN = "aura1_k1_AAECAwQFBgcICQoLDA0ODw_knFUDyAaFSIAFRIAfcRmL1CuVmScPld_zX_TkcGneo0"
AUTHENTICATE = "session.authenticate"
REFUSED = error(-32012, "unauthenticated", "cannot use the token, it is not valid here", retryable=False)
REVOKED = error(-32015, "tokenRevoked", "the connection ends, the token was revoked", retryable=False)


def admit(call, peer):
    """Accepts the token of a connection; returns true if the call was session.authenticate."""
    if call["method"] != AUTHENTICATE:
        return False
    peer.answer(call, {"principal": "p1", "proof": "token", "scopes": []})
    return True


def serve(call, peer):
    """Answers a call and ends a subscription after one event."""
    answer_names(call, peer)
    accept(call, peer)
    if call["method"] == "status.subscribe":
        peer.tell(event(1))
        peer.tell(ended(1))


def use(adapter, client="c"):
    """Makes a call and a subscription, and checks their results."""
    assert adapter.call("status.get", client=client, instance="ada").result(60)["instance"]["name"] == "ada"
    subscription = adapter.subscribe(client=client, **{"from": "start"})
    assert subscription.result(60) == {"reason": "terminal"} and subscription.seqs(1) == [1]


def users(daemon):
    """Returns the connections on which anything was sent."""
    return [peer for peer in list(daemon.peers) if peer.messages]


def token_first(stage):
    early = []

    def answer(call, peer):
        if call["method"] == AUTHENTICATE:
            # The time in which a client that does not wait for the reply would send its call.
            time.sleep(0.5)
            early.extend(message["method"] for message in peer.messages[1:])
        if not admit(call, peer):
            serve(call, peer)

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, token=TOKEN)
        use(adapter)
        connections = users(daemon)
        assert connections and not early, f"{early} came before the token was accepted"
        for peer in connections:
            first = peer.messages[0]
            assert (first["method"], first["params"]) == (AUTHENTICATE, {"token": TOKEN}), first
            assert len(peer.called(AUTHENTICATE)) == 1
        adapter.open(daemon.address, client="without")
        use(adapter, "without")
        for peer in users(daemon):
            assert peer in connections or not peer.called(AUTHENTICATE)


def token_again(stage):
    def answer(call, peer):
        number = len(daemon.called(AUTHENTICATE))
        if call["method"] == AUTHENTICATE and number == 2:
            peer.hang_up()
        elif call["method"] == AUTHENTICATE and number == 3:
            peer.refuse(call, error(-32014, "daemonBusy"))
            peer.hang_up()
        elif not admit(call, peer):
            accept(call, peer, head=40)
            seq = 40 + len(daemon.called("status.subscribe"))
            peer.tell(event(seq))
            peer.tell(ended(seq)) if seq == 43 else peer.hang_up()

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, token=TOKEN)
        subscription = adapter.subscribe()
        assert subscription.result(60) == {"reason": "terminal"} and subscription.seqs(3) == [41, 42, 43]
        assert [call["params"].get("from") for call in daemon.called("status.subscribe")[1:]] == [41, 42]
        for peer in users(daemon):
            assert peer.messages[0]["method"] == AUTHENTICATE and peer.messages[0]["params"] == {"token": TOKEN}


def token_refused(stage):
    def answer(call, peer):
        peer.refuse(call, REFUSED)

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        for number, begin in enumerate((lambda client: adapter.call("status.get", client=client, instance="ada"),
                                        lambda client: adapter.subscribe(client=client))):
            adapter.open(daemon.address, client=f"c{number}", token=TOKEN)
            failed = begin(f"c{number}").failure("aura")
            assert failed.code == "unauthenticated" and "it is not valid here" in failed.message
            assert TOKEN not in failed.message
            assert len(users(daemon)) == number + 1, "the token was shown again"
        assert {message["method"] for peer in users(daemon) for message in peer.messages} == {AUTHENTICATE}


def token_missing(stage):
    world = stage.world({"listen": "127.0.0.1:0"})
    host, port = world.daemon.listen
    with stage.adapter() as adapter:
        for number, begin in enumerate((lambda client: adapter.call("status.list", client=client),
                                        lambda client: adapter.subscribe(client=client))):
            adapter.open(f"tcp:{host}:{port}", client=f"c{number}", timeoutMs=60_000, patienceMs=60_000)
            failed = begin(f"c{number}").failure("aura", seconds=20)
            assert failed.code == "unauthenticated", failed
            assert "token" in failed.message and "AURA_TOKEN_FILE" in failed.message and "Unix socket" in failed.message


def revoking(call, peer):
    """Accepts a token, and revokes it once a call waits or a subscription has got an event."""
    if admit(call, peer):
        return
    accept(call, peer)
    if call["method"] == "status.subscribe":
        peer.tell(event(1))
    peer.refuse(None, REVOKED)
    peer.hang_up()


def token_revoked(stage):
    with stage.daemon(revoking) as daemon, stage.adapter() as adapter:
        for number, begin in enumerate((lambda client: adapter.call("status.get", client=client, instance="ada"),
                                        lambda client: adapter.subscribe(client=client, **{"from": "start"}))):
            adapter.open(daemon.address, client=f"c{number}", token=TOKEN)
            failed = begin(f"c{number}").failure("aura")
            assert failed.code == "tokenRevoked" and "the token was revoked" in failed.message
            # Longer than the first waits between attempts.
            time.sleep(1)
            assert len(users(daemon)) == number + 1, "the client made another connection"


def token_reduced(stage):
    def answer(call, peer):
        if admit(call, peer):
            return
        accept(call, peer)
        seq = len(daemon.called("status.subscribe"))
        peer.tell(event(seq))
        if seq == 1:
            peer.refuse(None, error(-32015, "tokenRevoked", "the rights of the token were reduced", retryable=True))
            peer.hang_up()
        else:
            peer.tell(ended(seq))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, token=TOKEN)
        subscription = adapter.subscribe(**{"from": "start"})
        assert subscription.result(60) == {"reason": "terminal"} and subscription.seqs(2) == [1, 2]
        assert len(daemon.called(AUTHENTICATE)) == 2


def token_final(stage):
    def refusing(call, peer):
        peer.refuse(call, REFUSED)

    for name, answer, code in (("a.sock", refusing, "unauthenticated"), ("b.sock", revoking, "tokenRevoked")):
        with stage.daemon(answer, name) as daemon, stage.adapter() as adapter:
            adapter.open(daemon.address, token=TOKEN)
            assert adapter.call("status.get", instance="ada").failure("aura").code == code
            connections = len(daemon.peers)
            assert adapter.call("status.get", instance="ada").failure("aura").code == code
            assert adapter.subscribe().failure("aura").code == code
            assert len(daemon.peers) == connections, "the client made another connection"


def token_environment(stage):
    file = stage.directory / "a token.txt"
    file.write_text(f"  {TOKEN}\n")
    file.chmod(0o600)
    other = TOKEN.replace("_k1_", "_k2_")
    cases = [
        ({"AURA_TOKEN_FILE": str(file), "AURA_TOKEN": other}, TOKEN),
        ({"AURA_TOKEN_FILE": "", "AURA_TOKEN": f"{other}\n"}, other),
        ({"AURA_TOKEN_FILE": "", "AURA_TOKEN": ""}, None)]
    for number, (environment, token) in enumerate(cases):
        with stage.daemon(lambda call, peer: admit(call, peer) or serve(call, peer), f"{number}.sock") as daemon:
            with stage.adapter(AURA_SOCKET=daemon.address, **environment) as adapter:
                adapter.open()
                use(adapter)
                shown = {call["params"]["token"] for call in daemon.called(AUTHENTICATE)}
                assert shown == ({token} if token else set()), shown


def token_files(stage):
    readable, empty = stage.directory / "readable", stage.directory / "no-token"
    readable.write_text(TOKEN)
    readable.chmod(0o640)
    empty.write_text("-----BEGIN PRIVATE KEY-----")
    empty.chmod(0o600)
    with stage.daemon(serve) as daemon:
        for path in (readable, empty, stage.directory / "missing", stage.directory):
            with stage.adapter(AURA_SOCKET=daemon.address, AURA_TOKEN_FILE=str(path)) as adapter:
                try:
                    adapter.open()
                    # A client that only stores the path refuses it at its first use.
                    message = adapter.call("status.get", instance="ada").failure("refused").message
                except Failed as failed:
                    assert failed.kind == "refused", failed
                    message = failed.message
                assert str(path) in message and "PRIVATE" not in message and TOKEN not in message, message
        assert not daemon.peers, "a connection was made"


def token_hidden(stage):
    kept = []

    def answer(call, peer):
        if not admit(call, peer):
            kept.append((call, peer))

    with stage.daemon(answer) as daemon, stage.adapter() as adapter:
        adapter.open(daemon.address, token=TOKEN)
        call = adapter.call("status.get", instance="ada")
        daemon.until(lambda: kept, "the call")
        for entry in os.listdir("/proc"):
            try:
                arguments = open(f"/proc/{entry}/cmdline", "rb").read() if entry.isdigit() else b""
            except OSError:
                continue
            assert TOKEN.encode() not in arguments, arguments
        kept[0][1].answer(kept[0][0], name_of(kept[0][0]))
        assert call.result()["instance"]["name"] == "ada"
