"""Callers of TCP, WebSocket and HTTP prove who they are; before that they can do next to nothing, and without TLS they
are on the same machine."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest
import requests

from harness import REPOSITORY, Closed, Connection, WebSocket, binary, eventually, finish, fresh_name
from harness.websocket import TEXT, frame

PING = b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n'
PROVISION = {"jsonrpc": "2.0", "id": 7, "method": "provision", "params": {"name": "evil", "region": "eu-central", "size": "large"}}
FREE = {"system.ping", "session.authenticate"}


@pytest.fixture(scope="module")
def world(module_worlds):
    return module_worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0"})


class Line(Connection):
    """A connection of lines over TCP that has shown no token."""

    def open(self, address, seconds):
        return socket.create_connection(address, seconds)


def strangers(world):
    """Opens a connection without a token for each transport that keeps one."""
    return [Line(world.daemon.listen), WebSocket(world.daemon.http, shows_token=False)]


def post(world, body, **headers):
    host, port = world.daemon.http
    return requests.post(
        f"http://{host}:{port}/rpc", data=body, headers={"Content-Type": "application/json", **headers}, timeout=30)


def nothing_was_made(world):
    assert world.call("status.list", includeDestroyed=True) == {"instances": []}
    assert world.sandbox.state()["createdServers"] == 0


# Calls before a proof


def test_no_call_works_without_a_proof(world):
    """Each method of the reference, and others, over each transport: no job, no instance, no answer but a refusal."""
    methods = [method["name"] for method in world.call("rpc.discover")["methods"]]
    assert FREE < set(methods) and len(methods) > 30
    for connection in strangers(world):
        for method in sorted({*methods, "no.such", "rpc.other", "$/cancelRequest"} - FREE):
            connection.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": PROVISION["params"]})
            answer = connection.read()
            assert answer["id"] == 1 and answer["error"]["data"]["code"] == "unauthenticated", (method, answer)
            assert "session.authenticate" in answer["error"]["message"] and "Unix socket" in answer["error"]["message"]
        assert connection.call("system.ping") == {"pong": True}
        connection.send([PROVISION, {"jsonrpc": "2.0", "id": 8, "method": "system.ping"}])
        assert [each["error"]["data"]["code"] for each in connection.read()] == ["unauthenticated"] * 2
        connection.send({key: value for key, value in PROVISION.items() if key != "id"})
        connection.refused("unauthenticated", "session.authenticate", token="aura1_k1_wrong")
        assert connection.call("session.authenticate", token=world.daemon.token)["principal"] == world.daemon.principal
        assert connection.call("status.list") == {"instances": []}
        connection.close()
    for method in [*methods, "no.such"]:
        one = {"jsonrpc": "2.0", "id": 1, "method": method, "params": PROVISION["params"]}
        for body in (one, [one], [one, PROVISION]):
            answer = post(world, json.dumps(body))
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["error"]["data"]["code"] == "unauthenticated" and answer.json()["id"] is None
    nothing_was_made(world)


def test_the_request_of_a_web_page_makes_no_job(world):
    """F1: the body of a form or of a `fetch` without CORS reaches no method, with the line's own port or the gateway's,
    and a program that knows the protocol needs a token."""
    line = json.dumps(PROVISION).encode()
    request = (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nOrigin: https://evil.example\r\n"
               b"Content-Length: %d\r\n\r\n\n%s\n" % (len(line) + 2, line))
    for address in (world.daemon.listen, world.daemon.http):
        with socket.create_connection(address, 30) as opened:
            opened.sendall(request)
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_WR)
            said = b""
            with contextlib.suppress(ConnectionError):
                while piece := opened.recv(1 << 16):
                    said += piece
        assert b"jsonrpc" not in said and not said.startswith(b"HTTP/1.1 2"), said
    with socket.create_connection(world.daemon.listen, 30) as opened:
        opened.sendall(line + b"\n")
        assert b"unauthenticated" in opened.makefile("rb").readline()
    assert post(world, line).status_code == 401
    nothing_was_made(world)


def test_refusals_are_in_the_audit(worlds):
    world = worlds({"listen": "127.0.0.1:0"})
    with Line(world.daemon.listen) as stranger:
        stranger.refused("unauthenticated", "job.list")
    with world.connect() as root:
        root.send({"jsonrpc": "2.0", "id": 1, "method": "audit.list", "params": {"method": "job.list"}})
        entries = root.read()["result"]["entries"]
    refused = [each for each in entries if each["outcome"] == "unauthenticated"]
    assert refused and refused[0]["proof"] == "anonymous" and refused[0]["peer"].startswith("127.0.0.1 port "), entries


# Limits before a proof


def test_messages_are_short_before_a_proof(world):
    for connection in strangers(world):
        connection.send_text(PING.strip().ljust(8 << 10))
        assert connection.read()["result"] == {"pong": True}
        assert connection.call("session.authenticate", token=world.daemon.token)
        connection.send_text(PING.strip().ljust(1 << 20))
        assert connection.read()["result"] == {"pong": True}
        connection.close()
    line, web = strangers(world)
    line.send_text(PING.strip().ljust((8 << 10) + 1))
    refused = line.read()
    assert refused["error"]["data"]["code"] == "messageTooLarge" and refused["error"]["data"]["limit"] == 8 << 10
    assert line.call("system.ping") == {"pong": True}
    web.send_bytes(frame(TEXT, PING.ljust((8 << 10) + 2)))
    assert web.read()["error"]["data"]["limit"] == 8 << 10
    with pytest.raises(Closed):
        web.read()
    assert web.closed_with == 1009
    line.close()
    web.close()


def test_64_connections_may_be_without_a_proof(worlds):
    """Further ones are told so. Tokens, also in a handshake, HTTP and the Unix socket need none of the 64, and each end
    of a connection gives its one back."""
    world = worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0"})
    token = world.daemon.token

    def another():
        """Returns another connection without a token, or None if there are too many."""
        one = Line(world.daemon.listen)
        one.send_bytes(PING)
        if "result" in one.read():
            return stack.enter_context(contextlib.closing(one))
        one.close()
        return None

    with contextlib.ExitStack() as stack:
        waiting = []
        for number in range(64):
            opened = Line(world.daemon.listen) if number % 2 else WebSocket(world.daemon.http, shows_token=False)
            waiting.append(stack.enter_context(contextlib.closing(opened)))
            assert waiting[-1].call("system.ping") == {"pong": True}
        for refused in strangers(world):
            answer = refused.read()
            assert answer["id"] is None and answer["error"]["data"]["code"] == "tooManyConnections"
            assert answer["error"]["data"]["limit"] == 64 and "session.authenticate" in answer["error"]["message"]
            with pytest.raises(Closed):
                refused.read()
            refused.close()
        assert world.call("system.ping") == {"pong": True}
        assert post(world, PING, Authorization=f"Bearer {token}").status_code == 200
        assert post(world, PING).status_code == 401
        web = stack.enter_context(contextlib.closing(WebSocket(world.daemon.http)))
        assert web.call("status.list") == {"instances": []}
        assert not another()
        # A proof, an end and a reset each make room for one.
        waiting[1].call("session.authenticate", token=token)
        assert eventually(another, what="room after a proof") and not another()
        waiting[2].close()
        assert eventually(another, what="room after an end") and not another()
        waiting[3].socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        waiting[3].close()
        assert eventually(another, what="room after a reset") and not another()
        assert waiting[1].call("status.list") == {"instances": []}


def test_clients_say_how_to_show_a_token(world):
    """`aura` and the Python client, over TCP without a token. The conformance rule `token-missing` has all clients."""
    address = "tcp:{}:{}".format(*world.daemon.listen)
    done = finish([binary("aura"), "--socket", address, "list"], {"HOME": "/"}, 30)
    assert done.returncode != 0 and done.stdout == ""
    assert "AURA_TOKEN_FILE" in done.stderr and "Unix socket" in done.stderr, done.stderr
    done = finish([binary("aura"), "--socket", address, "list"], {"HOME": "/", "AURA_TOKEN": world.daemon.token}, 30)
    assert done.returncode == 0, done.stderr
    program = "import aura_client; aura_client.Client({!r}).call('status.list', {{}})".format(address)
    done = finish(
        [sys.executable, "-c", program], {"PYTHONPATH": str(REPOSITORY / "clients/python/src")}, 30)
    assert done.returncode != 0 and "Unauthenticated" in done.stderr and "AURA_TOKEN_FILE" in done.stderr


# Addresses


PLAIN = [
    "0.0.0.0:7070", "[::]:7070", "192.0.2.1:7070", "10.0.0.1:0", "100.64.0.1:0", "[2001:db8::1]:7070", "[fe80::1]:7070",
    "[::ffff:127.0.0.1]:7070", "[::ffff:0.0.0.0]:7070", "[::127.0.0.1]:7070", "[64:ff9b::7f00:1]:7070", "example.com:7070",
    "localhost.example.com:7070", "*:7070", ":7070", "0:7070", "127.1:7070", "2130706433:7070", "0x7f000001:7070",
    "127.0.0.1.:7070", "128.0.0.1:7070", "TLS://0.0.0.0:7070", "http://0.0.0.0:7070", "tcp:0.0.0.0:7070",
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Returns the paths of a certificate of a server, its key, and the authority that issued it."""
    directory = tmp_path_factory.mktemp("pki") / "pki"
    for arguments in (["init", "--installation", "test"], ["issue", "--server", "localhost,127.0.0.1", "--out", str(directory / "server")]):
        done = finish([binary("aura"), "pki", *arguments, "--directory", str(directory)], {}, 30)
        assert done.returncode == 0, done.stderr
    return directory / "server.pem", directory / "server.key", directory / "authority.pem"


