"""JSON-RPC 2.0 without sockets: bytes in, messages out. Both clients use it."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import socket
import stat
import time
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from ._errors import AuraError, CannotSend, ConnectionLost, ProtocolError
from .types import Event, Instance, SubscriptionEndReason

log = logging.getLogger("aura_client")

DEFAULT_SOCKET = "/run/aura/aurad.sock"
# The longest path of a Unix socket, in bytes: `sun_path` less its NUL (unix(7)).
LONGEST_PATH = 107
# The daemon's limits for one message, as `system.limits` reports them.
MESSAGE_BYTES = 1 << 20
MESSAGE_DEPTH = 64
# A connection attempt is given up after so many seconds, or after the client's time limit if that is shorter.
LONGEST_CONNECT = 10.0
# Bytes that may wait to be sent. A daemon that leaves more unread counts as lost.
UNSENT_BYTES = 4 << 20
# A reply may be as long as the daemon's outbound queue; no daemon sends more than this.
LONGEST_MESSAGE = 64 << 20
# A token: `aura1_`, then printable ASCII without spaces.
TOKEN = re.compile(r"aura1_[!-~]{1,1018}")
# The longest token file, in bytes: a token and white space around it.
TOKEN_FILE_BYTES = 4096


@dataclass(frozen=True)
class Address:
    """The address of a daemon: the path of a Unix socket, or a TCP host and port."""

    path: str | None = None
    host: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Address:
        """Reads `unix:PATH`, `tcp:HOST:PORT` (IPv6 in brackets) or a plain path.

        Without an address: `AURA_SOCKET`; else `$XDG_RUNTIME_DIR/aura/aurad.sock` if that exists; else `/run/aura/aurad.sock`.
        Raises `ValueError` if the text is not an address.
        """
        text = text or os.environ.get("AURA_SOCKET") or default_socket()
        if text.startswith("tcp:"):
            return cls._tcp(text)
        path = text.removeprefix("unix:")
        if not path or "\0" in path:
            raise ValueError(f"cannot use the address {text!r}: expected unix:PATH, tcp:HOST:PORT or a path")
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise ValueError(f"cannot use the address {text}: the path of a socket may have {LONGEST_PATH} bytes, use a shorter one")
        return cls(path=path)

    @classmethod
    def _tcp(cls, text: str) -> Address:
        match = re.fullmatch(r"tcp:(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:\[\]\s]+)):([0-9]{1,5})", text, re.ASCII)
        if not match or not 0 < int(match[3]) < 65536:
            raise ValueError(f"cannot use the address {text}: expected tcp:HOST:PORT, with an IPv6 address in brackets")
        return cls(host=match[1] or match[2], port=int(match[3]))

    def __str__(self) -> str:
        host = f"[{self.host}]" if self.host and ":" in self.host else self.host
        return f"unix:{self.path}" if self.path else f"tcp:{host}:{self.port}"


def default_socket() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = os.path.join(runtime, "aura/aurad.sock") if runtime else ""
    return own if own and os.path.exists(own) else DEFAULT_SOCKET


def keep_alive(opened: socket.socket, silence: float) -> None:
    """Lets the kernel detect a TCP peer that vanished: probes after `silence` seconds, and a limit for unacknowledged
    data."""
    seconds = max(int(silence), 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {"TCP_KEEPIDLE": seconds, "TCP_KEEPALIVE": seconds, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
    for name, value in options.items():
        # Each operating system has some of these options.
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def check(value: Any, depth: int = 2) -> None:
    """Raises `CannotSend` for a value that every daemon refuses without knowing which call it belongs to."""
    if isinstance(value, str):
        if "\0" in value:
            raise CannotSend("cannot send a text with a NUL character, leave it out")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise CannotSend("cannot send a text with half a surrogate pair, send whole characters") from error
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -(1 << 63) <= value < 1 << 63:
            raise CannotSend(f"cannot send the number {value}: numbers have 64 bits, send a smaller one")
    elif isinstance(value, (Mapping, list, tuple)):
        if depth > MESSAGE_DEPTH:
            raise CannotSend(f"cannot send values that are nested deeper than {MESSAGE_DEPTH} levels")
        if isinstance(value, Mapping):
            for name in value:
                check(name, depth)
        for each in value.values() if isinstance(value, Mapping) else value:
            check(each, depth + 1)


def find_token(given: str | None) -> str | None:
    """Returns the token: the given one, else that of the file `AURA_TOKEN_FILE`, else the text `AURA_TOKEN`; None if
    there is none.

    Raises `ValueError` if the text is no token, or if the file can be used by other users. The error never has the
    text.
    """
    if given is not None:
        return checked_token(given, "the token")
    if path := os.environ.get("AURA_TOKEN_FILE"):
        return checked_token(token_file(path), f"the file {path}")
    if text := os.environ.get("AURA_TOKEN"):
        return checked_token(text, "AURA_TOKEN")
    return None


def checked_token(text: str, source: str) -> str:
    token = text.strip()
    if not TOKEN.fullmatch(token):
        raise ValueError(
            f"cannot use {source}, it has no token: give the text that aura token create showed, which begins with "
            "aura1_")
    return token


def token_file(path: str) -> str:
    """Returns the text of a token file. Raises `ValueError` with the remedy."""
    refusal = f"cannot use the token file {path}, "
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for its writer. Windows has neither flag.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise ValueError(f"{refusal}{error.strerror}: check its path") from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{refusal}it is not a regular file: name another one")
        if hasattr(os, "geteuid"):
            if status.st_uid != os.geteuid():
                raise ValueError(f"{refusal}it belongs to another user: make a copy of your own, with the mode 0600")
            if status.st_mode & 0o077:
                raise ValueError(f"{refusal}other users may use it: run chmod 600")
        return os.read(file, TOKEN_FILE_BYTES).decode(errors="replace")
    except OSError as error:
        raise ValueError(f"{refusal}{error.strerror}: check its path") from error
    finally:
        os.close(file)


class Credentials:
    """The token of a client, and the daemon's refusal of it. A refusal is final: no other connection is made."""

    METHOD = "session.authenticate"

    def __init__(self, token: str | None):
        self.token = token
        self._refusal: AuraError | None = None

    def check(self) -> None:
        """Raises the refusal, if there was one."""
        if error := self._refusal:
            raise type(error)(error.number, error.code, error.message, error.data)

    def refused(self, error: AuraError) -> None:
        """Records an error by which the daemon refused or revoked the token; others are ignored."""
        if is_of_token(error.code) and not error.retryable:
            self._refusal = self._refusal or error

    def end_of_connection(self, error: Mapping[str, Any]) -> Exception:
        """Returns the exception for an error with id null that ends the connection."""
        failure = AuraError.from_json(error)
        if is_of_token(failure.code) and failure.retryable:
            # The rights of the token were reduced: another connection gets the present ones.
            return ConnectionResetError(failure.message)
        self.refused(failure)
        return failure


