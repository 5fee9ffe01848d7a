"""The asyncio client."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import weakref
from dataclasses import dataclass
from typing import Any, AsyncIterator, Callable

from ._errors import AuraError, ClientClosed, ConnectionLost, JobFailed
from ._methods import AsyncMethods, Decoder, Result
from ._wire import (
    LONGEST_CONNECT, LONGEST_MESSAGE, UNSENT_BYTES, Address, Credentials, Cursor, Patience, Wire, find_token,
    is_of_connection, keep_alive, meant_call, reply_time, result_of, wait_time, was_not_carried_out,
)
from .types import Event, EventFilter, Instance, Job, JobResult, LagPolicy, OperationResult, SubscriptionEndReason

# The maximum number of unread notifications. The socket is not read while there are more, and the daemon keeps the
# rest.
NOTES_LIMIT = 1024

# Connections of another process. They are kept, since closing them would change the event loop that both processes
# share.
_of_others: list[AsyncConnection] = []


@dataclass
class Pending:
    """A call that waits for its reply."""

    size: int
    future: asyncio.Future[dict[str, Any]]


class AsyncConnection:
    """A socket on which any number of calls wait at once. It belongs to one event loop of one process."""

    def __init__(
        self, opened: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        credentials: Credentials, timeout: float, silence: float, keeps_notes: bool,
    ):
        self._credentials = credentials
        self._process = os.getpid()
        self._loop = asyncio.get_running_loop()
        self._socket = opened
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._silence = silence
        self._keeps_notes = keeps_notes
        self._wire = Wire()
        self._waiting: dict[int, Pending] = {}
        # The start of the present silence while a reply or notification is awaited, and the time of the last data.
        self._quiet_since = self._heard = time.monotonic()
        # A call timed out, and nothing was received since it was sent.
        self._is_doubtful = False
        self.notes: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(NOTES_LIMIT)
        self.failure: Exception | None = None
        self._pump = asyncio.ensure_future(self._read())
        self._watch = asyncio.ensure_future(self._look_for_life())

    @classmethod
    async def open(
        cls, address: Address, credentials: Credentials, timeout: float, silence: float, keeps_notes: bool = False,
    ) -> AsyncConnection:
        credentials.check()
        limit = min(timeout, LONGEST_CONNECT)
        try:
            async with asyncio.timeout(limit):
                opened = await cls._connect(address, silence)
                try:
                    reader, writer = await asyncio.open_connection(sock=opened, limit=LONGEST_MESSAGE)
                except BaseException:
                    opened.close()
                    raise
        except TimeoutError as error:
            raise ConnectionRefusedError(f"no connection within {limit:g} s") from error
        connection = cls(opened, reader, writer, credentials, timeout, silence, keeps_notes)
        if credentials.token:
            await connection._authenticate(credentials.token, limit)
        return connection

    async def _authenticate(self, token: str, timeout: float) -> None:
        """Shows the daemon who calls, before anything else."""
        try:
            await self.call(Credentials.METHOD, {"token": token}, timeout)
        except BaseException as error:
            await self.close()
            if isinstance(error, AuraError):
                self._credentials.refused(error)
            if isinstance(error, TimeoutError):
                raise ConnectionRefusedError(f"no reply to the token within {timeout:g} s") from error
            raise

    @staticmethod
    async def _connect(address: Address, silence: float) -> socket.socket:
        loop = asyncio.get_running_loop()
        if address.path:
            places: list[Any] = [(socket.AF_UNIX, address.path)]
        else:
            found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            places = [(family, place) for family, _, _, _, place in found]
        failure: OSError = ConnectionRefusedError(f"{address} has no address")
        for family, place in places:
            opened = socket.socket(family, socket.SOCK_STREAM)
            opened.setblocking(False)
            try:
                if not address.path:
                    keep_alive(opened, silence)
                await loop.sock_connect(opened, place)
                return opened
            except OSError as error:
                opened.close()
                failure = error
            except BaseException:
                opened.close()
                raise
        raise failure

    @property
    def is_usable(self) -> bool:
        """False if the connection ended, is of another process or event loop, or if a call timed out in silence."""
        return self.is_own and self.failure is None and not self._is_doubtful

    @property
    def is_own(self) -> bool:
        return self._process == os.getpid() and self._loop is asyncio.get_running_loop()

    async def call(self, method: str, params: dict[str, Any], timeout: float) -> Any:
        """Returns the result of a call. Raises the daemon's error, `TimeoutError`, or an `OSError` if the connection
        ends.

        A call that is cancelled or times out is cancelled at the daemon too, which frees its slot.
        """
        if self.failure:
            raise self.failure
        sent = time.monotonic()
        identifier, data = self._wire.request(method, params)
        if not self._waiting:
            self._quiet_since = max(self._quiet_since, sent)
        pending = self._waiting[identifier] = Pending(len(data) - 1, self._loop.create_future())
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(data)
                await self._writer.drain()
                reply = await pending.future
        except TimeoutError as error:
            if error.errno:
                # ETIMEDOUT means the connection, not the call.
                raise ConnectionResetError(str(error)) from error
            if self._heard <= sent:
                self._is_doubtful = True
            raise TimeoutError(f"{method}: no reply within {timeout:g} s") from error
        finally:
            del self._waiting[identifier]
            if self.failure is None and (pending.future.cancelled() or not pending.future.done()):
                pending.future.cancel()
                self._send(self._wire.cancellation(identifier))
            elif not pending.future.cancelled() and pending.future.done():
                # Otherwise asyncio logs an exception that was never retrieved.
                pending.future.exception()
        return result_of(reply)

    def _send(self, data: bytes) -> None:
        """Sends a short message without waiting for the daemon to read; the connection ends if too much is unsent."""
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            self._end(ConnectionResetError("the daemon does not read"))

    async def _read(self) -> None:
        failure: Exception = ConnectionResetError("the daemon closed the connection")
        try:
            while data := await self._reader.read(1 << 16):
                self._quiet_since = self._heard = time.monotonic()
                self._is_doubtful = False
                for message in self._wire.feed(data):
                    await self._take(message)
        except Exception as error:
            # ETIMEDOUT means the connection, not a call.
            failure = ConnectionResetError(str(error)) if isinstance(error, TimeoutError) else error
        finally:
            self._end(failure)

    def _end(self, failure: Exception) -> None:
        """Ends the connection and all calls that wait on it; the first failure counts."""
        if self.failure:
            return
        self.failure = failure
        for pending in self._waiting.values():
            if not pending.future.done():
                pending.future.set_exception(failure)
        # Wakes the reader of notifications. The reader of a full queue first empties it, and then sees the failure.
        if not self.notes.full():
            self.notes.put_nowait(None)
        self._pump.cancel()
        self._watch.cancel()
        # Unsent data would keep the socket open for as long as the daemon does not read.
        if self._writer.transport.get_write_buffer_size() > 0:
            self._writer.transport.abort()
        self._writer.close()

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if self._keeps_notes and message["method"] == "status.event":
                await self.notes.put(message)
            return
        identifier = message.get("id")
        if identifier is None and "error" in message:
            if is_of_connection(message["error"]):
                raise self._credentials.end_of_connection(message["error"])
            identifier = meant_call(message["error"], {each: pending.size for each, pending in self._waiting.items()})
        if isinstance(identifier, int) and (pending := self._waiting.get(identifier)) and not pending.future.done():
            pending.future.set_result(message)

    async def _look_for_life(self) -> None:
        """Pings after a silence, while something is awaited; ends the connection if the ping gets no reply either."""
        while not self.failure:
            quiet = time.monotonic() - self._quiet_since
            if quiet < self._silence or self.notes.full() or not (self._waiting or self._keeps_notes):
                await asyncio.sleep(max(self._silence - quiet, self._silence / 8, 0.05))
                continue
            asked = time.monotonic()
            try:
                await self.call("system.ping", {}, min(self._timeout, self._silence))
            except TimeoutError:
                if self._heard < asked and not self.notes.full():
                    self._end(ConnectionResetError(f"the daemon sent nothing for {time.monotonic() - self._heard:.0f} s"))
            except (AuraError, OSError):
                pass

    async def note(self) -> dict[str, Any]:
        """Returns the next notification."""
        if self.failure and self.notes.empty():
            raise self.failure
        note = await self.notes.get()
        if note is None:
            raise self.failure or ConnectionResetError("the connection is closed")
        return note

    async def close(self, failure: Exception | None = None) -> None:
        """Ends the connection. Another process only closes its descriptor; from another event loop, the connection's
        own loop ends it."""
        if self._process != os.getpid():
            os.close(self._socket.detach())
            _of_others.append(self)
        elif self._loop is asyncio.get_running_loop():
            self._end(failure or ConnectionResetError("the connection is closed"))
            await asyncio.gather(self._pump, self._watch, return_exceptions=True)
        elif self._loop.is_closed():
            self._socket.close()
        else:
            self._loop.call_soon_threadsafe(self._end, failure or ConnectionResetError("the connection is closed"))


class AsyncClient(AsyncMethods):
    """Like `aura_client.Client`, for asyncio: any number of calls share one connection.

    A call that is cancelled, or that times out, is cancelled at the daemon too. In another process, or another event
    loop, the client makes its own connection.
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
        self._connection: AsyncConnection | None = None
        self._subscriptions: weakref.WeakSet[AsyncSubscription] = weakref.WeakSet()
        self._opening = Owned(asyncio.Lock)
        self._closing = Owned(asyncio.Event)
        self._is_closed = False

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the client and its subscriptions; waiting calls raise `ClientClosed`. It makes no new connection."""
        self._is_closed = True
        self._closing.value.set()
        connection, self._connection = self._connection, None
        if connection:
            await connection.close(ClientClosed("the client is closed"))
        for subscription in list(self._subscriptions):
            await subscription.close()

    async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        return decode(await self.call(method, params))

    async def call(self, method: str, params: dict[str, Any]) -> Any:
        """Calls any method by its name; returns the result as JSON. Raises `CannotSend` if every daemon refuses the
        message."""
        return await self._attempt(method, lambda: params)

    async def _attempt(self, method: str, params: Callable[[], dict[str, Any]], end: float | None = None) -> Any:
        """Repeats the call on new connections, within `patience` and until `end` at most."""
        patience = Patience(self.patience, self.address)
        while True:
            try:
                connection = await self._present()
                given = params()
                return await connection.call(method, given, reply_time(self.timeout, method, given))
            except TimeoutError:
                raise
            except OSError as error:
                failure: Exception = error
            except AuraError as error:
                if not was_not_carried_out(error.code):
                    raise
                failure = error
            if self._is_closed:
                raise ClientClosed("the client is closed") from failure
            wait = patience.after(failure)
            if end is not None and time.monotonic() + wait >= end:
                raise TimeoutError(f"{method}: {failure}") from failure
            await self._closing.wait(wait)

    async def _present(self) -> AsyncConnection:
        async with self._opening.value:
            if self._connection and not self._connection.is_usable:
                connection, self._connection = self._connection, None
                await connection.close()
            if self._is_closed:
                raise ClientClosed("the client is closed")
            if self._connection is None:
                connection = await AsyncConnection.open(self.address, self._credentials, self.timeout, self.silence)
                if self._is_closed:
                    await connection.close()
                    raise ClientClosed("the client is closed")
                self._connection = connection
            return self._connection

    # MARK: subscriptions

    def subscribe(
        self, *, filter: EventFilter | None = None, from_: str | int = "now", until: str | None = None,
        max_events: int | None = None, on_lag: LagPolicy | None = None, epoch: str | None = None,
    ) -> AsyncSubscription:
        """Follows the ledger: `async for` over it. See `Client.subscribe`."""
        if self._is_closed:
            raise ClientClosed("the client is closed")
        params = {
            "filter": filter.to_json() if filter else None, "from": from_, "until": until, "maxEvents": max_events,
            "onLag": on_lag, "epoch": epoch}
        subscription = AsyncSubscription(
            self.address, self._credentials, params, self.timeout, self.patience, self.silence)
        self._subscriptions.add(subscription)
        return subscription

    def follow(self, job: str) -> AsyncSubscription:
        """Returns a subscription to all events of a job, from its first to its last."""
        return self.subscribe(filter=EventFilter(job=job), from_="start", until="terminal")

    async def wait(self, job: str, *, timeout: float | None = None) -> Job:
        """Waits until the job has ended, in any state; returns the job. A restart of the daemon does not end the wait.
        Raises `TimeoutError` after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return JobResult.from_json(await self._attempt("job.wait", lambda: {"job": job, **wait_time(end)}, end)).job
            except AuraError as error:
                if error.code != "waitTimeout":
                    raise
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(error.message) from error

    async def wait_until_running(self, operation: OperationResult, *, timeout: float | None = None) -> Instance:
        """Waits until the job of an operation has succeeded; returns the instance. Raises `JobFailed` if the job ended
        otherwise."""
        job = await self.wait(operation.job.id, timeout=timeout)
        if job.state != "succeeded":
            raise JobFailed(job)
        return (await self.status_get(operation.instance.id)).instance


