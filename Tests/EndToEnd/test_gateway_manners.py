"""HTTP by RFC 9110 and 9112: half-closed requests, interim responses, methods, codings, hosts, and pages of other
sites."""

import gzip
import json
import socket

import pytest

from harness import fresh_name

PAGE = "https://console.example.com"
PING = b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}'


@pytest.fixture(scope="module")
def world(module_worlds):
    return module_worlds({"http": "127.0.0.1:0", "origins": PAGE})


def head(world, body, method="POST", path="/rpc", hosts=1, version="1.1", **headers):
    own = "{}:{}".format(*world.daemon.http)
    lines = [f"{method} {path} HTTP/{version}", *[f"Host: {own}"] * hosts, f"Content-Length: {len(body)}"]
    given = {"Content-Type": "application/json", **world.daemon.http.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines += [f"{name}: {each}" for name, value in given.items() for each in (value if isinstance(value, list) else [value])]
    return "\r\n".join([*lines, "", ""]).encode()


def until_closed(opened):
    said = b""
    while piece := opened.recv(1 << 16):
        said += piece
    opened.close()
    return said


def exchange(world, body=PING, ends_input=True, **options):
    """Sends a request and reads until the daemon closes: returns (status, headers, body)."""
    opened = socket.create_connection(world.daemon.http, 30)
    opened.sendall(head(world, body, **options) + body)
    if ends_input:
        opened.shutdown(socket.SHUT_WR)
    answer, _, content = until_closed(opened).partition(b"\r\n\r\n")
    first, *lines = answer.decode().split("\r\n")
    fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    return int(first.split()[1]), fields, content


def test_a_half_closed_request_gets_its_response(world):
    assert exchange(world)[::2] == (200, b'{"jsonrpc":"2.0","id":1,"result":{"pong":true}}')
    name = fresh_name()
    call = {"jsonrpc": "2.0", "id": 1, "method": "provision", "params": {"name": name, "region": "eu-central", "size": "small"}}
    status, _, content = exchange(world, json.dumps(call).encode())
    job = json.loads(content)["result"]["job"]["id"]
    assert status == 200
    waiting = {"jsonrpc": "2.0", "id": 2, "method": "job.wait", "params": {"job": job}}
    status, _, content = exchange(world, json.dumps(waiting).encode())
    assert json.loads(content)["result"]["job"]["state"] == "succeeded"


def test_a_wait_on_a_half_closed_connection_is_cancelled(worlds):
    world = worlds({"http": "127.0.0.1:0"})
    world.sandbox.settings(createSeconds=10_000)
    job = world.provision(fresh_name())
    waiting = {"jsonrpc": "2.0", "id": 2, "method": "job.wait", "params": {"job": job, "timeoutMs": 60_000}}
    status, _, content = exchange(world, json.dumps(waiting).encode())
    answer = json.loads(content)
    assert (status, answer["id"], answer["error"]["data"]["code"]) == (200, 2, "requestCancelled")
    assert answer["error"]["data"]["retryable"] is True


def test_expect_100_continue_gets_an_interim_response(world):
    opened = socket.create_connection(world.daemon.http, 30)
    opened.sendall(head(world, PING, Expect="100-continue", Connection="close"))
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    said = b""
    while len(said) < len(interim):
        piece = opened.recv(len(interim) - len(said))
        assert piece
        said += piece
    assert said == interim
    opened.sendall(PING)
    assert b" 200 OK\r\n" in until_closed(opened)
    assert exchange(world, Expect="100-continue", version="1.0")[0] == 200


@pytest.mark.parametrize("method, status", [("HEAD", 405), ("GET", 405), ("PUT", 405), ("DELETE", 405), ("PATCH", 405), ("OPTIONS", 204)])
def test_other_http_methods_get_the_allow_header(world, method, status):
    answer = exchange(world, b"", method=method)
    assert (answer[0], answer[1]["allow"]) == (status, "POST, OPTIONS")


def test_a_content_coding_other_than_identity_is_refused(world):
    status, fields, _ = exchange(world, gzip.compress(PING), Content_Encoding="gzip")
    assert (status, fields["accept-encoding"]) == (415, "identity")
    assert exchange(world, Content_Encoding="identity")[0] == 200


@pytest.mark.parametrize("hosts, version, status", [(0, "1.1", 400), (2, "1.1", 400), (2, "1.0", 400), (0, "1.0", 200), (1, "1.1", 200)])
@pytest.mark.parametrize("path", ["/rpc", "/ws", "/"])
def test_an_http_1_1_request_needs_exactly_one_host(world, hosts, version, status, path):
    answer = exchange(world, hosts=hosts, version=version, path=path, Connection="close")
    assert answer[0] == (status if path == "/rpc" or status == 400 else 404)


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /rpc HTTP/1.1\r\nHost: x\r\n : y\r\n\r\n"])
def test_a_stream_that_is_not_http_is_closed_at_once(world, sent):
    """The client keeps its side open. The daemon closes at once, without waiting for the time-out of a head."""
    opened = socket.create_connection(world.daemon.http, 8)
    opened.sendall(sent)
    said = until_closed(opened)
    assert said == b"" or said.startswith(b"HTTP/1.1 400 "), said


# Pages of other sites


def test_a_listed_origin_gets_cors_headers(world):
    asked = {"Origin": PAGE, "Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,content-type",
             "Access_Control_Request_Private_Network": "true"}
    status, fields, _ = exchange(world, b"", method="OPTIONS", **asked)
    assert status == 204 and fields["vary"] == "Origin"
    assert {name: value for name, value in fields.items() if name.startswith("access-control")} == {
        "access-control-allow-origin": PAGE, "access-control-allow-methods": "POST", "access-control-allow-headers": "Authorization, Content-Type",
        "access-control-max-age": "600", "access-control-allow-private-network": "true"}
    status, fields, content = exchange(world, Origin=PAGE)
    assert (status, fields["access-control-allow-origin"], fields["vary"]) == (200, PAGE, "Origin")
    assert b"pong" in content


@pytest.mark.parametrize("origin", ["https://evil.example", "null", [PAGE, PAGE], [PAGE, "https://evil.example"], ["https://evil.example", PAGE]])
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_unlisted_or_several_origins_are_refused(world, origin, method):
    status, fields, content = exchange(world, b"" if method == "OPTIONS" else PING, method=method, Origin=origin)
    assert status == 403 and content == b""
    assert not [name for name in fields if name.startswith("access-control")]


@pytest.mark.parametrize("origin, status", [(PAGE, b"101"), ([PAGE, "https://evil.example"], b"403"), (["https://evil.example", PAGE], b"403")])
def test_a_websocket_with_several_origins_is_refused(world, origin, status):
    opened = socket.create_connection(world.daemon.http, 30)
    opened.sendall(head(
        world, b"", method="GET", path="/ws", Origin=origin, Upgrade="websocket", Connection="Upgrade",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==", Sec_WebSocket_Version="13"))
    assert opened.recv(4096).split()[1] == status
    opened.close()


@pytest.mark.parametrize("offered, chosen", [
    ("jsonrpc", b"jsonrpc"), ("chat, JSONRPC", b"JSONRPC"), (["chat", "jsonrpc2.0"], b"jsonrpc2.0"), ("chat", None)])
def test_a_websocket_gets_its_offered_json_rpc_subprotocol(world, offered, chosen):
    opened = socket.create_connection(world.daemon.http, 30)
    opened.sendall(head(
        world, b"", method="GET", path="/ws", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Protocol=offered,
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==", Sec_WebSocket_Version="13"))
    answer = opened.recv(4096)
    opened.close()
    assert answer.split()[1] == b"101"
    names = [line.split(b":", 1)[1].strip() for line in answer.split(b"\r\n") if line.lower().startswith(b"sec-websocket-protocol")]
    assert names == ([chosen] if chosen else [])


@pytest.mark.parametrize("origin", ["null", "*", "https://example.com/", "example.com", "file://"])
def test_an_invalid_origin_in_the_settings_is_refused(worlds, origin):
    idle = worlds(start_daemon=False)
    idle.daemon.with_settings(http="127.0.0.1:0", origins=origin)
    code, text = idle.daemon.run_to_failure()
    assert code == 78 and f"cannot use origins = {origin}: " in text
