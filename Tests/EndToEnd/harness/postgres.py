"""A PostgreSQL cluster for the tests only: a Unix socket in a temporary directory, no TCP."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from .traces import children


def programs():
    """Returns the directory of `initdb` and `postgres`: AURA_TEST_POSTGRES_BIN, or Debian's newest."""
    given = os.environ.get("AURA_TEST_POSTGRES_BIN")
    if given:
        return pathlib.Path(given)
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "there is no PostgreSQL server to test with: run make setup, which installs it"
    return found[-1].parent


class Postgres:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="aura-pg-"))
        self.data = self.directory / "data"
        self.process = None
        self.port = 5432
        self.environment = {}
        # PostgreSQL refuses to run as root, so root gives the directory to the user postgres.
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres")
            self.prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        subprocess.run(
            [*self.prefix, programs() / "initdb", "-D", self.data, "-U", "aura", "-A", "trust", "-E", "UTF8"],
            check=True, capture_output=True, cwd=self.directory)
        self.start()

    def listen(self):
        """Starts the server so that it also listens on a port of 127.0.0.1."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start("127.0.0.1")

    def start(self, addresses=""):
        assert self.process is None, "the server runs already"
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, programs() / "postgres", "-D", self.data, "-k", self.directory, "-c", f"listen_addresses={addresses}",
                 "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env={**os.environ, **self.environment})
        limit = time.monotonic() + 30
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.directory, "-p", str(self.port)], check=False).returncode:
            assert time.monotonic() < limit and self.process.poll() is None, (self.directory / "log").read_text()[-2000:]
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """Stops the server in the fast mode, as a restart does: connections are closed, transactions rolled back."""
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def crash(self):
        """Stops the server in the immediate mode: nothing is cleaned up, and the next start recovers from the log."""
        self.stop(signal.SIGQUIT)

    @contextlib.contextmanager
    def frozen(self):
        """Suspends all processes of the server until the block ends: connections stay open, and nothing replies."""
        self.process.send_signal(signal.SIGSTOP)
        processes = [self.process.pid, *children(self.process.pid)]
        for process in processes[1:]:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(processes):
                os.kill(process, signal.SIGCONT)

    def query(self, database, sql):
        done = subprocess.run(
            ["psql", "-X", "-qAt", "-h", self.directory, "-p", str(self.port), "-U", "aura", "-d", database, "-c", sql],
            check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def url(self, database):
        """Returns the URL of a database; creates the database if it does not exist."""
        if not self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            self.query("postgres", f"CREATE DATABASE {database}")
        return f"postgres://aura@/{database}?host={urllib.parse.quote(str(self.directory))}&port={self.port}"

    def close(self):
        self.stop()
        shutil.rmtree(self.directory)
