"""Invalid settings, files and environments: each gives a clear error that states what to do; nothing is lost or leaked."""

import contextlib
import resource
import socket
import sqlite3

import pytest

from harness import Daemon, binary, eventually, finish


def one_line(text):
    lines = [line for line in text.splitlines() if line.startswith("aurad: ")]
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize("params, code, words", [
    ({"name": "ada", "region": "mars", "size": "small"}, "unknownRegion", "eu-central"),
    ({"name": "ada", "region": "eu-central", "size": "huge"}, "unknownSize", "small"),
    ({"name": "Ada!", "region": "eu-central", "size": "small"}, "invalidParams", "name"),
    ({"name": "a" * 41, "region": "eu-central", "size": "small"}, "invalidParams", "name"),
    ({"region": "eu-central", "size": "small"}, "invalidParams", "name"),
    ({"name": 7, "region": "eu-central", "size": "small"}, "invalidParams", "name"),
    ({"name": "ada", "region": "eu-central", "size": "small", "colour": "red"}, "invalidParams", "colour"),
    ({"name": "ada", "region": "eu-central", "size": "small", "idempotencyKey": ""}, "invalidParams", "idempotencyKey"),
])
def test_bad_provision_parameters_are_refused(shared_world, params, code, words):
    with shared_world.connect() as connection:
        error = connection.refused(code, "provision", **params)
        assert words in error.message
        assert connection.call("status.list") == {"instances": []}
    assert shared_world.sandbox.state()["createdServers"] == 0


@pytest.fixture
def idle(worlds):
    return worlds(start_daemon=False)


@pytest.mark.parametrize("break_it, words", [
    (lambda world: (world.directory / "hetzner.token").unlink(), "hetzner.token"),
    (lambda world: (world.directory / "hetzner.token").chmod(0o644), "chmod 600"),
    (lambda world: (world.directory / "hetzner.token").write_text(""), "it is empty"),
    (lambda world: world.sandbox.config_path.write_text("hetzner:\n  tokn: x\n"), "did you mean hetzner.token"),
    (lambda world: world.sandbox.config_path.write_text("- a\n"), "no mapping"),
    (lambda world: world.sandbox.config_path.write_text("a: [\n"), "no YAML"),
    (lambda world: world.sandbox.config_path.unlink(), "cannot read the configuration"),
])
def test_a_bad_configuration_or_token_file_has_exit_code_78(idle, break_it, words):
    break_it(idle)
    code, text = idle.daemon.run_to_failure()
    assert code == 78
    assert words in one_line(text)


@pytest.mark.parametrize("text, words", [
    ("hetzner:\n  token: planted-secret\nsocket: a\nsocket: b\n", "a name is there twice"),
    ("hetzner:\n  token: planted-secret: x\n", "line 2, column 24"),
    ("hetzner:\n\ttoken: planted-secret\n", "line 2, column 1"),
    ("hetzner:\n  token: 'planted-secret\n", "no YAML"),
    ("hetzner:\n  token: @planted-secret\n", "line 2, column 10"),
    ("database: postgres://u:planted-secret@db.example/x\nsocket: [a\n", "no YAML"),
    ("hetzner:\n  token: {planted-secret: 1}\n", "hetzner.token"),
    ("hetzner:\n  planted-secret: 1\n", "at line 2"),
    ("hetzner: {token: [[planted-secret]]}\n", "cannot"),
])
def test_a_configuration_error_contains_no_secret(idle, text, words):
    idle.sandbox.config_path.write_text(text)
    code, said = idle.daemon.run_to_failure()
    assert code == 78
    assert words in one_line(said) and "planted-secret" not in said


@pytest.mark.parametrize("key, value, words", [
    ("pace.bootPollSeconds", "soon", "pace.bootPollSeconds"),
    ("engine.workers", "0", "engine.workers"),
    ("configuration.driver", "magic", "ansible, none"),
    ("database", "mysql:x", "sqlite:PATH or postgres://"),
    ("listen", "here", "HOST:PORT"),
])
def test_a_bad_setting_has_exit_code_78(idle, key, value, words):
    idle.daemon.with_settings(**{key.replace(".", "__"): value})
    code, text = idle.daemon.run_to_failure()
    assert code == 78
    assert words in one_line(text)


def test_check_config_accepts_a_good_configuration(idle):
    done = finish([binary("aurad"), "check-config", "--config", str(idle.sandbox.config_path)], idle.daemon.environment)
    assert done.returncode == 0 and "can be used" in done.stdout


def test_an_unusable_database_has_exit_code_69(idle):
    idle.daemon.with_settings(database=f"sqlite:{idle.directory}/missing/aura.db")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "missing/aura.db" in one_line(text)
    (idle.directory / "text.db").write_text("this is no database, and long enough to be looked at as one" * 20)
    idle.daemon.with_settings(database=f"sqlite:{idle.directory}/text.db")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "text.db" in one_line(text)


