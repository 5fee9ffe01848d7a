"""Keys of machines and credentials of providers in the vault: daemons that share nothing but the database."""

import json
import os

import pytest
from harness import eventually

from test_vault import FIRST, SECOND


def files(daemon):
    """Returns the names of the files in a daemon's own directory of machines' keys."""
    directory = daemon.state / "credentials"
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def versions(daemon):
    return {each["id"]: each["versions"] for each in daemon.call("vault.status")["keys"]}


@pytest.fixture
def apart(cluster, keys):
    """Two daemons with directories of their own, and copies of one key file."""
    pair = cluster(2, settings={"vault.keyFile": keys(FIRST)})
    assert pair.daemons[0].state != pair.daemons[1].state
    return pair


def test_a_machine_of_one_daemon_is_restarted_and_destroyed_by_another(apart):
    one, other = apart.daemons
    assert apart.finish(one, apart.provision(one, "ada"))["state"] == "succeeded"
    assert versions(other)["k1"] > 0
    one.stop()
    for method in ("restart", "destroy"):
        job = other.call(method, instance="ada")["job"]["id"]
        assert apart.finish(other, job)["state"] == "succeeded"
    assert versions(other) == {"k1": 0}
    assert files(one) == files(other) == []
    assert apart.sandbox.state()["servers"] == [] and apart.sandbox.state()["sshKeys"] == []


def test_a_daemon_continues_with_the_keys_that_a_killed_one_stored(apart):
    """The keys are stored, and the server that gets them is not created yet."""
    one, other = apart.daemons
    apart.sandbox.settings(createSeconds=150)
    jobs = [apart.provision(one, f"a{number}") for number in range(4)]
    for job in jobs:
        apart.followers[1].step(job, "server.create")
    one.kill()
    for job in jobs:
        assert apart.finish(other, job)["state"] == "succeeded"
    apart.check(machines=4)
    assert files(one) == files(other) == []


def test_files_are_imported_and_deleted(worlds, keys):
    world = worlds()
    world.succeed("provision", name="ada")
    world.succeed("provision", name="bob")
    assert len(files(world.daemon)) == 2
    stranger = world.daemon.state / "credentials" / "0198f000-0000-7000-8000-000000000000-g1.json"
    stranger.write_text("{}")
    world.daemon.stop()
    world.daemon.with_settings(vault__keyFile=keys(FIRST))
    world.daemon.start()
    assert "keys of machines are still in files" in world.daemon.log_tail()
    # Without an import, the files are used.
    world.succeed("restart", instance="ada")
    world.succeed("destroy", instance="bob")
    assert len(files(world.daemon)) == 2
    secrets = [path.read_text() for path in (world.daemon.state / "credentials").glob("*-g1.json")]
    private = [json.loads(text)["client"]["privateKey"] for text in secrets if len(text) > 2]
    assert len(private) == 1

    done = world.daemon.aura("vault", "import")
    assert done.returncode == 0 and not any(line in done.stdout + done.stderr for line in private[0].split("\n") if line)
    assert "imported 2, in the vault before 0, deleted 0" in done.stdout
    assert f"{stranger}: no machine of this database needs it" in done.stdout
    assert len(files(world.daemon)) == 2
    again = world.call("vault.adopt", delete=True)
    assert (again["imported"], again["present"], again["deleted"]) == (0, 2, 1)
    assert files(world.daemon) == [stranger.name]
    # The token of the provider is imported, and stays where the configuration names it.
    assert [each["name"] for each in world.call("vault.status")["secrets"]] == ["hetzner.token"]
    world.succeed("restart", instance="ada")
    world.succeed("destroy", instance="ada")
    world.succeed("provision", name="eve")
    assert files(world.daemon) == [stranger.name]


def test_a_token_in_the_vault_is_changed_without_a_restart(worlds, keys, tmp_path):
    world = worlds({"vault.keyFile": keys(FIRST)})
    world.call("vault.adopt")
    world.daemon.stop()
    world.daemon.with_settings(hetzner__token="vault:hetzner.token")
    world.daemon.start()
    world.succeed("provision", name="ada")
    world.call("vault.delete", name="hetzner.token")
    job = world.begin("destroy", instance="ada")

    def waits():
        text = json.dumps(world.call("job.get", job=job))
        return "aura vault set hetzner.token" in text

    eventually(waits, 30, what="a job that waits for the token")
    value = tmp_path / "token"
    value.write_text(world.sandbox.token)
    done = world.daemon.aura("vault", "set", "hetzner.token", "--in", str(value))
    assert done.returncode == 0 and world.sandbox.token not in done.stdout, done.stderr
    assert world.finish(job)["state"] == "succeeded"


def test_a_setting_that_names_a_secret_needs_a_key_file(worlds):
    world = worlds({"hetzner.token": "vault:hetzner.token"}, start_daemon=False)
    code, text = world.daemon.run_to_failure()
    assert code == 78 and "cannot use hetzner.token = vault:hetzner.token, the daemon has no key file" in text


def test_a_rotation_reaches_the_keys_of_machines(worlds, keys):
    key_file = keys(FIRST)
    world = worlds({"vault.keyFile": key_file})
    world.succeed("provision", name="ada")
    before = versions(world.daemon)["k1"]
    done = world.daemon.aura("vault", "rotate", "--file", str(key_file))
    assert done.returncode == 0 and "key k2 is the first one" in done.stdout
    assert os.stat(key_file).st_mode & 0o777 == 0o600
    world.daemon.stop()
    world.daemon.start()
    eventually(lambda: versions(world.daemon) == {"k2": before, "k1": 0}, 30, what="a rotation")
    lines = key_file.read_text().splitlines()
    key_file.write_text(lines[0] + "\n")
    world.daemon.stop()
    world.daemon.start()
    world.succeed("restart", instance="ada")
    world.succeed("destroy", instance="ada")
    world.daemon.stop()
    key_file.write_text(SECOND + "\n")
    code, text = world.daemon.run_to_failure()
    assert code == 78 and "another key k2" in text
