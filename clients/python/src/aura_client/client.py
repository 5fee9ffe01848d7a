"""The client that waits."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from typing import Any, Iterator

from ._errors import AuraError, ConnectionLost, JobFailed
from ._methods import Decoder, Methods, Result
from ._wire import NOT_CARRIED_OUT, Address, Backoff, Cursor, Wire, reply_time, result_of
from .types import Event, EventFilter, Instance, Job, LagPolicy, OperationResult, SubscriptionEndReason


class Connection:
    """A socket and the messages that came on it."""

    def __init__(self, address: Address, timeout: float | None):
        self._wire = Wire()
        self._messages: deque[dict[str, Any]] = deque()
        if address.path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(timeout)
            try:
                self._socket.connect(address.path)
            except OSError:
                self._socket.close()
                raise
        else:
            self._socket = socket.create_connection((address.host, address.port), timeout)

    def call(self, method: str, params: dict[str, Any], timeout: float | None) -> Any:
        """The result of a call; notifications that come before it are kept."""
        self._socket.settimeout(timeout)
        identifier, data = self._wire.request(method, params)
        self._socket.sendall(data)
        kept: list[dict[str, Any]] = []
        try:
            while True:
                message = self.read()
                if message.get("id") == identifier and "method" not in message:
                    return result_of(message)
                # The connection itself is refused with an id of null.
                if message.get("id", 0) is None and "error" in message:
                    return result_of(message)
                kept.append(message)
        finally:
            self._messages.extendleft(reversed(kept))

    def read(self) -> dict[str, Any]:
        while not self._messages:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the daemon closed the connection")
            self._messages.extend(self._wire.feed(data))
        return self._messages.popleft()

    def wait_for_ever(self) -> None:
        self._socket.settimeout(None)

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()


class Client(Methods):
    """Calls a daemon, over one connection that is made anew where it was lost.

    A call whose connection breaks is sent again: those that change something carry an idempotency key, so that it happens once.
    Threads may share a client; their calls take turns, and `wait` keeps its turn for as long as it waits.

    `address` is a Unix socket's path or `tcp:HOST:PORT`; without one it is `AURA_SOCKET` or `/run/aura/aurad.sock`. `timeout` is
    how long one reply may take, in seconds; `patience` for how long a daemon that cannot be reached is tried.
    """

    def __init__(self, address: str | None = None, *, timeout: float = 60, patience: float = 60):
        self.address = Address.parse(address)
        self.timeout = timeout
        self.patience = patience
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        return decode(self.call(method, params))

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Any method by its name; its result as JSON."""
        with self._lock:
            return self._attempt(lambda: self._present().call(method, params, reply_time(self.timeout, method, params)))

    def _present(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(self.address, self.timeout)
        return self._connection

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _attempt(self, work: Any) -> Any:
        """Does it again on a new connection for as long as patience lasts."""
        end = time.monotonic() + self.patience
        backoff = Backoff()
        while True:
            try:
                return work()
            except TimeoutError:
                self._drop()
                raise
            except OSError as error:
                self._drop()
                failure: Exception = error
            except AuraError as error:
                if error.code not in NOT_CARRIED_OUT:
                    raise
                self._drop()
                failure = error
            wait = backoff.wait()
            if time.monotonic() + wait > end:
                raise ConnectionLost(f"cannot reach aurad at {self.address}: {failure}") from failure
            time.sleep(wait)

    # MARK: subscriptions

    def subscribe(
        self, *, filter: EventFilter | None = None, from_: str | int = "now", until: str | None = None,
        max_events: int | None = None, on_lag: LagPolicy | None = None,
    ) -> Subscription:
        """Follows the ledger: iterate over it. `from_` is `"now"`, `"start"` or a `seq`; `until="terminal"` ends it once every job
        that the filter matches has ended, `max_events` after so many. It has a connection of its own, and goes on behind a lost one
        where it stopped. `reason` says why it ended.
        """
        params = {
            "filter": filter.to_json() if filter else None, "from": from_, "until": until, "maxEvents": max_events,
            "onLag": on_lag}
        return Subscription(self.address, params, self.timeout, self.patience)

    def follow(self, job: str) -> Subscription:
        """All events of a job, from its first to its last."""
        return self.subscribe(filter=EventFilter(job=job), from_="start", until="terminal")

    def wait(self, job: str, *, timeout: float | None = None) -> Job:
        """The job once it has ended, however that was. Raises `TimeoutError` after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 600.0 if end is None else max(end - time.monotonic(), 0)
            try:
                return self.job_wait(job, timeout_ms=int(min(left, 600) * 1000)).job
            except AuraError as error:
                if error.code != "waitTimeout":
                    raise
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(error.message) from error

    def wait_until_running(self, operation: OperationResult, *, timeout: float | None = None) -> Instance:
        """The instance once the job of an operation has ended well; raises `JobFailed` where it did not."""
        job = self.wait(operation.job.id, timeout=timeout)
        if job.state != "succeeded":
            raise JobFailed(job)
        return self.status_get(operation.instance.id).instance


class Subscription(Iterator[Event]):
    """The events of a subscription, in order, each once."""

    def __init__(self, address: Address, params: dict[str, Any], timeout: float, patience: float):
        self._address = address
        self._cursor = Cursor(params)
        self._timeout = timeout
        self._patience = patience
        self._connection: Connection | None = None
        self._is_over = False
        # Why it ended by itself: `terminal`, `maxEvents`, `lagged`, `cursorExpired`; None while it has not.
        self.reason: SubscriptionEndReason | None = None
        # When the daemon was last heard of, while it cannot be reached.
        self._lost_since: float | None = None
        self._backoff = Backoff()
        self._open()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; may be called from another thread."""
        self._is_over = True
        if self._connection:
            self._connection.close()

    def __next__(self) -> Event:
        while not self._is_over:
            try:
                event = self._next()
            except ConnectionLost:
                # Patience is over: whoever iterates is told, since an end without a word looks like the stream's own.
                raise
            except OSError as error:
                self._recover(error)
                continue
            if event is not None:
                return event
        raise StopIteration

    def _next(self) -> Event | None:
        if self._connection is None:
            self._open()
        if self._connection is None:
            return None
        message = self._connection.read()
        if message.get("method") != "status.event":
            return None
        result = message["params"]["result"]
        if result["type"] == "subscription.ended":
            self._end(result)
            return None
        is_news = self._cursor.take(result["seq"])
        return Event.from_json(result) if is_news and result["type"] != "subscription.bookmark" else None

    def _end(self, result: dict[str, Any]) -> None:
        self.reason = result["reason"]
        self.close()

    def _open(self) -> None:
        while not self._is_over:
            try:
                self._connection = Connection(self._address, self._timeout)
                reply = self._connection.call("status.subscribe", self._cursor.params, self._timeout)
            except (OSError, AuraError) as error:
                if isinstance(error, AuraError) and error.code not in NOT_CARRIED_OUT:
                    self.close()
                    raise
                self._recover(error)
                continue
            self._cursor.begun(reply)
            self._connection.wait_for_ever()
            self._lost_since = None
            self._backoff = Backoff()
            return

    def _recover(self, failure: Exception) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
        if self._is_over:
            return
        now = time.monotonic()
        self._lost_since = self._lost_since or now
        wait = self._backoff.wait()
        if now + wait > self._lost_since + self._patience:
            self._is_over = True
            raise ConnectionLost(f"cannot reach aurad at {self._address}: {failure}") from failure
        time.sleep(wait)
