"""Measures the methods that clients call, over real databases, beside their limit: rpc-echo with the same rows of the same SQLite
file, read through the SQLite C API.

    calls.py TOOLS SERVER [POSTGRES]

TOOLS is the directory of rpc-echo and rpc-load, SERVER is bench-calls, and POSTGRES is the URL of a PostgreSQL server, in which
databases are made. Environment: DURATION and WARMUP of a run in seconds (2 and 0.5), ROUNDS (1), INSTANCES (200,10000) and ONLY, a
pattern for the names of runs.
"""

import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile

import runs

ROUNDS = int(os.environ.get("ROUNDS", 1))
TIMING = ["--seconds", os.environ.get("DURATION", "2"), "--warmup", os.environ.get("WARMUP", "0.5")]
ONLY = re.compile(os.environ.get("ONLY", ""))
INSTANCES = [int(count) for count in os.environ.get("INSTANCES", "200,10000").split(",")]

# Every method of the schema that only reads, and `provision`. Left out: `status.subscribe` and `status.unsubscribe`, which
# bench-rpc measures by their deliveries, and `system.ping`, which has its own runs there.
METHODS = {
    "status.get": {"instance": "agent-%n"}, "status.list": {"limit": 50}, "job.get": {"job": "JOB"}, "job.list": {"limit": 50},
    "job.wait": {"job": "JOB"}, "job.explain": {"job": "JOB"}, "system.health": {}, "system.info": {}, "system.limits": {},
    "rpc.discover": {},
}
PROVISION = {"name": "RUN-%n", "region": "eu-central", "size": "small"}
LIMITED = {"status.get", "status.list", "job.list"}
PSQL = "psql"
SHAPES = {"1x1": (1, 1), "16x8": (16, 8)}


def request(method, params):
    return json.dumps({"jsonrpc": "2.0", "id": "%id", "method": method, "params": params}).replace('"%id"', "%id")


def call(place, method, params):
    """Returns the result of one call."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(place.socket))
        client.sendall(request(method, params).replace("%id", "1").encode() + b"\n")
        reply = json.loads(client.makefile().readline())
    return reply["result"]


def measure(tools, command, place, instances, shown, run_names):
    """Yields (name, figures) for the runs against one server."""
    with runs.started(command, place, "unix", ready_seconds=600) as pid:
        job = None if shown == "limit" else call(place, "job.list", {"limit": 1})["jobs"][0]["id"]
        for method, params in METHODS.items():
            if shown == "limit" and method not in LIMITED:
                continue
            text = request(method, params).replace("JOB", job or "")
            for shape, (connections, depth) in SHAPES.items():
                yield from one(tools, place, pid, f"{method} {shape}", text, connections, depth, instances)
        if shown != "limit":
            text = request("provision", PROVISION).replace("RUN", next(run_names))
            yield from one(tools, place, pid, "provision 8x8", text, 8, 8, 0)


def one(tools, place, pid, name, text, connections, depth, numbers):
    if not ONLY.search(name):
        return
    arguments = ["--request", text, "--connections", str(connections), "--depth", str(depth)]
    if numbers:
        arguments += ["--numbers", str(numbers)]
    run = runs.Run(name, "unix", tuple(arguments))
    yield name, runs.measure_running(tools / "rpc-load", pid, place, run, TIMING)


def database(postgres, directory, kind, count):
    if kind == "SQLite":
        return str(directory / f"{count}.db")
    name = f"calls{count}"
    subprocess.run([PSQL, "-q", postgres, "-c", f"CREATE DATABASE {name}"], check=True)
    return re.sub(r"///[^?]*", f"///{name}", postgres)


def show(value, decimals=0):
    return "-" if value is None else f"{value:,.{decimals}f}"


def table(kind, count, figures):
    print(f"\n{kind}, {count:,} instances\n")
    head = ["CONNECTIONSxDEPTH", "limit/s", "server/s", "ratio", "CPU us/call", "limit's", "p50 us", "p99 us"]
    rows = []
    for name, sides in figures.items():
        def median(side, key):
            values = [round[key] for round in sides.get(side, [])]
            return statistics.median(values) if values else None

        limit, server = median("limit", "callsPerSecond"), median("server", "callsPerSecond")
        rows.append([
            name, show(limit), show(server), show(server / limit if limit and server else None, 2),
            show(median("server", "serverCpuMicrosecondsPerCall"), 1), show(median("limit", "serverCpuMicrosecondsPerCall"), 1),
            show(median("server", "p50Microseconds")), show(median("server", "p99Microseconds"))])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for first, *others in [head, *rows]:
        print("  " + "   ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]))
    sys.stdout.flush()


def main():
    tools, server = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    postgres = sys.argv[3] if len(sys.argv) > 3 else None
    run_names = (f"r{number}" for number in range(1_000_000))
    others = []
    with tempfile.TemporaryDirectory() as text:
        directory = pathlib.Path(text)
        place = runs.Place(directory)
        for kind in ["SQLite"] + (["PostgreSQL"] if postgres else []):
            for count in INSTANCES:
                path = database(postgres, directory, kind, count)
                command = [server, "--socket", place.socket, "--database", path, "--instances", str(count)]
                sides = {"server": command}
                if kind == "SQLite":
                    sides["limit"] = [tools / "rpc-echo", "--socket", place.socket, "--database", path]
                figures = {}
                for _ in range(ROUNDS):
                    for side, command in sides.items():
                        for name, found in measure(tools, command, place, count, side, run_names):
                            figures.setdefault(name, {}).setdefault(side, []).append(found)
                            others.append(found["otherCores"])
                table(kind, count, figures)
    print(f"\nOther programs used {statistics.median(others):.2f} cores in the median run, {max(others):.2f} in the worst.")


main()
