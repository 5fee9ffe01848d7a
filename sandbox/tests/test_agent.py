"""The stand-in agent: its archive, its gateway's replies, and its refusals."""

import json
import os
import signal
import subprocess
import tarfile
import threading
import time
import urllib.error
import urllib.request

import pytest
from conftest import SANDBOX, free_port, running, wait_until
from standin import config
from standin.gateway import Gateway

TOKEN = "test-token"


def get(port, path, token=None):
    """Returns (status, document), or None if there is no reply."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return None


class Home:
    """A home directory with a configuration, and functions that call the agent in it."""

    def __init__(self, openclaw, path):
        self.openclaw, self.path, self.port = openclaw, path, free_port()
        self.variables = {}

    def configure(self, text):
        directory = self.path / ".openclaw"
        directory.mkdir(mode=0o700, exist_ok=True)
        (directory / "openclaw.json").write_text(text if isinstance(text, str) else json.dumps(text))
        (directory / "openclaw.json").chmod(0o600)

    @property
    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.path), **self.variables}

    def gateway(self, *words):
        return running([self.openclaw, "gateway", *words], env=self.environment)

    def run(self, *words):
        return subprocess.run([self.openclaw, *words], env=self.environment, capture_output=True, text=True, timeout=30)

    def wait_ready(self):
        wait_until("the gateway to be ready", lambda: (get(self.port, "/readyz") or (0,))[0] == 200)


@pytest.fixture
def home(openclaw, tmp_path):
    made = Home(openclaw, tmp_path)
    made.configure({"gateway": {"mode": "local", "port": made.port, "auth": {"token": TOKEN}}})
    return made


def test_archive_is_reproducible_and_has_the_layout_of_npm_pack(agent_archive, tmp_path):
    again = subprocess.run([SANDBOX / "agent" / "build.sh", tmp_path], capture_output=True, text=True, check=True,
                           timeout=60, umask=0o077)
    assert open(again.stdout.strip(), "rb").read() == agent_archive.read_bytes()
    assert agent_archive.name == "openclaw-2026.8.1.tgz"
    with tarfile.open(agent_archive) as archive:
        members = {member.name: member for member in archive.getmembers()}
        package = json.load(archive.extractfile("package/package.json"))
    assert package["name"] == "openclaw" and package["bin"] == {"openclaw": "bin/openclaw"}
    assert members["package/bin/openclaw"].mode == 0o755
    assert {(member.mtime, member.uid, member.gid) for member in members.values()} == {(0, 0, 0)}
    assert not [name for name in members if "__pycache__" in name]


def test_archive_of_another_version_reports_that_version(tmp_path):
    built = subprocess.run([SANDBOX / "agent" / "build.sh", tmp_path, "2026.9.0"], capture_output=True, text=True,
                           check=True, timeout=60)
    subprocess.run(["tar", "-C", tmp_path, "-xzf", built.stdout.strip()], timeout=60, check=True)
    said = subprocess.run([tmp_path / "package/bin/openclaw", "--version"], capture_output=True, text=True, timeout=30)
    assert said.stdout.strip() == "2026.9.0"


def test_version_flag_prints_the_version(home):
    assert home.run("--version").stdout == "2026.8.1\n"


def test_running_gateway_serves_its_health_endpoints(home):
    with home.gateway() as child:
        home.wait_ready()
        for path in ("/healthz", "/health"):
            assert get(home.port, path) == (200, {"ok": True, "status": "live"})
        assert get(home.port, "/startupz") == (200, {"ok": True, "status": "started"})
        assert get(home.port, "/ready")[0] == 200
        assert get(home.port, "/elsewhere")[0] == 404
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        log = child.stderr.read()
    assert f"listening on 127.0.0.1:{home.port}" in log and "SIGTERM" in log
    assert TOKEN not in log


def test_readiness_follows_the_phase_of_the_gateway():
    settings = config.Settings(port=free_port(), bind="loopback", token=TOKEN, password="", providers=())
    gateway = Gateway(settings, "0")
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        codes = lambda: [get(settings.port, path)[0] for path in ("/healthz", "/startupz", "/readyz")]  # noqa: E731
        assert codes() == [200, 503, 503]
        gateway.phase, gateway.began = "live", time.monotonic() + 3600
        assert codes() == [200, 200, 503]
        gateway.began = time.monotonic() - 1.0
        assert codes() == [200, 200, 200]
        gateway.phase = "draining"
        assert codes() == [200, 503, 503]
    finally:
        gateway.shutdown()
        thread.join()
        gateway.server_close()


def test_deep_health_needs_the_token(home):
    home.variables = {"ANTHROPIC_API_KEY": "sk-secret"}
    with home.gateway() as child:
        home.wait_ready()
        assert get(home.port, "/standin/status")[0] == 401
        assert get(home.port, "/standin/status", "wrong")[0] == 401
        good = home.run("health", "--json")
        assert good.returncode == 0 and json.loads(good.stdout)["providers"] == ["anthropic"]
        home.variables["OPENCLAW_GATEWAY_TOKEN"] = "wrong"
        bad = home.run("health", "--json")
        assert bad.returncode == 1 and json.loads(bad.stdout)["ok"] is False
        assert home.run("gateway", "status", "--json", "--require-rpc").returncode == 1
        child.terminate()
        child.wait(10)
        assert "sk-secret" not in child.stderr.read()
    assert home.run("health", "--json").returncode == 1


def test_port_flag_overrides_variable_and_configuration(home):
    home.variables = {"OPENCLAW_GATEWAY_PORT": "70000"}
    assert home.run("gateway").returncode == 78
    with home.gateway("--port", home.port):
        home.wait_ready()


@pytest.mark.parametrize(("text", "words"), [
    ({"gateway": {"mode": "remote"}}, "gateway.mode"),
    ({}, "gateway.mode"),
    ("{nonsense", "cannot parse"),
    ("[]", "object is expected"),
    ({"gateway": {"mode": "local", "port": "many"}}, "gateway.port"),
    ({"gateway": {"mode": "local", "bind": "moon"}}, "gateway.bind"),
    ({"gateway": {"mode": "local", "bind": "lan"}}, "without authentication"),
    ({"gateway": {"mode": "local", "bind": "lan", "auth": {"token": "${NOT_SET}"}}}, "NOT_SET"),
])
def test_bad_configuration_ends_with_78(home, text, words):
    home.configure(text)
    ended = home.run("gateway")
    assert ended.returncode == 78
    assert words in ended.stderr
    assert home.run("doctor").returncode == 1


def test_missing_configuration_ends_with_78(home):
    home.variables = {"OPENCLAW_CONFIG_PATH": str(home.path / "nowhere.json")}
    assert home.run("gateway").returncode == 78


def test_lan_is_served_with_a_token_from_the_environment(home):
    home.configure({"gateway": {"mode": "local", "port": home.port, "bind": "lan"}})
    (home.path / ".openclaw" / ".env").write_text(f"# keys\nexport OPENCLAW_GATEWAY_TOKEN='{TOKEN}'\n")
    with home.gateway():
        home.wait_ready()
        assert get(home.port, "/standin/status", TOKEN)[0] == 200


def test_second_gateway_on_a_used_port_ends_with_78(home):
    with home.gateway():
        home.wait_ready()
        second = home.run("gateway")
    assert second.returncode == 78 and "holds the port" in second.stderr


def test_comments_and_trailing_commas_are_understood(home):
    home.configure('{ // one\n "gateway": {"mode": "local", /* two */ "auth": {"token": "a//b,}",},},\n}')
    assert config.settings({"HOME": str(home.path)}).token == "a//b,}"


def test_doctor_warns_of_loose_modes(home):
    assert "warning" not in home.run("doctor").stdout
    (home.path / ".openclaw" / "openclaw.json").chmod(0o644)
    ended = home.run("doctor")
    assert ended.returncode == 0 and "0644" in ended.stdout
