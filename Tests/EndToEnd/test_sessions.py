"""Sessions of browsers: a cookie instead of a token, over http on loopback and over https."""

import json
import re
import subprocess

import pytest
import requests
from harness import Closed, WebSocket, binary
from harness.websocket import handshake
from test_tls import Authority, place

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
COOKIE = "__Host-aura"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("vault") / "master.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def world(module_worlds, key_file):
    return module_worlds({"http": "127.0.0.1:0", "vault.keyFile": key_file})


@pytest.fixture
def token(world, request):
    with world.connect() as root:
        name = re.sub(r"[^a-z0-9]", "-", request.node.name.lower())[:60].strip("-")
        root.call("principal.create", name=name, role="viewer")
        made = root.call("token.create", principal=name, name="test")
    return made["token"]["id"], made["text"]


class Page:
    """A page of the daemon's own host, as its browser sends requests."""

    def __init__(self, base, verify=True):
        self.base, self.verify, self.cookie = base, verify, None

    def send(self, method, path, **headers):
        own = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        if self.cookie:
            own["Cookie"] = f"{COOKIE}={self.cookie}"
        own.update(headers)
        return requests.request(
            method, self.base + path, headers={name: value for name, value in own.items() if value is not None},
            timeout=30, verify=self.verify,
            data=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "access.whoami"}) if path == "/rpc" else None)

    def open(self, token):
        answer = self.send("POST", "/session", Authorization=f"Bearer {token}")
        assert answer.status_code == 204, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        text = answer.headers["Set-Cookie"]
        assert re.fullmatch(
            rf"{COOKIE}=[A-Za-z0-9_-]{{43}}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200", text), text
        self.cookie = text.split(";")[0].split("=")[1]
        return self

    def whoami(self, **headers):
        return self.send("POST", "/rpc", **{"Content-Type": "application/json", **headers})


def page(world):
    host, port = world.daemon.http
    return Page(f"http://{host}:{port}")


def test_a_session_is_opened_used_and_ended(world, token):
    browser = page(world).open(token[1])
    who = browser.whoami().json()["result"]
    assert who["proof"] == "session"
    other = page(world).open(token[1])
    assert other.cookie != browser.cookie
    ended = browser.send("DELETE", "/session")
    assert ended.status_code == 204 and ended.headers["Set-Cookie"].startswith(f"{COOKIE}=; ")
    refused = browser.whoami()
    assert refused.status_code == 401 and refused.json()["error"]["data"]["code"] == "unauthenticated"
    assert browser.send("DELETE", "/session").status_code == 204
    assert other.whoami().json()["result"]["principal"] == who["principal"]
    entries = world.call("audit.list", limit=1000)["entries"]
    actions = [(each["method"], each["proof"]) for each in entries if each["method"].startswith("session.")]
    assert ("session.open", "token") in actions and ("session.close", "session") in actions
    for secret in (browser.cookie, other.cookie):
        assert secret not in str(entries) and secret.encode() not in world.daemon.database.read_bytes()


