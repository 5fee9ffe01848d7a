"""The blocking client."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from ._errors import AuraError, ClientClosed, ConnectionLost, JobFailed, ProtocolError
from ._methods import Decoder, Methods, Result
from ._wire import (
    LONGEST_CONNECT, Address, Credentials, Cursor, Patience, Wire, find_token, is_of_connection, keep_alive, meant_call,
    reply_time, result_of, wait_time, was_not_carried_out,
)
from .types import Event, EventFilter, Instance, Job, JobResult, LagPolicy, OperationResult, SubscriptionEndReason


# The values of poll(2), also on systems without it.
POLLIN, POLLOUT = 1, 4


@dataclass
class Pending:
    """A call that waits for its reply."""

    size: int
    sent: float
    reply: dict[str, Any] | None = None


class Connection:
    """A socket on which several threads call at once.

    It has no thread of its own: one of the waiting threads reads for all, and each finds its reply by its id. A
    connection belongs to the process that made it; after a fork the child only closes its copy of the descriptor.
    """

    def __init__(
        self, address: Address, credentials: Credentials, timeout: float, silence: float, keeps_notes: bool = False,
    ):
        credentials.check()
        self._process = os.getpid()
        self._credentials = credentials
        self._timeout = timeout
        self._silence = silence
        self._keeps_notes = keeps_notes
        self._wire = Wire()
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._calls: dict[int, Pending] = {}
        self._notes: deque[dict[str, Any]] = deque()
        self._is_reading = False
        # The start of the present silence, and the time of the ping after it.
        self._quiet_since = time.monotonic()
        self._pinged: float | None = None
        # A call timed out, and nothing was received since it was sent.
        self._is_doubtful = False
        self.failure: Exception | None = None
        self._socket = self._connect(address, min(timeout, LONGEST_CONNECT), silence)
        if credentials.token:
            self._authenticate(credentials.token, min(timeout, LONGEST_CONNECT))

    def _authenticate(self, token: str, timeout: float) -> None:
        """Shows the daemon who calls, before anything else."""
        try:
            self.call(Credentials.METHOD, {"token": token}, timeout)
        except BaseException as error:
            self.close()
            if isinstance(error, AuraError):
                self._credentials.refused(error)
            if isinstance(error, TimeoutError):
                raise ConnectionRefusedError(f"no reply to the token within {timeout:g} s") from error
            raise

    @staticmethod
    def _connect(address: Address, timeout: float, silence: float) -> socket.socket:
        try:
            if address.path:
                opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    opened.settimeout(timeout)
                    opened.connect(address.path)
                except BaseException:
                    opened.close()
                    raise
            else:
                opened = socket.create_connection((address.host, address.port), timeout)
                keep_alive(opened, silence)
        except TimeoutError as error:
            raise ConnectionRefusedError(f"no connection within {timeout:g} s") from error
        opened.setblocking(False)
        return opened

    @property
    def is_own(self) -> bool:
        """False in a process that was forked since the connection was made."""
        return self._process == os.getpid()

    @property
    def is_usable(self) -> bool:
        """False if a call timed out in silence, and nothing was received since."""
        return self.failure is None and not (self._is_doubtful and not self._is_ready(POLLIN, 0))

    def call(self, method: str, params: dict[str, Any], timeout: float) -> Any:
        """Returns the result of a call. Raises the daemon's error, `TimeoutError`, or an `OSError` if the connection
        ends."""
        now = time.monotonic()
        end = now + timeout
        with self._changed:
            if self.failure:
                raise self.failure
            identifier, data = self._wire.request(method, params)
            if not self._calls:
                self._quiet_since = max(self._quiet_since, now)
            pending = self._calls[identifier] = Pending(len(data) - 1, now)
        try:
            self._send(data, end)
            self._until(lambda: pending.reply is not None, end)
        finally:
            with self._changed:
                self._calls.pop(identifier, None)
            if pending.reply is None and self.failure is None:
                self._give_up(identifier, pending)
        return result_of(pending.reply or {})

    def note(self) -> dict[str, Any]:
        """Returns the next notification. Raises an `OSError` if the connection ends."""
        self._until(lambda: bool(self._notes), None)
        return self._notes.popleft()

    def close(self, failure: Exception | None = None) -> None:
        """Ends the connection and all calls that wait on it; another process that has the connection keeps it."""
        if self.is_own:
            self._fail(failure or ConnectionResetError("the connection is closed"))
        else:
            self.failure = self.failure or ConnectionResetError("the connection belongs to another process")
        self._socket.close()

    # MARK: reading

    def _until(self, is_done: Callable[[], bool], end: float | None) -> None:
        """Returns once `is_done` is true; meanwhile reads, or waits for the thread that reads. Raises `TimeoutError` at
        `end`."""
        while True:
            with self._changed:
                while self._is_reading and not is_done() and not self.failure and not is_over(end):
                    self._changed.wait(left(end))
                if is_done():
                    return
                if self.failure:
                    raise self.failure
                if is_over(end):
                    raise TimeoutError("no reply within the time limit")
                self._is_reading = True
            try:
                self._read(end)
            except (OSError, AuraError, ProtocolError) as error:
                # ETIMEDOUT means the connection, not a call.
                self._fail(ConnectionResetError(str(error)) if isinstance(error, TimeoutError) else error)
            finally:
                with self._changed:
                    self._is_reading = False
                    self._changed.notify_all()

    def _read(self, end: float | None) -> None:
        """Processes the next messages, if any arrive before `end` or before the next check of the silence."""
        checked = self._quiet_since + self._silence if self._pinged is None else self._pinged + min(self._timeout, self._silence)
        until = checked if end is None else min(end, checked)
        if not self._is_ready(POLLIN, max(until - time.monotonic(), 0)):
            if time.monotonic() >= checked:
                self._look_for_life()
            return
        try:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the daemon closed the connection")
            with self._changed:
                self._quiet_since = time.monotonic()
                self._pinged = None
                self._is_doubtful = False
                for message in self._wire.feed(data):
                    self._take(message)
        except BlockingIOError:
            return
        except (OSError, AuraError, ProtocolError):
            raise
        except BaseException:
            # Interrupted by a signal handler or a debugger: a part of a message may be lost.
            self._fail(ConnectionResetError("reading was interrupted"))
            raise

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if self._keeps_notes and message["method"] == "status.event":
                self._notes.append(message)
            return
        identifier = message.get("id")
        if identifier is None and "error" in message:
            if is_of_connection(message["error"]):
                raise self._credentials.end_of_connection(message["error"])
            identifier = meant_call(message["error"], {each: call.size for each, call in self._calls.items()})
        if isinstance(identifier, int) and identifier in self._calls:
            self._calls[identifier].reply = message

    def _look_for_life(self) -> None:
        """Pings after a silence; raises if the ping before got no reply."""
        now = time.monotonic()
        if self._pinged is not None:
            raise ConnectionResetError(f"the daemon sent nothing for {now - self._quiet_since:.0f} s")
        with self._changed:
            _, data = self._wire.request("system.ping", {})
        self._pinged = now
        self._send_at_once(data)

    # MARK: writing

    def _send(self, data: bytes, end: float) -> None:
        if not self._writing.acquire(timeout=max(end - time.monotonic(), 0)):
            raise TimeoutError("the daemon does not read")
        try:
            rest = memoryview(data)
            while rest:
                try:
                    rest = rest[self._socket.send(rest):]
                except BlockingIOError:
                    if not self._is_ready(POLLOUT, max(end - time.monotonic(), 0)) and is_over(end):
                        raise TimeoutError("the daemon does not read") from None
        except BaseException as error:
            # A part of a message may have been sent: nothing can follow it.
            self._fail(ConnectionResetError(f"a message was sent in part: {error}"))
            if isinstance(error, TimeoutError) and error.errno:
                # ETIMEDOUT means the connection, not the call.
                raise ConnectionResetError(str(error)) from error
            raise
        finally:
            self._writing.release()

    def _send_at_once(self, data: bytes) -> None:
        """Sends a short message without waiting for the daemon to read; the connection ends if it does not fit."""
        if not self._writing.acquire(timeout=0.1):
            return
        try:
            if self._socket.send(data) < len(data):
                self._fail(ConnectionResetError("the daemon does not read"))
        except OSError as error:
            self._fail(ConnectionResetError("the daemon does not read") if isinstance(error, BlockingIOError) else error)
        finally:
            self._writing.release()

    def _give_up(self, identifier: int, pending: Pending) -> None:
        """Cancels the call at the daemon, so that the daemon frees its slot."""
        if self._quiet_since <= pending.sent:
            self._is_doubtful = True
        self._send_at_once(self._wire.cancellation(identifier))

    def _is_ready(self, event: int, seconds: float) -> bool:
        try:
            if not hasattr(select, "poll"):
                reading, writing = ([self._socket], []) if event == POLLIN else ([], [self._socket])
                return any(select.select(reading, writing, [], min(seconds, 1 << 20)))
            poll = select.poll()
            poll.register(self._socket, event)
        except ValueError as error:
            # Another thread has closed the socket.
            raise self.failure or ConnectionResetError("the connection is closed") from error
        # Rounded up, so that a wait never ends early.
        return bool(poll.poll(min(int(seconds * 1000) + 1, 1 << 30) if seconds > 0 else 0))

    def _fail(self, failure: Exception) -> None:
        """Ends the connection; the first failure counts."""
        with self._changed:
            self.failure = self.failure or failure
            self._changed.notify_all()
        if self.is_own:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def left(end: float | None) -> float | None:
    return None if end is None else max(end - time.monotonic(), 0)


def is_over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


# One thread at a time adapts a client to its new process.
_forking = threading.Lock()


def _forked() -> None:
    global _forking
    _forking = threading.Lock()


# Windows has neither fork nor poll.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Client(Methods):
    """Calls a daemon, over one connection that is made again if it is lost.

    A call with a broken connection is sent again. Calls that change something carry an idempotency key, so that they
    take effect once.

    Threads may share a client: their calls share the connection, and none waits for another's reply. After a fork,
    parent and child may both use the client; each process has its own connection. A closed client stays closed: its
    calls raise `ClientClosed`.

    `address` is `unix:PATH`, `tcp:HOST:PORT` or a path. Without one it is `AURA_SOCKET`, else
    `$XDG_RUNTIME_DIR/aura/aurad.sock` if that exists, else `/run/aura/aurad.sock`. All times are in seconds.
    `timeout` limits one reply. `patience` limits how long the client tries to reach an unreachable daemon. After
    `silence` without a byte, while something is awaited, the client pings the daemon; without a reply to that, it
    makes a new connection.

    `token` is shown to the daemon on each connection. Without one it is that of the file `AURA_TOKEN_FILE`, else the
    text `AURA_TOKEN`; processes on the daemon's Unix socket need none. If the daemon refuses or revokes it, calls and
    subscriptions raise `errors.Unauthenticated` or `errors.TokenRevoked`, and the client makes no other connection.
    """

    def __init__(
        self, address: str | None = None, *, token: str | None = None, timeout: float = 60, patience: float = 60,
        silence: float = 30,
    ):
        self.address = Address.parse(address)
        self._credentials = Credentials(find_token(token))
        self.timeout = timeout
        self.patience = patience
        self.silence = silence
        self._connection: Connection | None = None
        self._subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the client and its subscriptions; waiting calls raise `ClientClosed`. It makes no new connection."""
        self._adopt()
        self._closed.set()
        if connection := self._connection:
            connection.close(self._closing())
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.close()

    def _closing(self) -> ClientClosed:
        return ClientClosed("the client is closed")

    def _adopt(self) -> None:
        """After a fork: leaves the connection to the parent, and the locks too, since a thread of the parent may hold
        them."""
        if self._process == os.getpid():
            return
        with _forking:
            if self._process == os.getpid():
                return
            if self._connection:
                self._connection.close()
            self._connection = None
            was_closed = self._closed.is_set()
            self._lock, self._closed = threading.Lock(), threading.Event()
            if was_closed:
                self._closed.set()
            self._process = os.getpid()

    def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        return decode(self.call(method, params))

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Calls any method by its name; returns the result as JSON. Raises `CannotSend` if every daemon refuses the
        message."""
        return self._attempt(method, lambda: params)

    def _attempt(self, method: str, params: Callable[[], dict[str, Any]], end: float | None = None) -> Any:
        """Repeats the call on new connections, within `patience` and until `end` at most."""
        patience = Patience(self.patience, self.address)
        while True:
            self._adopt()
            try:
                connection = self._present()
                given = params()
                return connection.call(method, given, reply_time(self.timeout, method, given))
            except TimeoutError as error:
                raise TimeoutError(f"{method}: {error}") from error
            except OSError as error:
                failure: Exception = error
            except AuraError as error:
                if not was_not_carried_out(error.code):
                    raise
                failure = error
            if self._closed.is_set():
                raise self._closing() from failure
            wait = patience.after(failure)
            if end is not None and time.monotonic() + wait >= end:
                raise TimeoutError(f"{method}: {failure}") from failure
            self._closed.wait(wait)

    def _present(self) -> Connection:
        with self._lock:
            if self._closed.is_set():
                raise self._closing()
            if self._connection and not self._connection.is_usable:
                self._connection.close()
                self._connection = None
            if self._connection is None:
                self._connection = Connection(self.address, self._credentials, self.timeout, self.silence)
                if self._closed.is_set():
                    self._connection.close(self._closing())
                    raise self._closing()
            return self._connection

    # MARK: subscriptions

    def subscribe(
        self, *, filter: EventFilter | None = None, from_: str | int = "now", until: str | None = None,
        max_events: int | None = None, on_lag: LagPolicy | None = None, epoch: str | None = None,
    ) -> Subscription:
        """Follows the ledger: iterate over the result.

        `from_` is `"now"`, `"start"`, `"snapshot"` or a `seq`. `until="terminal"` ends the subscription once every
        job that matches the filter has ended, `max_events` after that many events. It has its own connection; if
        that is lost, it resumes after the last event. `reason` is the reason of its end. Pass `epoch` with a `seq`,
        both from an earlier subscription.
        """
        if self._closed.is_set():
            raise self._closing()
        params = {
            "filter": filter.to_json() if filter else None, "from": from_, "until": until, "maxEvents": max_events,
            "onLag": on_lag, "epoch": epoch}
        self._adopt()
        subscription = Subscription(self.address, self._credentials, params, self.timeout, self.patience, self.silence)
        with self._lock:
            # Before it connects, so that closing the client also closes it.
            self._subscriptions.add(subscription)
        if self._closed.is_set():
            raise self._closing()
        subscription.begin()
        return subscription

    def follow(self, job: str) -> Subscription:
        """Returns a subscription to all events of a job, from its first to its last."""
        return self.subscribe(filter=EventFilter(job=job), from_="start", until="terminal")

    def wait(self, job: str, *, timeout: float | None = None) -> Job:
        """Waits until the job has ended, in any state; returns the job. A restart of the daemon does not end the wait.
        Raises `TimeoutError` after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return JobResult.from_json(self._attempt("job.wait", lambda: {"job": job, **wait_time(end)}, end)).job
            except AuraError as error:
                if error.code != "waitTimeout":
                    raise
                if is_over(end):
                    raise TimeoutError(error.message) from error

    def wait_until_running(self, operation: OperationResult, *, timeout: float | None = None) -> Instance:
        """Waits until the job of an operation has succeeded; returns the instance. Raises `JobFailed` if the job ended
        otherwise."""
        job = self.wait(operation.job.id, timeout=timeout)
        if job.state != "succeeded":
            raise JobFailed(job)
        return self.status_get(operation.instance.id).instance


