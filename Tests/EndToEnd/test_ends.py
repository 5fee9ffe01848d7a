"""Ends of connections: after a client has vanished, and of all of them when the daemon shuts down."""

import pathlib
import socket

import pytest

from harness import WebSocket

# A body may take 30 seconds to arrive, and a connection may be idle for 60. Neither may delay the daemon's shutdown.
BEFORE_A_BODY_IS_LATE = 20


def test_sockets_over_tcp_have_keepalive(worlds):
    world = worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0"})
    listen = world.daemon.listen[1]
    web = WebSocket(world.daemon.http)
    with socket.create_connection(("127.0.0.1", listen)) as plain, \
            socket.create_connection(world.daemon.http) as http:
        plain.sendall(b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n')
        assert b"pong" in plain.recv(100)
        http.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert http.recv(100)
        assert web.call("system.ping") == {"pong": True}
        for port in (listen, int(world.daemon.http[1])):
            assert keepalive_timers(port) > 0
    web.close()


def keepalive_timers(port):
    """Returns how many established sockets of this local port have the keepalive timer running (proc_pid_net(5): tr is
    02)."""
    rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" and row[5].startswith("02:") for row in rows)


@pytest.mark.parametrize("half", [
    b"G", b"POST /rpc HTT", b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Le",
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgr",
], ids=["one byte", "request line", "header", "handshake"])
@pytest.mark.parametrize("first", [False, True], ids=["alone", "behind a request"])
def test_a_partial_request_head_does_not_disturb_the_shutdown(worlds, half, first):
    """The partial head gets no response, and the daemon shuts down normally."""
    world = worlds({"http": "127.0.0.1:0"})
    whole = b'POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n' \
        b'Content-Length: 47\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"system.ping"}' % world.daemon.token.encode()
    with socket.create_connection(world.daemon.http, 30) as opened:
        opened.sendall(whole + half if first else half)
        if first:
            answer = b""
            while b"pong" not in answer:
                answer += opened.recv(1 << 16)
        else:
            # The reply on another connection shows that the event loops have run.
            with socket.create_connection(world.daemon.http, 30) as other:
                other.sendall(whole)
                assert other.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        world.daemon.stop(BEFORE_A_BODY_IS_LATE)


@pytest.mark.parametrize("path, status", [("/rpc", b"503"), ("/nothing", b"404")])
def test_a_partial_request_body_does_not_delay_the_shutdown(worlds, path, status):
    world = worlds({"http": "127.0.0.1:0"})
    with socket.create_connection(world.daemon.http, 30) as opened:
        opened.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {world.daemon.token}\r\n"
            "Content-Type: application/json\r\nExpect: 100-continue\r\n"
            "Content-Length: 1000\r\n\r\n".encode())
        # The 100 response shows that the daemon has read the head.
        assert opened.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
        opened.sendall(b'{"jsonrpc":')
        said = opened.recv(12, socket.MSG_WAITALL) if status == b"404" else b""
        world.daemon.process.terminate()
        while piece := opened.recv(1 << 16):
            said += piece
        assert said.split()[1] == status
        assert status == b"404" or b"connection: close" in said.lower()
        # The request is still incomplete.
        world.daemon.stop(BEFORE_A_BODY_IS_LATE)
