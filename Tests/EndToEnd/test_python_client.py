"""The Python client as users get it, installed by pip, against a live daemon."""

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness import REPOSITORY, ScriptedSubscriptions, a_newer_daemon, fresh_name, half_a_snapshot


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Returns the directory into which pip installed the package."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    # A copy, since the build leaves its files next to the sources.
    subprocess.run(["cp", "-r", f"{REPOSITORY}/clients/python/.", source], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, source], check=True)
    return target


@pytest.fixture(scope="module")
def aura(installed):
    sys.path.insert(0, str(installed))
    try:
        yield importlib.import_module("aura_client")
    finally:
        sys.path.remove(str(installed))


@pytest.fixture
def world(shared_world):
    return shared_world


@pytest.fixture
def client(aura, world):
    with aura.Client(str(world.daemon.socket), timeout=20, patience=20) as client:
        yield client


def test_the_client_provisions_and_destroys_an_instance(client, aura):
    name = fresh_name()
    operation = client.provision(name, "eu-central", "small")
    assert (operation.instance.name, operation.job.kind, operation.job.state) == (name, "provision", "queued")
    events = list(client.follow(operation.job.id))
    assert events[0].type == "job.queued" and events[-1].type == "job.succeeded"
    assert all(event.job == operation.job.id for event in events)
    instance = client.wait_until_running(operation)
    assert instance.phase == "running" and instance.server.address and instance.running_at >= instance.created_at
    job = client.job_get(operation.job.id).job
    assert [step.state for step in job.steps] == ["done"] * len(job.steps)
    assert name in [each.name for each in client.status_list().instances]
    assert client.wait(client.destroy(name).job.id).state == "succeeded"


def test_each_error_code_has_its_exception_type(client, aura):
    name = fresh_name()
    operation = client.provision(name, "eu-central", "small")
    with pytest.raises(aura.errors.NameTaken) as taken:
        client.provision(name, "eu-central", "small")
    assert not taken.value.retryable and name in taken.value.message
    with pytest.raises(aura.errors.InvalidParams) as invalid:
        client.provision("Not A Name", "", "small", tenant="?")
    assert {each["path"] for each in invalid.value.data["violations"]} == {"params.name", "params.region", "params.tenant"}
    with pytest.raises(aura.errors.UnknownRegion) as unknown:
        client.provision(fresh_name(), "the-moon", "small")
    assert "eu-central" in unknown.value.data["allowed"]
    with pytest.raises(aura.errors.CursorAhead):
        client.subscribe(from_=10**9)
    with pytest.raises(TimeoutError):
        client.wait(operation.job.id, timeout=0)
    client.wait(client.destroy(name).job.id)


def test_a_failed_job_raises_job_failed_with_its_cause(client, aura, world):
    world.sandbox.fault("status", "/v1/servers", "POST", status=422, code="invalid_input", message="no luck")
    try:
        with pytest.raises(aura.JobFailed) as failed:
            client.wait_until_running(client.provision(name := fresh_name(), "eu-central", "small"))
        assert "no luck" in failed.value.job.failure.message
    finally:
        world.sandbox.clear_faults()
    client.wait(client.destroy(name).job.id)


def test_a_subscription_continues_after_crashes_of_the_daemon(client, world):
    """The daemon is killed five times while events arrive: every `seq` arrives once, in order."""
    seen = []
    subscription = client.subscribe(from_="now")
    reader = threading.Thread(target=lambda: seen.extend(subscription), daemon=True)
    reader.start()
    begun = client.system_health().head
    jobs = []
    for _ in range(5):
        jobs.append(client.provision(fresh_name(), "eu-central", "small"))
        time.sleep(0.4)
        world.daemon.kill()
        world.daemon.start()
    for operation in jobs:
        assert client.wait(operation.job.id).state == "succeeded"
        client.wait(client.destroy(operation.instance.id).job.id)
    head = client.system_health().head
    end = time.monotonic() + 20
    while (not seen or seen[-1].seq < head) and time.monotonic() < end:
        time.sleep(0.05)
    subscription.close()
    reader.join(5)
    assert [event.seq for event in seen] == list(range(begun + 1, head + 1))