def is_of_token(code: str) -> bool:
    return code in ("tokenRevoked", "unauthenticated")


def was_not_carried_out(code: str) -> bool:
    """True if the same call may be sent again. A newer daemon may have further limits of connections."""
    return code in ("daemonBusy", "shuttingDown", "tooManyInFlight") or code.startswith("tooManyConnections")


def is_of_connection(error: Mapping[str, Any]) -> bool:
    """True if an error reply with id null means that the connection ends, false if it means one unknown call."""
    data = error.get("data") or {}
    code = str(data.get("code", ""))
    return (
        code.startswith("tooManyConnections") or code == "shuttingDown" or is_of_token(code)
        or data.get("reason") == "brokenFraming")


def meant_call(error: Mapping[str, Any], sizes: Mapping[int, int]) -> int | None:
    """The id of the one call that an error reply with id null can mean; None if there are several.

    `sizes` has the message bytes of each call that waits.
    """
    data = error.get("data") or {}
    limit = data.get("limit")
    if data.get("code") == "messageTooLarge" and isinstance(limit, int):
        sizes = {identifier: size for identifier, size in sizes.items() if size > limit}
    if len(sizes) == 1:
        return next(iter(sizes))
    log.warning("aurad refused a message without naming its call: %s", error.get("message", ""))
    return None


