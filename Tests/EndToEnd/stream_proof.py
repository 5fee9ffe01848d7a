"""Many subscribers, some of which stall, through crashes of the daemon. Each sees every event once, in order, and
delays no other.

    paces:   rounds of { no subscribers | all live | all connected, some stalled }, a wave of jobs in each
    return:  a daemon that has just started, and as many subscribers that connect at once and have seen nothing of its ledger
    crashes: waves with all connected and some stalled; kill -9 in the middle of some, subscribers dropping their connections
    end:     all read to the head of the ledger

As a program (scripts/prove-stream) it prints its figures. Environment: SUBSCRIBERS (1000), STALLED (10), EVENTS
(100000), KILLS (5), WAVE, the instances of one wave (100), ROUNDS of the paces (3).
"""

import dataclasses
import os
import pathlib
import random
import re
import statistics
import sys
import threading
import time

from harness import Closed, Crowd, RPCError, World, build_load, fresh_name

MODES = ("rest", "live", "stall")
# The memory of a connection with a slow or stalled client: a 128th of its outbound queue and a page of lines, and as
# much again that is being written. All connections share the ring of the newest 8,192 events; each event is a value of
# some KiB with its text.
CONNECTION_KIB = 2 * (32 + 32)
RING_KIB = 32 * 1024


@dataclasses.dataclass(frozen=True)
class Size:
    subscribers: int = 1000
    stalled: int = 10
    events: int = 100_000
    kills: int = 5
    wave: int = 100
    rounds: int = 3

    def settings(self):
        room = 2 * self.subscribers + 64  # for clients that reconnect before the daemon has noticed the lost connection
        return {"limits.connections": room, "limits.connectionsPerUser": room, "limits.subscriptions": room,
                "limits.subscriptionsPerUser": room, "pace.bootPollSeconds": 0.05, "pace.healthPollSeconds": 0.05}


