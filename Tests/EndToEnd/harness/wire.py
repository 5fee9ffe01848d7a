"""JSON-RPC 2.0 over a Unix socket, one message per line. It deliberately shares no code with the daemon."""

import json
import socket

from .schema import SCHEMA

ENDS = {"job.succeeded", "job.failed", "job.cancelled"}


class RPCError(Exception):
    """An error reply of the daemon."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')} {error.get('message')} {error.get('data')}")
        self.number = error["code"]
        self.message = error["message"]
        self.data = error.get("data") or {}

    @property
    def code(self):
        return self.data.get("code")

    @property
    def is_retryable(self):
        return self.data.get("retryable", False)


class Closed(Exception):
    """The daemon closed the connection."""


class Connection:
    """A connection that keeps every message in the order of arrival."""

    def __init__(self, path, seconds=30):
        self.socket = self.open(path, seconds)
        self.buffer = b""
        self.messages = []
        self.notes = []
        self.last_id = 0
        # The method and parameters of each id, so that the reply can be checked against the schema.
        self.asked = {}

    def open(self, path, seconds):
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.settimeout(seconds)
        opened.connect(str(path))
        return opened

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        """Sends bytes; raises `Closed` if the daemon has closed the connection, which it may do at any time if it
        refuses the connection."""
        try:
            self.socket.sendall(data)
        except ConnectionError as error:
            raise Closed() from error

    def send(self, message):
        for part in message if isinstance(message, list) else [message]:
            if isinstance(part, dict) and isinstance(part.get("id"), (int, str)):
                self.asked[part["id"]] = (part.get("method"), part.get("params"))
        self.send_text(json.dumps(message, separators=(",", ":")).encode())

    def send_text(self, text):
        """Sends one message."""
        self.send_bytes(text + b"\n")

    def receive(self):
        """Reads more bytes into the buffer."""
        try:
            piece = self.socket.recv(1 << 16)
        except ConnectionError as error:
            raise Closed() from error
        if not piece:
            raise Closed()
        self.buffer += piece

    def read_text(self):
        """Returns the text of the next message."""
        while b"\n" not in self.buffer:
            self.receive()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def read(self):
        """Returns the next message; every message must be a whole JSON-RPC 2.0 object on its own line."""
        line = self.read_text()
        message = json.loads(line)
        for part in message if isinstance(message, list) else [message]:
            assert isinstance(part, dict) and part.get("jsonrpc") == "2.0", f"not a JSON-RPC message: {line!r}"
            assert ("method" in part) != (("result" in part) != ("error" in part)), f"neither call nor reply: {line!r}"
            self.hold_to_schema(part)
        self.messages.append(message)
        return message

    def hold_to_schema(self, message):
        if "method" in message:
            return SCHEMA.check_notification(message)
        identifier = message["id"]
        method, params = self.asked.pop(identifier, (None, None)) if isinstance(identifier, (int, str)) else (None, None)
        if method in SCHEMA.methods:
            SCHEMA.check_reply(method, params, message)
        elif "error" in message:
            SCHEMA.check_error(method, message["error"])

    def note(self):
        """Returns the next notification."""
        if self.notes:
            return self.notes.pop(0)
        message = self.read()
        assert "method" in message, f"expected a notification, came {message}"
        return message

    def post(self, method, **params):
        """Sends a call without waiting; returns its id."""
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
        return self.last_id

    def reply(self, identifier):
        """Returns the result of a call; notifications that arrive first are kept."""
        while True:
            message = self.read()
            if "method" in message:
                self.notes.append(message)
                continue
            assert message["id"] == identifier, f"reply to another call: {message}"
            if "error" in message:
                raise RPCError(message["error"])
            return message["result"]

    def call(self, method, **params):
        return self.reply(self.post(method, **params))

    def refused(self, code, method, **params):
        """Makes a call that must be refused with the error `code`; returns the error."""
        try:
            result = self.call(method, **params)
        except RPCError as error:
            assert error.code == code, f"expected {code}, came {error}"
            return error
        raise AssertionError(f"{method} was not refused: {result}")

    def subscribe(self, **params):
        return self.call("status.subscribe", **params)

    def until_end(self, subscription):
        """Returns the events of a subscription up to its final notification, without that notification."""
        events = []
        while True:
            note = self.note()
            assert note["method"] == "status.event"
            if note["params"]["subscription"] != subscription:
                continue
            event = note["params"]["result"]
            if event["type"] == "subscription.ended":
                assert event["reason"] == "terminal", event
                return events
            if event["type"] != "subscription.bookmark":
                events.append(event)


class LengthConnection(Connection):
    """A connection with `Content-Length` framing."""

    def send_text(self, text):
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(text) + text)

    def read_text(self):
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        length = int(head.removeprefix(b"Content-Length: "))
        while len(rest) < length:
            self.receive()
            rest = self.buffer[len(head) + 4:]
        text, self.buffer = rest[:length], rest[length:]
        return text


def events_of(path, seconds=60, **filter):
    """Returns every event that matches, from the start of the ledger until the jobs concerned have ended."""
    with Connection(path, seconds) as connection:
        subscription = connection.subscribe(filter=filter, **{"from": "start"}, until="terminal")["subscription"]
        return connection.until_end(subscription)
