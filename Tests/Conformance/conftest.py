import pathlib
import socket
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# The runner's own modules, and the end-to-end harness, which starts the daemon.
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

from harness import World  # noqa: E402


@pytest.fixture(scope="session")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def daemon(request, port):
    """Starts one daemon for all cases; the cases leave nothing behind. After a failure its directory and its log are
    kept."""
    world = World({"listen": f"127.0.0.1:{port}", "http": "127.0.0.1:0"})
    yield world.daemon
    if request.session.testsfailed:
        print(f"\nlogs: {world.directory}")
        world.abandon()
    else:
        world.close()
