"""Channels that carry whole messages: WebSocket (RFC 6455) and HTTP."""

import base64
import collections
import hashlib
import http.client
import os
import socket
import struct
import time

from .channels import Ended, Late, receive_some, send_all

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
CLOSING_CODE_NORMAL = 1000
ACCEPTED_BY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocketChannel:
    """Sends each message as a text frame; received messages may be fragmented."""

    framing = "message"
    is_stream = False
    # A text frame must be UTF-8, or the server has to fail the connection (RFC 6455, 8.1).
    carries_any_bytes = False

    def __init__(self, opened, seconds, beginning):
        self.socket = opened
        self.seconds = seconds
        self.buffer = beginning

    def send(self, message):
        self._send_frame(TEXT, message)

    def receive(self, seconds=None):
        """Returns the bytes of the next message; replies to pings that arrive before it."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        message = b""
        while True:
            is_last, opcode, data = self._next_frame(deadline)
            if opcode == PING:
                self._send_frame(PONG, data)
            elif opcode == CLOSE:
                raise Ended()
            elif opcode in (TEXT, CONTINUATION):
                message += data
                if is_last:
                    return message

    def close(self):
        try:
            self._send_frame(CLOSE, struct.pack(">H", CLOSING_CODE_NORMAL))
        except (Ended, Late):
            pass
        self.socket.close()

    def _send_frame(self, opcode, data):
        if len(data) < 126:
            length = bytes([0x80 | len(data)])
        elif len(data) < 1 << 16:
            length = b"\xfe" + struct.pack(">H", len(data))
        else:
            length = b"\xff" + struct.pack(">Q", len(data))
        mask = os.urandom(4)
        key = int.from_bytes((mask * (len(data) // 4 + 1))[:len(data)], "big")
        masked = (int.from_bytes(data, "big") ^ key).to_bytes(len(data), "big")
        send_all(self.socket, bytes([0x80 | opcode]) + length + mask + masked, self.seconds)

    def _next_frame(self, deadline):
        first, second = self._take(2, deadline)
        count = second & 0x7F
        if count >= 126:
            count = int.from_bytes(self._take(2 if count == 126 else 8, deadline), "big")
        return bool(first & 0x80), first & 0x0F, self._take(count, deadline)

    def _take(self, count, deadline):
        while len(self.buffer) < count:
            self.buffer += receive_some(self.socket, deadline)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


class HTTPChannel:
    """Sends each message as the body of a POST; receives the body of the response, or nothing if that is empty."""

    framing = "message"
    is_stream = False
    carries_any_bytes = True

    def __init__(self, connection, path, headers):
        self.connection = connection
        self.path = path
        self.headers = headers
        self.bodies = collections.deque()

    def send(self, message):
        try:
            self.connection.request(
                "POST", self.path, body=message, headers={"Content-Type": "application/json", **self.headers})
            body = self.connection.getresponse().read()
        except TimeoutError as error:
            raise Late("the request was not answered in time") from error
        except (OSError, http.client.HTTPException) as error:
            raise Ended() from error
        if body:
            self.bodies.append(body)

    def receive(self, seconds=None):
        # Everything that will arrive has arrived with the responses.
        if not self.bodies:
            raise Late("no answer had a body")
        return self.bodies.popleft()

    def close(self):
        self.connection.close()


def _authorization(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def websocket(host, port, path, token=None):
    """Returns a function that opens channels to a WebSocket. The handshake shows the token, if there is one."""
    def connect(_, seconds):
        opened = socket.create_connection((host, port), seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return WebSocketChannel(opened, seconds, _shake_hands(opened, f"{host}:{port}", path, _authorization(token)))
        except OSError:
            opened.close()
            raise
    return connect


def _shake_hands(opened, host, path, headers):
    """Returns the bytes that followed the server's response."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    key = base64.b64encode(os.urandom(16))
    opened.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key.decode()}\r\n{more}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = opened.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server closed the connection in the handshake")
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    accept = base64.b64encode(hashlib.sha1(key + ACCEPTED_BY).digest())
    if head.split()[1:2] != [b"101"] or accept not in head:
        raise ConnectionError(f"the server refused the handshake: {head[:100].decode('latin-1')}")
    return rest


def http_post(host, port, path, token=None):
    """Returns a function that opens channels to an HTTP server. Each request shows the token, if there is one."""
    def connect(_, seconds):
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        connection.connect()
        return HTTPChannel(connection, path, _authorization(token))
    return connect