def test_a_second_daemon_is_refused_the_socket_and_the_database(world):
    code, text = world.daemon.run_to_failure()
    assert code == 69 and "in use by another aurad" in one_line(text)
    other = Daemon(world.directory, world.sandbox.config_path, {"database": f"sqlite:{world.directory}/other.db"}, "other.log")
    code, text = other.run_to_failure()
    assert code == 69 and "aurad.sock" in one_line(text)
    assert world.call("system.ping") == {"pong": True}


def test_a_stale_socket_is_replaced_and_a_file_is_not(idle):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(idle.daemon.socket))
    stale.close()
    idle.daemon.start()
    assert idle.call("system.ping") == {"pong": True}
    idle.daemon.stop()
    assert not idle.daemon.socket.exists()
    idle.daemon.socket.write_text("precious")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "aurad.sock" in one_line(text)
    assert idle.daemon.socket.read_text() == "precious"


def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("ending", ["destroy", "job.cancel", None])
def test_a_job_waits_while_the_provider_is_unreachable(worlds, ending):
    """The job waits and reports the reason. It continues once the API is back, or ends and leaves nothing."""
    port = unused_port()
    world = worlds({"hetzner.endpoint": f"http://127.0.0.1:{port}/v1"})
    follower = world.follow()
    job = world.provision("ada")
    retry = follower.step(job, "key.create", "step.retrying")
    assert f"127.0.0.1:{port}" in retry["message"] and retry["data"]["class"] == "transient"
    assert retry["data"]["code"] == "providerUnreachable"
    shown = world.call("job.get", job=job)["job"]
    assert f"127.0.0.1:{port}" in shown["failure"]["message"] if "failure" in shown else shown["waitingFor"]
    destroy = world.begin("destroy", instance="ada") if ending == "destroy" else None
    if destroy:
        follower.step(destroy, "server.delete", "step.retrying")
    elif ending:
        world.call(ending, job=job)
    world.daemon.stop()
    world.daemon.with_settings(hetzner__endpoint=f"{world.sandbox.url}/v1").start()
    assert world.finish(job)["state"] == ("cancelled" if ending else "succeeded")
    if ending == "job.cancel":
        world.nothing_left()
    assert world.finish(destroy or world.begin("destroy", instance="ada"))["state"] == "succeeded"
    world.nothing_left()
    world.check_ledger()


def test_a_refused_token_fails_the_provision(worlds):
    world = worlds({"hetzner.token": "x" * 64})
    ended = world.finish(world.provision("ada"))
    assert ended["state"] == "failed" and ended["failure"]["code"] == "unauthorized"
    assert world.instance("ada")["phase"] == "failed"
    assert world.sandbox.state()["createdServers"] == 0


def test_work_continues_after_a_full_disk_has_space(worlds):
    """New work is refused with a reason, reads are served, and active work continues once there is space."""
    world = worlds(start_daemon=False)
    world.daemon.ignores_signals = True  # includes SIGXFSZ, which would end the daemon instead of a failed write
    world.daemon.start()
    follower = world.follow()
    world.succeed("provision", name="ada")
    world.sandbox.settings(guestShutdownSeconds=50)
    job = world.begin("suspend", instance="ada")
    follower.step(job, "server.shutdown", "step.waiting")
    resource.prlimit(world.daemon.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    with world.connect() as connection:
        error = connection.refused("storageUnavailable", "provision", name="bob", region="eu-central", size="small")
        assert error.data["retryable"] is True and "database" in error.message
        assert [each["name"] for each in connection.call("status.list")["instances"]] == ["ada"]
        assert connection.call("system.ping") == {"pong": True}
    eventually(lambda: [each["status"] for each in world.sandbox.state()["servers"]] == ["off"])
    assert world.call("job.get", job=job)["job"]["state"] in ("running", "waiting")
    resource.prlimit(world.daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert follower.end(job)["type"] == "job.succeeded"
    world.succeed("provision", name="bob")
    for name in ("ada", "bob"):
        world.succeed("destroy", instance=name)
    assert world.sandbox.state()["createdServers"] == 2
    world.nothing_left()
    world.check_ledger()


def test_a_database_of_a_newer_version_is_refused(idle):
    """The database is refused and left unchanged."""
    idle.daemon.start()
    idle.daemon.stop()
    with contextlib.closing(sqlite3.connect(idle.daemon.database)) as database:
        known, = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {known + 1}")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "newer" in one_line(text)


def test_flags_override_the_environment_and_the_file(idle):
    other = idle.directory / "other.sock"
    idle.daemon.command += ["--socket", str(other)]
    idle.daemon.start()
    assert str(other) in idle.daemon.ready_line and other.is_socket()
    idle.daemon.stop()
