"""The gateway: WebSocket and POST /rpc, with the same calls as the sockets."""

import http.client
import json
import os
import pathlib
import re
import resource
import socket
import time

import pytest
import requests

from harness import Closed, WebSocket, eventually, fresh_name
from harness.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, handshake


@pytest.fixture(scope="module")
def world(module_worlds):
    return module_worlds({"http": "127.0.0.1:0", "origins": "https://console.example.com"})


@pytest.fixture
def connection(world):
    opened = WebSocket(world.daemon.http)
    yield opened
    opened.close()


def post(world, body, **options):
    headers = {"Content-Type": "application/json", **world.daemon.http.headers, **options.pop("headers", {})}
    host, port = world.daemon.http
    return requests.post(f"http://{host}:{port}/rpc", data=body, headers=headers, timeout=30, **options)


def resident(pid):
    """Returns the memory of a process, in bytes."""
    pages = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


# WebSocket


def test_a_websocket_client_provisions_and_destroys_an_instance(world, connection):
    name = fresh_name()
    made = connection.call("provision", name=name, region="eu-central", size="small", subscribe={"subscription": "mine"})
    assert made["subscription"]["subscription"] == "mine"
    events = connection.until_end("mine")
    assert [events[0]["type"], events[-1]["type"]] == ["job.queued", "job.succeeded"]
    assert world.instance(name)["phase"] == "running"
    destroyed = connection.call("destroy", instance=name)["job"]["id"]
    assert connection.call("job.wait", job=destroyed)["job"]["state"] == "succeeded"


def test_jobs_and_events_name_their_principal(world, connection):
    """A local process is its user, and a client of the gateway is the principal of its token. A destroy that takes over names its
    own caller, and the phases of the provision name the caller of the provision."""
    name = fresh_name()
    made = connection.call("provision", name=name, region="eu-central", size="small")["job"]
    remote = world.daemon.principal
    assert made["principal"] == remote
    destroyed = world.call("destroy", instance=name)["job"]
    own = f"uid:{os.getuid()}"
    assert destroyed["principal"] == own
    assert world.finish(destroyed["id"])["principal"] == own
    assert {event.get("principal") for event in world.follow_job(destroyed["id"])} == {own}
    told = world.follow_job(made["id"])
    assert told[0]["principal"] == remote
    assert {event.get("principal") for event in told} <= {remote, own}


def test_ids_come_back_byte_for_byte(connection):
    connection.send_text(b'{"jsonrpc":"2.0","id":1.50,"method":"system.ping"}')
    assert connection.read_text() == b'{"jsonrpc":"2.0","id":1.50,"result":{"pong":true}}'


def test_a_message_may_contain_newlines_and_arrive_in_fragments(connection):
    text = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "system.ping"}, indent=2).encode()
    connection.send_text(text)
    assert connection.read()["id"] == 7
    whole = '{"jsonrpc":"2.0","id":"ää","method":"system.ping"}'.encode()
    # The cut is in the middle of a character.
    cut = whole.index("ä".encode()) + 1
    connection.send_bytes(frame(TEXT, whole[:cut], is_last=False) + frame(CONTINUATION, whole[cut:]))
    assert connection.read()["id"] == "ää"
    connection.send_bytes(frame(TEXT, text[:10], is_last=False) + frame(CONTINUATION, text[10:20], is_last=False))
    # A ping may arrive between the fragments.
    connection.send_bytes(frame(PING, b"still there?") + frame(CONTINUATION, text[20:]))
    assert connection.read_frame() == (PONG, b"still there?")
    assert connection.read()["id"] == 7


def test_bad_json_gets_an_error_and_the_connection_stays_open(connection):
    connection.send_text(b"{nonsense")
    assert connection.read()["error"]["code"] == -32700
    connection.send_text(b"[]")
    assert connection.read()["error"]["code"] == -32600
    assert connection.call("system.ping") == {"pong": True}


def test_a_batch_gets_a_batch_of_replies(connection):
    connection.send([{"jsonrpc": "2.0", "id": i, "method": "system.ping"} for i in (1, 2)])
    assert [part["id"] for part in connection.read()] == [1, 2]


