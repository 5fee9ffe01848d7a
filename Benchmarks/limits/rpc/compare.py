"""Measures a JSON-RPC server and rpc-echo, the limit, side by side, and compares the results with the design's aims.

    compare.py TOOLS SERVER

TOOLS is the directory of rpc-echo and rpc-load. Each run starts its server again. Within a round the two servers alternate, so
that other load on the machine affects both. Ratios are computed within a round; the tables show medians over the rounds.
Environment: ROUNDS (3), DURATION and WARMUP of a run in seconds (2 and 0.5), ONLY, a pattern for the names of runs.
"""

import os
import pathlib
import re
import statistics
import sys
import tempfile

import runs

ROUNDS = int(os.environ.get("ROUNDS", 3))
TIMING = ["--seconds", os.environ.get("DURATION", "2"), "--warmup", os.environ.get("WARMUP", "0.5")]
ONLY = re.compile(os.environ.get("ONLY", ""))

SIDES = ("limit", "server")
CALLS = {
    "1x1p": (1, 1, 1, True), "1x64p": (1, 64, 1, True), "1x1": (1, 1, 1, False), "1x64": (1, 64, 1, False),
    "64x16": (64, 16, 1, False), "batches": (4, 4, 50, False),
}
SUBSCRIBERS = (100, 1_000, 10_000)
WINDOWS = (1, 64)
IDLE = 10_000


def call_runs(transports):
    for transport in transports:
        for name, (connections, depth, batch, pinned) in CALLS.items():
            arguments = ("--connections", str(connections), "--depth", str(depth), "--batch", str(batch))
            yield runs.Run(f"{transport} {name}", transport, arguments, pinned)


def fan_out_name(subscribers, window, stalled=False):
    return f"fan-out {subscribers}, {window}" + (", stalled" if stalled else "")