class Wire:
    """One connection's messages."""

    def __init__(self) -> None:
        self._last_id = 0
        self._buffer = bytearray()
        self._searched = 0

    def request(self, method: str, params: dict[str, Any]) -> tuple[int, bytes]:
        """Returns a call's id and its bytes; parameters that are None are left out. Raises `CannotSend`."""
        given = {name: value for name, value in params.items() if value is not None}
        check(given)
        identifier = self._last_id + 1
        message = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": given}
        try:
            data = json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        except ValueError as error:
            raise CannotSend(f"cannot send the parameters of {method}: {error}") from error
        if len(data) > MESSAGE_BYTES + 1:
            raise CannotSend(f"cannot send a message of {len(data) - 1} bytes: at most {MESSAGE_BYTES} are allowed, ask for less at once")
        self._last_id = identifier
        return identifier, data

    @staticmethod
    def cancellation(identifier: int) -> bytes:
        message = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": identifier}}
        return json.dumps(message, separators=(",", ":")).encode() + b"\n"

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yields the messages that are complete."""
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
    """Returns the result of a reply, or raises its error."""
    if "error" in reply:
        raise AuraError.from_json(reply["error"])
    return reply.get("result")


def reply_time(timeout: float, method: str, params: dict[str, Any]) -> float:
    """Returns the time limit of a reply, in seconds; a reply that waits for a job has that time in addition."""
    waits = params.get("timeoutMs")
    return timeout + ((600_000 if waits is None else waits) / 1000 if method == "job.wait" else 0)


def wait_time(end: float | None) -> dict[str, Any]:
    """Returns the parameter of a `job.wait` that lasts until `end` at most, but no longer than the daemon allows."""
    left = 600.0 if end is None else max(end - time.monotonic(), 0)
    return {"timeoutMs": int(min(left, 600) * 1000)}


class Backoff:
    """The wait from one attempt to the next: 50 ms, doubled each time up to 2 s; half of it is random."""

    def __init__(self) -> None:
        self._next = 0.05

    def wait(self) -> float:
        wait = self._next * (0.5 + random.random() / 2)
        self._next = min(self._next * 2, 2.0)
        return wait


class Patience:
    """The retry budget for an unreachable daemon: `seconds` from the first failure after the last contact."""

    # A connection that lasted this long counts as contact, however it ended.
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
        """Returns the wait before the next attempt; raises `ConnectionLost` if the budget is used up."""
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
    """The position of a subscription, so that it resumes after a lost connection with nothing missing, nothing twice,
    and no more than was requested."""

    def __init__(self, params: dict[str, Any]):
        self._params = params
        self._last: int | None = None
        self._wanted: int | None = params.get("maxEvents")
        self._pages: list[Instance] = []
        # The ids that replies named: of the instance in the filter, and of the ledger's history. Older daemons name
        # neither.
        self._instance: str | None = None
        self._epoch: str | None = params.get("epoch")
        # The instances of a snapshot, once it is complete.
        self.instances: list[Instance] | None = None
        # The reason why the subscription ended by itself.
        self.reason: SubscriptionEndReason | None = None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the next `status.subscribe`."""
        start = self._params.get("from") if self._last is None else self._last
        params = {**self._params, "from": start, "maxEvents": self._wanted, "epoch": None}
        if isinstance(start, int):
            params["epoch"] = self._epoch
        if self._instance is not None:
            # The name may belong to another instance now.
            params["filter"] = {**(self._params.get("filter") or {}), "instance": self._instance}
        return params

    @property
    def seq(self) -> int | None:
        """The `seq` up to which everything was delivered."""
        return self._last

    @property
    def epoch(self) -> str | None:
        return self._epoch

    def begun(self, reply: dict[str, Any]) -> None:
        """Records a reply: a subscription from now on begins after the reply's head, and half a snapshot starts again."""
        self._pages = []
        self._instance = reply.get("instance") or self._instance
        self._epoch = reply.get("epoch") or self._epoch
        if self._last is None and self._params.get("from") in (None, "now"):
            self._last = reply["head"]

    def lost(self) -> None:
        """Records a lost connection. If every requested event has arrived, only the end notification was lost."""
        if self._wanted == 0:
            self.reason = "maxEvents"

    def hear(self, result: dict[str, Any]) -> Event | None:
        """Records a result of the daemon; returns it if it is a new event."""
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