def test_a_cookie_is_accepted_from_pages_of_the_host_alone(world, token):
    browser = page(world).open(token[1])
    evil = "https://evil.example"
    for headers in (
            {"Origin": None}, {"Origin": evil}, {"Origin": "null"}, {"Sec-Fetch-Site": None},
            {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"},
            {"Origin": browser.base.replace("127.0.0.1", "localhost")}):
        assert browser.whoami(**headers).status_code == 403, headers
        assert browser.send("DELETE", "/session", **headers).status_code == 403, headers
    host, port = world.daemon.http
    rebound = f"rebound.example:{port}"
    assert browser.send("DELETE", "/session", Host=rebound, Origin=f"http://{rebound}").status_code == 421
    assert browser.send("POST", "/session", Host=rebound, Authorization=f"Bearer {token[1]}").status_code == 421
    assert browser.whoami().status_code == 200
    # A token in the header decides, whatever the cookie.
    assert browser.whoami(Authorization=f"Bearer {token[1]}", Origin=None).json()["result"]["proof"] == "token"
    wrong = browser.whoami(Authorization="Bearer x")
    assert wrong.status_code == 401
    for cookie in ("x" * 43, "", browser.cookie + "; " + f"{COOKIE}={browser.cookie}", f'"{browser.cookie}"'):
        assert browser.whoami(Cookie=f"{COOKIE}={cookie}").status_code == 401, cookie


def test_a_session_is_opened_by_a_whole_valid_token(world, token, tmp_path):
    browser = page(world)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {token[1]}"}):
        answer = browser.send("POST", "/session", **headers)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    given, made = tmp_path / "given", tmp_path / "made"
    given.write_text(token[1])
    given.chmod(0o600)
    subprocess.run(
        [binary("aura"), "token", "restrict", "method=status.get", "--in", given, "--out", made], check=True)
    answer = browser.send("POST", "/session", Authorization=f"Bearer {made.read_text().strip()}")
    assert answer.status_code == 403 and "restrictions" in answer.text
    assert browser.send("POST", "/session", Origin="https://evil.example",
                        Authorization=f"Bearer {token[1]}").status_code == 403
    for method in ("GET", "PUT", "PATCH", "OPTIONS"):
        assert browser.send(method, "/session").status_code == 405


def lines(browser, **headers):
    """Returns the header lines of a handshake."""
    own = {"Origin": browser.base, "Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={browser.cookie}"}
    own.update({name.replace("_", "-"): value for name, value in headers.items()})
    return [f"{name}: {value}" for name, value in own.items() if value is not None]


def test_a_websocket_is_opened_by_a_page_of_the_host_alone(world, token):
    browser = page(world).open(token[1])
    for headers in ({"Origin": None}, {"Origin": "https://evil.example"}, {"Sec_Fetch_Site": None},
                    {"Sec_Fetch_Site": "cross-site"}, {"Cookie": f"{COOKIE}=x"}):
        opened, status, _ = handshake(
            world.daemon.http, headers=lines(browser, **headers), shows_token=False)
        opened.close()
        assert status in (403, 426), headers


def test_a_page_of_a_listed_origin_opens_a_websocket_without_the_session(module_worlds, key_file):
    origin = "http://127.0.0.1:3000"
    world = module_worlds({"http": "127.0.0.1:0", "vault.keyFile": key_file, "origins": origin})
    with world.connect() as root:
        root.call("principal.create", name="listed", role="viewer")
        made = root.call("token.create", principal="listed", name="test")
    browser = page(world).open(made["text"])
    # The browser sends the cookie to every port of the host.
    foreign = lines(browser, Origin=origin, Sec_Fetch_Site="same-site")
    socket = WebSocket(world.daemon.http, headers=foreign, shows_token=False)
    socket.send({"jsonrpc": "2.0", "id": 1, "method": "access.whoami"})
    assert socket.read()["error"]["data"]["code"] == "unauthenticated"
    assert socket.call("session.authenticate", token=made["text"])["proof"] == "token"
    assert browser.whoami(Origin=origin).status_code == 403


def test_a_websocket_ends_with_its_session_and_its_token(world, token):
    browser = page(world).open(token[1])
    socket = WebSocket(world.daemon.http, headers=lines(browser), shows_token=False)
    assert socket.call("access.whoami")["proof"] == "session"
    browser.send("DELETE", "/session")
    error = socket.read()
    assert error["error"]["data"]["code"] == "tokenRevoked"
    with pytest.raises(Closed):
        socket.read()
    browser.open(token[1])
    socket = WebSocket(world.daemon.http, headers=lines(browser), shows_token=False)
    assert socket.call("access.whoami")["proof"] == "session"
    world.call("token.revoke", token=token[0])
    assert socket.read()["error"]["data"]["code"] == "tokenRevoked"
    assert browser.whoami().status_code == 401


def test_a_session_works_over_https(module_worlds, key_file, tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.server()
    world = module_worlds({
        "http": "https://127.0.0.1:0", "vault.keyFile": key_file, "tls.certificateFile": certificate,
        "tls.keyFile": key})
    with world.connect() as root:
        root.call("principal.create", name="reader", role="viewer")
        token = root.call("token.create", principal="reader", name="test")["text"]
    host, port = place(world, "https")
    browser = Page(f"https://localhost:{port}", authority.file).open(token)
    assert browser.whoami().json()["result"]["proof"] == "session"
    # With TLS the page's own scheme is https.
    assert browser.whoami(Origin=f"http://localhost:{port}").status_code == 403
    assert browser.send("DELETE", "/session").status_code == 204
    assert browser.whoami().status_code == 401
