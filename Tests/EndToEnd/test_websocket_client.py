"""jsonrpc-websocket, unmodified from PyPI, on the gateway's `/ws`."""

import asyncio
import contextlib
import socket

import jsonrpc_base
import jsonrpc_websocket
import pytest

from harness import SCHEMA, fresh_name


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def world(worlds, address):
    return worlds({"http": address})


class Follower:
    """A client that keeps the events that it receives."""

    def __init__(self, url, headers):
        self.server = jsonrpc_websocket.Server(url, timeout=20, headers=headers)
        self.server.status.event = self.note
        self.events = asyncio.Queue()

    async def note(self, **params):
        SCHEMA.check_notification({"jsonrpc": "2.0", "method": "status.event", "params": params})
        await self.events.put((params["subscription"], params["result"]))

    async def until(self, matches, seconds=30):
        """Returns all events up to the first that matches."""
        seen = []
        async with asyncio.timeout(seconds):
            while not seen or not matches(seen[-1]):
                seen.append((await self.events.get())[1])
        return seen


@contextlib.asynccontextmanager
async def follower(address):
    made = Follower("ws://{}:{}/ws".format(*address), address.headers)
    reading = await made.server.ws_connect()
    try:
        yield made
    finally:
        await made.server.close()
        await reading


async def follows_an_agent(address):
    async with follower(address) as client:
        assert await client.server.system.ping() == {"pong": True}
        assert len((await client.server.rpc.discover())["methods"]) == len(SCHEMA.methods)
        name = fresh_name()
        subscription = (await client.server.status.subscribe(**{"from": "now", "subscription": "mine"}))["subscription"]
        assert subscription == "mine"
        made = await client.server.provision(name, "eu-central", "small")
        job = made["job"]["id"]
        events = await client.until(lambda event: event.get("job") == job and event["type"] == "job.succeeded")
        assert events[0]["type"] == "job.queued"
        numbers = [event["seq"] for event in events]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "an event was lost, or came twice"
        assert (await client.server.job.get(job=job))["job"]["state"] == "succeeded"
        await client.server.destroy(instance=name, _notification=True)
        await client.until(lambda event: event["type"] == "job.succeeded")
        assert await client.server.status.unsubscribe(subscription="mine") == {"ended": True}


async def is_told_what_is_wrong(address):
    async with follower(address) as client:
        for call, code in [
                (client.server.no.such.method(), -32601), (client.server.provision(name="Not A Name"), -32602),
                (client.server.status.get(instance="nobody"), -32020), (client.server.job.get("nothing"), -32021)]:
            with pytest.raises(jsonrpc_base.ProtocolError) as refused:
                await call
            assert refused.value.args[0] == code
            SCHEMA.check_error(None, refused.value.args[2]["error"])


async def calls_at_once(address):
    async with follower(address) as client:
        health = await asyncio.gather(*(client.server.system.health() for _ in range(100)))
        assert all(each["ok"] for each in health)


@pytest.mark.parametrize("story", [follows_an_agent, is_told_what_is_wrong, calls_at_once])
def test_a_jsonrpc_websocket_client_works(world, story):
    asyncio.run(asyncio.wait_for(story(world.daemon.http), 60))
