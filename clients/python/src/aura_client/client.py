"""The client that waits."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from typing import Any, Iterator

from ._errors import AuraError, ConnectionLost, JobFailed
from ._methods import Decoder, Methods, Result
from ._wire import NOT_CARRIED_OUT, Address, Cursor, Patience, Wire, reply_time, result_of
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
        patience = Patience(self.patience, self.address)
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
            time.sleep(patience.after(failure))

    # MARK: subscriptions

    def subscribe(
        self, *, filter: EventFilter | None = None, from_: str | int = "now", until: str | None = None,
        max_events: int | None = None, on_lag: LagPolicy | None = None,
    ) -> Subscription:
        """Follows the ledger: iterate over it. `from_` is `"now"`, `"start"`, `"snapshot"` or a `seq`; `until="terminal"` ends it once every job
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
        self._patience = Patience(patience, address)
        self._connection: Connection | None = None
        self._is_over = False
        self._open()

    @property
    def reason(self) -> SubscriptionEndReason | None:
        """Why it ended by itself: `terminal`, `maxEvents`, `lagged`, `cursorExpired`; None while it has not."""
        return self._cursor.reason

    def snapshot(self) -> list[Instance]:
        """The instances as they were when a subscription from `"snapshot"` began; what it iterates over is what changed since."""
        while self._cursor.instances is None:
            if self._is_over:
                raise RuntimeError("the subscription ended before its snapshot was complete")
            self._step()
        return self._cursor.instances

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
            if event := self._step():
                return event
        raise StopIteration

    def _step(self) -> Event | None:
        """Takes the next message; nothing where that was no event."""
        try:
            if self._connection is None:
                self._open()
            message = self._connection.read() if self._connection else {}
        except ConnectionLost:
            # Patience is over: whoever iterates is told, since an end without a word looks like the stream's own.
            raise
        except OSError as error:
            self._recover(error)
            return None
        if message.get("method") != "status.event":
            return None
        event = self._cursor.hear(message["params"]["result"])
        if self.reason:
            self.close()
        return event

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
            self._patience.renew()
            return

    def _recover(self, failure: Exception) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
        self._cursor.lost()
        if self.reason:
            self._is_over = True
        if self._is_over:
            return
        try:
            time.sleep(self._patience.after(failure))
        except ConnectionLost:
            self._is_over = True
            raise
