"""aurad as a process, with the configuration that the sandbox wrote, overridden by settings."""

import contextlib
import pathlib
import re
import threading

from .places import REPOSITORY, ansible_playbook, binary
from .program import Program, finish
from .wire import Connection

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


class Daemon(Program):
    def __init__(self, directory, config, settings=None, log="aurad.log"):
        self.directory = pathlib.Path(directory)
        self.config = config
        self.socket = self.directory / "aurad.sock"
        self.state = self.directory / "state"
        self.database = self.directory / "aura.db"
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.settings = {
            **PACE, "configuration.tree": REPOSITORY / "ansible", "configuration.playbook": ansible_playbook(),
            **(settings or {})}
        super().__init__(
            "aurad", [binary("aurad"), "--config", str(config)], r"^aurad ready ", self.directory / log,
            self.variables())

    def variables(self):
        return {**environment(self.settings), "TMPDIR": str(self.temporary)}

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
        address = next(word for word in self.ready_line.split() if word.startswith("http:"))
        host, port = address.removeprefix("http:").rsplit(":", 1)
        return host, int(port)

    def call(self, method, **params):
        with self.connect() as connection:
            return connection.call(method, **params)

    def run_to_failure(self, seconds=30, arguments=()):
        """Starts a daemon that must fail to start; returns (exit code, standard error)."""
        done = finish([*self.command, *arguments], self.environment, seconds)
        return done.returncode, done.stderr

    @contextlib.contextmanager
    def dying_often(self, seconds=0.15):
        """Kills and restarts the daemon repeatedly until the block ends; it is running afterwards."""
        stop = threading.Event()

        def kill():
            while not stop.wait(seconds):
                self.kill()
                self.start()

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
