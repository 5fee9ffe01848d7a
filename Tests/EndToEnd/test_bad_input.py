"""What cannot work: each a clear error that says what to do, nothing lost, nothing leaked."""

import socket

import pytest

from harness import Daemon, binary, finish


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
def test_parameters(shared_world, params, code, words):
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
def test_configurations(idle, break_it, words):
    break_it(idle)
    code, text = idle.daemon.run_to_failure()
    assert code == 78
    assert words in one_line(text)


@pytest.mark.parametrize("key, value, words", [
    ("pace.bootPollSeconds", "soon", "pace.bootPollSeconds"),
    ("engine.workers", "0", "engine.workers"),
    ("configuration.driver", "magic", "ansible, none"),
    ("database", "mysql:x", "sqlite:PATH"),
    ("listen", "here", "HOST:PORT"),
])
def test_settings(idle, key, value, words):
    idle.daemon.with_settings(**{key.replace(".", "__"): value})
    code, text = idle.daemon.run_to_failure()
    assert code == 78
    assert words in one_line(text)


def test_check_config_says_yes(idle):
    done = finish([binary("aurad"), "check-config", "--config", str(idle.sandbox.config_path)], idle.daemon.environment)
    assert done.returncode == 0 and "can be used" in done.stdout


def test_a_database_that_cannot_be_written(idle):
    idle.daemon.with_settings(database=f"sqlite:{idle.directory}/missing/aura.db")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "missing/aura.db" in one_line(text)
    (idle.directory / "text.db").write_text("this is no database, and long enough to be looked at as one" * 20)
    idle.daemon.with_settings(database=f"sqlite:{idle.directory}/text.db")
    code, text = idle.daemon.run_to_failure()
    assert code == 69 and "text.db" in one_line(text)


def test_a_living_daemon_keeps_its_socket_and_its_database(world):
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


def test_an_api_that_cannot_be_reached(worlds):
    """The job waits and says for what; a destroy ends it and leaves nothing."""
    world = worlds({"hetzner.endpoint": "http://127.0.0.1:9/v1"})
    follower = world.follow()
    job = world.provision("ada")
    retry = follower.step(job, "key.create", "step.retrying")
    assert "127.0.0.1" in retry["message"] and retry["data"]["class"] == "transient"
    world.call("job.cancel", job=job)
    world.daemon.stop()
    world.daemon.with_settings(hetzner__endpoint=f"{world.sandbox.url}/v1").start()
    assert world.finish(job)["state"] == "cancelled"
    world.nothing_left()


def test_a_token_that_is_refused(worlds):
    world = worlds({"hetzner.token": "x" * 64})
    ended = world.finish(world.provision("ada"))
    assert ended["state"] == "failed" and ended["failure"]["code"] == "unauthorized"
    assert world.instance("ada")["phase"] == "failed"
    assert world.sandbox.state()["createdServers"] == 0

