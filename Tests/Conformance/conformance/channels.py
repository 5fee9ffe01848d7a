"""Connections to a server. A channel sends and receives messages; a channel over a stream of bytes can also send raw
bytes.

A transport is a class with `framing`, `is_stream`, `carries_any_bytes`, `send`, `receive` and `close` as here.
`messages` has the transports that carry whole messages.
"""

import json
import socket
import time

from . import framings


class Ended(Exception):
    """The server closed the connection."""


class Late(Exception):
    """Nothing arrived in time."""


def send_all(opened, data, seconds):
    """Sends data to the socket of any channel."""
    opened.settimeout(seconds)
    try:
        opened.sendall(data)
    except TimeoutError as error:
        raise Late("the server does not read") from error
    except OSError as error:
        raise Ended() from error


def receive_some(opened, deadline):
    """Returns the next bytes of a socket, before `deadline` of the monotonic clock."""
    opened.settimeout(max(deadline - time.monotonic(), 0.001))
    try:
        piece = opened.recv(1 << 16)
    except TimeoutError as error:
        raise Late("nothing came in time") from error
    except OSError as error:
        raise Ended() from error
    if not piece:
        raise Ended()
    return piece


class StreamChannel:
    """A stream socket, with one of the framings of `framings`."""

    is_stream = True
    carries_any_bytes = True

    def __init__(self, opened, framing, seconds):
        self.socket = opened
        self.framing = framing
        self.seconds = seconds
        self.codec = framings.BY_NAME[framing]
        self.buffer = b""

    def send(self, message):
        self.send_raw(self.codec.frame(message))

    def send_raw(self, data, size=None):
        """Sends bytes unchanged, in packets of `size` bytes if that is given."""
        for start in range(0, len(data), size or max(len(data), 1)):
            send_all(self.socket, data[start:start + (size or len(data))], self.seconds)

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self, seconds=None):
        """Returns the bytes of the next message."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        while True:
            found = self.codec.take(self.buffer)
            if found:
                message, self.buffer = found
                return message
            self.buffer += receive_some(self.socket, deadline)

    def close(self):
        self.socket.close()


def unix(path):
    """Returns a function that opens channels to a Unix socket."""
    def connect(framing, seconds):
        opened = socket.socket(socket.AF_UNIX)
        opened.settimeout(seconds)
        opened.connect(str(path))
        return StreamChannel(opened, framing, seconds)
    return connect


def tcp(host, port, token=None):
    """Returns a function that opens channels to a TCP port.

    `token` is shown first, by the call `session.authenticate`: a server may refuse other calls before it, and close a
    connection that does not begin with JSON.
    """
    def connect(framing, seconds):
        opened = socket.create_connection((host, port), seconds)
        # Otherwise the kernel combines small packets, and a message cut in pieces arrives whole.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        channel = StreamChannel(opened, framing, seconds)
        if token:
            call = {"jsonrpc": "2.0", "id": 0, "method": "session.authenticate", "params": {"token": token}}
            channel.send(json.dumps(call).encode())
            if "result" not in json.loads(channel.receive()):
                raise ConnectionError("the server refused the token")
        return channel
    return connect
