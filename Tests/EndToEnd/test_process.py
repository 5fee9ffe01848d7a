"""aurad as a process: the signals that administrators send, its descriptors and its socket's file."""

import fcntl
import os
import signal
import socket
import sys

import pytest

from harness import binary, eventually
from harness.program import finish


def test_sighup_and_sigusr1_do_not_end_the_daemon(world):
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(world.daemon.pid, number)
        assert world.call("system.ping") == {"pong": True}
    assert world.daemon.is_running


def test_a_closed_log_pipe_does_not_end_the_daemon(worlds):
    """The reader of the log has closed its end before the first line."""
    world = worlds({"log.level": "debug"}, start_daemon=False)
    leave = "import os, signal, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 2); " \
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    world.daemon.command = [sys.executable, "-c", leave, *world.daemon.command]
    world.daemon.start()
    assert world.call("system.ping") == {"pong": True}


def descriptors(pid):
    return [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]


def test_no_file_or_socket_gets_a_standard_descriptor(worlds):
    """Closed standard descriptors become /dev/null. Otherwise the log would be written to the file or socket that has
    the number."""
    world = worlds(start_daemon=False)
    closed = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    world.daemon.command = [*closed, *world.daemon.command]
    world.daemon.launch()
    eventually(lambda: world.daemon.socket.exists(), what="the daemon serves")
    assert descriptors(world.daemon.pid) == ["/dev/null"] * 3
    assert world.call("system.ping") == {"pong": True}
    assert finish([*closed, binary("aura"), "--socket", str(world.daemon.socket), "ping"]).returncode == 0
    world.daemon.stop()


def test_a_removed_socket_file_is_created_again(world):
    with world.connect() as before:
        world.daemon.socket.unlink()
        eventually(lambda: world.daemon.socket.exists(), what="the socket's file is there again")
        assert world.call("system.ping") == {"pong": True}
        assert before.call("system.ping") == {"pong": True}
    assert world.daemon.socket.stat().st_mode & 0o777 == 0o600
    assert "the socket's file was removed, made it again" in world.daemon.log_text()
    world.daemon.stop()
    assert not world.daemon.socket.exists()


def test_another_file_at_the_socket_path_is_left_alone(world):
    world.daemon.socket.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(world.daemon.socket))
        identity = world.daemon.socket.stat().st_ino
        eventually(lambda: "another file is there" in world.daemon.log_text(), what="the log says so")
        assert world.daemon.socket.stat().st_ino == identity
    world.daemon.socket.unlink()
    eventually(lambda: world.daemon.socket.exists(), what="the socket's file is there again")
    assert world.call("system.ping") == {"pong": True}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_waits_for_the_lock_of_its_socket_can_be_stopped(worlds, number):
    """The exit code is 0, as after every stop by a signal, and the daemon leaves the path to the holder of the lock."""
    world = worlds(start_daemon=False)
    with open(f"{world.daemon.socket}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        world.daemon.launch()
        eventually(lambda: "waiting for the lock of the socket" in world.daemon.log_text(), what="the daemon waits")
        world.daemon.process.send_signal(number)
        # Without the signal, the daemon would give up after 2 seconds with exit code 69.
        assert world.daemon.process.wait(20) == 0, world.daemon.log_text()
        assert "Error" not in world.daemon.log_text()
        assert not world.daemon.socket.exists()
    world.daemon.stop()
    world.daemon.start()