def test_a_reply_has_the_frame_type_of_its_call(connection):
    def call(number):
        return b'{"jsonrpc":"2.0","id":%d,"method":"%s"}' % (number, b"system.health" if number % 3 == 0 else b"system.ping")

    sent = [(TEXT, 1), (BINARY, 2), (BINARY, 3), (TEXT, 4), (BINARY, 5)]
    for kind, number in sent:
        connection.send_bytes(frame(kind, call(number)))
        answered, text = connection.read_frame()
        assert (answered, json.loads(text)["id"]) == (kind, number)
    # Several messages in one write, one of them in fragments.
    connection.send_bytes(frame(TEXT, call(1)) + frame(BINARY, call(2)[:9], is_last=False) + frame(CONTINUATION, call(2)[9:])
                          + frame(TEXT, call(4)))
    assert [(kind, json.loads(text)["id"]) for kind, text in (connection.read_frame() for _ in range(3))] == [
        (TEXT, 1), (BINARY, 2), (TEXT, 4)]


def closed_with(connection):
    with pytest.raises(Closed):
        while True:
            connection.read()
    return connection.closed_with


@pytest.mark.parametrize("sent, code", [
    (frame(BINARY, b'"\xc3("'), 1003), (frame(CONTINUATION, b"{}"), 1002),
    (frame(TEXT, b"{", is_last=False) + frame(TEXT, b"}"), 1002),
    (frame(CLOSE, (1000).to_bytes(2, "big")), 1000), (frame(TEXT, b'"\xc3("'), 1007),
    (frame(TEXT, b'"\xc3', is_last=False) + frame(CONTINUATION, b'("'), 1007),
], ids=["binary that is no UTF-8", "nothing to continue", "two at once", "a close", "no UTF-8", "no UTF-8 in fragments"])
def test_a_protocol_error_or_a_close_frame_closes_the_connection(connection, sent, code):
    connection.send_bytes(sent)
    assert closed_with(connection) == code


@pytest.mark.parametrize("parts", [1, 64], ids=["one frame", "fragments"])
def test_a_message_over_the_limit_gets_an_error_and_closes_the_connection(world, connection, parts):
    limit = world.call("system.limits")["limits"]["messageBytes"]
    data = b'"' + b"x" * limit + b'"'
    size = len(data) // parts + 1
    pieces = [data[start:start + size] for start in range(0, len(data), size)]
    for number, piece in enumerate(pieces):
        try:
            connection.send_bytes(frame(TEXT if number == 0 else CONTINUATION, piece, number == len(pieces) - 1))
        except Closed:
            break
    assert connection.read()["error"]["data"]["code"] == "messageTooLarge"
    assert closed_with(connection) == 1009


