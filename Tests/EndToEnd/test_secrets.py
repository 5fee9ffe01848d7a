"""Planted and minted secrets appear nowhere: not in the database, the ledger, the log, arguments, environments."""

import os
import pathlib
import subprocess

import pytest

from harness import REAL_HOST, RPCError
from harness.secrets import Sampler, Secrets, written

PROVIDER_KEY = "sk-ant-planted-7d1f0c52e9"


def test_no_secret_appears_in_operations_and_failures(worlds):
    """A whole life, and failures of each kind, at the most detailed log level."""
    world = worlds({"log.level": "trace"}, scale=0.005)
    follower, sampler = world.follow(), Sampler(world.daemon)
    said = [world.daemon.aura("provision", "ada", "--region", "eu-central", "--size", "small", "--watch")]
    assert said[0].returncode == 0, said[0].stderr
    secrets = Secrets().learn(world)
    for operation in ("suspend", "resume", "restart"):
        said.append(world.daemon.aura("--json", operation, "ada", "--watch"))
        assert said[-1].returncode == 0, said[-1].stderr
    said += [world.daemon.aura(*words) for words in (["list"], ["show", "ada"], ["--json", "show", "ada"])]
    user_data = [server["userData"] for server in world.sandbox.state()["servers"]]
    assert user_data and "ssh_keys" in user_data[0]
    secrets.assert_absent({"user data": user_data[0]}, but=["birthHostKey"])
    said.append(world.daemon.aura("destroy", "ada", "--watch"))

    for number, fault in enumerate([
            {"fault": "status", "status": 401}, {"fault": "html502"}, {"fault": "loseAnswer"}, {"fault": "truncate"},
            {"fault": "status", "status": 422, "message": f"what is {world.sandbox.token}?"}]):
        fields = dict(fault)
        world.sandbox.fault(fields.pop("fault"), "/v1/servers", "POST", **fields)
        said.append(world.daemon.aura("provision", f"a{number}", "--region", "eu-central", "--size", "small", "--watch"))
        world.succeed("destroy", instance=f"a{number}")
    with world.connect() as connection:
        for parameters in ({"name": "x", "region": world.sandbox.token, "size": "small"}, {"token": world.sandbox.token}):
            with pytest.raises(RPCError):
                connection.call("provision", **parameters)
    sampler.end()
    places = written(world, follower, sampler)
    places["what the command line said"] = "".join(each.stdout + each.stderr for each in said)
    secrets.assert_absent(places)
    world.nothing_left()


def test_no_secret_appears_in_a_startup_error(worlds):
    world = worlds(start_daemon=False)
    secrets = Secrets().learn(world, machines=0)
    (world.directory / "hetzner.token").chmod(0o644)
    code, text = world.daemon.run_to_failure()
    assert code == 78
    secrets.assert_absent({"standard error": text})
    (world.directory / "hetzner.token").chmod(0o600)
    world.daemon.with_settings(hetzner__token=world.sandbox.token, log__level="trace", engine__workers="many")
    code, text = world.daemon.run_to_failure()
    assert code == 78
    secrets.assert_absent({"standard error": text})


@pytest.mark.podman
def test_no_secret_appears_when_a_real_host_cannot_join(worlds, tmp_path):
    """The tailnet refuses the machine: no secret appears on the way to the failure, during the undo and at the end."""
    keys = tmp_path / "agent.env"
    keys.write_text(f"ANTHROPIC_API_KEY={PROVIDER_KEY}\n")
    keys.chmod(0o600)
    world = worlds({"agent.environmentFile": keys, "log.level": "trace"}, hosts="podman", scale=0.2)
    follower, sampler = world.follow(), Sampler(world.daemon)
    world.sandbox.fault("status", "/_sandbox/tailnet/register", status=401, message="invalid key", count=0)
    job = world.provision("ada")
    follower.step(job, "network.enrol", seconds=REAL_HOST)
    secrets = Secrets(provider=PROVIDER_KEY).learn(world)
    end = follower.end(job, REAL_HOST)
    assert end["type"] == "job.failed" and end["data"]["class"] == "permanent", end
    sampler.end()
    assert len(sampler.environments) > 1, "no child was seen"
    secrets.assert_absent(written(world, follower, sampler))
    world.nothing_left()
    world.succeed("destroy", instance="ada", seconds=REAL_HOST)
    world.nothing_left()


def test_other_processes_cannot_read_the_daemons_memory(worlds):
    """There is no core file, and a process of the same account without special privileges cannot read the memory."""
    world = worlds()
    limits = pathlib.Path(f"/proc/{world.daemon.pid}/limits").read_text()
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")] == [["0", "0"]]
    reader = ["cat", f"/proc/{world.daemon.pid}/environ"]
    if os.geteuid() == 0:
        reader = ["setpriv", "--bounding-set=-sys_ptrace,-perfmon,-sys_admin", *reader]
    assert subprocess.run(reader, capture_output=True, timeout=20).returncode != 0
