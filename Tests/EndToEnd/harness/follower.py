"""Follows the whole ledger through crashes of the daemon, and checks that the numbers have no gap: n, n+1, n+2."""

import threading
import time

from .wire import Closed, Connection, RPCError


class Follower(threading.Thread):
    """Subscribes to everything from the start; reconnects with the last `seq` that it has seen.

         connect ─▶ subscribe from last ─▶ event n+1, n+2 … ─▶ connection lost ─┐
            ▲                                                                   │
            └───────────────────────── every 20 ms ◀────────────────────────────┘
    """

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.events = []
        self.complaints = []
        self.reconnects = 0
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self.connection = None
        self.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                with Connection(self.path, seconds=None) as self.connection:
                    self._follow(self.connection)
            except (Closed, OSError, ValueError):
                self.reconnects += 1
                time.sleep(0.02)
            except (RPCError, AssertionError, KeyError) as error:
                if isinstance(error, RPCError) and error.is_retryable:
                    time.sleep(0.2)
                    continue
                self._complain(f"{type(error).__name__}: {error}")
                return

    def _follow(self, connection):
        last = self.last
        connection.subscribe(**{"from": last if last else "start"})
        while True:
            self._take(connection.note()["params"]["result"])

    def _take(self, event):
        with self.changed:
            if event["seq"] != self.last + 1:
                self.complaints.append(f"after {self.last} came {event}")
            self.events.append(event)
            self.changed.notify_all()

    def _complain(self, text):
        with self.changed:
            self.complaints.append(text)
            self.changed.notify_all()

    @property
    def last(self):
        return self.events[-1]["seq"] if self.events else 0

    def wait(self, matches, after=0, seconds=30, what="an event"):
        """Waits for the first event after `after` that matches; returns it."""
        deadline = time.monotonic() + seconds
        with self.changed:
            place = 0
            while True:
                while place < len(self.events):
                    event = self.events[place]
                    place += 1
                    if event["seq"] > after and matches(event):
                        return event
                assert not self.complaints, self.complaints
                left = deadline - time.monotonic()
                tail = [(event["seq"], event["type"], event.get("step"), event["message"]) for event in self.events[-6:]]
                assert left > 0, f"{what} did not come within {seconds} s; the last: {tail}"
                self.changed.wait(left)

    def step(self, job, name, type="step.started", after=0, seconds=30):
        return self.wait(
            lambda event: event.get("job") == job and event.get("step") == name and event["type"] == type, after, seconds,
            f"{type} of {name}")

    def end(self, job, seconds=60):
        """Waits for the event that ends a job; returns it."""
        ends = ("job.succeeded", "job.failed", "job.cancelled")
        return self.wait(lambda event: event.get("job") == job and event["type"] in ends, 0, seconds, f"the end of job {job}")

    def of(self, job):
        with self.changed:
            return [event for event in self.events if event.get("job") == job]

    def close(self):
        """Stops, and fails the test if an event was missing, duplicated or out of order."""
        self.stopping.set()
        if self.connection:
            try:
                self.connection.socket.shutdown(2)
            except OSError:
                pass
        self.join(10)
        assert not self.complaints, self.complaints
