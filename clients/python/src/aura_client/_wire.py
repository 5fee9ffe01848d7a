"""JSON-RPC 2.0 without sockets: bytes in, messages out. Both clients stand on it."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from typing import Any, Iterator

from ._errors import AuraError, ProtocolError

DEFAULT_SOCKET = "/run/aura/aurad.sock"
# A reply may be as long as the daemon's outbound queue; more than this is no daemon's.
LONGEST_MESSAGE = 64 << 20
# After these the same call may be sent again on another connection, since it was not carried out.
NOT_CARRIED_OUT = {"shuttingDown", "tooManyConnections", "tooManyConnectionsOfUser", "tooManyInFlight"}


@dataclass(frozen=True)
class Address:
    """Where a daemon listens: a Unix socket's path, or `tcp:HOST:PORT`."""

    path: str | None = None
    host: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Address:
        text = text or os.environ.get("AURA_SOCKET") or DEFAULT_SOCKET
        if text.startswith("tcp:"):
            host, colon, port = text[4:].rpartition(":")
            if not colon or not host or not port.isdigit():
                raise ValueError(f"cannot use the address {text}: expected tcp:HOST:PORT")
            return cls(host=host.strip("[]"), port=int(port))
        return cls(path=text.removeprefix("unix:"))

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"tcp:{self.host}:{self.port}"


class Wire:
    """One connection's messages."""

    def __init__(self) -> None:
        self._last_id = 0
        self._buffer = bytearray()
        self._searched = 0

    def request(self, method: str, params: dict[str, Any]) -> tuple[int, bytes]:
        """A call's id and its bytes; parameters that are None are left out."""
        self._last_id += 1
        given = {name: value for name, value in params.items() if value is not None}
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": given}
        return self._last_id, json.dumps(message, separators=(",", ":")).encode() + b"\n"

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that are whole now."""
        self._buffer += data
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            if line.strip():
                yield self._message(line)
        self._searched = len(self._buffer)
        if self._searched > LONGEST_MESSAGE:
            raise ProtocolError(f"a message of more than {LONGEST_MESSAGE} bytes")

    @staticmethod
    def _message(line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line)
        except ValueError as error:
            raise ProtocolError(f"this is no JSON: {line[:80]!r}") from error
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise ProtocolError(f"this is no JSON-RPC 2.0: {line[:80]!r}")
        return message


def result_of(reply: dict[str, Any]) -> Any:
    """The result of a reply, or its error thrown."""
    if "error" in reply:
        raise AuraError.from_json(reply["error"])
    return reply.get("result")


def reply_time(timeout: float, method: str, params: dict[str, Any]) -> float:
    """How long a reply may take, in seconds; one that waits for a job has that time on top."""
    return timeout + ((params.get("timeoutMs") or 600_000) / 1000 if method == "job.wait" else 0)


class Backoff:
    """How long to wait from one attempt to the next: 50 ms, twice as long each time up to 2 s, a half of it by chance."""

    def __init__(self) -> None:
        self._next = 0.05

    def wait(self) -> float:
        wait = self._next * (0.5 + random.random() / 2)
        self._next = min(self._next * 2, 2.0)
        return wait


class Cursor:
    """Where a subscription stands, so that it goes on behind a lost connection with nothing missing and nothing twice."""

    def __init__(self, params: dict[str, Any]):
        self._params = params
        self._last: int | None = None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the next `status.subscribe`."""
        return self._params if self._last is None else {**self._params, "from": self._last}

    def begun(self, reply: dict[str, Any]) -> None:
        """A subscription from now on begins behind the head that its reply names."""
        if self._last is None and self._params.get("from") in (None, "now"):
            self._last = reply["head"]

    def take(self, seq: int) -> bool:
        """Whether this event is news."""
        if self._last is not None and seq <= self._last:
            return False
        self._last = seq
        return True
