"""Many subscribers in one process: rpc-load of the benchmarks with `--follow`, which checks the order of every event."""

import json
import os
import select
import shutil
import subprocess

from .places import REPOSITORY


def build_load(directory):
    """Compiles rpc-load into a directory; returns its path."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    assert compiler, "there is no C compiler; the Swift toolchain has one"
    path = directory / "rpc-load"
    subprocess.run(
        ["bash", "-eu", "-c", '. Benchmarks/limits/rpc/tools.sh; build_load "$0"', path], check=True, cwd=REPOSITORY,
        env={**os.environ, "CC": compiler})
    return path


class Crowd:
    """A number of subscribers, some of which stall on command. See follow.c."""

    def __init__(self, load, socket, subscribers, stalled, drop_ms, seconds=3600):
        command = [
            load, "--unix", socket, "--follow", subscribers, "--stalled", stalled, "--drop-ms", drop_ms, "--seconds", seconds]
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tell(self, order):
        """Sends an order: `rest`, `live` or `stall`."""
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def reach(self, head, seconds=120):
        """Waits until all reading subscribers have seen the ledger up to `head`."""
        self.tell(f"reach {head}")
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        assert readable, f"the subscribers did not come to event {head} within {seconds} s"
        line = self.process.stdout.readline()
        assert line == "reached\n", f"{line}{self.process.stderr.read() if not line else ''}"

    def finish(self, head, seconds=120):
        """Lets all subscribers read up to `head`; returns their report."""
        out, err = self.process.communicate(f"finish {head}\n", timeout=seconds)
        assert out, f"the subscribers ended without a report: {err}"
        return {**json.loads(out), "shown": err}

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
