"""One run of rpc-load against a server that is started for it."""

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import socket
import subprocess
import time

CONNECTION_LIMIT = 20_000
READY_SECONDS = 20
STOP_SECONDS = 10


@dataclasses.dataclass(frozen=True)
class Run:
    """A measurement. `arguments` are those of rpc-load."""

    name: str
    transport: str
    arguments: tuple
    pinned: bool = False


class Failed(Exception):
    """A run without usable figures: a program did not start, or there were faults."""


@dataclasses.dataclass
class Place:
    """The addresses of a comparison's servers: a directory and two ports of this machine."""

    directory: pathlib.Path

    def __post_init__(self):
        self.socket = self.directory / "rpc.sock"
        self.tcp = f"127.0.0.1:{free_port()}"
        self.http = f"127.0.0.1:{free_port()}"

    def target(self, transport):
        """Returns rpc-load's arguments for a transport."""
        return {
            "unix": ["--unix", self.socket], "tcp": ["--tcp", self.tcp], "websocket": ["--tcp", self.http, "--ws", "/ws"],
        }[transport]

    def try_connect(self, transport):
        if transport == "unix":
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.socket))
        else:
            host, port = (self.tcp if transport == "tcp" else self.http).split(":")
            socket.create_connection((host, int(port)), timeout=1).close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def serves_http(binary):
    """Returns true if WebSocket can be measured: such a server has the option `--http HOST:PORT`."""
    told = subprocess.run([binary, "--help"], capture_output=True, text=True, timeout=READY_SECONDS)
    return "--http" in told.stdout + told.stderr


def pinned_cpu():
    return max(os.sched_getaffinity(0))


def pin_to_one():
    os.sched_setaffinity(0, {pinned_cpu()})


def server(binary, place, transport, pinned):
    """Runs a server that accepts connections at its socket and at `transport`. It is stopped in any case at the end."""
    command = [binary, "--socket", place.socket, "--listen", place.tcp, "--connections", str(CONNECTION_LIMIT)]
    if transport == "websocket":
        command += ["--http", place.http]
    return started(command, place, transport, pinned)


@contextlib.contextmanager
def started(command, place, transport, pinned=False, ready_seconds=READY_SECONDS):
    """Runs a server's command until the end of the context; yields its process id when it accepts connections."""
    place.socket.unlink(missing_ok=True)
    with open(place.directory / "server.log", "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=pin_to_one if pinned else None)
    try:
        wait_until_ready(process, place, transport, ready_seconds)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(process, place, transport, ready_seconds):
    deadline = time.monotonic() + ready_seconds
    while True:
        try:
            place.try_connect("unix")
            return place.try_connect(transport)
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (place.directory / "server.log").read_text(errors="replace")
                raise Failed(f"the server does not listen:\n{log[-2000:]}") from None
            time.sleep(0.02)


def busy_seconds():
    """Returns the CPU time of the whole machine."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def our_seconds(pid):
    """Returns the CPU time of the server and of the loads that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    loads = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + loads.ru_utime + loads.ru_stime


def measure(load, binary, place, run, timing):
    """Returns the figures of one run, with `otherCores`: the cores that other programs used meanwhile."""
    with server(binary, place, run.transport, run.pinned) as pid:
        return measure_running(load, pid, place, run, timing)


def measure_running(load, pid, place, run, timing):
    """Returns the figures of one run against the server with this process id; see `measure`."""
    command = [load, *place.target(run.transport), *run.arguments, *timing, "--server-pid", str(pid)]
    if run.pinned:
        command += ["--pin", str(pinned_cpu())]
    begun, busy, ours = time.monotonic(), busy_seconds(), our_seconds(pid)
    # rpc-load limits its own run time; this limit applies if that fails.
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Failed("rpc-load did not end") from None
    if done.returncode != 0:
        raise Failed((done.stdout + done.stderr).strip())
    figures = json.loads(done.stdout)
    others = busy_seconds() - busy - (our_seconds(pid) - ours)
    return {**figures, "otherCores": max(0, others) / (time.monotonic() - begun)}
