"""Every limit of `system.limits`: a value at the limit is accepted; one beyond it is refused with the limit's own
error."""

import contextlib
import json
import os
import pathlib
import re
import resource
import select
import signal
import socket
import threading
import time

import pytest

import test_quotas
from harness import Closed, Connection, LengthConnection, WebSocket, eventually, fresh_name

LIMITS = {
    "messageBytes": 1 << 20, "depth": 64, "batchItems": 100, "idBytes": 256,
    "inFlightPerConnection": 256, "inFlightBytesPerConnection": 1 << 20, "inFlight": 4096, "inFlightBytes": 16 << 20,
    "inFlightPatienceMs": 1000,
    "connections": 1024, "connectionsKept": 32, "connectionsPerUser": 128, "connectionsPerAddress": 768,
    "connectionsPerPrincipal": 32, "subscriptionsPerConnection": 1024, "subscriptionsPerUser": 4096,
    "subscriptionsPerPrincipal": 256, "inFlightBytesPerPrincipal": 4 << 20, "subscriptions": 16_384, "outboundQueueBytes": 4 << 20}
FRAMINGS = ("lines", "lengths", "websocket")
PING = b'{"jsonrpc":"2.0","id":7,"method":"system.ping"}'


@pytest.fixture(scope="module")
def world(module_worlds):
    # One principal needs all subscriptions of a connection.
    return module_worlds({"http": "127.0.0.1:0", "limits.subscriptionsPerPrincipal": 4096})


@pytest.fixture(scope="module")
def slow_world(module_worlds):
    """Returns a world with slow machines, so that jobs stay active while tests wait for them."""
    world = module_worlds()
    world.sandbox.settings(createSeconds=10_000)
    return world


def opened(world, framing):
    if framing == "websocket":
        return WebSocket(world.daemon.http)
    return {"lines": Connection, "lengths": LengthConnection}[framing](world.daemon.socket)


@pytest.fixture(params=FRAMINGS)
def connection(request, world):
    made = opened(world, request.param)
    yield made
    made.close()


def refusal(answer, code, number, limit, actual, retry_after):
    """Checks the error of a limit."""
    assert answer["error"]["code"] == number, answer
    data = dict(answer["error"]["data"])
    assert isinstance(data.pop("retryable"), bool)
    assert data == {"code": code, "limit": limit, "actual": actual, "retryAfterMs": retry_after}


def lives_on(connection):
    return connection.call("system.ping") == {"pong": True}


def lives_on_new(world):
    """Returns whether a new connection is served; it is not while too many others are open."""
    try:
        with world.connect() as connection:
            return lives_on(connection)
    except (Closed, OSError, AssertionError, KeyError):
        return False


def test_every_limit_is_listed_and_has_a_test(world):
    assert world.call("system.limits")["limits"] == {**LIMITS, "subscriptionsPerPrincipal": 4096}
    words = [re.sub("([A-Z])", r"_\1", name).lower() for name in LIMITS]
    tests = [*globals(), *vars(test_quotas)]
    assert [name for name in words if not any(test.startswith(f"test_{name}_") for test in tests)] == []


# Limits of one message


def test_message_bytes_at_the_limit(connection):
    connection.send_text(PING.ljust(LIMITS["messageBytes"]))
    assert connection.read()["result"] == {"pong": True}
    assert lives_on(connection)


@pytest.mark.parametrize("framing", ["lines", "lengths"])
def test_message_bytes_beyond_the_limit(world, framing):
    """A WebSocket is closed after such a message: see test_gateway."""
    limit = LIMITS["messageBytes"]
    connection = opened(world, framing)
    connection.send_text(PING.ljust(limit + 1))
    answer = connection.read()
    assert answer["id"] == 7
    # The full length of a line is unknown when the daemon refuses it.
    actual = limit + 1 if framing == "lengths" else answer["error"]["data"]["actual"]
    assert actual > limit
    refusal(answer, "messageTooLarge", -32001, limit, actual, None)
    assert lives_on(connection)
    connection.close()


def nested(depth):
    """Returns a call of that depth; the message and its parameters are the first two levels."""
    return b'{"jsonrpc":"2.0","id":7,"method":"system.ping","params":' + b'{"a":' * (depth - 2) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize("is_batch", [False, True])
