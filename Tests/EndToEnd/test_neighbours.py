"""Clients that flood, stall or are slow next to a normal one: every client gets all its replies, in order.

scripts/bench-neighbours measures how long the normal client waits.
"""

import concurrent.futures
import contextlib
import json
import threading
import time

import pytest

from harness import Closed, eventually, fresh_name

SECONDS = 2
LIMIT_OF_USER = 128
MESSAGE_BYTES = 1 << 20


@pytest.fixture(scope="module")
def world(module_worlds):
    return module_worlds()


def pings(first, count):
    return b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"system.ping"}\n' % number for number in range(first, first + count))


def take(connection, first, count):
    for number in range(first, first + count):
        assert json.loads(connection.read_text()) == {"jsonrpc": "2.0", "id": number, "result": {"pong": True}}


def flood(world, block=500):
    sent, end = 0, time.monotonic() + SECONDS
    with world.connect() as connection:
        while time.monotonic() < end:
            connection.send_bytes(pings(sent, block))
            take(connection, sent, block)
            sent += block


def flood_without_reading(world, block=500):
    """The daemon stops reading from the client after a while, and continues when the client reads."""
    with world.connect() as connection:
        sent = threading.Thread(target=lambda: [connection.send_bytes(pings(n * block, block)) for n in range(100)])
        sent.start()
        time.sleep(SECONDS)
        assert sent.is_alive(), "the daemon read on"
        take(connection, 0, 100 * block)
        sent.join()


def let_in(world):
    """Returns a connection, or None while the daemon still counts one that has just closed."""
    connection = world.connect()
    with contextlib.suppress(Closed):
        connection.send_bytes(pings(0, 1))
        if "result" in connection.read():
            return connection
    connection.close()
    return None


def open_all_it_may(world):
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(eventually(lambda: let_in(world))) for _ in range(LIMIT_OF_USER - 1)]
        time.sleep(SECONDS)
        for each in opened:
            assert each.call("system.ping") == {"pong": True}


def drip(world):
    with world.connect() as connection:
        for byte in pings(0, 1):
            connection.send_bytes(bytes([byte]))
            time.sleep(SECONDS / 50)
        take(connection, 0, 1)


def stall_while_events_come(world):
    with world.connect() as connection:
        begun = connection.subscribe(**{"from": "now"})["head"]
        jobs = [world.provision(fresh_name()) for _ in range(20)]
        assert all(world.finish(job)["state"] == "succeeded" for job in jobs)
        head = world.call("system.health")["head"]
        seqs = [json.loads(connection.read_text())["params"]["result"]["seq"] for _ in range(head - begun)]
        assert seqs == list(range(begun + 1, head + 1))


def send_batches(world):
    end = time.monotonic() + SECONDS
    batch = b"[%s]\n" % pings(0, 100).strip().replace(b"\n", b",")
    with world.connect() as connection:
        while time.monotonic() < end:
            connection.send_bytes(batch)
            assert [part["id"] for part in json.loads(connection.read_text())] == list(range(100))


def send_garbage(world):
    end = time.monotonic() + SECONDS
    text = b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":[' + b"0," * (MESSAGE_BYTES // 2 - 40)
    with world.connect() as connection:
        while time.monotonic() < end:
            connection.send_text(text)
            assert connection.read()["error"]["code"] == -32700


@pytest.mark.parametrize("neighbour", [
    flood, flood_without_reading, open_all_it_may, drip, stall_while_events_come, send_batches, send_garbage,
], ids=lambda neighbour: neighbour.__name__)
def test_a_client_gets_all_replies_beside_a_bad_neighbour(world, neighbour):
    with world.connect() as connection, concurrent.futures.ThreadPoolExecutor() as executor:
        assert connection.call("system.ping") == {"pong": True}
        beside = executor.submit(neighbour, world)
        sent = 0
        while not beside.done() or sent < 100:
            connection.send_bytes(pings(sent, 1))
            take(connection, sent, 1)
            sent += 1
        beside.result()