@pytest.fixture
def idle(worlds):
    """Returns a world whose daemon is not started."""
    return worlds(start_daemon=False)


@pytest.fixture
def check(idle, certificate):
    """Returns a function that runs `aurad check-config`, or `aurad` itself in a network of its own. The configuration has
    a key file and a certificate, and the settings of a file, the environment and flags."""
    base = idle.sandbox.config_path.read_text()
    key = idle.daemon.write_key_file()

    def run(file=None, environment=None, flags=None, command=("check-config",), has_key=True, authority=None):
        text = base + f"tls:\n  certificateFile: {certificate[0]}\n  keyFile: {certificate[1]}\n"
        text += f"  clientAuthorityFile: {certificate[2]}\n" if authority else ""
        text += f"vault:\n  keyFile: {key}\n" if has_key else ""
        text += "".join(f"{name}: '{value}'\n" for name, value in (file or {}).items())
        config = idle.directory / "checked.yaml"
        config.write_text(text)
        config.chmod(0o600)
        variables = {**idle.daemon.environment, **{f"AURA_{name.upper()}": value for name, value in (environment or {}).items()}}
        given = [word for name, value in (flags or {}).items() for word in (f"--{name}", value)]
        network = [] if command else ["unshare", "-n"]
        return finish([*network, binary("aurad"), *command, "--config", str(config), *given], variables, 30)

    return run


