"""The connection of a client that vanished comes to an end."""

import pathlib
import socket

from harness import WebSocket


def test_sockets_over_tcp_have_keepalive(worlds):
    world = worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0"})
    address = next(word for word in world.daemon.ready_line.split() if word.startswith("tcp:"))
    listen = int(address.rpartition(":")[2])
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
    """How many established sockets of this local port have the keepalive timer running (proc_pid_net(5): tr is 02)."""
    rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" and row[5].startswith("02:") for row in rows)