@pytest.mark.parametrize("origin, host, status", [
    (None, None, 101), ("https://console.example.com", None, 101), ("https://evil.example", None, 403),
    ("http://{}", None, 101), ("null", None, 403), ("http://evil.example:80", "evil.example:80", 403),
    ("http://localhost:{port}", "localhost:{port}", 101),
], ids=["none", "listed", "another", "its own", "a sandboxed page", "a name that points here", "localhost"])
def test_foreign_origins_are_refused(world, origin, host, status):
    address = world.daemon.http
    own = f"{address[0]}:{address[1]}"
    headers = []
    if origin:
        headers.append(f"Origin: {origin.format(own, port=address[1])}")
    opened = socket.create_connection(address, 10)
    lines = ["GET /ws HTTP/1.1", f"Host: {(host or own).format(port=address[1])}", "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    opened.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
    answer = opened.recv(4096)
    opened.close()
    assert answer.split()[1] == b"%d" % status, answer
    if origin:
        posted = post(world, '{"jsonrpc":"2.0","id":1,"method":"system.ping"}', headers={
            "Origin": origin.format(own, port=address[1]), "Host": (host or own).format(port=address[1])})
        assert posted.status_code == (200 if status == 101 else 403)


def test_a_websocket_is_served_only_at_its_path(world):
    opened, status, _ = handshake(world.daemon.http, path="/rpc")
    opened.close()
    assert status == 405
    host, port = world.daemon.http
    assert requests.get(f"http://{host}:{port}/ws", timeout=10).status_code == 426


def test_a_stalled_websocket_does_not_delay_other_clients(world, connection):
    """The stalled client receives every event once it reads again."""
    stalled = WebSocket(world.daemon.http, seconds=60)
    subscription = stalled.subscribe(**{"from": "now"})
    connection.subscribe(**{"from": "now"})
    jobs = [world.provision(fresh_name()) for _ in range(10)]
    for job in jobs:
        assert world.finish(job)["state"] == "succeeded"
    last = connection.call("system.health")["head"]
    seqs = []
    while not seqs or seqs[-1] < last:
        note = stalled.note()["params"]
        assert note["subscription"] == subscription["subscription"]
        seqs.append(note["result"]["seq"])
    assert seqs == list(range(subscription["head"] + 1, last + 1))
    stalled.close()


def test_the_daemon_stops_reading_pings_while_pongs_are_unread(worlds):
    """The kernel's buffers in both directions hold some megabytes; the daemon adds at most the size of its queue."""
    world = worlds({"http": "127.0.0.1:0"})
    opened, _, _ = handshake(world.daemon.http)
    flood = b"".join(frame(PING, b"x" * 125) for _ in range(500))
    before = resident(world.daemon.process.pid)
    opened.settimeout(3)
    sent = 0
    try:
        while sent < 128 << 20:
            sent += opened.send(flood)
    except TimeoutError:
        pass
    grown = resident(world.daemon.process.pid) - before
    opened.close()
    assert sent < 64 << 20 and grown < 32 << 20, (sent, grown)


def test_a_websocket_counts_as_a_connection(worlds):
    world = worlds({"http": "127.0.0.1:0", "limits.connections": 3})
    opened = [WebSocket(world.daemon.http) for _ in range(3)]
    for each in opened:
        assert each.call("system.ping") == {"pong": True}
    refused = WebSocket(world.daemon.http)
    assert refused.read()["error"]["data"]["code"] == "tooManyConnections"
    assert closed_with(refused) is not None
    for each in [*opened, refused]:
        each.close()

    def is_admitted():
        with world.connect() as connection:
            connection.post("system.ping")
            return connection.read().get("result") == {"pong": True}

    eventually(is_admitted)


def test_a_stopping_daemon_closes_websockets_with_1001(worlds):
    world = worlds({"http": "127.0.0.1:0"})
    connection = WebSocket(world.daemon.http)
    assert connection.call("system.ping") == {"pong": True}
    world.daemon.stop()
    assert closed_with(connection) == 1001


# POST /rpc


def test_http_serves_a_call_a_batch_and_a_notification(world):
    answer = post(world, '{"jsonrpc":"2.0",\n "id":1.50,\n "method":"system.ping"}\n')
    assert (answer.status_code, answer.text) == (200, '{"jsonrpc":"2.0","id":1.50,"result":{"pong":true}}')
    assert answer.headers["content-type"] == "application/json"
    batch = [{"jsonrpc": "2.0", "id": i, "method": "system.ping"} for i in (1, 2)]
    assert [part["id"] for part in post(world, json.dumps(batch)).json()] == [1, 2]
    note = post(world, '{"jsonrpc":"2.0","method":"system.ping"}')
    assert (note.status_code, note.content) == (204, b"")


def test_a_long_body_gets_the_same_reply_as_a_short_one(world):
    call = '{"jsonrpc":"2.0","id":1,"method":"system.ping"}'
    for length in (4096, 4097, 200_000, 1 << 20):
        assert post(world, call.ljust(length)).json() == {"jsonrpc": "2.0", "id": 1, "result": {"pong": True}}
    batch = [{"jsonrpc": "2.0", "id": i, "method": "system.ping", "params": {}} for i in range(100)]
    assert [part["id"] for part in post(world, json.dumps(batch)).json()] == list(range(100))


def test_http_responses_contain_json_rpc_errors(world):
    assert post(world, "{nonsense").json()["error"]["code"] == -32700
    assert post(world, "").json()["error"]["code"] == -32700
    refused = post(world, '{"jsonrpc":"2.0","id":1,"method":"status.subscribe"}').json()["error"]
    assert refused["data"]["code"] == "tooManySubscriptions" and "WebSocket" in refused["message"]
    limit = world.call("system.limits")["limits"]["messageBytes"]
    large = post(world, '"' + "x" * limit + '"')
    assert large.status_code == 413 and large.json()["error"]["data"]["code"] == "messageTooLarge"


def test_an_http_request_that_is_not_a_call_is_refused(world):
    host, port = world.daemon.http
    call = '{"jsonrpc":"2.0","id":1,"method":"system.ping"}'
    assert post(world, call, headers={"Content-Type": "text/plain"}).status_code == 415
    assert requests.get(f"http://{host}:{port}/rpc", timeout=10).status_code == 405
    assert requests.get(f"http://{host}:{port}/", timeout=10).status_code == 404


def test_a_job_continues_after_its_http_request(world):
    name = fresh_name()
    call = {"jsonrpc": "2.0", "id": 1, "method": "provision", "params": {
        "name": name, "region": "eu-central", "size": "small"}}
    job = post(world, json.dumps(call)).json()["result"]["job"]["id"]
    waiting = {"jsonrpc": "2.0", "id": 2, "method": "job.wait", "params": {"job": job}}
    assert post(world, json.dumps(waiting)).json()["result"]["job"]["state"] == "succeeded"
    world.succeed("destroy", instance=name)


def test_a_connection_is_reused_after_each_kind_of_response(world):
    """The outcome of one request does not affect the next."""
    connection = http.client.HTTPConnection(*world.daemon.http, timeout=30)
    limit = world.call("system.limits")["limits"]["messageBytes"]
    call, note = ('{"jsonrpc":"2.0","id":1,"method":"system.ping"}', '{"jsonrpc":"2.0","method":"system.ping"}')
    connection.connect()
    local = connection.sock.getsockname()
    for body, headers, status in [
            (call, {}, 200), (note, {}, 204), ("{nonsense", {}, 200), ("x" * (limit + 1), {}, 413),
            (call, {"Content-Type": "text/plain"}, 415), (call, {"Origin": "https://evil.example"}, 403), (call, {}, 200)]:
        own = {"Content-Type": "application/json", **world.daemon.http.headers}
        connection.request("POST", "/rpc", body=body, headers={**own, **headers})
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, connection.sock.getsockname()) == (status, local)
    connection.close()


