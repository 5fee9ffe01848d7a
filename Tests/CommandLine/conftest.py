"""Shared code of the command line's tests: the built program, a scripted daemon, terminals."""

import json
import os
import pathlib
import signal
import subprocess
import threading

import pytest

from daemon import FakeDaemon
from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 30


@pytest.fixture(scope="session")
def binary():
    """Returns the program: in `AURA_BIN_DIR`, or of the debug build."""
    path = pathlib.Path(os.environ.get("AURA_BIN_DIR", ROOT / ".build" / "debug")) / "aura"
    assert path.exists(), f"cannot find {path}: build it with swift build --product aura, or set AURA_BIN_DIR"
    return str(path.resolve())


@pytest.fixture
def daemon(tmp_path):
    daemon = FakeDaemon(tmp_path / "aurad.sock")
    yield daemon
    daemon.stop()


@pytest.fixture
def environment(tmp_path):
    """Returns an environment with nothing of the caller's except the path."""
    return {
        "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8", "TERM": "xterm-256color",
        "AURA_SOCKET": str(tmp_path / "aurad.sock"), "HOME": str(tmp_path),
    }


class Run:
    """The output of a command, and its exit code."""

    def __init__(self, result):
        self.code = result.returncode
        self.out = result.stdout
        self.err = result.stderr

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def documents(self):
        return [json.loads(line) for line in self.lines]

    @property
    def error(self):
        """The single document on standard error."""
        (line,) = self.err.splitlines()
        return json.loads(line)


@pytest.fixture
def aura(binary, environment):
    """Returns a function that runs `aura` with arguments to its end, without a terminal."""

    def run(*arguments, input="", **more):
        result = subprocess.run(
            [binary, *arguments], input=input, capture_output=True, text=True, env={**environment, **more},
            timeout=LIMIT_SECONDS)
        return Run(result)

    return run


@pytest.fixture
def start(binary, environment):
    """Returns a function that starts `aura` with pipes, for tests that act while it runs."""
    started = []

    def run(*arguments):
        # A test run in the background ignores interrupts, and its children would inherit that.
        process = subprocess.Popen(
            [binary, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        watchdog = threading.Timer(LIMIT_SECONDS, process.kill)
        watchdog.daemon = True
        watchdog.start()
        started.append((process, watchdog))
        return process

    yield run
    for process, watchdog in started:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def terminal(binary, environment):
    """Returns a function that starts `aura` at a terminal."""
    started = []

    def run(*arguments, columns=80, rows=24, **more):
        started.append(Terminal([binary, *arguments], {**environment, **more}, columns, rows))
        return started[-1]

    yield run
    for terminal in started:
        terminal.close()
