"""Other protocols at the daemon's listeners: none of their openings, and no form that a browser can send, reaches a
method."""

import contextlib
import socket
import ssl
import subprocess

import pytest

from harness import binary, finish

DESTROY = '{"jsonrpc":"2.0","id":7,"method":"provision","params":{"name":"evil","region":"eu-central","size":"large"}}'


@pytest.fixture(scope="module")
def world(module_worlds):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = module_worlds({"listen": f"127.0.0.1:{port}", "http": "127.0.0.1:0"})
    made.listen = ("127.0.0.1", port)
    return made


def client_hello():
    """Returns the first bytes that a TLS client sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def request(method, headers, body=DESTROY, target="/", order=1):
    """Returns an HTTP request; browsers choose the order of the headers."""
    lines = ["Host: 127.0.0.1", "Origin: https://evil.example", f"Content-Length: {len(body) + 2}", *headers][::order]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", f"\n{body}\n"]).encode()


FORMS = {
    "text": ["Content-Type: text/plain"], "beacon": ["Content-Type: text/plain;charset=UTF-8"],
    "urlencoded": ["Content-Type: application/x-www-form-urlencoded"],
    "multipart": ["Content-Type: multipart/form-data; boundary=x"], "typeless": [], "json": ["Content-Type: application/json"],
    "simple headers": ["Accept: */*", "Accept-Language: {}", 'Content-Language: {"jsonrpc":"2.0"}', "Content-Type: text/plain"],
}
OPENINGS = {
    **{f"{method} {form} {'backwards' if order < 0 else 'forwards'} {target}": request(method, headers, target=target, order=order)
       for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS", "content-length") for form, headers in FORMS.items()
       for order in (1, -1) for target in ("/", "/rpc", "/:")},
    "http 0.9": b"GET /\r\n" + DESTROY.encode() + b"\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + DESTROY.encode() + b"\n",
    "tls": client_hello() + DESTROY.encode() + b"\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n" + DESTROY.encode() + b"\n",
    "smtp": b"EHLO localhost\r\n" + DESTROY.encode() + b"\n",
    "ftp": b"USER x\r\nPASS y\r\n" + DESTROY.encode() + b"\n",
}


def spoken(opened, data, pieces):
    """Sends bytes in one piece or one by one; returns the daemon's output until it closes."""
    opened.settimeout(30)
    said = b""
    try:
        for start in range(0, len(data), len(data) if pieces == 1 else 1):
            opened.sendall(data[start:start + (len(data) if pieces == 1 else 1)])
        # The peer may have closed already (ENOTCONN).
        with contextlib.suppress(OSError):
            opened.shutdown(socket.SHUT_WR)
        while piece := opened.recv(65536):
            said += piece
    except ConnectionError:
        pass
    finally:
        opened.close()
    return said


def nothing_was_made(world):
    assert world.call("status.list") == {"instances": []}
    assert world.sandbox.state()["createdServers"] == 0


def test_another_protocol_on_listen_is_closed_without_a_reply(world):
    for name, opening in OPENINGS.items():
        for pieces in (1, 2):
            assert spoken(socket.create_connection(world.listen, 10), opening, pieces) == b"", name
    nothing_was_made(world)
    assert "does not speak JSON-RPC" in world.daemon.log_tail(1_000_000)


def test_no_browser_form_reaches_a_method_on_http(world):
    for name, opening in OPENINGS.items():
        said = spoken(socket.create_connection(world.daemon.http, 10), opening, 1)
        assert said == b"" or said.split()[1][:1] in (b"4", b"5"), (name, said)
        assert b"jsonrpc" not in said, name
    nothing_was_made(world)


def test_a_call_on_listen_is_answered_before_and_after_a_bad_line(world):
    with socket.create_connection(world.listen, 10) as opened:
        reader = opened.makefile("rb")
        for line, wanted in [(b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}', b'"id":1'), (b"GET / HTTP/1.1", b"-32700"),
                             (b'{"jsonrpc":"2.0","id":2,"method":"system.ping"}', b'"id":2')]:
            opened.sendall(line + b"\n")
            assert wanted in reader.readline()


@pytest.mark.parametrize("key", ["listen", "http"])
@pytest.mark.parametrize("value", [
    "0.0.0.0:0", "[::]:0", "*:7070", ":7070", "127.0.0.1:70000", "192.0.2.1:7070", "example.com:7070", "::1:7070", "127.0.0.1"])
def test_an_address_beyond_loopback_is_refused_at_the_start_and_by_check_config(worlds, key, value):
    idle = worlds(start_daemon=False)
    for arguments in ([], ["check-config"]):
        command = [binary("aurad"), *arguments, "--config", str(idle.sandbox.config_path)]
        for done in (
                finish([*command, f"--{key}", value], idle.daemon.environment),
                finish(command, {**idle.daemon.environment, f"AURA_{key.upper()}": value})):
            assert done.returncode == 78, done.stderr
            assert f"cannot use {key} = {value}: " in done.stderr and "loopback" in done.stderr


@pytest.mark.parametrize("key", ["listen", "http"])
def test_ipv6_loopback_is_named_with_brackets(worlds, key):
    world = worlds({key: "[::1]:0"})
    word = next(word for word in world.daemon.ready_line.split() if word.startswith({"listen": "tcp", "http": "http"}[key]))
    scheme, host, port = word.split(":", 1)[0], *word.split(":", 1)[1].rsplit(":", 1)
    assert host == "[::1]" and int(port) > 0, word