def test_a_call_repeated_after_a_lost_connection_is_executed_once(client, world):
    """The daemon dies between a call and its reply; the client repeats the call with the same key."""
    names = [fresh_name() for _ in range(8)]
    with world.daemon.dying_often():
        operations = [client.provision(name, "eu-central", "small") for name in names]
    jobs = client.job_list(limit=1000, order="newest").jobs
    for operation in operations:
        assert [job.id for job in jobs if job.instance == operation.instance.id] == [operation.job.id]
        client.wait(client.destroy(operation.instance.id).job.id)


def test_an_absent_daemon_raises_connection_lost(aura, tmp_path):
    with aura.Client(str(tmp_path / "nobody.sock"), patience=0.3) as client:
        begun = time.monotonic()
        with pytest.raises(aura.ConnectionLost) as lost:
            client.system_ping()
        assert "nobody.sock" in str(lost.value) and 0.1 < time.monotonic() - begun < 3
        with pytest.raises(aura.ConnectionLost):
            client.subscribe()


def test_a_subscription_raises_connection_lost_if_the_daemon_stays_away(aura, worlds):
    """The daemon dies and stays away: the iteration raises an error, so it does not look like the end of the stream."""
    world = worlds()
    with aura.Client(str(world.daemon.socket), patience=0.5) as client:
        waiting = client.subscribe(from_="now")

        async def story():
            async with aura.AsyncClient(str(world.daemon.socket), patience=0.5) as client:
                async with client.subscribe() as subscription:
                    world.daemon.kill()
                    with pytest.raises(aura.ConnectionLost):
                        await asyncio.wait_for(anext(subscription), 10)

        asyncio.run(story())
        with pytest.raises(aura.ConnectionLost):
            next(waiting)
    world.daemon.start()


def test_a_snapshot_is_followed_by_every_later_event(client):
    names = [fresh_name() for _ in range(3)]
    for name in names:
        client.wait_until_running(client.provision(name, "eu-central", "small"))
    with client.subscribe(from_="snapshot") as subscription:
        found = {instance.name: instance.phase for instance in subscription.snapshot()}
        assert {name: found[name] for name in names} == dict.fromkeys(names, "running")
        ending = {client.destroy(name).job.id for name in names}
        seen = []
        while ending:
            seen.append(next(subscription))
            ending -= {seen[-1].job} if seen[-1].type == "job.succeeded" else set()
    # Nothing from before the snapshot, and everything since.
    assert [event.seq for event in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))
    assert seen[0].type == "job.queued"


def test_an_incomplete_snapshot_is_requested_again(aura, tmp_path):
    """Once the snapshot is complete, the client does not ask for it again: its events follow."""
    document = json.loads((REPOSITORY / "docs/openrpc.json").read_text())
    provision = next(method for method in document["methods"] if method["name"] == "provision")
    stories = half_a_snapshot(provision["examples"][0]["result"]["value"]["instance"])

    def tell(address):
        with aura.Client(address, patience=20) as client, client.subscribe(from_="snapshot") as subscription:
            return [each.name for each in subscription.snapshot()], [event.seq for event in subscription]

    async def tell_async(address):
        async with aura.AsyncClient(address, patience=20) as client:
            async with client.subscribe(from_="snapshot") as subscription:
                return [each.name for each in await subscription.snapshot()], [event.seq async for event in subscription]

    for number, heard in enumerate([tell, lambda address: asyncio.run(tell_async(address))]):
        with ScriptedSubscriptions(tmp_path / f"{number}.sock", stories) as scripted:
            assert heard(scripted.path) == (["one", "two"], [8])
        assert [params["from"] for params in scripted.asked] == ["snapshot", "snapshot", 7]


def test_events_of_a_newer_daemon_are_read(aura, tmp_path):
    def tell(address):
        with aura.Client(address, patience=20) as client, client.subscribe() as subscription:
            return [(event.seq, event.type) for event in subscription], subscription.reason

    async def tell_async(address):
        async with aura.AsyncClient(address, patience=20) as client:
            async with client.subscribe() as subscription:
                return [(event.seq, event.type) async for event in subscription], subscription.reason

    for number, heard in enumerate([tell, lambda address: asyncio.run(tell_async(address))]):
        with ScriptedSubscriptions(tmp_path / f"{number}.sock", a_newer_daemon(), head=7) as scripted:
            assert heard(scripted.path) == ([(8, "step.dreamt"), (9, "job.queued")], "tired")


