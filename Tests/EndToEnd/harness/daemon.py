"""aurad as a process, with the configuration that the sandbox wrote, overridden by settings."""

import contextlib
import json
import pathlib
import re
import socket
import threading

from .places import REPOSITORY, ansible_playbook, binary
from .program import Program, finish
from .wire import Closed, Connection

# Short intervals, so that tests wait for the cloud and not for Aura.
PACE = {
    # Off, because tests count the calls to providers and set faults for them. This check has its own tests.
    "providers.check": "false",
    "limits.instancesPerTenant": 10_000, "limits.instances": 10_000, "limits.jobsInFlightPerTenant": 10_000,
    "limits.callsPerMinutePerTenant": 1_000_000, "limits.mutationsPerMinutePerTenant": 1_000_000,
    "pace.actionPollSeconds": 0.05, "pace.bootPollSeconds": 0.2, "pace.healthPollSeconds": 0.1,
    "pace.retryBaseSeconds": 0.2, "pace.retryCapSeconds": 2, "pace.shutdownGraceSeconds": 5,
    "pace.parkedBaseSeconds": 0.3, "pace.parkedCapSeconds": 1, "engine.leaseSeconds": 6, "engine.heartbeatSeconds": 2,
}


def environment(settings):
    """Returns the environment variables of settings: `pace.bootPollSeconds` is AURA_PACE_BOOT_POLL_SECONDS."""
    def variable(key):
        words = re.sub(r"([A-Z])", r"_\1", key.replace(".", "_"))
        return "AURA_" + words.upper()
    return {variable(key): str(value) for key, value in settings.items()}


# The key file of daemons that serve TCP or HTTP, whose callers need a token.
KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Address(tuple):
    """The host and port of a listener, with the daemon whose tokens are valid there."""

    def __new__(cls, host, port, daemon):
        address = super().__new__(cls, (host, port))
        address.daemon = daemon
        return address

    @property
    def token(self):
        return self.daemon.token

    @property
    def headers(self):
        """The headers of HTTP that show the token."""
        return {"Authorization": f"Bearer {self.token}"}


class Daemon(Program):
    def __init__(self, directory, config, settings=None, log="aurad.log"):
        self.directory = pathlib.Path(directory)
        self.config = config
        self.socket = self.directory / "aurad.sock"
        self.state = self.directory / "state"
        self.database = self.directory / "aura.db"
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self._token = None
        self.settings = {
            **PACE, "configuration.tree": REPOSITORY / "ansible", "configuration.playbook": ansible_playbook(),
            **(settings or {})}
        super().__init__(
            "aurad", [binary("aurad"), "--config", str(config)], r"^aurad ready ", self.directory / log,
            self.variables())

    def variables(self):
        if {"listen", "http"} & set(self.settings) and "vault.keyFile" not in self.settings:
            self.settings["vault.keyFile"] = self.write_key_file()
        return {**environment(self.settings), "TMPDIR": str(self.temporary)}

    def write_key_file(self):
        """Writes a key file of the vault; returns its path."""
        path = self.directory / "master.key"
        path.write_text(KEY + "\n")
        path.chmod(0o600)
        return path

    @property
    def token(self):
        """The token of an administrator with the name `tester`, which is created over the Unix socket at its first use."""
        if self._token is None:
            with self.connect() as connection:
                self._principal = connection.call("principal.create", name="tester", role="admin")["principal"]["id"]
                self._token = connection.call("token.create", principal="tester", name="tests")["text"]
                connection.socket.shutdown(socket.SHUT_WR)
                # Wait for the end, so that this connection does not count in limits any more.
                with contextlib.suppress(Closed):
                    connection.read()
        return self._token

    @property
    def principal(self):
        """The id of the token's principal."""
        assert self.token
        return self._principal

    def with_settings(self, **settings):
        """Changes settings from the next start on. In the keywords two underscores replace a dot."""
        self.settings.update({key.replace("__", "."): value for key, value in settings.items()})
        self.environment = self.variables()
        return self

    def connect(self, seconds=30):
        return Connection(self.socket, seconds)

    @property
    def http(self):
        """The gateway's host and port, as the ready line names them."""
        return self._address("http:")

    @property
    def listen(self):
        """The host and port of the TCP listener, as the ready line names them."""
        return self._address("tcp:")

    def _address(self, scheme):
        address = next(word for word in self.ready_line.split() if word.startswith(scheme))
        host, port = address.removeprefix(scheme).rsplit(":", 1)
        return Address(host, int(port), self)

    def connect_tcp(self, seconds=30, token=True):
        """Opens a socket to the TCP listener, and shows the token there."""
        opened = socket.create_connection(self.listen, seconds)
        if token:
            call = {"jsonrpc": "2.0", "id": "token", "method": "session.authenticate", "params": {"token": self.token}}
            opened.sendall(json.dumps(call).encode() + b"\n")
            reply = b""
            while not reply.endswith(b"\n"):
                reply += opened.recv(1 << 16)
            assert "result" in json.loads(reply), reply
        return opened

    def call(self, method, **params):
        with self.connect() as connection:
            return connection.call(method, **params)

    def run_to_failure(self, seconds=30, arguments=()):
        """Starts a daemon that must fail to start; returns (exit code, standard error)."""
        done = finish([*self.command, *arguments], self.environment, seconds)
        return done.returncode, done.stderr

    @contextlib.contextmanager
    def dying_often(self, seconds=0.15):
        """Kills and restarts the daemon repeatedly until the block ends; it is running afterwards.

        A daemon is killed `seconds` after a client has connected. The time grows, so that a client reaches its end on a
        slow machine too."""
        stop = threading.Event()

        def kill():
            lasts, heard = seconds, 0
            while True:
                while self.log_text().count("] connection opened") == heard:
                    if stop.wait(0.02):
                        return
                if stop.wait(lasts):
                    return
                heard = self.log_text().count("] connection opened")
                self.kill()
                self.start()
                lasts *= 1.2

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            yield
        finally:
            stop.set()
            killer.join()

    def aura(self, *arguments, seconds=60):
        """Runs the command-line client."""
        return finish([binary("aura"), *arguments], {"AURA_SOCKET": str(self.socket)}, seconds)
