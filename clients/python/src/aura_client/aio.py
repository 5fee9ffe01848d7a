"""The client that awaits."""

from __future__ import annotations

import asyncio
import time
from typing import Any, AsyncIterator

from ._errors import AuraError, ConnectionLost, JobFailed
from ._methods import AsyncMethods, Decoder, Result
from ._wire import LONGEST_MESSAGE, NOT_CARRIED_OUT, Address, Cursor, Patience, Wire, reply_time, result_of
from .types import Event, EventFilter, Instance, Job, LagPolicy, OperationResult, SubscriptionEndReason

# Notifications that wait for their reader; the socket is not read while there are more, and the daemon keeps the rest.
NOTES_LIMIT = 1024


class AsyncConnection:
    """A socket on which any number of calls wait at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._wire = Wire()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.notes: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(NOTES_LIMIT)
        self.failure: Exception | None = None
        self._pump = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, address: Address, timeout: float) -> AsyncConnection:
        if address.path:
            opening = asyncio.open_unix_connection(address.path, limit=LONGEST_MESSAGE)
        else:
            opening = asyncio.open_connection(address.host, address.port, limit=LONGEST_MESSAGE)
        return cls(*await asyncio.wait_for(opening, timeout))

    async def call(self, method: str, params: dict[str, Any], timeout: float) -> Any:
        if self.failure:
            raise self.failure
        identifier, data = self._wire.request(method, params)
        future = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = future
        try:
            self._writer.write(data)
            await self._writer.drain()
            return result_of(await asyncio.wait_for(future, timeout))
        finally:
            self._waiting.pop(identifier, None)

    async def _read(self) -> None:
        failure: Exception = ConnectionResetError("the daemon closed the connection")
        try:
            while data := await self._reader.read(1 << 16):
                for message in self._wire.feed(data):
                    await self._take(message)
        except Exception as error:
            failure = error
        finally:
            self._end(failure)

    def _end(self, failure: Exception) -> None:
        self.failure = failure
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(failure)
        # Whoever waits for a notification is told; a full queue is read to its end first, and then says so itself.
        if not self.notes.full():
            self.notes.put_nowait(None)
        self._writer.close()

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            await self.notes.put(message)
        elif message.get("id") is None:
            # The connection itself is refused.
            raise AuraError.from_json(message.get("error") or {})
        elif future := self._waiting.get(message["id"]):
            if not future.done():
                future.set_result(message)

    async def note(self) -> dict[str, Any]:
        """The next notification."""
        if self.failure and self.notes.empty():
            raise self.failure
        note = await self.notes.get()
        if note is None:
            raise self.failure or ConnectionResetError("the connection is closed")
        return note

    async def close(self) -> None:
        self._pump.cancel()
        self._writer.close()
        try:
            await self._pump
        except (asyncio.CancelledError, Exception):
            pass


class AsyncClient(AsyncMethods):
    """As `aura_client.Client`, for asyncio: any number of calls share one connection."""

    def __init__(self, address: str | None = None, *, timeout: float = 60, patience: float = 60):
        self.address = Address.parse(address)
        self.timeout = timeout
        self.patience = patience
        self._connection: AsyncConnection | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()
        self._connection = None

    async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        return decode(await self.call(method, params))

    async def call(self, method: str, params: dict[str, Any]) -> Any:
        """Any method by its name; its result as JSON."""
        patience = Patience(self.patience, self.address)
        while True:
            try:
                connection = await self._present()
                return await connection.call(method, params, reply_time(self.timeout, method, params))
            except TimeoutError:
                raise
            except OSError as error:
                failure: Exception = error
            except AuraError as error:
                if error.code not in NOT_CARRIED_OUT:
                    raise
                failure = error
            await asyncio.sleep(patience.after(failure))

    async def _present(self) -> AsyncConnection:
        async with self._opening:
            if self._connection is None or self._connection.failure:
                self._connection = await AsyncConnection.open(self.address, self.timeout)
            return self._connection

    # MARK: subscriptions

    def subscribe(
        self, *, filter: EventFilter | None = None, from_: str | int = "now", until: str | None = None,
        max_events: int | None = None, on_lag: LagPolicy | None = None,
    ) -> AsyncSubscription:
        """Follows the ledger: `async for` over it. See `Client.subscribe`."""
        params = {
            "filter": filter.to_json() if filter else None, "from": from_, "until": until, "maxEvents": max_events,
            "onLag": on_lag}
        return AsyncSubscription(self.address, params, self.timeout, self.patience)

    def follow(self, job: str) -> AsyncSubscription:
        """All events of a job, from its first to its last."""
        return self.subscribe(filter=EventFilter(job=job), from_="start", until="terminal")

    async def wait(self, job: str, *, timeout: float | None = None) -> Job:
        """The job once it has ended, however that was. Raises `TimeoutError` after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 600.0 if end is None else max(end - time.monotonic(), 0)
            try:
                return (await self.job_wait(job, timeout_ms=int(min(left, 600) * 1000))).job
            except AuraError as error:
                if error.code != "waitTimeout":
                    raise
                if end is not None and time.monotonic() >= end:
                    raise TimeoutError(error.message) from error

    async def wait_until_running(self, operation: OperationResult, *, timeout: float | None = None) -> Instance:
        """The instance once the job of an operation has ended well; raises `JobFailed` where it did not."""
        job = await self.wait(operation.job.id, timeout=timeout)
        if job.state != "succeeded":
            raise JobFailed(job)
        return (await self.status_get(operation.instance.id)).instance


class AsyncSubscription(AsyncIterator[Event]):
    """The events of a subscription, in order, each once. It begins with the first `async for`, or with `begin`."""

    def __init__(self, address: Address, params: dict[str, Any], timeout: float, patience: float):
        self._address = address
        self._cursor = Cursor(params)
        self._timeout = timeout
        self._patience = Patience(patience, address)
        self._connection: AsyncConnection | None = None
        self._is_over = False

    @property
    def reason(self) -> SubscriptionEndReason | None:
        """Why it ended by itself; None while it has not."""
        return self._cursor.reason

    async def snapshot(self) -> list[Instance]:
        """The instances as they were when a subscription from `"snapshot"` began; what it iterates over is what changed since."""
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
        if self._connection:
            await self._connection.close()

    async def begin(self) -> None:
        """Subscribes now, so that nothing from here on is missed by a subscription from `"now"`."""
        while self._connection is None and not self._is_over:
            try:
                connection = await AsyncConnection.open(self._address, self._timeout)
                try:
                    reply = await connection.call("status.subscribe", self._cursor.params, self._timeout)
                except BaseException:
                    await connection.close()
                    raise
            except (OSError, AuraError) as error:
                if isinstance(error, AuraError) and error.code not in NOT_CARRIED_OUT:
                    self._is_over = True
                    raise
                await self._recover(error)
                continue
            self._cursor.begun(reply)
            self._connection = connection
            self._patience.renew()

    async def __anext__(self) -> Event:
        while not self._is_over:
            if event := await self._step():
                return event
        raise StopAsyncIteration

    async def _step(self) -> Event | None:
        """Takes the next message; nothing where that was no event."""
        await self.begin()
        if self._connection is None:
            return None
        try:
            message = await self._connection.note()
        except OSError as error:
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
            return
        try:
            wait = self._patience.after(failure)
        except ConnectionLost:
            self._is_over = True
            raise
        await asyncio.sleep(wait)
