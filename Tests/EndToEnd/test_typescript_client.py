"""The TypeScript client as users get it, compiled by tsc, against a live daemon."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest

from harness import eventually, finish, fresh_name
from harness.node import compile_client, compile_typescript, node

@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Returns the package's directory after compilation: the client is in `dist`, its test programs in `build`."""
    package = compile_client(tmp_path_factory.mktemp("typescript"))
    # The test programs use the client as others do: its declarations, by the package's name.
    compile_typescript(package / "tests")
    return package


@pytest.fixture
def program(package):
    """Returns a function that returns the command of a compiled program."""
    def command(path, *arguments):
        return [node(), "--experimental-websocket", package / "build" / f"{path}.js", *arguments]
    return command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(params=["unix", "tcp", "ws"])
def reached(request, worlds, monkeypatch):
    """Returns a world and the address of its daemon. The environment has a token if the client needs one."""
    if request.param == "unix":
        world = worlds()
        return world, str(world.daemon.socket)
    place = f"127.0.0.1:{free_port()}"
    world = worlds({"http" if request.param == "ws" else "listen": place})
    monkeypatch.setenv("AURA_TOKEN", world.daemon.token)
    return world, f"ws://{place}/ws" if request.param == "ws" else f"tcp:{place}"


@pytest.fixture
def world(shared_world):
    return shared_world


def test_the_client_runs_operations_subscriptions_and_waits(program, reached):
    _, address = reached
    token = {name: os.environ[name] for name in ("AURA_TOKEN",) if name in os.environ}
    done = finish(program("tests/life", address, fresh_name()), token, seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr
    # Node warns about listeners that accumulate.
    assert "MaxListeners" not in done.stderr


def test_a_subscription_continues_after_crashes_of_the_daemon(program, reached, tmp_path):
    """The daemon is killed five times while events arrive: every `seq` arrives once, in order."""
    world, address = reached
    heard = tmp_path / "heard"
    with open(heard, "w") as file:
        follower = subprocess.Popen(program("tests/follow", address), stdout=file, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: heard.read_text().startswith("begun\n"), what="the subscription")
        begun = world.call("system.health")["head"]
        jobs = []
        for _ in range(5):
            jobs.append(world.provision(fresh_name()))
            before = heard.read_text()
            eventually(lambda: heard.read_text() != before, what="an event of this daemon")
            world.daemon.kill()
            world.daemon.start()
        for job in jobs:
            world.succeed("destroy", instance=world.finish(job)["instance"])
        head = world.call("system.health")["head"]
        eventually(lambda: heard.read_text().endswith(f"\n{head}\n"), what=f"event {head}")
        follower.send_signal(signal.SIGTERM)
        _, complaints = follower.communicate(timeout=20)
    finally:
        follower.kill()
        follower.wait()
    assert follower.returncode == 0 and "MaxListeners" not in complaints, complaints
    lines = ["begun", *map(str, range(begun + 1, head + 1)), "ended: closed"]
    assert heard.read_text().splitlines() == lines


def test_a_call_repeated_after_a_lost_connection_is_executed_once(program, world):
    """The daemon dies between a call and its reply; the client repeats the call with the same key."""
    names = [fresh_name() for _ in range(8)]
    with world.daemon.dying_often():
        done = finish(program("tests/provision", world.daemon.socket, *names), seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr
    operations = [json.loads(line) for line in done.stdout.splitlines()]
    assert [operation["name"] for operation in operations] == names
    jobs = world.call("job.list", limit=1000, order="newest")["jobs"]
    for operation in operations:
        assert [job["id"] for job in jobs if job["instance"] == operation["instance"]] == [operation["job"]]
        world.succeed("destroy", instance=operation["instance"])


def test_wait_until_running_returns_the_running_instance(program, world):
    name = fresh_name()
    done = finish(program("tests/wait", world.daemon.socket, name), seconds=60)
    assert done.stdout.strip() == f"running at {world.instance(name)['server']['address']}", done.stderr
    world.succeed("destroy", instance=name)


def test_a_failed_job_is_reported_with_its_cause(program, world):
    name = fresh_name()
    world.sandbox.fault("status", "/v1/servers", "POST", status=422, code="invalid_input", message="no luck")
    try:
        done = finish(program("tests/wait", world.daemon.socket, name), seconds=60)
    finally:
        world.sandbox.clear_faults()
    assert done.stdout.startswith("failed with ") and "no luck" in done.stdout, done.stderr
    world.succeed("destroy", instance=name)


def test_an_absent_daemon_throws_connection_lost(program, tmp_path):
    done = finish(program("tests/away", tmp_path / "nobody.sock"), seconds=20)
    assert done.returncode == 0 and re.fullmatch(r"lost after \d+ ms\n", done.stdout), done.stdout + done.stderr


def test_a_subscription_throws_connection_lost_if_the_daemon_stays_away(program, worlds):
    """The daemon dies and stays away: the iteration throws an error, so it does not look like the end of the stream."""
    world = worlds()
    waiting = subprocess.Popen(
        program("tests/away", world.daemon.socket), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert waiting.stdout.readline() == "begun\n"
        world.daemon.kill()
        said, complaints = waiting.communicate(timeout=20)
    finally:
        waiting.kill()
        waiting.wait()
    assert waiting.returncode == 0 and said.startswith("lost after "), complaints
    world.daemon.start()


def test_the_client_handles_slow_readers_broken_streams_and_refusals(program):
    """Cases without a real daemon: slow readers, broken streams, refusals."""
    done = finish(program("tests/odd"), seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr


def test_the_browser_entry_imports_no_node_module(package):
    """`index.js` statically imports only files of the package, also indirectly; sockets are imported when one is
    opened."""
    names, seen = ["./index.js"], set()
    while names:
        name = names.pop()
        if name not in seen:
            seen.add(name)
            names += re.findall(r'^(?:import|export) (?:.*? from )?["\'](.+?)["\'];$', (package / "dist" / name).read_text(), re.M)
    assert {"./client.js", "./websocket.js"} <= seen
    assert all(name.startswith("./") for name in seen) and "./socket.js" not in seen
    # Bundlers include lazy imports, so the package names a replacement for them.
    for replaced, standing_in in json.loads((package / "package.json").read_text())["browser"].items():
        assert (package / replaced).exists() and "node:" not in (package / standing_in).read_text()


def test_the_example_runs(program, world):
    settings = {"AURA_SOCKET": str(world.daemon.socket)}
    name = fresh_name()
    done = finish(program("examples/provision", name), settings, 60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name} runs at" in done.stdout and done.stdout.endswith("destroy succeeded\n")
    refused = finish(program("examples/provision", "Not A Name"), settings, 60)
    assert refused.returncode == 1 and "params.name" in refused.stderr
    unasked = finish(program("examples/provision"), settings, 60)
    assert unasked.returncode == 1 and "NAME" in unasked.stderr