def fan_out_runs():
    for window in WINDOWS:
        for subscribers in SUBSCRIBERS:
            arguments = ("--fanout", str(subscribers), "--window", str(window))
            yield runs.Run(fan_out_name(subscribers, window), "unix", arguments)
            stalled = (*arguments, "--stalled", str(subscribers // 100))
            yield runs.Run(fan_out_name(subscribers, window, stalled=True), "unix", stalled)


def idle_runs():
    yield runs.Run("idle connections", "unix", ("--idle", str(IDLE)))
    yield runs.Run("idle subscribers", "unix", ("--idle", str(IDLE), "--subscribe"))


class Results:
    """The figures of each round, by run and side; None for a round that failed."""

    def __init__(self):
        self.figures = {}
        self.faults = []

    def add(self, name, side, figures):
        self.figures.setdefault(name, {side: [] for side in SIDES})[side].append(figures)

    def fail(self, name, side, reason):
        self.add(name, side, None)
        self.faults.append(f"{name}, {side}: {reason}")

    def median(self, name, side, key):
        """Returns None if no round has the figure."""
        values = [round[key] for round in self.figures.get(name, {}).get(side, []) if round]
        return statistics.median(values) if values else None

    def ratio(self, name, key):
        """Returns the server's figure as a share of the limit's figure of the same round."""
        return self.share((name, "server"), (name, "limit"), key)

    def share(self, part, whole, key):
        """Returns the median ratio of one figure to another of the same round; both are (name, side)."""
        rounds = zip(*(self.figures.get(name, {}).get(side, []) for name, side in (part, whole)))
        ratios = [of[key] / to[key] for of, to in rounds if of and to and to[key]]
        return statistics.median(ratios) if ratios else None

    def other_cores(self):
        rounds = [round for sides in self.figures.values() for rounds in sides.values() for round in rounds]
        return [round["otherCores"] for round in rounds if round]


def measure_all(tools, server, directory):
    results = Results()
    transports = ["unix", "tcp"] + (["websocket"] if runs.serves_http(server) else [])
    wanted = [run for run in [*call_runs(transports), *fan_out_runs(), *idle_runs()] if ONLY.search(run.name)]
    place = runs.Place(directory)
    sides = [("limit", tools / "rpc-echo"), ("server", server)]
    for number in range(ROUNDS):
        for run in wanted:
            show_progress(f"round {number + 1} of {ROUNDS}: {run.name}")
            for side, binary in sides if number % 2 == 0 else reversed(sides):
                try:
                    results.add(run.name, side, runs.measure(tools / "rpc-load", binary, place, run, TIMING))
                except runs.Failed as error:
                    results.fail(run.name, side, error)
    show_progress("")
    return results


def show_progress(text):
    """Shows progress in one line that is overwritten, if standard error is a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:<50}\r", end="", file=sys.stderr, flush=True)


def show(value, decimals=0):
    return "-" if value is None else f"{value:,.{decimals}f}"


def table(title, head, rows):
    """Prints rows; the first column is text, the others are figures."""
    if not rows:
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}\n")
    for first, *others in [head, *rows]:
        figures = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        print("  " + "   ".join([first.ljust(widths[0]), *figures]))


def pair(results, name, key, decimals):
    """Returns the limit's figure and the server's as text."""
    return " / ".join(show(results.median(name, side, key), decimals) for side in SIDES)


def print_calls(results):
    rows = []
    for name in results.figures:
        if name.partition(" ")[0] not in ("unix", "tcp", "websocket"):
            continue
        rows.append([
            name, *(show(results.median(name, side, "callsPerSecond")) for side in SIDES),
            show(results.ratio(name, "callsPerSecond"), 2),
            *(pair(results, name, key, 1) for key in ("p50Microseconds", "p99Microseconds", "p999Microseconds")),
            pair(results, name, "serverCpuMicrosecondsPerCall", 2)])
    head = ["CONNECTIONSxDEPTH, p: one core", "limit/s", "server/s", "ratio", "p50 us", "p99 us", "p99.9 us", "CPU us/call"]
    table("Calls of system.ping (limit / server)", head, rows)


def kept(results, subscribers, window):
    """Returns the share of its speed that the server keeps while 1 % of its subscribers are stalled."""
    all_read, some_stalled = ((fan_out_name(subscribers, window, stalled), "server") for stalled in (False, True))
    return results.share(some_stalled, all_read, "deliveriesPerSecond")


def print_fan_out(results):
    rows = []
    for name in results.figures:
        if not name.startswith("fan-out"):
            continue
        rows.append([
            name.removeprefix("fan-out "),
            *(show(results.median(name, side, "deliveriesPerSecond")) for side in SIDES),
            show(results.ratio(name, "deliveriesPerSecond"), 2), pair(results, name, "eventBytes", 0),
            pair(results, name, "p50Microseconds", 0), pair(results, name, "p99Microseconds", 0),
            pair(results, name, "serverCpuMicrosecondsPerDelivery", 2), pair(results, name, "serverPeakKiB", 0)])
    head = [
        "subscribers, events a write", "limit/s", "server/s", "ratio", "bytes", "p50 us", "p99 us", "CPU us/delivery",
        "peak KiB"]
    table("Deliveries of events over a Unix socket; stalled: 1 % read nothing until the end (limit / server)", head, rows)


def print_idle(results):
    rows = [
        [name, *(show(results.median(name, side, "connectionKiB"), 2) for side in SIDES),
         pair(results, name, "serverRssKiB", 0)]
        for name in results.figures if name.startswith("idle")]
    table(f"Memory a connection, of {IDLE:,} over a Unix socket", ["", "limit KiB", "server KiB", "RSS KiB"], rows)


def aims(results):
    """Returns the design's aims: (description, aim, figure, decimals, whether the aim is the least or the most)."""
    thousand = {window: fan_out_name(1_000, window) for window in WINDOWS}
    stalled = {window: fan_out_name(1_000, window, stalled=True) for window in WINDOWS}

    def server(name, key):
        return results.median(name, "server", key)

    return [
        ("one call at a time, one core: share of the limit", 0.65, results.ratio("unix 1x1p", "callsPerSecond"), 2, "least"),
        ("its p99, in those of the limit", 2, results.ratio("unix 1x1p", "p99Microseconds"), 2, "most"),
        ("pipelined, 64 x 16: calls/s", 600_000, server("unix 64x16", "callsPerSecond"), 0, "least"),
        ("its CPU us a call", 1.6, server("unix 64x16", "serverCpuMicrosecondsPerCall"), 2, "most"),
        ("batches of 50: calls/s", 1_700_000, server("unix batches", "callsPerSecond"), 0, "least"),
        ("fan-out to 1,000, an event a write: share", 0.8, results.ratio(thousand[1], "deliveriesPerSecond"), 2, "least"),
        ("the same, 64 events a write: share", 0.5, results.ratio(thousand[64], "deliveriesPerSecond"), 2, "least"),
        ("1 % stalled, an event a write: share", 0.5, results.ratio(stalled[1], "deliveriesPerSecond"), 2, "least"),
        ("1 % stalled, 64 events a write: share", 0.5, results.ratio(stalled[64], "deliveriesPerSecond"), 2, "least"),
        # "Not slowed" means within the noise of such runs, about a tenth.
        ("1 % stalled, an event a write: speed kept", 0.9, kept(results, 1_000, 1), 2, "least"),
        ("1 % stalled, 64 events a write: speed kept", 0.9, kept(results, 1_000, 64), 2, "least"),
        ("idle subscribed connection: KiB", 10, server("idle subscribers", "connectionKiB"), 2, "most"),
    ]


def print_aims(results):
    rows = []
    for what, aim, figure, decimals, bound in aims(results):
        reached = figure is not None and (figure >= aim if bound == "least" else figure <= aim)
        verdict = "not measured" if figure is None else "reached" if reached else "NOT REACHED"
        rows.append([what, f"at {bound} {aim:,}", show(figure, decimals), verdict])
    table("Aims", ["", "aim", "here", ""], rows)


def main():
    tools, server = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as directory:
        results = measure_all(tools, server, pathlib.Path(directory))
    print_calls(results)
    print_fan_out(results)
    print_idle(results)
    print_aims(results)
    others = results.other_cores()
    if others:
        median, worst = statistics.median(others), max(others)
        print(f"\nOther programs used {median:.2f} cores in the median run, {worst:.2f} in the worst.")
    for fault in results.faults:
        print(f"\nFAULT in {fault}")
    print(f"\n{len(results.faults)} runs had faults." if results.faults else "Nothing was lost, doubled or out of order.")
    sys.exit(1 if results.faults else 0)


main()
