"""Files, directories and servers that the daemon trusts or refuses, and its errors."""

import os
import stat

import pytest
from harness import binary
from harness.program import finish

from test_bad_input import one_line


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def refused(daemon, *words, code=78, arguments=()):
    done, text = daemon.run_to_failure(arguments=arguments)
    assert done == code, text
    for word in words:
        assert word in one_line(text)
    return text


@pytest.fixture
def idle(worlds):
    return worlds(start_daemon=False)


@pytest.mark.parametrize("way", ["symbolic link", "hard link", "lock file removed"])
def test_a_second_daemon_is_refused_the_database_under_any_name(world, way):
    database = world.directory / "aura.db"
    other = world.directory / "other.db"
    if way == "symbolic link":
        other.symlink_to(database)
    elif way == "hard link":
        os.link(database, other)
    else:
        (world.directory / "aura.db.lock").unlink(missing_ok=True)
        other = database
    second = type(world.daemon)(
        world.directory, world.sandbox.config_path, {"database": f"sqlite:{other}", "socket": f"{world.directory}/2.sock"},
        "second.log")
    refused(second, "in use by another aurad", code=69)
    world.succeed("provision", name="ada")


def test_files_are_accessible_to_their_owner_only(worlds):
    world = worlds(start_daemon=False)
    before = os.umask(0)
    try:
        world.daemon.start()
    finally:
        os.umask(before)
    world.succeed("provision", name="ada")
    for name in ["aura.db", "aura.db-wal", "aura.db-shm", "aurad.sock"]:
        assert mode(world.directory / name) == 0o600, name
    for path in world.daemon.state.rglob("*"):
        assert mode(path) & 0o077 == 0, path
    world.daemon.stop()
    os.chmod(world.directory / "aura.db", 0o666)
    world.daemon.start()
    assert mode(world.directory / "aura.db") == 0o600


@pytest.mark.parametrize("fault", ["mode", "group", "owner"])
@pytest.mark.parametrize("which", ["state", "credentials", "socket", "database", "configuration"])
def test_a_directory_writable_by_others_is_refused(idle, which, fault):
    place = idle.directory / which
    place.mkdir()
    arguments = []
    if which == "state":
        idle.daemon.with_settings(stateDirectory=place)
    elif which == "credentials":
        idle.daemon.with_settings(credentialsDirectory=place)
    elif which == "socket":
        idle.daemon.with_settings(socket=place / "aurad.sock")
    elif which == "database":
        idle.daemon.with_settings(database=f"sqlite:{place}/aura.db")
    else:
        (place / "aurad.yaml").write_text(idle.sandbox.config_path.read_text())
        (place / "aurad.yaml").chmod(0o600)
        arguments = ["--config", str(place / "aurad.yaml")]
    if fault == "owner":
        if os.geteuid() != 0:
            pytest.skip("needs root, to give a directory away")
        os.chown(place, 65534, -1)
    else:
        place.chmod(0o777 if fault == "mode" else 0o770)
    words = [str(place), "belongs to the user 65534" if fault == "owner" else "chmod go-w"]
    refused(idle.daemon, *words, arguments=arguments)
    command = [binary("aurad"), "check-config", *(arguments or ["--config", str(idle.sandbox.config_path)])]
    done = finish(command, idle.daemon.environment)
    assert done.returncode == 78 and str(place) in one_line(done.stderr)


def test_a_password_on_the_command_line_is_refused(idle):
    text = refused(
        idle.daemon, "cannot take a password in --database",
        arguments=["--database", "postgres://aura:planted@127.0.0.1:1/aura"])
    assert "planted" not in text


@pytest.mark.parametrize("url, words", [
    ("postgres://aura:plan/ted@db.example/aura", "the URL cannot be read"),
    ("postgres://aura:plan@ted@db.example/aura", "the URL cannot be read"),
    ("postgres://aura:plan%zzted@db.example/aura", "the URL cannot be read"),
    ("mysql://aura:plan?ted@db.example/aura", "sqlite:PATH or postgres://"),
    ("postgres://aura:planted@db.example/aura?sslmode=require", "postgres.insecure: true"),
    ("postgres://aura:planted@10.0.0.7/aura?channel_binding=disable", "postgres.insecure: true"),
])
def test_a_refused_url_is_reported_without_its_password(idle, url, words):
    idle.daemon.with_settings(database=url)
    text = refused(idle.daemon, words)
    assert "plan" not in text and "ted@" not in text