def test_max_events_holds_through_a_crash_of_the_daemon(client, world):
    """The daemon dies meanwhile; the next subscription asks only for the events that are left."""
    with client.subscribe(max_events=12) as subscription:
        operation = client.provision(fresh_name(), "eu-central", "small")
        seen = [next(subscription) for _ in range(5)]
        world.daemon.kill()
        world.daemon.start()
        client.wait(operation.job.id)
        seen += list(subscription)
    assert len(seen) == 12 and subscription.reason == "maxEvents"
    assert [event.seq for event in seen] == list(range(seen[0].seq, seen[0].seq + 12))
    client.wait(client.destroy(operation.instance.name).job.id)


def test_patience_counts_only_the_absence_of_the_daemon(aura, world):
    """`patience` limits the daemon's absence only: a call that took longer, and whose connection then breaks, still has
    all of it."""
    world.sandbox.fault("slow", "/v1/servers", "POST", seconds=8)
    with aura.Client(str(world.daemon.socket), timeout=20, patience=6) as client:
        operation = client.provision(fresh_name(), "eu-central", "small")
        killer = threading.Timer(7, lambda: (world.daemon.kill(), world.daemon.start()))
        killer.start()
        assert client.wait(operation.job.id).state == "succeeded"
        killer.join()
        client.wait(client.destroy(operation.instance.name).job.id)


def test_the_asyncio_client_calls_follows_and_reconnects(aura, world):
    async def story():
        async with aura.AsyncClient(str(world.daemon.socket), timeout=20, patience=20) as client:
            pings = await asyncio.gather(*(client.system_ping() for _ in range(100)))
            assert all(ping.pong for ping in pings)
            async with client.subscribe() as everything:
                name = fresh_name()
                operation = await client.provision(name, "eu-central", "small")
                own = [event async for event in client.follow(operation.job.id)]
                instance = await client.wait_until_running(operation)
                assert instance.phase == "running" and own[-1].type == "job.succeeded"
                world.daemon.kill()
                world.daemon.start()
                destroyed = await client.destroy(name)
                assert (await client.wait(destroyed.job.id)).state == "succeeded"
                seen = []
                async for event in everything:
                    seen.append(event)
                    if event.job == destroyed.job.id and event.type == "job.succeeded":
                        break
            assert [event.seq for event in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))
            assert {event.seq for event in own} <= {event.seq for event in seen}
            with pytest.raises(aura.errors.JobNotFound):
                await client.job_get("nothing")
    asyncio.run(asyncio.wait_for(story(), 60))


class Pair:
    """Two instances, so that a reply to another client's call is noticed."""

    def __init__(self, client):
        self.client = client
        self.names = [fresh_name(), fresh_name()]

    def __enter__(self):
        for name in self.names:
            self.client.wait(self.client.provision(name, "eu-central", "small").job.id)
        return self.names

    def __exit__(self, *_):
        for name in self.names:
            self.client.wait(self.client.destroy(name).job.id)


@contextlib.contextmanager
def endless_jobs(world):
    """Lets the cloud refuse every call, so that jobs do not end."""
    world.sandbox.fault("status", "/v1/*", status=503, count=0)
    try:
        yield
    finally:
        world.sandbox.clear_faults()


