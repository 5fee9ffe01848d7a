"""Runs rounds of clients that leave, stall and flood. Prints the daemon's memory, and fails if it has grown by more than 32 MiB.

Each round stays within the limits of `system.limits`:
 leave   60 connections send 50 calls each (waits, lists, explanations in turn) and close at once
 stall   16 connections ask for pages and never read them, then close
 flood   16 connections send messages of half a mebibyte that wait, then close
"""

import contextlib
import json
import re
import sys
import time

from harness import World, fresh_name

MEBIBYTE = 1 << 20
ALLOWED = 32 * MEBIBYTE


def memory(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def line(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


def send(connection, data):
    """Sends as much as the daemon accepts within a second; the daemon may stop reading."""
    connection.socket.settimeout(1)
    with contextlib.suppress(OSError):
        connection.socket.sendall(data)


def leave(world, job, number):
    method, params = [("job.wait", {"job": job}), ("status.list", {}), ("job.explain", {"job": job})][number % 3]
    calls = b"".join(line(each, method, **params) for each in range(50))
    for _ in range(60):
        with world.connect() as connection:
            send(connection, calls)


def stall(world, job, _):
    calls = b"".join(line(each, "rpc.discover") for each in range(200))
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            send(stack.enter_context(world.connect()), calls)


def flood(world, job, _):
    text = line(1, "job.wait", job=job, timeoutMs=100)[:-2].ljust(MEBIBYTE // 2) + b"}\n"
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            send(stack.enter_context(world.connect()), text * 2)


def at_rest(daemon, seconds=15):
    """Returns the least memory within some seconds: unused memory is returned to the system a second after the last calls."""
    deadline = time.monotonic() + seconds
    least = memory(daemon)
    while time.monotonic() < deadline:
        time.sleep(0.2)
        least = min(least, memory(daemon))
    return least


def main(rounds):
    world = World(settings={"http": "127.0.0.1:0"})
    world.sandbox.settings(createSeconds=10_000)
    job = world.provision(fresh_name())
    # Each runs once before the first measurement, since memory for one-time initialisation stays in use.
    for act in (leave, stall, flood):
        act(world, job, 0)
    start = at_rest(world.daemon, 5)
    peak, began = start, time.monotonic()
    for number in range(rounds):
        for act in (leave, stall, flood):
            act(world, job, number)
            peak = max(peak, memory(world.daemon))
    took = time.monotonic() - began
    busy = memory(world.daemon)
    rest = at_rest(world.daemon)
    print(f"{rounds} rounds in {took:.1f} s: start {start / MEBIBYTE:.1f} MiB, peak {peak / MEBIBYTE:.1f} MiB, "
          f"last {busy / MEBIBYTE:.1f} MiB, at rest {rest / MEBIBYTE:.1f} MiB")
    world.call("destroy", instance=world.call("status.list")["instances"][0]["id"])
    world.daemon.stop()
    world.sandbox.stop()
    if rest - start > ALLOWED:
        sys.exit(f"the daemon's memory has grown by {(rest - start) / MEBIBYTE:.1f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]))