def test_depth_at_and_beyond_the_limit(connection, is_batch):
    limit = LIMITS["depth"]

    def answer(depth):
        connection.send_text(b"[%s]" % nested(depth - 1) if is_batch else nested(depth))
        return connection.read()

    taken = answer(limit)
    taken, = taken if is_batch else [taken]
    assert (taken["id"], taken["error"]["data"]["path"]) == (7, "params.a"), "it was read, down to what no method takes"
    refused = answer(limit + 1)
    assert refused["id"] == (None if is_batch else 7)
    refusal(refused, "messageTooDeep", -32002, limit, limit + 1, None)
    assert lives_on(connection)


def test_batch_items_at_and_beyond_the_limit(connection):
    limit = LIMITS["batchItems"]
    calls = [{"jsonrpc": "2.0", "id": number, "method": "system.ping"} for number in range(limit + 1)]
    connection.send(calls[:limit])
    assert [part["id"] for part in connection.read()] == list(range(limit))
    connection.send(calls)
    refusal(connection.read(), "batchTooLarge", -32003, limit, limit + 1, None)
    assert lives_on(connection)


# Limits of the calls in flight


def test_in_flight_per_connection_at_and_beyond_the_limit(slow_world):
    limit, patience = LIMITS["inFlightPerConnection"], LIMITS["inFlightPatienceMs"]
    job = slow_world.provision(fresh_name())
    with slow_world.connect() as connection:
        waits = {connection.post("job.wait", job=job, timeoutMs=5 * patience) for _ in range(limit)}
        assert lives_on(connection), "what is answered at once needs no room"
        over = connection.post("job.wait", job=job)
        behind = connection.post("system.ping")
        refused = connection.read()
        assert refused["id"] == over
        refusal(refused, "tooManyInFlight", -32004, limit, limit + 1, patience)
        assert connection.read()["id"] == behind
        assert {connection.read()["id"] for _ in range(limit)} == waits
        assert lives_on(connection)


def test_id_bytes_at_and_beyond_the_limit(connection):
    """A longer id is refused with id null: in the fast path, in the general path and in a batch."""
    quoted = LIMITS["idBytes"] - 2
    for method, params in (("system.ping", "{}"), ("status.list", '{"limit":1}'), ("$/cancelRequest", '{"id":1}')):
        for is_batch in (False, True):
            ids = ["a" * quoted, "b" * (quoted + 1)]
            for wanted in ids:
                text = f'{{"jsonrpc":"2.0","id":"{wanted}","method":"{method}","params":{params}}}'
                connection.send_text((f"[{text}]" if is_batch else text).encode())
                answer = connection.read()
                answer = answer[0] if is_batch else answer
                if wanted == ids[0]:
                    assert answer["id"] == wanted and "result" in answer, answer
                else:
                    assert answer["id"] is None and answer["error"]["data"]["code"] == "invalidRequest", answer
    assert lives_on(connection)