def in_a_child(work):
    """Forks and runs `work` in the child. Returns a function that waits for the child and returns the child's result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "null"
        try:
            said = json.dumps(work())
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)

    def result():
        with open(reading) as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
        return json.loads(said)
    return result


def test_parent_and_child_get_their_own_replies_over_forty_forks(aura, client, world):
    with Pair(client) as (ada, bob):
        for _ in range(40):
            with aura.Client(str(world.daemon.socket), timeout=20, patience=20) as shared:
                shared.system_ping()
                # The child closes its client, as the end of a `with` block does; the parent's client stays open.
                childs = in_a_child(lambda: [shared.status_get(bob).instance.name for _ in range(10)] + [shared.close()])
                parents = [shared.status_get(ada).instance.name for _ in range(10)]
                assert (parents, childs()) == ([ada] * 10, [bob] * 10 + [None])
                assert shared.system_ping().pong


def test_an_asyncio_client_serves_both_sides_of_a_fork(aura, client, world):
    with Pair(client) as (ada, bob):
        shared = aura.AsyncClient(str(world.daemon.socket), timeout=20, patience=20)

        async def names(name):
            return [(await shared.status_get(name)).instance.name for _ in range(10)]

        for _ in range(10):
            asyncio.run(names(ada))
            childs = in_a_child(lambda: asyncio.run(names(bob)))
            assert (asyncio.run(names(ada)), childs()) == ([ada] * 10, [bob] * 10)
        asyncio.run(shared.close())


def test_a_fork_during_calls_of_other_threads_does_not_block_the_child(aura, client, world):
    """Locks that another thread of the parent holds do not block the child."""
    with Pair(client) as (ada, bob):
        stop = threading.Event()
        wrong = []

        def ask():
            while not stop.is_set():
                wrong.extend({client.status_get(ada).instance.name} - {ada})

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        children = [in_a_child(lambda: [client.status_get(bob).instance.name for _ in range(5)])() for _ in range(20)]
        stop.set()
        for thread in threads:
            thread.join()
        assert (children, wrong) == ([[bob] * 5] * 20, [])


def test_a_subscription_continues_in_parent_and_child(client):
    with client.subscribe() as subscription:
        operation = client.provision(fresh_name(), "eu-central", "small")
        client.wait(operation.job.id)
        client.wait(client.destroy(operation.instance.name).job.id)
        first = next(subscription).seq
        childs = in_a_child(lambda: [next(subscription).seq for _ in range(5)])
        parents = [next(subscription).seq for _ in range(5)]
        assert parents == childs() == list(range(first + 1, first + 6))


def test_abandoned_waits_free_their_slots(aura, client, world):
    """Gives up as many waits as a connection may have in flight, by time-out and by cancellation; later calls get
    replies at once."""
    with endless_jobs(world):
        operation = client.provision(fresh_name(), "eu-central", "small")

        async def story():
            async with aura.AsyncClient(str(world.daemon.socket), timeout=20, patience=0.5) as given_up:
                for _ in range(256):
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(given_up.wait(operation.job.id), 0.01)
                waits = [asyncio.ensure_future(given_up.wait(operation.job.id)) for _ in range(250)]
                await asyncio.sleep(0.1)
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)
                # More calls than free slots, if the waits above had kept their slots.
                await asyncio.gather(*(given_up.status_get(operation.instance.id) for _ in range(200)))
                assert (await given_up.job_get(operation.job.id)).job.finished_at is None
        asyncio.run(asyncio.wait_for(story(), 60))
    client.wait(client.destroy(operation.instance.id).job.id)


def test_an_interrupted_call_frees_its_slot(aura, client, world):
    """Interrupts calls with an exception from a signal handler, as ^C and the time limits of frameworks do."""
    class Interrupted(BaseException):
        pass

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with endless_jobs(world), aura.Client(str(world.daemon.socket), timeout=20, patience=0.5) as interrupted:
            operation = interrupted.provision(fresh_name(), "eu-central", "small")
            for _ in range(300):
                signal.setitimer(signal.ITIMER_REAL, 0.01)
                with pytest.raises(Interrupted):
                    interrupted.wait(operation.job.id)
            assert interrupted.job_get(operation.job.id).job.finished_at is None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    client.wait(client.destroy(operation.instance.id).job.id)


class Mute:
    """A daemon that receives everything and sends nothing on its first connection, and replies to `job.wait` on the others.
    `heard` has the methods that each connection received."""

    def __init__(self, path, job):
        self.heard = []
        self._job = job
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            self.heard.append([])
            threading.Thread(target=self._serve, args=(connection, self.heard[-1], len(self.heard) > 1), daemon=True).start()

    def _serve(self, connection, heard, answers):
        with connection, connection.makefile("rwb", buffering=0) as stream:
            for line in stream:
                call = json.loads(line)
                heard.append(call["method"])
                if answers:
                    stream.write(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": {"job": self._job}}).encode() + b"\n")


def test_a_wait_is_sent_again_if_the_daemon_is_silent(aura, tmp_path):
    document = json.loads((REPOSITORY / "docs/openrpc.json").read_text())
    job = next(method for method in document["methods"] if method["name"] == "job.wait")["examples"][0]["result"]["value"]["job"]

    async def wait(address):
        async with aura.AsyncClient(address, silence=0.3) as client:
            return await client.wait("1")

    for number, story in enumerate([lambda address: aura.Client(address, silence=0.3).wait("1"), lambda address: asyncio.run(wait(address))]):
        daemon = Mute(tmp_path / f"{number}.sock", job)
        assert story(str(tmp_path / f"{number}.sock")).state == "succeeded"
        assert [heard[:2] for heard in daemon.heard] == [["job.wait", "system.ping"], ["job.wait"]]


def test_the_time_limit_of_a_wait_holds_through_lost_connections(aura, tmp_path):
    """After a lost connection the client asks with the rest of the limit. If the daemon stays away, the wait ends with
    a time-out."""
    async def wait(address):
        async with aura.AsyncClient(address) as client:
            await client.wait("1", timeout=5)

    for number, story in enumerate([lambda address: aura.Client(address).wait("1", timeout=5), lambda address: asyncio.run(wait(address))]):
        path = tmp_path / f"{number}.sock"
        limits = []

        def serve(listener):
            """Receives three calls, closes the connection of each, and stops listening."""
            for _ in range(3):
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as stream:
                    limits.append(json.loads(stream.readline())["params"]["timeoutMs"])
            listener.close()

        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(TimeoutError):
            story(str(path))
        thread.join(20)
        assert len(limits) >= 2 and limits == sorted(limits, reverse=True) and limits[-1] < limits[0] <= 5000


def test_values_beyond_the_protocol_limits_are_not_sent(aura, client):
    deep = 1
    for _ in range(63):
        deep = [deep]
    for value in (1 << 63, -(1 << 63) - 1, float("nan"), float("inf"), "a\0b", "half \ud83d", "x" * (1 << 20), deep):
        with pytest.raises(aura.CannotSend):
            client.call("status.get", {"instance": value})
    # Values just within the limits reach the daemon.
    for value in ((1 << 63) - 1, "x" * 1_000_000, deep[0]):
        with pytest.raises(aura.errors.InvalidParams):
            client.call("status.get", {"instance": value})


def test_threads_share_a_connection_and_none_waits_for_another(aura, client, world):
    with endless_jobs(world):
        with aura.Client(str(world.daemon.socket), timeout=20, patience=20) as shared:
            operation = client.provision(fresh_name(), "eu-central", "small")
            ended = []
            waits = [threading.Thread(target=lambda: ended.append(shared.wait(operation.job.id).state)) for _ in range(8)]
            for wait in waits:
                wait.start()
            for _ in range(200):
                assert shared.status_get(operation.instance.id).instance.id == operation.instance.id
            assert not ended, "the calls waited for the job"
            world.sandbox.clear_faults()
            client.wait(client.destroy(operation.instance.id).job.id)
            for wait in waits:
                wait.join(60)
            assert len(ended) == 8


def test_the_example_runs(installed, world):
    name = fresh_name()
    done = subprocess.run(
        [sys.executable, REPOSITORY / "clients/python/examples/provision.py", name], capture_output=True, text=True,
        timeout=60, env={"PYTHONPATH": str(installed), "AURA_SOCKET": str(world.daemon.socket), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name} runs at" in done.stdout and done.stdout.strip().endswith("destroy succeeded")
    refused = subprocess.run(
        [sys.executable, REPOSITORY / "clients/python/examples/provision.py", "Not A Name"], capture_output=True, text=True,
        timeout=60, env={"PYTHONPATH": str(installed), "AURA_SOCKET": str(world.daemon.socket), "PATH": "/usr/bin:/bin"})
    assert refused.returncode == 1 and "params.name" in refused.stderr
    unasked = subprocess.run(
        [sys.executable, REPOSITORY / "clients/python/examples/provision.py"], capture_output=True, text=True, timeout=60,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"})
    assert unasked.returncode == 1 and "NAME" in unasked.stderr and "Traceback" not in unasked.stderr
