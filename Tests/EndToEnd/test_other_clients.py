"""Clients of other authors, unmodified from PyPI, on each framing and transport that they support."""

import asyncio
import socket
import threading

import aiorpcx
import pytest
from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

from harness import SCHEMA, fresh_name


@pytest.fixture(scope="module")
def shared_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def world(worlds, shared_port):
    return worlds({"listen": f"127.0.0.1:{shared_port}"})


@pytest.fixture(params=["unix", "tcp"])
def connect(request, world, shared_port):
    """Returns a function that opens a socket of either kind to the daemon."""
    def open_socket():
        if request.param == "tcp":
            return socket.create_connection(("127.0.0.1", shared_port), 20)
        opened = socket.socket(socket.AF_UNIX)
        opened.settimeout(20)
        opened.connect(str(world.daemon.socket))
        return opened
    return open_socket


class Editor:
    """python-lsp-jsonrpc: `Content-Length` headers, as editors' libraries send them."""

    def __init__(self, opened):
        self.socket = opened
        self.events = []
        self.changed = threading.Condition()
        self.endpoint = Endpoint({"status.event": self.note}, JsonRpcStreamWriter(opened.makefile("wb")).write)
        self.reader = JsonRpcStreamReader(opened.makefile("rb"))
        self.thread = threading.Thread(target=self.reader.listen, args=(self.endpoint.consume,), daemon=True)
        self.thread.start()

    def note(self, params):
        SCHEMA.check_notification({"jsonrpc": "2.0", "method": "status.event", "params": params})
        with self.changed:
            self.events.append(params["result"])
            self.changed.notify_all()

    def call(self, method, **params):
        return self.endpoint.request(method, params).result(timeout=20)

    def wait(self, matches, seconds=30):
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(matches, self.events)), seconds), self.events

    def close(self):
        self.endpoint.shutdown()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.reader.close()
        self.socket.close()


def test_a_client_with_content_length_framing_works(world, connect):
    token = world.daemon.token
    editor = Editor(connect())
    try:
        assert editor.call("system.ping") == {"pong": True}
        assert editor.call("session.authenticate", token=token)["proof"] == "token"
        assert len(editor.call("rpc.discover")["methods"]) == len(SCHEMA.methods)
        name = fresh_name()
        editor.call("status.subscribe", **{"from": "now"})
        job = editor.call("provision", name=name, region="eu-central", size="small")["job"]["id"]
        editor.wait(lambda event: event.get("job") == job and event["type"] == "job.succeeded")
        with pytest.raises(JsonRpcException) as refused:
            editor.call("provision", name=name, region="eu-central", size="small")
        assert refused.value.code == -32022
        requests = [editor.endpoint.request("job.get", {"job": job}) for _ in range(50)]
        assert all(request.result(timeout=20)["job"]["state"] == "succeeded" for request in requests)
    finally:
        editor.close()


class Follower(aiorpcx.RPCSession):
    """aiorpcX: one message per line, any number of calls at once."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.events = asyncio.Queue()

    async def handle_request(self, request):
        assert isinstance(request, aiorpcx.Notification) and request.method == "status.event", request
        await self.events.put(request.args["result"])


@pytest.mark.parametrize("transport", ["unix", "tcp"])
def test_a_client_with_line_framing_works(world, shared_port, transport):
    token = world.daemon.token

    async def story():
        opening = (
            aiorpcx.connect_us(str(world.daemon.socket), session_factory=Follower) if transport == "unix"
            else aiorpcx.connect_rs("127.0.0.1", shared_port, session_factory=Follower))
        async with opening as session:
            assert await session.send_request("system.ping") == {"pong": True}
            assert (await session.send_request("session.authenticate", {"token": token}))["proof"] == "token"
            async with session.send_batch() as batch:
                for _ in range(20):
                    batch.add_request("system.ping")
                batch.add_request("job.get", ["nothing"])
            assert list(batch.results[:20]) == [{"pong": True}] * 20
            assert isinstance(batch.results[20], aiorpcx.RPCError) and batch.results[20].code == -32021
            await session.send_request("status.subscribe", {"from": "now"})
            made = await session.send_request("provision", [fresh_name(), "eu-central", "small"])
            while True:
                event = await asyncio.wait_for(session.events.get(), 30)
                if event.get("job") == made["job"]["id"] and event["type"] == "job.succeeded":
                    break
            health = await asyncio.gather(*(session.send_request("system.health") for _ in range(100)))
            assert all(each["ok"] for each in health)
            with pytest.raises(aiorpcx.RPCError) as refused:
                await session.send_request("provision", {"name": "Not A Name"})
            assert refused.value.code == -32602
    asyncio.run(asyncio.wait_for(story(), 60))
