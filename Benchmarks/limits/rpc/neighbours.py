"""Measures how one client of a server affects another.

    neighbours.py RPC-LOAD SERVER

The measuring client makes one call at a time, alternating between two connections, so that it meets both event loops of a server
on two cores. Each round measures it three times: alone, beside the neighbour, and beside the same neighbour at another server of
the same kind. The last measurement separates the effect of the shared cores from the effect of the server. Ratios are computed
within a round; the table shows medians over the rounds. Environment: ROUNDS (5), DURATION of a measurement in seconds (1), ONLY,
a pattern.
"""

import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import runs

ROUNDS = int(os.environ.get("ROUNDS", 5))
DURATION = float(os.environ.get("DURATION", 1))
ONLY = re.compile(os.environ.get("ONLY", ""))
WARMUP = 0.2
SETTLE = 0.4
AIM = 2

# By name: the transport of each neighbour and its load. The measuring client has a Unix socket.
NEIGHBOURS = {
    "a flood that reads its replies": ("unix", "--connections", "1", "--depth", "256"),
    "the same flood over a WebSocket": ("websocket", "--connections", "1", "--depth", "256"),
    "a flood that never reads": ("unix", "--disturb", "unread"),
    "127 idle connections": ("unix", "--disturb", "idle", "--connections", "127"),
    "one byte a second": ("unix", "--disturb", "drip"),
    "a stalled subscriber, 1,000 events/s": ("unix", "--disturb", "stalled"),
    "batches of 100": ("unix", "--connections", "1", "--depth", "1", "--batch", "100"),
    "1 MiB of bad JSON, again and again": ("unix", "--disturb", "garbage"),
    "a busy process, no client": ("unix", "--disturb", "busy"),
}
PLACES = ("alone", "elsewhere", "beside")


def measure(load, place):
    command = [load, *place.target("unix"), "--connections", "2", "--in-turn", "--seconds", str(DURATION), "--warmup", str(WARMUP)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise runs.Failed((done.stdout + done.stderr).strip())
    return json.loads(done.stdout)


@contextlib.contextmanager
def neighbour(load, place, transport, *arguments):
    """Runs the neighbour longer than the measurement, and stops it afterwards."""
    seconds = str(10 * (DURATION + SETTLE + WARMUP))
    command = [load, *place.target(transport), *arguments, "--seconds", seconds, "--warmup", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        time.sleep(SETTLE)
        yield process.pid
        if process.poll() is not None:
            raise runs.Failed(f"the neighbour has ended: {process.stderr.read().decode()}")
    finally:
        process.kill()
        process.communicate()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_at(load, where, places, its, servers):
    """Returns the figures of one measurement, and the cores that the neighbour and its server used meanwhile."""
    if where == "alone":
        return measure(load, places["beside"])
    with neighbour(load, places[where], *its) as pid:
        watched = (pid, servers[where])
        before, begun = [cpu_seconds(each) for each in watched], time.monotonic()
        figures = measure(load, places["beside"])
        cores = [(cpu_seconds(each) - spent) / (time.monotonic() - begun) for each, spent in zip(watched, before)]
    return {**figures, "neighbourCores": cores[0], "serverCores": cores[1]}


def measure_round(load, binary, directory, number, its):
    """Returns the figures of a neighbour, by place. Each round starts new servers, so that earlier rounds have no effect."""
    places = {}
    for name in ("beside", "elsewhere"):
        (directory / name).mkdir(exist_ok=True)
        places[name] = runs.Place(directory / name)
    transport = its[0]
    with runs.server(binary, places["beside"], transport, False) as own, \
            runs.server(binary, places["elsewhere"], transport, False) as other:
        servers = {"beside": own, "elsewhere": other}
        order = PLACES if number % 2 == 0 else reversed(PLACES)
        return {where: measure_at(load, where, places, its, servers) for where in order}


def median(rounds, place, key):
    return statistics.median(each[place][key] for each in rounds)


def ratio(rounds, place, to, key):
    return statistics.median(each[place][key] / each[to][key] for each in rounds)


def row(name, rounds):
    p50, p99 = "p50Microseconds", "p99Microseconds"
    felt = ratio(rounds, "beside", "alone", p99)
    figures = [f"{median(rounds, place, key):,.0f}" for key in (p50, p99) for place in PLACES]
    cores = [f"{median(rounds, 'beside', key):.2f}" for key in ("neighbourCores", "serverCores")]
    machine, server = ratio(rounds, "elsewhere", "alone", p99), ratio(rounds, "beside", "elsewhere", p99)
    ratios = [f"{value:.1f}" for value in (felt, machine, server)]
    return [name, *figures, *ratios, *cores, "reached" if felt <= AIM else "NOT REACHED"]


def print_table(rows):
    head = ["beside", *(f"{key} {place}" for key in ("p50", "p99") for place in ("alone", "else", "here")),
            "p99 here/alone", "else/alone", "here/else", "cores: it", "server", f"here/alone <= {AIM}"]
    widths = [max(len(line[column]) for line in [head, *rows]) for column in range(len(head))]
    for first, *others in [head, *rows]:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]))


def main():
    load, binary = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    served = {"unix", "websocket"} if runs.serves_http(binary) else {"unix"}
    wanted = {name: its for name, its in NEIGHBOURS.items() if ONLY.search(name) and its[0] in served}
    measured = {name: [] for name in wanted}
    with tempfile.TemporaryDirectory() as directory:
        for number in range(ROUNDS):
            for name, its in wanted.items():
                measured[name].append(measure_round(load, binary, pathlib.Path(directory), number, its))
    print("Latency of system.ping in microseconds, one call at a time: alone, beside the same neighbour at another server")
    print("(else), and beside it at the same server (here); how many cores the neighbour and that server took.\n")
    print_table([row(name, rounds) for name, rounds in measured.items()])


if __name__ == "__main__":
    main()