class Owned:
    """A lock or an event that is made again in another event loop."""

    def __init__(self, make: Callable[[], Any]):
        self._make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self._value: Any = None

    @property
    def value(self) -> Any:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._value = loop, self._make()
        return self._value

    async def wait(self, seconds: float) -> None:
        """Returns when the event is set, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self.value.wait()
        except TimeoutError:
            pass


class AsyncSubscription(AsyncIterator[Event]):
    """The events of a subscription, in order, each once. It begins with the first `async for`, or with `begin`."""

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
        self._connection: AsyncConnection | None = None
        self._closing = Owned(asyncio.Event)
        self._is_over = False

    @property
    def reason(self) -> SubscriptionEndReason | None:
        """The reason why it ended by itself; None while it has not."""
        return self._cursor.reason

    @property
    def seq(self) -> int | None:
        """The `seq` up to which everything was delivered. With `epoch`, another subscription can continue there."""
        return self._cursor.seq

    @property
    def epoch(self) -> str | None:
        """The history to which `seq` belongs; None if the daemon names none."""
        return self._cursor.epoch

    async def snapshot(self) -> list[Instance]:
        """Returns the instances at the start of a subscription from `"snapshot"`; the iteration yields the changes
        since."""
        while self._cursor.instances is None:
            if self._is_over:
                raise RuntimeError("the subscription ended before its snapshot was complete")
            await self._step()
        return self._cursor.instances

    async def __aenter__(self) -> AsyncSubscription:
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._is_over = True
        self._closing.value.set()
        if self._connection:
            await self._connection.close()

    async def begin(self) -> None:
        """Subscribes now, so that a subscription from `"now"` misses nothing from here on."""
        while self._connection is None and not self._is_over:
            try:
                connection = await AsyncConnection.open(
                    self._address, self._credentials, self._timeout, self._silence, keeps_notes=True)
                try:
                    reply = await connection.call("status.subscribe", self._cursor.params, self._timeout)
                except BaseException:
                    await connection.close()
                    raise
            except (OSError, AuraError) as error:
                if isinstance(error, AuraError) and not was_not_carried_out(error.code):
                    self._is_over = True
                    raise
                await self._recover(error)
                continue
            self._cursor.begun(reply)
            self._connection = connection
            self._patience.renew()
            if self._is_over:
                await connection.close()

    async def __anext__(self) -> Event:
        while not self._is_over:
            if event := await self._step():
                return event
        raise StopAsyncIteration

    async def _step(self) -> Event | None:
        """Processes the next message; returns None if it was not an event."""
        if self._connection and not self._connection.is_own:
            # Another process or event loop reads on its own connection, after the events that came before.
            connection, self._connection = self._connection, None
            await connection.close()
            self._cursor.lost()
        await self.begin()
        if self._connection is None:
            return None
        try:
            message = await self._connection.note()
        except (OSError, AuraError) as error:
            if isinstance(error, AuraError) and not was_not_carried_out(error.code):
                await self.close()
                raise
            await self._recover(error)
            return None
        event = self._cursor.hear(message["params"]["result"])
        if self.reason:
            await self.close()
        return event

    async def _recover(self, failure: Exception) -> None:
        if self._connection:
            await self._connection.close()
        self._connection = None
        self._cursor.lost()
        if self.reason:
            self._is_over = True
        if self._is_over:
            return
        try:
            wait = self._patience.after(failure)
        except ConnectionLost:
            self._is_over = True
            raise
        await self._closing.wait(wait)
