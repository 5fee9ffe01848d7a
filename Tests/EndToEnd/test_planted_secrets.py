"""Secrets are planted by each way in, and searched in twelve encodings in everything that the daemon writes or shows.

`harness/planted.py` has the encodings.
"""

import base64
import json
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import sys

import pytest
from harness import binary
from harness.isolation import pages
from harness.planted import ENCODINGS, Planted, derived, encoded
from harness.program import finish
from harness.secrets import Sampler

MASTER = bytes(range(100, 132))
KEY = f"aura-key-1 k1 {base64.b64encode(MASTER).decode()}"
# Long, with characters that each encoding changes, and found nowhere else.
VALUE = 'Planted/7d1f+0c52 "e9"=ä?vault~secret&5b'
MISPLACED = 'Misplaced/41aa+93 "c7"=ö?wrong~member&2d'
PROVIDER = "sk-ant-planted-7d1f0c52e9aa41b3c8d2f6"
# Files that hold secrets on purpose, below the directory of the world.
SOURCES = {"hetzner.token", "hetzner-read-only.token", "tailscale.secret", "sandbox.log"}


@pytest.mark.parametrize("secret", [VALUE, PROVIDER, MASTER])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_leak_in_each_encoding_is_found(encoding, secret, tmp_path):
    """The search finds what it looks for: in a file, after any neighbour, and if only a half of the secret is there."""
    if isinstance(secret, bytes) and encoding in ("JSON", "UTF-16LE", "UTF-16BE"):
        secret = secret.hex()
    planted = Planted(it=secret)
    size = len(secret) if isinstance(secret, bytes) else len(secret.encode())
    for neighbour in (b"", b"x", b"xx", b"xxx", b"xxxx"):
        path = tmp_path / "file"
        path.write_bytes(b"before " + encoded(secret, encoding, neighbour) + b" after")
        assert planted.found(path.read_bytes()), neighbour
    whole = encoded(secret, encoding, b"")
    if encoding != "gzip":
        assert planted.found(whole[: len(whole) * 3 // 4]) and planted.found(whole[len(whole) // 4:]), size
    assert not planted.found(b"before after" + os.urandom(1 << 16))
    assert len(ENCODINGS) == 12


def key_file(directory):
    path = directory / "master.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


def private_keys(state):
    """Returns lines of the private keys of machines that the daemon keeps in files, by name."""
    found = {}
    for path in (state / "credentials").glob("*.json"):
        for name, value in json.loads(path.read_text()).items():
            if isinstance(value, dict) and "privateKey" in value:
                lines = [line for line in value["privateKey"].splitlines() if len(line) > 30 and "---" not in line]
                # The first lines are the same for every key of the kind.
                found[f"private key {name}"] = lines[-2]
            elif name == "gatewayToken":
                found["gateway token"] = value
    return found


def test_no_planted_secret_appears_anywhere(worlds, tmp_path):
    environment_file = tmp_path / "agent.env"
    environment_file.write_text(f"ANTHROPIC_API_KEY={PROVIDER}\n")
    environment_file.chmod(0o600)
    world = worlds({
        "vault.keyFile": key_file(tmp_path), "log.level": "trace", "http": "127.0.0.1:0",
        "agent.environmentFile": environment_file})
    planted = Planted(value=VALUE, misplaced=MISPLACED, provider=PROVIDER, hetzner=world.sandbox.token)
    planted.add("oauth", (world.directory / "tailscale.secret").read_text().strip())
    follower, sampler = world.follow(), Sampler(world.daemon)
    said = []
    with world.connect() as root:
        token = plant_tokens(world, root, planted, tmp_path, said)
        plant_values(world, root, tmp_path, said)
        installation = root.call("system.info")["installation"].encode()
        plant_keys(planted, installation, token)
        # A life of a machine, whose keys are made by the daemon.
        world.succeed("provision", name="ada")
        for name, secret in private_keys(world.daemon.state).items():
            planted.add(name, secret)
        places = {"the replies": replies(root)}
    places["a backup"] = backup(world.daemon.database, tmp_path / "backup.db")
    world.succeed("destroy", instance="ada")
    sampler.end()
    # The follower and the files are read while the daemon runs and after it has stopped.
    places["the events"] = json.dumps(follower.events, ensure_ascii=False)
    places["arguments of processes"] = b"\n".join(sampler.arguments)
    places["environments of the daemon and its children"] = b"\n".join(sampler.environments)
    places["what the command line said"] = "".join(each.stdout + each.stderr for each in said)
    places |= files(world.directory)
    world.daemon.stop()
    places |= {f"{name}, after the stop": content for name, content in files(world.directory).items()}
    places["rows of the database"] = rows(world.daemon.database)
    for name in ("the file aura.db", "the file aura.db-wal", "the file aurad.log", "a backup", "the replies",
                 "the events", "arguments of processes", "environments of the daemon and its children"):
        assert len(places[name]) > 100, f"nothing was read of {name}"
    planted.assert_absent(places)
    # The source of a secret is found, so the search works on these secrets.
    assert planted.found(environment_file.read_bytes()) and planted.found((tmp_path / "token").read_bytes())
    world.daemon.start()


def plant_tokens(world, root, planted, directory, said):
    """Creates a token and shows it by each way. Puts another one where it does not belong, which revokes it. Returns the
    first one."""
    root.call("principal.create", name="exporter", role="admin", scopes=["secrets:export"])
    token = root.call("token.create", principal="exporter", name="planted")["text"]
    # The id of a token is public, its tag is not.
    planted.add("token", token.split("_", 3)[3][-43:])
    planted.add("tag", base64.urlsafe_b64decode(token[-43:] + "="))
    lost = root.call("token.create", principal="exporter", name="lost")["text"]
    planted.add("lost token", lost[-43:])
    host, port = world.daemon.http
    for name, header in (("bearer", f"Bearer {token}"), ("wrong", f"Bearer {token}x"), ("basic", f"Basic {token}")):
        subprocess.run(
            ["curl", "-s", "-H", "@-", "-H", "Content-Type: application/json", "-d",
             '{"jsonrpc":"2.0","id":1,"method":"access.whoami"}', f"http://{host}:{port}/rpc"],
            input=f"Authorization: {header}\n", capture_output=True, text=True, timeout=30, check=True)
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        for method, params in (
                ("status.get", {"instance": lost}), ("status.get", {"token": lost}), ("nothing", {"token": lost}),
                ("token.revoke", {"token": lost}), ("token.explain", {"text": lost + "A"}),
                ("secret.set", {"name": "a", "value": [lost]}), ("status.list", [lost])):
            connection.send({"jsonrpc": "2.0", "id": 900, "method": method, "params": params})
            assert "error" in connection.read() or method == "token.explain"
    path = directory / "token"
    path.write_text(token + "\n")
    path.chmod(0o600)
    said.append(world.daemon.aura("--token-file", str(path), "list"))
    return token


def plant_values(world, root, directory, said):
    """Sets and reveals values by each way, and puts one where it does not belong."""
    root.call("secret.set", name="sealed", value=VALUE)
    root.call("secret.set", name="exportable", value=VALUE, **{"class": "exportable"})
    for params in ({"name": "a/b", "value": MISPLACED}, {"name": "a", "value": [MISPLACED]},
                   {"name": "a", "valeu": MISPLACED}, {"name": "a", "value": MISPLACED, "class": "open"},
                   {"name": MISPLACED, "value": "v"}):
        root.refused("invalidParams", "secret.set", **params)
    for number in range(3):
        root.call("secret.set", name="changing", value=f"{VALUE}{number}")
    root.call("secret.delete", name="changing")
    value = directory / "value"
    value.write_text(VALUE)
    said.append(world.daemon.aura("secret", "set", "by.file", "--in", str(value)))
    said.append(finish(
        [binary("aura"), "--token-file", str(directory / "token"), "secret", "reveal", "exportable", "--out",
         str(directory / "revealed")], {"AURA_SOCKET": str(world.daemon.socket)}, 60))
    assert [each.returncode for each in said[-2:]] == [0, 0], said[-1].stderr
    assert (directory / "revealed").read_text() == VALUE


def plant_keys(planted, installation, token):
    """Adds the vault's key and what is derived from it."""
    planted.add("vault key", MASTER)
    for purpose in ("aura/vault/kek/1", "aura/vault/canary/1", "aura/vault/tokens/1", "aura/vault/audit/1"):
        planted.add(purpose, derived(MASTER, installation, purpose.encode()))
    identifier = base64.urlsafe_b64decode(token.split("_")[2][:22] + "==")
    signing = derived(MASTER, installation, b"aura/vault/tokens/1")
    tag = derived(signing, identifier, b"aura/token/1/k1")
    # The derivation here is that of the daemon.
    assert base64.urlsafe_b64encode(tag).decode().rstrip("=") == token[-43:]


def replies(root):
    """Returns the replies of all methods that list something, and the whole audit."""
    found = {
        "instances": pages(root, "status.list", "instances", includeDestroyed=True),
        "jobs": [root.call("job.get", job=job["id"]) for job in pages(root, "job.list", "jobs")],
        "secrets": pages(root, "secret.list", "secrets"),
        "tokens": pages(root, "token.list", "tokens", all=True),
        "principals": root.call("principal.list"),
        "audit": pages(root, "audit.list", "entries"),
        "export": pages(root, "audit.export", "lines"),
        "checkpoint": root.call("audit.checkpoint"),
        "verification": root.call("audit.verify"),
    }
    assert len(found["audit"]) > 10 and len(found["export"]) > 10
    # A body of the export is base64 within JSON.
    texts = [json.dumps(found, ensure_ascii=False)]
    for line in found["export"]:
        texts += [base64.b64decode(value).decode("latin-1") for value in json.loads(line).values()
                  if isinstance(value, str) and len(value) % 4 == 0 and is_base64(value)]
    return "\n".join(texts)


def is_base64(text):
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def backup(database, path):
    """Returns a copy of the database, as `.backup` of SQLite makes it while the daemon runs."""
    source, copy = sqlite3.connect(f"file:{database}?mode=ro", uri=True), sqlite3.connect(path)
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()
    return path.read_bytes()


def rows(database):
    """Returns all values of all tables."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    tables = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    values = []
    for table in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            values += [each if isinstance(each, bytes) else str(each).encode() for each in row]
    connection.close()
    assert len(values) > 100
    return b"\n".join(values)


def files(directory):
    """Returns the contents of the daemon's files, except those that hold secrets on purpose."""
    return {
        f"the file {path.relative_to(directory)}": path.read_bytes() for path in directory.rglob("*")
        if path.is_file() and path.name not in SOURCES and path.parent.name != "credentials"}


# Memory

def abort(command, directory, environment, ready):
    """Starts a program with an unlimited size of core files, and ends it by SIGABRT. Returns whether it dumped core."""
    def unlimited():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    process = subprocess.Popen(
        command, cwd=directory, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, preexec_fn=unlimited)
    assert ready in process.stdout.readline().decode()
    process.send_signal(signal.SIGABRT)
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ended.si_status == signal.SIGABRT
    process.wait()
    process.stdout.close()
    return ended.si_code == os.CLD_DUMPED


def test_an_abort_writes_no_core_file(worlds, tmp_path):
    """The environment allows core files of any size, as a program that dumps core shows. The daemon writes none."""
    world = worlds({"vault.keyFile": key_file(tmp_path)}, start_daemon=False)
    place = world.directory / "cores"
    place.mkdir()
    control = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
    if not abort(control, place, {}, "ready"):
        pytest.skip("no program dumps core here: the limit or the kernel's core_pattern forbids it")
    before = sorted(place.iterdir())
    assert not abort(world.daemon.command, place, world.daemon.variables(), "aurad ready")
    assert sorted(place.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_cannot_read_the_daemons_memory(world):
    for name in ("mem", "environ", "maps", "auxv"):
        read = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", "head", "-c", "1"]
        done = subprocess.run([*read, f"/proc/{world.daemon.pid}/{name}"], capture_output=True, timeout=20)
        assert done.returncode != 0 and done.stdout == b"", name
