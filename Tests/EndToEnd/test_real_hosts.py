"""The main operations on real hosts: containers with systemd and sshd, configured by the real Ansible over SSH."""

import subprocess

import pytest

from harness import REAL_HOST, eventually
from harness.secrets import Sampler, Secrets, written

pytestmark = pytest.mark.podman

PROVIDER_KEY = "sk-ant-planted-7d1f0c52e9"


def podman(*arguments):
    return subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=60, check=True).stdout.split()


@pytest.fixture
def no_remains():
    """Checks at the end that podman has nothing left of the sandboxes that ran."""
    pids = []
    yield pids
    names = podman("ps", "--all", "--format", "{{.Names}}") + podman("network", "ls", "--format", "{{.Name}}")
    assert pids and [name for name in names if any(f"-{pid}-" in name for pid in pids)] == []


@pytest.fixture
def real(no_remains, worlds, tmp_path):
    keys = tmp_path / "agent.env"
    keys.write_text(f"# planted\nANTHROPIC_API_KEY={PROVIDER_KEY}\n")
    keys.chmod(0o600)
    settings = {"agent.environmentFile": keys, "pace.bootLimitSeconds": 120, "engine.leaseSeconds": 30,
                "engine.heartbeatSeconds": 10}

    def make(**more):
        world = worlds({**settings, **more.pop("settings", {})}, hosts="podman", scale=0.2, **more)
        no_remains.append(world.sandbox.pid)
        return world

    return make


def on_host(world, *command, text=None):
    """Runs a command on the only machine; `text` is its standard input."""
    container = world.sandbox.state()["containers"][0]
    name = container if isinstance(container, str) else container["name"]
    return subprocess.run(
        ["podman", "exec", *(["--interactive"] if text else []), name, *command], input=text, capture_output=True,
        text=True, timeout=60)


def recaps(follower, job):
    return [event for event in follower.of(job) if event["type"] == "run.recap"]


def test_an_instance_passes_through_every_operation_on_a_real_host(real):
    world = real(settings={"log.level": "trace"})
    follower, sampler = world.follow(), Sampler(world.daemon)
    job = world.succeed("provision", name="ada", seconds=REAL_HOST)["id"]
    assert world.instance("ada")["phase"] == "running"
    assert world.instance("ada")["agentVersion"] == "2026.8.1"

    runs = recaps(follower, job)
    assert [run["step"] for run in runs] == ["machine.configure", "network.enrol"]
    for run in runs:
        assert run["data"]["failed"] == 0 and run["data"]["unreachable"] == 0 and run["data"]["ok"] > 0
        assert "failed=0" in run["message"] and "unreachable=0" in run["message"]

    ready = on_host(world, "curl", "-fsS", "http://127.0.0.1:18789/startupz")
    assert ready.returncode == 0, ready
    assert on_host(world, "systemctl", "is-active", "openclaw.service").stdout.strip() == "active"
    state = world.sandbox.state()
    device, = state["devices"]
    assert device["nodeId"] == world.instance("ada")["tailnet"]["nodeId"]
    assert [key["used"] and key["revoked"] for key in state["authKeys"]] == [True]

    secrets = Secrets(provider=PROVIDER_KEY).learn(world)
    secrets.assert_absent({"user data": state["servers"][0]["userData"]}, but=["birthHostKey"])
    check_host(world)

    for kind, phase in (("suspend", "suspended"), ("resume", "running"), ("restart", "running")):
        world.succeed(kind, instance="ada", seconds=REAL_HOST)
        assert world.instance("ada")["phase"] == phase
    assert on_host(world, "curl", "-fsS", "http://127.0.0.1:18789/startupz").returncode == 0
    world.succeed("destroy", instance="ada", seconds=REAL_HOST)
    sampler.end()
    assert any(b"ansible-playbook" in each for each in sampler.arguments) and len(sampler.environments) > 1
    secrets.assert_absent(written(world, follower, sampler))
    world.nothing_left()
    world.check_ledger()


def check_host(world):
    """Checks that the provider's key is in one file on the machine, and in none of its logs."""
    places = ("/etc", "/home", "/opt", "/root", "/tmp", "/var/log", "/var/lib")
    # The key comes from standard input: as an argument it would appear in the list of processes, which is searched too.
    found = on_host(world, "grep", "-rlsFf", "-", *places, text=PROVIDER_KEY + "\n")
    assert found.stdout.split() == ["/etc/openclaw/openclaw.env"]
    assert on_host(world, "stat", "-c", "%a %U", "/etc/openclaw/openclaw.env").stdout.strip() == "600 root"
    journal = on_host(world, "journalctl", "--no-pager")
    assert PROVIDER_KEY not in journal.stdout and "tskey-auth-" not in journal.stdout


def test_a_provision_continues_after_a_kill_during_ansible(real):
    """kill -9 while tasks run: the run's processes end, the next daemon continues, and there is one machine and one
    device."""
    world = real()
    follower = world.follow()
    job = world.provision("ada")
    follower.wait(
        lambda event: event["type"] == "task.finished" and event.get("step") == "machine.configure", seconds=REAL_HOST,
        what="a task of Ansible")
    world.daemon.kill()
    world.daemon.start()
    assert follower.end(job, REAL_HOST)["type"] == "job.succeeded"
    state = world.sandbox.state()
    assert state["createdServers"] == 1 and len(state["devices"]) == 1 and len(state["containers"]) == 1
    world.succeed("destroy", instance="ada", seconds=REAL_HOST)
    world.nothing_left()
    world.check_ledger()


def test_a_wrong_host_key_fails_the_provision(real):
    """The machine shows another host key than the one made for it: nothing is sent to it, it is removed, and the error
    states the reason."""
    world = real(settings={"pace.refusalPatienceSeconds": 3})
    world.sandbox.fault("wrongHostKey", "/v1/servers", "POST")
    ended = world.finish(world.provision("ada"), REAL_HOST)
    assert ended["state"] == "failed"
    assert ended["failure"]["code"] == "sshHostKeyMismatch"
    eventually(lambda: world.sandbox.state()["servers"] == [], what="the machine's removal")
    world.nothing_left()


def test_a_machine_that_never_boots_fails_the_provision(real):
    """The error names the step and its limit; the machine is removed."""
    world = real(settings={"pace.bootLimitSeconds": 6})
    world.sandbox.fault("neverBoots", "/v1/servers", "POST")
    ended = world.finish(world.provision("ada"), REAL_HOST)
    assert ended["state"] == "failed" and ended["failure"]["code"] == "deadlineExceeded"
    assert "server.boot" in ended["failure"]["message"]
    world.nothing_left()
