"""The daemon checks that the database is still the one it opened, that it is writable, and to which epoch its numbers
belong."""

import contextlib
import os
import shutil
import sqlite3

import pytest
from harness import binary, eventually
from harness.program import finish
from harness.wire import RPCError

from test_bad_input import one_line


# The hand-back of jobs is given up after 3 s. The rest is for a busy machine.
LATEST_END = 20


def head(world):
    return world.call("system.health")["head"]


def refusal(world, method, **params):
    with pytest.raises(RPCError) as caught:
        world.call(method, **params)
    return caught.value


def remove_database(world):
    for path in world.directory.glob("aura.db*"):
        path.unlink()


def test_a_provision_is_refused_if_the_database_file_is_removed(world):
    world.succeed("provision", name="ada")
    remove_database(world)
    error = refusal(world, "provision", name="bob", region="eu-central", size="small")
    assert error.data["code"] == "storageUnavailable" and "removed or replaced" in error.message
    health = world.call("system.health")
    assert health["ok"] is False and "removed or replaced" in health["reason"]


def test_a_provision_is_refused_if_the_database_file_is_truncated(world):
    world.succeed("provision", name="ada")
    os.truncate(world.directory / "aura.db", 0)
    error = refusal(world, "provision", name="bob", region="eu-central", size="small")
    assert error.data["code"] == "storageUnavailable" and "cut short" in error.message
    health = world.call("system.health")
    assert health["ok"] is False and "cut short" in health["reason"]


@pytest.mark.parametrize("way", ["removed", "replaced"])
def test_a_lost_database_file_does_not_delay_the_shutdown(worlds, way):
    """A job at work cannot be handed back. The daemon gives up long before the job's lease ends, which is 10 minutes."""
    world = worlds({"engine.leaseSeconds": 600, "engine.heartbeatSeconds": 200})
    held = world.sandbox.fault("slow", "/v1/servers", "GET", seconds=100)
    world.provision("ada")
    eventually(lambda: world.sandbox.fired(held), what="the call at which the step is held")
    database = world.directory / "aura.db"
    if way == "replaced":
        shutil.copy(database, world.directory / "new.db")
        (world.directory / "new.db").rename(database)
    else:
        remove_database(world)
    world.daemon.stop(LATEST_END)
    assert "cannot hand job" in world.daemon.log_text()


def test_no_new_database_is_made_beside_credentials(world):
    world.succeed("provision", name="ada")
    assert world.call("system.health")["ok"] is True
    world.daemon.stop()
    remove_database(world)
    for attempt in [world.daemon.run_to_failure, lambda: migrate(world)]:
        code, text = attempt()
        assert code == 69 and "put that database or a backup back" in one_line(text)
    assert not (world.directory / "aura.db").exists()
    (world.daemon.state / "credentials").rename(world.directory / "credentials")
    world.daemon.start()
    assert head(world) == 0


def migrate(world):
    done = finish([binary("aurad"), "migrate", "--config", str(world.sandbox.config_path)], world.daemon.environment)
    return done.returncode, done.stderr


WRONG_ELSEWHERE = {
    "hetzner.endpoint": "no endpoint", "configuration.tree": "/missing", "http": "192.0.2.1:80",
    "engine.workers": "many", "tailscale.enabled": "true", "log.level": "loud"}


def test_migrate_needs_only_the_settings_of_the_database(worlds):
    """It neither reads nor checks the settings of providers and of other parts, nor their files."""
    world = worlds(WRONG_ELSEWHERE, start_daemon=False)
    (world.directory / "hetzner.token").unlink()
    code, text = world.daemon.run_to_failure()
    assert code == 78, text
    assert not world.daemon.database.exists()
    assert migrate(world) == (0, "")
    with contextlib.closing(sqlite3.connect(world.daemon.database)) as database:
        assert database.execute("SELECT count(*) FROM instance").fetchone() == (0,)
    assert migrate(world) == (0, "")


@pytest.mark.parametrize("settings, words", [
    ({"database": "mysql:x"}, "sqlite:PATH or postgres://"), ({"database": "sqlite:{}"}, "path of a file"),
    ({"database": "postgres://u@db.example/x?sslmode=disable"}, "cannot use database"),
    ({"postgres.preparesStatements": "perhaps"}, "postgres.preparesStatements"),
    ({"stateDirectory": "{}/open"}, "others may write to it"),
])
def test_migrate_refuses_wrong_settings_of_the_database(worlds, settings, words):
    world = worlds(start_daemon=False)
    (world.directory / "open").mkdir()
    (world.directory / "open").chmod(0o777)
    world.daemon.settings.update({key: value.format(world.directory) for key, value in settings.items()})
    world.daemon.with_settings()
    code, text = migrate(world)
    assert code == 78 and words in one_line(text)
    assert not world.daemon.database.exists()


def test_migrate_refuses_unknown_settings(worlds):
    """Otherwise a misspelt `database` would make a new database at the usual place."""
    world = worlds(start_daemon=False)
    with open(world.sandbox.config_path, "a") as file:
        file.write(f"databse: sqlite:{world.directory}/aura.db\n")
    code, text = migrate(world)
    assert code == 78 and "did you mean database?" in one_line(text)


