"""Shared code of the sandbox's tests: paths, bounded waiting, and the marker for tests that start containers."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time

import pytest

SANDBOX = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(SANDBOX / "agent" / "package" / "lib"))
sys.path.insert(0, str(SANDBOX / "hosts" / "overlay" / "usr" / "lib" / "tailscale-standin"))


def pytest_configure(config):
    config.addinivalue_line(
        "markers", 'podman: boots real containers; needs root and podman. Leave out with -m "not podman", and only so'
    )


def wait_until(what, attempt, seconds=30.0):
    """Returns the first true value of attempt(); after `seconds` it fails the test and names `what`."""
    deadline = time.monotonic() + seconds
    while True:
        value = attempt()
        if value:
            return value
        if time.monotonic() >= deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}, in vain")
        time.sleep(0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(words, **options):
    """Starts a child; ends and reaps it in any case."""
    child = subprocess.Popen([str(word) for word in words], text=True, stderr=subprocess.PIPE, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(10)
        child.stderr.close()


@pytest.fixture(scope="session")
def agent_archive(tmp_path_factory):
    out = tmp_path_factory.mktemp("archive")
    words = [SANDBOX / "agent" / "build.sh", out]
    built = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return pathlib.Path(built.stdout.strip())


@pytest.fixture(scope="session")
def openclaw(agent_archive, tmp_path_factory):
    """Returns the command of the archive, reached through a link as an installer would make it."""
    place = tmp_path_factory.mktemp("agent")
    subprocess.run(["tar", "-C", place, "-xzf", agent_archive], timeout=60, check=True)
    link = place / "openclaw"
    link.symlink_to(place / "package" / "bin" / "openclaw")
    return link