def is_refused(done, key, value):
    return done.returncode == 78 and f"cannot use {key} = {value}: " in done.stderr


@pytest.mark.parametrize("key", ["listen", "http"])
def test_plain_addresses_beyond_loopback_are_refused_from_every_source(check, key):
    """F2: whichever of file, environment and flag names the address, and although a key file and a certificate exist."""
    for value in PLAIN:
        for source in ("file", "environment", "flags"):
            done = check(**{source: {key: value}})
            assert is_refused(done, key, value), (value, source, done.stderr)
    for value in ("0.0.0.0:0", "[::]:0"):
        # A source that wins over a good one, and a good one that wins.
        good = {key: "127.0.0.1:0"}
        assert is_refused(check(file=good, environment={key: value}), key, value)
        assert is_refused(check(file=good, environment=good, flags={key: value}), key, value)
        assert check(file={key: value}, environment={key: value}, flags=good).returncode == 0
        assert check(file={key: value}, environment=good).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a network of its own")
@pytest.mark.parametrize("key", ["listen", "http"])
def test_aurad_does_not_start_at_a_plain_address_beyond_loopback(check, key):
    for value in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:127.0.0.1]:0", "example.com:0"):
        for source in ("file", "environment", "flags"):
            done = check(**{source: {key: value}}, command=())
            assert is_refused(done, key, value) and "ready" not in done.stdout, (value, source, done.stderr)


