"""aurad as a process: the signals that administrators send."""

import os
import signal


def test_sighup_and_sigusr1_end_nothing(world):
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(world.daemon.pid, number)
        assert world.call("system.ping") == {"pong": True}
    assert world.daemon.is_running