class StreamProof:
    """Pass the settings of the size to `World`. `run` checks the requirements and returns the figures."""

    def __init__(self, world, size, tell=print, every_ms=50):
        self.world = world
        self.size = size
        self.tell = tell
        self.load = build_load(world.directory)
        self.crowd = Crowd(self.load, world.daemon.socket, size.subscribers, size.stalled, every_ms)
        self.paces = {mode: [] for mode in MODES}
        self.kills = 0
        self.peak_kib = 0
        self.random = random.Random(size.events)

    def run(self):
        try:
            base = self._measure_paces()
            returned = self._measure_return()
            self._crash()
            head = self._head()
            self._note_peak()
            began = time.monotonic()
            report = self.crowd.finish(head, 600)
            self._note_peak()
            self.tell(f"all at event {head} within {time.monotonic() - began:.1f} s: {report}")
            return {**self._check(report, head, base), "returnedPerSecond": returned}
        finally:
            self.crowd.close()

    # Paces

    def _measure_paces(self):
        """Measures the events per second in each mode. Returns the daemon's peak memory without subscribers, in KiB."""
        self._wave()
        base = peak_kib(self.world.daemon.pid)
        for number in range(self.size.rounds):
            for mode in MODES if number % 2 == 0 else reversed(MODES):
                self.crowd.tell(mode)
                if mode != "rest":
                    self.crowd.reach(self._head(), 300)
                self.paces[mode].append(self._wave())
                self._note_peak()
                self.tell(f"{mode}: {self.paces[mode][-1]:.0f} events/s")
        return base

    def _measure_return(self):
        """Returns deliveries per second. The ring of a new daemon is empty, so all events are read from the ledger."""
        self.crowd.tell("rest")
        self.world.daemon.kill()
        self.world.daemon.start()
        head, subscribers = self._head(), self.size.subscribers
        crowd = Crowd(self.load, self.world.daemon.socket, subscribers, 0, drop_ms=3_600_000)
        try:
            began = time.monotonic()
            crowd.tell("live")
            crowd.reach(head, 300)
            seconds = time.monotonic() - began
            report = crowd.finish(head)
        finally:
            crowd.close()
        self._note_peak()
        assert report["faults"] == 0 and report["deliveries"] == head * subscribers, report
        self.tell(f"{subscribers} that came back read {head} events each within {seconds:.1f} s")
        return head * subscribers / seconds

    def _wave(self, crash=None):
        """Creates instances and destroys them; returns the events per second."""
        names = [fresh_name() for _ in range(self.size.wave)]
        head, began = self._head(), time.monotonic()
        self._finish([self._begin("provision", name=name, region="eu-central", size="small") for name in names], crash)
        self._finish([self._begin("destroy", instance=name) for name in names])
        return (self._head() - head) / (time.monotonic() - began)

    def _begin(self, method, **params):
        # With a key the call can be repeated if the reply was lost.
        return self._call(method, idempotencyKey=fresh_name(), **params)["job"]["id"]

    def _finish(self, jobs, crash=None):
        if crash:
            crash.start()
        for job in jobs:
            ended = self._call("job.wait", job=job)["job"]
            assert ended["state"] == "succeeded", ended
        if crash:
            crash.join()

    def _call(self, method, **params):
        """Calls as any client does: retries when the connection is lost or cannot be made."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.world.call(method, **params)
            except (Closed, OSError) as error:
                assert time.monotonic() < deadline, f"{method}: {error}"
            except RPCError as error:
                assert error.is_retryable and time.monotonic() < deadline, error
            time.sleep(0.05)

    def _head(self):
        return self._call("system.health")["head"]

    # Crashes

    def _crash(self):
        self.crowd.tell("stall")
        wave = 0
        while self._head() < self.size.events or self.kills < self.size.kills:
            # The crashes are spread over the remaining waves.
            due = self.kills < self.size.kills and wave % self._waves_between_kills() == 0
            self._wave(threading.Timer(self.random.uniform(0.1, 1.0), self._kill) if due else None)
            self._note_peak()
            wave += 1
            self.tell(f"{self._head()} events, {self.kills} crashes, {self.peak_kib // 1024} MiB at most")

    def _waves_between_kills(self):
        events_of_wave = 41 * self.size.wave
        return max((self.size.events - self._head()) // events_of_wave // max(self.size.kills - self.kills, 1), 1)

    def _kill(self):
        self._note_peak()
        self.world.daemon.kill()
        self.kills += 1
        self.world.daemon.start()

    def _note_peak(self):
        process = self.world.daemon.process
        if process:
            self.peak_kib = max(self.peak_kib, peak_kib(process.pid))

    # Requirements

    def _check(self, report, head, base):
        size, state = self.size, self.world.sandbox.state()
        assert report["faults"] == 0, report
        assert report["head"] == head and report["deliveries"] == head * size.subscribers, report
        # Each drop causes at most one connect; all other connects are first ones, or follow a crash.
        assert self.kills == size.kills and report["connects"] - report["drops"] > size.kills * size.subscribers
        assert state["servers"] == [] and state["createdServers"] == len(state["past"]["servers"])
        allowed = base + RING_KIB + size.subscribers * CONNECTION_KIB
        figures = {
            **report, "kills": self.kills, "peakKiB": self.peak_kib, "baseKiB": base, "allowedKiB": allowed,
            "eventsPerSecond": {mode: statistics.median(paces) for mode, paces in self.paces.items() if paces}}
        self.tell(figures)
        assert self.peak_kib <= allowed, f"the daemon took {self.peak_kib} KiB, {allowed} KiB are what it may take"
        return figures


def peak_kib(pid):
    try:
        return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))
    except (FileNotFoundError, AttributeError, ProcessLookupError):
        return 0  # the process has just been killed


def main():
    names = [field.name for field in dataclasses.fields(Size)]
    size = Size(**{name: int(os.environ[name.upper()]) for name in names if name.upper() in os.environ})
    world = World(size.settings(), scale=0.001)
    try:
        figures = StreamProof(world, size, tell=lambda text: print(text, flush=True)).run()
    except BaseException:
        print(f"logs: {world.directory}\n{world.daemon.log_tail()}", file=sys.stderr)
        world.abandon()
        raise
    world.close()
    paces = figures["eventsPerSecond"]
    print(f"\n{size.subscribers} subscribers, {size.stalled} of them stalled, {figures['kills']} crashes: "
          f"each saw the events 1 to {figures['head']} once, in order.")
    print(f"Events a second: {paces['rest']:.0f} without subscribers, {paces['live']:.0f} with all of them live, "
          f"{paces['stall']:.0f} with {size.stalled} stalled.")
    print(f"Deliveries a second: {figures['returnedPerSecond']:,.0f} to those who came back to a new daemon, "
          f"{paces['live'] * size.subscribers:,.0f} live.")
    print(f"The daemon took {figures['peakKiB'] // 1024} MiB at most, of {figures['allowedKiB'] // 1024} MiB that it may.")


if __name__ == "__main__":
    main()