def test_addresses_beyond_loopback_are_accepted_with_tls(check):
    for value in ("0.0.0.0:7070", "[::]:7070", "192.0.2.1:7070", "[2001:db8::1]:7070", "[::ffff:192.0.2.1]:7070", "127.0.0.1:0"):
        for source in ("file", "environment", "flags"):
            done = check(**{source: {"listen": f"tls://{value}", "http": f"https://{value}"}})
            assert done.returncode == 0, (value, source, done.stderr)
    for name in ("example.com:7070", "*:7070"):
        assert is_refused(check(flags={"listen": f"tls://{name}"}), "listen", f"tls://{name}")
    # One of two listeners is not enough.
    assert is_refused(check(flags={"listen": "tls://0.0.0.0:0", "http": "0.0.0.0:0"}), "http", "0.0.0.0:0")
    assert is_refused(check(flags={"listen": "https://0.0.0.0:0"}), "listen", "https://0.0.0.0:0")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a network of its own")
def test_aurad_serves_every_address_with_tls(idle, certificate):
    """In a network of its own, where nobody else is."""
    idle.daemon.command = ["unshare", "-n", *idle.daemon.command]
    idle.daemon.with_settings(
        listen="tls://0.0.0.0:7071", http="https://[::]:8443", tls__certificateFile=certificate[0],
        tls__keyFile=certificate[1])
    idle.daemon.start()
    assert "tls://0.0.0.0:7071" in idle.daemon.ready_line and "https://[::]:8443" in idle.daemon.ready_line
    assert idle.call("system.ping") == {"pong": True}
    address = ["--socket", "tls://127.0.0.1:7071", "--ca", str(certificate[2])]
    command = ["nsenter", "-t", str(idle.daemon.pid), "-n", binary("aura"), *address, "list"]
    subprocess.run(["nsenter", "-t", str(idle.daemon.pid), "-n", "ip", "link", "set", "lo", "up"], check=True, timeout=30)
    assert "AURA_TOKEN_FILE" in finish(command, {"HOME": "/"}, 30).stderr
    done = finish(command, {"HOME": "/", "AURA_TOKEN": idle.daemon.token}, 30)
    assert done.returncode == 0, done.stderr


def test_a_daemon_that_could_verify_no_proof_does_not_start(check):
    for key, scheme in (("listen", "tls"), ("http", "https")):
        for value in ("127.0.0.1:0", "[::1]:0", f"{scheme}://127.0.0.1:0", f"{scheme}://0.0.0.0:0"):
            done = check(flags={key: value}, has_key=False)
            assert done.returncode == 78 and f"cannot use {key} = {value} without a key file" in done.stderr, done.stderr
            assert "aura vault init" in done.stderr and "vault.keyFile" in done.stderr
        # With certificates of clients, tokens are not the only proof.
        assert check(flags={key: f"{scheme}://127.0.0.1:0"}, has_key=False, authority=True).returncode == 0
        assert check(flags={key: "127.0.0.1:0"}, has_key=False, authority=True).returncode == 78
    assert check(has_key=False).returncode == 0


def test_the_local_socket_needs_no_token(worlds):
    """A newcomer's first minute: no key file, no token."""
    world = worlds()
    assert world.daemon.aura("list").returncode == 0
    world.succeed("provision", name=fresh_name())
