"""A WebSocket client without a library (RFC 6455), so that tests can also violate the protocol."""

import base64
import hashlib
import os
import socket
import struct

from .wire import Closed, Connection

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0


def handshake(address, path="/ws", headers=(), seconds=30, shows_token=True):
    """Requests a WebSocket: returns (socket, status, bytes that followed the response). The token of the address is
    shown."""
    opened = socket.create_connection(address, seconds)
    if shows_token and hasattr(address, "token") and not any(each.startswith("Authorization:") for each in headers):
        headers = (*headers, *(f"{name}: {value}" for name, value in address.headers.items()))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers, "", ""]
    opened.sendall("\r\n".join(lines).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = opened.recv(1 << 16)
        if not piece:
            break
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if status == 101:
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        assert f"sec-websocket-accept: {base64.b64encode(digest).decode()}".lower().encode() in head.lower()
    return opened, status, rest


def frame(opcode, data, is_last=True):
    """Returns a client's frame, masked."""
    mask = os.urandom(4)
    length = len(data)
    start = bytes([opcode | (0x80 if is_last else 0)])
    if length < 126:
        start += bytes([0x80 | length])
    elif length < 1 << 16:
        start += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        start += bytes([0x80 | 127]) + struct.pack(">Q", length)
    repeated = mask * (length // 4 + 1)
    masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated[:length], "big")).to_bytes(length, "big")
    return start + mask + masked


class WebSocket(Connection):
    """A connection with one message per text frame."""

    def __init__(self, address, seconds=30, headers=(), shows_token=True):
        self.closed_with = None
        self.headers = headers
        self.shows_token = shows_token
        super().__init__(address, seconds)
        self.buffer = self.greeting

    def open(self, path, seconds):
        opened, status, rest = handshake(
            path, headers=self.headers, seconds=seconds, shows_token=self.shows_token)
        assert status == 101, status
        # Bytes that the daemon sent together with the response.
        self.greeting = rest
        return opened

    def send_text(self, text):
        self.send_bytes(frame(TEXT, text))

    def read_frame(self):
        """Returns the next frame: (opcode, data). A daemon neither masks nor fragments."""
        while len(self.buffer) < 2:
            self.receive()
        opcode, length, start = self.buffer[0], self.buffer[1], 2
        assert opcode & 0x80 and not length & 0x80, "fragmented or masked"
        if length >= 126:
            size = 2 if length == 126 else 8
            while len(self.buffer) < 2 + size:
                self.receive()
            length = int.from_bytes(self.buffer[2:2 + size], "big")
            start += size
        while len(self.buffer) < start + length:
            self.receive()
        data, self.buffer = self.buffer[start:start + length], self.buffer[start + length:]
        return opcode & 0x0F, data

    def read_text(self):
        while True:
            opcode, data = self.read_frame()
            if opcode == TEXT:
                return data
            if opcode == PING:
                self.send_bytes(frame(PONG, data))
            if opcode == CLOSE:
                self.closed_with = int.from_bytes(data[:2], "big")
                raise Closed()