def test_in_flight_bytes_per_connection_limits_waiting_calls(slow_world):
    limit, patience = LIMITS["inFlightBytesPerConnection"], LIMITS["inFlightPatienceMs"]
    job = slow_world.provision(fresh_name())
    with slow_world.connect() as connection:
        def wait(number):
            text = f'{{"jsonrpc":"2.0","id":{number},"method":"job.wait","params":{{"job":"{job}","timeoutMs":600000}}'
            connection.send_text(text.encode().ljust(limit // 2 - 1) + b"}")

        for number in (1, 2, 3):
            wait(number)
        refused = connection.read()
        assert refused["id"] == 3 and refused["error"]["code"] == -32004
        assert refused["error"]["data"]["limit"] == limit
        for number in (1, 2):
            connection.send_text(f'{{"jsonrpc":"2.0","method":"$/cancelRequest","params":{{"id":{number}}}}}'.encode())
        assert {connection.read()["id"] for _ in range(2)} == {1, 2}
        assert lives_on(connection)


def test_in_flight_over_all_connections_leaves_room_for_calls_that_do_not_wait(slow_world):
    """The waiting calls of one user get half of the daemon's budget. Further ones are refused at once, and reading
    continues."""
    share = LIMITS["inFlight"] // 2
    job = slow_world.provision(fresh_name())
    with contextlib.ExitStack() as stack:
        # A few more calls than fit: some of them are refused, and then the budget is full.
        connections = [stack.enter_context(slow_world.connect()) for _ in range(share // 200 + 1)]
        for connection in connections:
            for _ in range(200):
                connection.post("job.wait", job=job, timeoutMs=600_000)
        last = stack.enter_context(slow_world.connect())

        def is_refused():
            over = last.post("job.wait", job=job, timeoutMs=0)
            answer = last.read()
            assert answer["id"] == over
            return answer["error"]["data"]["code"] == "daemonBusy"

        eventually(is_refused, seconds=180, what="a call beyond the budget is refused")
        assert last.call("status.list", limit=1)["instances"]


def test_in_flight_bytes_over_all_connections_are_given_back(world):
    """More long messages than the budget holds, repeatedly: each gets a result or a refusal, and its bytes are given
    back."""
    text = b'{"jsonrpc":"2.0","id":1,"method":"status.list","params":{"limit":1}}'.ljust(LIMITS["messageBytes"])
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(world.connect()) for _ in range(24)]
            for connection in connections:
                connection.send_text(text)
            for connection in connections:
                answer = connection.read()
                assert "result" in answer or answer["error"]["data"]["code"] == "daemonBusy", answer


def test_calls_after_a_refused_call_are_refused_without_waiting(slow_world):
    """After a refused call, further calls over the limit are refused at once, until a slot is free again.

    If each of them waited for `inFlightPatienceMs`, the calls in flight would end first.
    """
    limit, patience = LIMITS["inFlightPerConnection"], LIMITS["inFlightPatienceMs"]
    job = slow_world.provision(fresh_name())
    with slow_world.connect() as connection:
        for _ in range(limit):
            connection.post("job.wait", job=job, timeoutMs=100 * patience)
        over = [connection.post("job.wait", job=job) for _ in range(300)]
        assert [connection.read()["id"] for _ in over] == over, "each waited for itself"


def test_calls_of_closed_connections_free_their_budget(slow_world):
    """Clients leave with unanswered calls, round after round. If the calls kept their share, the budget would be full
    after ten rounds."""
    job = slow_world.provision(fresh_name())
    for _ in range(12):
        with contextlib.ExitStack() as stack:
            for _ in range(LIMITS["inFlight"] // 8 // 200):
                connection = stack.enter_context(slow_world.connect())
                for _ in range(200):
                    connection.post("job.wait", job=job)
                    connection.post("status.list")
    with slow_world.connect() as connection:
        def is_taken():
            connection.post("job.wait", job=job, timeoutMs=0)
            return connection.read()["error"]["data"]["code"] == "waitTimeout"

        eventually(is_taken, what="a call is taken, those of clients that left do not fill the budget")


def test_in_flight_patience_ms_limits_the_wait_for_a_slot(slow_world):
    """A call that gets a slot within that time is carried out normally."""
    limit, patience = LIMITS["inFlightPerConnection"], LIMITS["inFlightPatienceMs"]
    job = slow_world.provision(fresh_name())
    with slow_world.connect() as connection:
        for _ in range(limit - 1):
            connection.post("job.wait", job=job)
        short = connection.post("job.wait", job=job, timeoutMs=patience // 5)
        parked = connection.post("job.wait", job=job, timeoutMs=0)
        answers = [connection.read() for _ in range(2)]
        assert [answer["id"] for answer in answers] == [short, parked]
        assert not any("error" in answer and answer["error"]["data"]["code"] == "tooManyInFlight" for answer in answers)
        began = time.monotonic()
        connection.post("job.wait", job=job)
        over = connection.post("job.wait", job=job)
        refused = connection.read()
        assert refused["id"] == over and refused["error"]["data"]["code"] == "tooManyInFlight"
        assert time.monotonic() - began >= patience / 1000, "it was refused before its time"


def test_subscriptions_per_connection_at_and_beyond_the_limit(connection):
    limit = LIMITS["subscriptionsPerConnection"]
    nothing = {"filter": {"change": "nothing"}}
    names = [connection.subscribe(**nothing)["subscription"] for _ in range(limit)]
    identifier = connection.post("status.subscribe", **nothing)
    refused = connection.read()
    assert refused["id"] == identifier
    refusal(refused, "tooManySubscriptions", -32007, limit, limit + 1, None)
    assert connection.call("status.unsubscribe", subscription=names[0]) == {"ended": True}
    assert connection.subscribe(**nothing)["subscription"] not in names


@pytest.fixture(scope="module")
def few_subscriptions(module_worlds):
    return module_worlds({"http": "127.0.0.1:0", "limits.subscriptionsPerUser": 3, "limits.subscriptions": 5})


def refused_subscription(connection, limit, method="status.subscribe", **parameters):
    identifier = connection.post(method, **parameters)
    refused = connection.read()
    assert refused["id"] == identifier
    refusal(refused, "tooManySubscriptions", -32007, limit, limit + 1, 1000)


def test_subscriptions_per_user_are_bounded_over_all_connections(few_subscriptions):
    """If the subscription of a call is refused, the call has no effect. A closed connection frees its subscriptions."""
    name = fresh_name()
    with few_subscriptions.connect() as first, few_subscriptions.connect() as second:
        first.subscribe()
        first.subscribe()
        second.subscribe()
        refused_subscription(second, 3)
        refused_subscription(
            second, 3, "provision", name=name, region="eu-central", size="small", subscribe={})
        assert name not in [instance["name"] for instance in second.call("status.list")["instances"]]
        first.close()

        def is_taken():
            identifier = second.post("status.subscribe")
            answer = second.read()
            assert answer["id"] == identifier
            return "result" in answer

        eventually(is_taken, what="the closed connection's subscriptions are given back")
        assert is_taken()
        refused_subscription(second, 3)


def test_subscriptions_of_all_users_together_are_bounded(few_subscriptions):
    """A user of the machine and a network address may have three subscriptions each, and all together five."""
    with contextlib.ExitStack() as stack:
        local = stack.enter_context(few_subscriptions.connect())
        remote = stack.enter_context(contextlib.closing(WebSocket(few_subscriptions.daemon.http)))

        def is_taken():
            identifier = local.post("status.subscribe")
            answer = local.read()
            assert answer["id"] == identifier
            return "result" in answer

        for _ in range(3):
            eventually(is_taken, what="the subscriptions of earlier connections are given back")
        remote.subscribe()
        remote.subscribe()
        refused_subscription(remote, 5)
        assert lives_on(remote)


# Limits of unread replies


@pytest.fixture(scope="module")
def large_world(module_worlds):
    """Returns a world with a long list of instances; their jobs wait for one another."""
    world = module_worlds({"limits.jobsPerTenant": 1})
    world.sandbox.settings(createSeconds=10_000)
    with world.connect() as connection:
        for _ in range(5):
            for _ in range(150):
                connection.post("provision", name=fresh_name(), region="eu-central", size="small")
            for _ in range(150):
                assert "result" in connection.read()
    return world


@pytest.mark.parametrize("share, is_over", [(0.7, False), (1.3, True)], ids=["below", "beyond"])
def test_outbound_queue_bytes_below_and_beyond_the_limit(large_world, share, is_over):
    """Calls in flight when the queue is full get an error instead of their result."""
    limit = LIMITS["outboundQueueBytes"]
    with large_world.connect() as connection, large_world.connect() as other:
        connection.post("status.list", limit=1000)
        size = len(connection.read_text())
        count = int(limit * share / size)
        calls = b"".join(
            b'{"jsonrpc":"2.0","id":%d,"method":"status.list","params":{"limit":1000}}\n' % number
            for number in range(100, 100 + count)
        )
        # The daemon stops reading a connection whose replies wait. Only the calls of one read, which takes 2,048 bytes,
        # are all in flight before the first reply is queued.
        assert len(calls) <= 2048
        connection.send_bytes(calls)
        # Another client makes the same calls afterwards and reads the replies. It is not delayed, and when it has
        # finished, the first client's calls have ended too.
        for _ in range(count):
            other.post("status.list", limit=1000)
            assert b'"result"' in other.read_text()
        answers = [json.loads(connection.read_text()) for _ in range(count)]
        assert len({answer["id"] for answer in answers}) == count
        refused = [answer["error"] for answer in answers if "error" in answer]
        assert bool(refused) == is_over, f"{len(refused)} of {count} answers of {size} bytes were refused"
        for error in refused:
            assert (error["code"], error["data"]["code"]) == (-32008, "outboundQueueFull")
            assert error["data"]["limit"] == limit < error["data"]["actual"] <= limit + size
            assert error["data"]["retryable"] and error["data"]["retryAfterMs"] > 0
        assert lives_on(connection)


def test_outbound_queue_bytes_limit_the_reply_of_a_batch(connection):
    """A batch with replies that exceed an empty queue is refused as a whole; the error states what to do."""
    connection.send([{"jsonrpc": "2.0", "id": number, "method": "rpc.discover"} for number in range(100)])
    answer = connection.read()
    assert answer["id"] is None and "ask for less" in answer["error"]["message"]
    assert answer["error"]["data"]["code"] == "outboundQueueFull" and not answer["error"]["data"]["retryable"]
    assert answer["error"]["data"]["actual"] > LIMITS["outboundQueueBytes"]
    assert lives_on(connection)


def test_connections_are_accepted_with_few_descriptors_left(world):
    """A connection may use two descriptors; when few are left it uses one."""
    pid = world.daemon.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")) + 100, before[1]))
    try:
        with contextlib.ExitStack() as stack:
            for connection in [stack.enter_context(world.connect()) for _ in range(60)]:
                assert connection.call("system.ping") == {"pong": True}
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("door", ["socket", "listen", "http"])
def test_a_listener_without_descriptors_pauses_and_continues(worlds, door):
    """While waiting connections cannot be accepted, the daemon pauses and logs it once; then it accepts them."""
    world = worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0"})
    pid = world.daemon.pid
    message = "cannot accept connections for now"
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, before))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
        if door == "socket":
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
            waiting.connect(str(world.daemon.socket))
        else:
            kind = {"listen": "tcp", "http": "http"}[door]
            host, port = re.search(rf"{kind}:([^ ]+):(\d+)", world.daemon.ready_line).groups()
            waiting = stack.enter_context(socket.create_connection((host, int(port))))
        eventually(lambda: message in world.daemon.log_path.read_text(), what="the shortage is logged")
        used, began = processor_seconds(pid), time.monotonic()
        time.sleep(2)
        share = (processor_seconds(pid) - used) / (time.monotonic() - began)
        assert share < 0.25, f"the daemon used {share:.0%} of a processor while it could accept nothing"
        assert world.daemon.log_path.read_text().count(message) == 1
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        waiting.settimeout(30)
        if door == "http":
            waiting.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert waiting.recv(12) == b"HTTP/1.1 404"
        else:
            waiting.sendall(PING + b"\n")
            assert json.loads(waiting.recv(4096))["result"] == {"pong": True}


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def push(connection, message, seconds):
    """Sends a message repeatedly, as fast as it is read. Returns how many were sent whole, and the unsent rest of the
    last."""
    sent, pending, end = 0, b"", time.monotonic() + seconds
    connection.socket.settimeout(0.1)
    while time.monotonic() < end:
        pending = pending or message
        try:
            pending = pending[connection.socket.send(pending):]
            sent += not pending
        except TimeoutError:
            continue
    return sent, pending


@pytest.mark.parametrize("method, size", [("system.ping", 64), ("rpc.discover", 8192)])
def test_the_daemon_stops_reading_a_client_that_reads_no_replies(world, method, size):
    """A flood that is never read uses bounded memory, for any method; its calls get replies once the client reads."""
    count = 32_768 // size
    calls = [b'{"jsonrpc":"2.0","id":%d,"method":"%s"}' % (number, method.encode()) for number in range(count)]
    with world.connect(60) as flooder:
        before = resident_bytes(world.daemon.pid)
        sent, pending = push(flooder, b"".join(call.ljust(size - 1) + b"\n" for call in calls), 3)
        grown = resident_bytes(world.daemon.pid) - before
        assert pending, "the daemon read on"
        assert grown < 3 * LIMITS["outboundQueueBytes"], f"{grown} bytes for one client"
        assert world.call("system.ping") == {"pong": True}
        flooder.socket.settimeout(60)
        writer = threading.Thread(target=flooder.send_bytes, args=(pending,))
        writer.start()
        answered = [json.loads(flooder.read_text())["id"] for _ in range(count * (sent + 1))]
        writer.join()
        assert sorted(answered) == sorted(list(range(count)) * (sent + 1))
        assert lives_on(flooder)


# Limits of connections


def test_the_queue_of_new_connections_has_512_places(worlds):
    """A stopped daemon accepts nothing, so each connection stays in the queue."""
    most = min(512, int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text()))
    world = worlds()
    with contextlib.ExitStack() as stack:
        os.kill(world.daemon.pid, signal.SIGSTOP)
        stack.callback(os.kill, world.daemon.pid, signal.SIGCONT)
        for _ in range(most):
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
            waiting.setblocking(False)
            waiting.connect(str(world.daemon.socket))  # BlockingIOError if the queue is full
    eventually(lambda: lives_on_new(world), what="the daemon serves again")


def refused_at(connection, code, number, limit):
    answer = connection.read()
    assert answer["id"] is None
    refusal(answer, code, number, limit, limit + 1, 1000)
    with pytest.raises(Closed):
        connection.read()
    connection.close()


def test_connections_kept_are_not_available_over_tcp(worlds):
    """With any number of connections over TCP, the owner can still connect to the Unix socket."""
    world = worlds({"http": "127.0.0.1:0", "limits.connections": 16, "limits.connectionsPerAddress": 16})
    assert world.daemon.token
    with contextlib.ExitStack() as stack:
        for _ in range(14):
            assert lives_on(stack.enter_context(contextlib.closing(WebSocket(world.daemon.http))))
        refused_at(WebSocket(world.daemon.http), "tooManyConnections", -32005, 14)
        for _ in range(2):
            assert lives_on(stack.enter_context(world.connect()))
        refused_at(world.connect(), "tooManyConnections", -32005, 16)


def test_connections_are_limited_by_the_descriptors(worlds):
    """With 1,024 descriptors, and up to two per connection, 400 connections fit; the log reports it."""
    world = worlds({"limits.connectionsPerUser": 1000}, start_daemon=False)
    world.daemon.command = ["prlimit", "--nofile=1024:1024", *world.daemon.command]
    world.daemon.start()
    assert world.call("system.limits")["limits"]["connections"] == 400
    assert "takes fewer connections than configured" in world.daemon.log_path.read_text()
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            assert lives_on(stack.enter_context(world.connect()))
        refused_at(world.connect(), "tooManyConnections", -32005, 400)


def test_connections_per_user_and_in_total_are_limited(worlds):
    """Connections over TCP belong to no user, and count in the total."""
    world = worlds({"http": "127.0.0.1:0", "limits.connections": 5, "limits.connectionsPerUser": 3})
    assert world.daemon.token
    own = [world.connect() for _ in range(3)]
    assert all(lives_on(each) for each in own)
    for _ in range(3):
        refused_at(world.connect(), "tooManyConnectionsOfUser", -32006, 3)
    # Another process of the owner can still ping the daemon.
    assert world.daemon.aura("ping").returncode == 0
    others = [WebSocket(world.daemon.http) for _ in range(2)]
    assert all(lives_on(each) for each in others)
    refused_at(WebSocket(world.daemon.http), "tooManyConnections", -32005, 5)
    refused_at(world.connect(), "tooManyConnections", -32005, 5)
    own.pop().close()
    eventually(lambda: lives_on_new(world), what="room for another connection")
    for each in own + others:
        assert lives_on(each)
        each.close()


def test_connections_per_address_are_limited_over_tcp(worlds):
    """WebSockets and plain TCP count together; the Unix socket does not count, and plain HTTP has its own count."""
    world = worlds({"http": "127.0.0.1:0", "listen": "127.0.0.1:0", "limits.connectionsPerAddress": 2})
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(world.daemon.connect_tcp())
        plain.sendall(PING + b"\n")
        assert b"pong" in plain.recv(1000)
        assert lives_on(stack.enter_context(contextlib.closing(WebSocket(world.daemon.http))))
        refused_at(WebSocket(world.daemon.http), "tooManyConnectionsOfUser", -32006, 2)
        assert lives_on(stack.enter_context(world.connect()))
        # 64 more than the limit are accepted, so that a WebSocket over the limit gets its reason; one connection is
        # open already.
        opened = [stack.enter_context(socket.create_connection(world.daemon.http, 30)) for _ in range(2 + 64)]
        # Event loops count at the same time: the refused connection need not be the last one opened.
        refused, _, _ = select.select(opened, [], [], 30)
        assert refused and all(each.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 503" for each in refused)