def test_pipelined_requests_are_answered_in_order(world):
    opened = socket.create_connection(world.daemon.http, 10)
    token = world.daemon.token.encode()
    bodies = [b'{"jsonrpc":"2.0","id":%d,"method":"system.ping"}' % number for number in range(20)]
    requests_ = [
        b"POST /rpc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
        % (token, b"Connection: Close\r\n" if body is bodies[-1] else b"", len(body), body) for body in bodies]
    opened.sendall(b"".join(requests_))
    answers = b""
    while piece := opened.recv(1 << 16):
        answers += piece
    opened.close()
    assert re.findall(rb'"id":(\d+)', answers) == [b"%d" % number for number in range(20)]


def test_an_http_1_0_connection_closes_after_the_response(world):
    """HTTP/1.0 has no persistent connections unless the client requests one."""
    opened = socket.create_connection(world.daemon.http, 10)
    body = b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}'
    opened.sendall(
        b"POST /rpc HTTP/1.0\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (world.daemon.token.encode(), len(body), body))
    answer = b""
    while piece := opened.recv(1 << 16):
        answer += piece
    opened.close()
    assert answer.endswith(b'{"jsonrpc":"2.0","id":1,"result":{"pong":true}}')


def test_an_incomplete_request_head_times_out(world):
    """An incomplete head occupies a connection for ten seconds."""
    opened = socket.create_connection(world.daemon.http, 30)
    opened.sendall(b"POST /rpc HTTP/1.1\r\nHost: x\r\n")
    began = time.monotonic()
    assert opened.recv(1024) == b""
    assert time.monotonic() - began < 25
    opened.close()


def test_a_closed_connection_ends_its_wait(world):
    """The connection is freed while the job continues, but only after a while, since a client may have closed only its
    sending side."""
    world.sandbox.fault("slow", "/v1/servers", "POST", seconds=20)
    job = world.provision(fresh_name())
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "job.wait", "params": {"job": job}}).encode()
    opened = socket.create_connection(world.daemon.http, 10)
    opened.sendall(
        b"POST /rpc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (world.daemon.token.encode(), len(body), body))
    local, remote = opened.getsockname()[1], opened.getpeername()[1]

    def is_held():
        """Returns whether the kernel's table has the daemon's end of the connection."""
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        ends = [tuple(int(end.rpartition(":")[2], 16) for end in line.split()[1:3]) for line in lines if line.split()[9] != "0"]
        return (remote, local) in ends

    eventually(is_held)
    opened.close()
    eventually(lambda: not is_held(), seconds=15)
    assert world.call("job.get", job=job)["job"]["state"] != "succeeded"
    assert world.finish(job)["state"] == "succeeded"