class Subscription(Iterator[Event]):
    """The events of a subscription, in order, each once."""

    def __init__(
        self, address: Address, credentials: Credentials, params: dict[str, Any], timeout: float, patience: float,
        silence: float,
    ):
        self._address = address
        self._credentials = credentials
        self._cursor = Cursor(params)
        self._timeout = timeout
        self._silence = silence
        self._patience = Patience(patience, address)
        self._connection: Connection | None = None
        self._over = threading.Event()

    @property
    def reason(self) -> SubscriptionEndReason | None:
        """The reason why it ended by itself: `terminal`, `maxEvents`, `lagged`, `cursorExpired`; None while it has not."""
        return self._cursor.reason

    @property
    def seq(self) -> int | None:
        """The `seq` up to which everything was delivered. With `epoch`, another subscription can continue there."""
        return self._cursor.seq

    @property
    def epoch(self) -> str | None:
        """The history to which `seq` belongs; None if the daemon names none."""
        return self._cursor.epoch

    def snapshot(self) -> list[Instance]:
        """Returns the instances at the start of a subscription from `"snapshot"`; the iteration yields the changes
        since."""
        while self._cursor.instances is None:
            if self._over.is_set():
                raise RuntimeError("the subscription ended before its snapshot was complete")
            self._step()
        return self._cursor.instances

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the subscription; may be called from another thread."""
        self._over.set()
        if connection := self._connection:
            connection.close()

    def __next__(self) -> Event:
        while not self._over.is_set():
            if event := self._step():
                return event
        raise StopIteration

    def _step(self) -> Event | None:
        """Processes the next message; returns None if it was not an event."""
        try:
            if self._connection and not self._connection.is_own:
                # The parent keeps its connection. This process opens another one and resumes after the last event before the fork.
                self._connection.close()
                self._connection = None
                self._cursor.lost()
            if self._connection is None:
                self.begin()
            if (connection := self._connection) is None:
                return None
            message = connection.note()
        except ConnectionLost:
            # `patience` is used up. The iteration raises, since an end without an error looks like the end of the
            # stream.
            raise
        except (OSError, AuraError) as error:
            if isinstance(error, AuraError) and not was_not_carried_out(error.code):
                self.close()
                raise
            self._recover(error)
            return None
        event = self._cursor.hear(message["params"]["result"])
        if self.reason:
            self.close()
        return event

    def begin(self) -> None:
        """Subscribes if there is no connection; `Client.subscribe` calls this."""
        while self._connection is None and not self._over.is_set():
            try:
                self._connection = Connection(
                    self._address, self._credentials, self._timeout, self._silence, keeps_notes=True)
                reply = self._connection.call("status.subscribe", self._cursor.params, self._timeout)
            except (OSError, AuraError) as error:
                if isinstance(error, AuraError) and not was_not_carried_out(error.code):
                    self.close()
                    raise
                self._recover(error)
                continue
            except BaseException:
                self.close()
                raise
            self._cursor.begun(reply)
            self._patience.renew()
            if self._over.is_set():
                self._connection.close()
            return

    def _recover(self, failure: Exception) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
        self._cursor.lost()
        if self.reason:
            self._over.set()
        if self._over.is_set():
            return
        try:
            self._over.wait(self._patience.after(failure))
        except ConnectionLost:
            self._over.set()
            raise