def subscribe(world, **params):
    with world.connect() as connection:
        return connection.call("status.subscribe", **params)


@pytest.mark.parametrize("in_place", [False, True])
def test_a_restored_database_has_a_new_epoch(world, in_place):
    world.succeed("provision", name="ada")
    first = subscribe(world)["epoch"]
    world.daemon.stop()
    database = world.directory / "aura.db"
    backup = world.directory / "backup.db"
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    world.daemon.start()
    assert subscribe(world)["epoch"] == first
    world.succeed("restart", instance="ada")
    before = head(world)
    world.daemon.kill()
    world.daemon.start()
    assert subscribe(world, **{"from": before, "epoch": first})["epoch"] == first
    world.daemon.stop()
    for path in world.directory.glob("aura.db-*"):
        path.unlink()
    if not in_place:
        database.rename(world.directory / "old.db")
    shutil.copy(backup, database)
    world.daemon.start()
    world.succeed("restart", instance="ada")
    world.succeed("restart", instance="ada")
    assert head(world) > before
    second = subscribe(world)["epoch"]
    assert second != first
    error = refusal(world, "status.subscribe", **{"from": before, "epoch": first})
    assert error.data["code"] == "cursorExpired" and error.data["epoch"] == second
    assert subscribe(world, **{"from": before, "epoch": second})["epoch"] == second
    world.daemon.stop()
    world.daemon.start()
    assert subscribe(world)["epoch"] == second


def test_a_subscription_names_its_instance(world):
    job = world.provision("ada")
    instance = world.call("job.get", job=job)["job"]["instance"]
    assert subscribe(world, filter={"instance": "ada"})["instance"] == instance
    assert subscribe(world, filter={"instance": instance.upper()})["instance"] == instance
    assert "instance" not in subscribe(world, filter={"job": job})
    world.finish(job)
    with world.connect() as connection:
        answer = connection.call("restart", instance="ada", subscribe={})
    assert answer["subscription"]["instance"] == instance
    assert answer["subscription"]["epoch"] == subscribe(world)["epoch"]
    world.finish(answer["job"]["id"])


def test_a_name_with_the_form_of_an_id_is_accepted(world):
    name = "abcdefab-cdef-4abc-8abc-abcdefabcdef"
    ended = world.succeed("provision", name=name)
    assert world.instance(name)["id"] == ended["instance"]
    assert world.instance(ended["instance"].upper())["name"] == name
    assert subscribe(world, filter={"instance": name})["instance"] == ended["instance"]
    assert world.call("job.list", instance=name)["jobs"][0]["id"] == ended["id"]
    assert world.call("job.get", job=ended["id"].upper())["job"]["id"] == ended["id"]
    world.succeed("destroy", instance=name)


@pytest.mark.parametrize("method", ["status.list", "job.list"])
def test_a_page_cursor_must_be_an_id(world, method):
    job = world.provision("ada")
    instance = world.finish(job)["instance"]
    for cursor in ["", "zzz", "ada", "g" * 36]:
        error = refusal(world, method, after=cursor)
        assert error.data["code"] == "invalidParams" and error.data["path"] == "params.after"
    last = instance if method == "status.list" else job
    rows = "instances" if method == "status.list" else "jobs"
    assert world.call(method, after=last.upper())[rows] == []


def test_name_taken_is_retryable_while_the_holder_is_being_destroyed(world):
    world.succeed("provision", name="ada")
    job = world.begin("destroy", instance="ada")
    error = refusal(world, "provision", name="ada", region="eu-central", size="small")
    assert error.data["code"] == "nameTaken" and error.data["retryable"] is True
    assert error.data["job"] == job and job in error.message and "destroy it first" not in error.message
    world.finish(job)
    world.succeed("provision", name="ada")
    error = refusal(world, "provision", name="ada", region="eu-central", size="small")
    assert error.data["retryable"] is False and "job" not in error.data


def test_an_explicit_default_tenant_is_the_same_idempotent_request(world):
    given = {"name": "ada", "region": "eu-central", "size": "small", "idempotencyKey": "k1", "change": "c1"}
    job = world.begin("provision", **given)
    assert world.begin("provision", **given, tenant="default") == job
    world.finish(job)
    again = world.begin("restart", instance="ada", idempotencyKey="k2", tenant="default")
    assert world.begin("restart", instance="ada", idempotencyKey="k2") == again
    world.finish(again)


def test_until_terminal_waits_for_the_first_job_of_a_change(world):
    with world.connect() as connection:
        connection.call("status.subscribe", filter={"change": "c1"}, until="terminal")
        job = world.provision("ada", change="c1")
        types = []
        while not types or types[-1] != "subscription.ended":
            types.append(connection.note()["params"]["result"]["type"])
    assert "job.succeeded" in types
    assert world.call("job.get", job=job)["job"]["state"] == "succeeded"
