"""The reader of the daemon's log stalls, and the daemon continues."""

import os
import signal
import subprocess

from harness import Connection


def test_a_stalled_log_reader_does_not_block_the_daemon(worlds):
    """stderr is a pipe that is never read, and full from the beginning."""
    world = worlds(start_daemon=False, settings={"log.level": "trace"})
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    daemon = subprocess.Popen(
        world.daemon.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writer, text=True,
        env=world.daemon._environment())
    try:
        assert daemon.stdout.readline().startswith("aurad ready")
        for _ in range(300):
            with Connection(world.daemon.socket) as connection:
                assert connection.call("system.ping") == {"pong": True}
        with Connection(world.daemon.socket) as connection:
            assert connection.call("status.list")["instances"] == []
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0
    finally:
        if daemon.poll() is None:
            daemon.kill()
        daemon.wait()
        os.close(writer)
        os.close(reader)
