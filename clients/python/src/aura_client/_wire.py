"""JSON-RPC 2.0 without sockets: bytes in, messages out. Both clients stand on it."""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from typing import Any, Iterator

from ._errors import AuraError, ConnectionLost, ProtocolError
from .types import Event, Instance, SubscriptionEndReason

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


class Patience:
    """For how long a daemon that cannot be reached is tried: so many seconds since it was last heard of."""

    # A connection that held for so long was one, however it ended.
    HELD = 5.0

    def __init__(self, seconds: float, address: Address):
        self._seconds = seconds
        self._address = address
        self._lost_since: float | None = None
        self._backoff = Backoff()
        self._attempted = time.monotonic()

    def renew(self) -> None:
        self._lost_since = None
        self._backoff = Backoff()

    def after(self, failure: Exception) -> float:
        """How long to wait until the next attempt; raises `ConnectionLost` where there is to be none."""
        now = time.monotonic()
        if now - self._attempted > self.HELD:
            self.renew()
        self._lost_since = self._lost_since or now
        wait = self._backoff.wait()
        if now + wait > self._lost_since + self._seconds:
            raise ConnectionLost(f"cannot reach aurad at {self._address}: {failure}") from failure
        self._attempted = now + wait
        return wait


class Cursor:
    """Where a subscription stands, so that it goes on behind a lost connection with nothing missing, nothing twice, and no
    more than was asked for."""

    def __init__(self, params: dict[str, Any]):
        self._params = params
        self._last: int | None = None
        self._wanted: int | None = params.get("maxEvents")
        self._pages: list[Instance] = []
        # The instances as they were, once a snapshot is complete.
        self.instances: list[Instance] | None = None
        # Why it ended by itself.
        self.reason: SubscriptionEndReason | None = None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the next `status.subscribe`."""
        start = self._params.get("from") if self._last is None else self._last
        return {**self._params, "from": start, "maxEvents": self._wanted}

    def begun(self, reply: dict[str, Any]) -> None:
        """A subscription from now on begins behind the head that its reply names; half a snapshot begins anew."""
        self._pages = []
        if self._last is None and self._params.get("from") in (None, "now"):
            self._last = reply["head"]

    def lost(self) -> None:
        """The connection is gone. Where every event came, all that was lost is the word that it has ended."""
        if self._wanted == 0:
            self.reason = "maxEvents"

    def hear(self, result: dict[str, Any]) -> Event | None:
        """What the daemon sent; an event where it is one, and news."""
        kind = result["type"]
        if kind == "subscription.ended":
            self.reason = result["reason"]
        elif kind == "subscription.snapshot":
            self._keep(result)
        elif self._last is None or result["seq"] > self._last:
            self._last = result["seq"]
            if kind != "subscription.bookmark":
                self._wanted = None if self._wanted is None else self._wanted - 1
                return Event.from_json(result)
        return None

    def _keep(self, page: dict[str, Any]) -> None:
        self._pages += [Instance.from_json(each) for each in page["instances"]]
        if page["complete"]:
            self.instances = self._pages
            self._last = page["seq"]
