"""A sandbox and a daemon that use it, in their own directory."""

import pathlib
import shutil
import tempfile
import uuid

from .daemon import Daemon
from .follower import Follower
from .places import eventually
from .sandbox import Sandbox
from .traces import assert_nothing_left
from .wire import Connection, RPCError, events_of


class World:
    def __init__(self, settings=None, start_daemon=True, **sandbox):
        # Short, since the path of a Unix socket has at most 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="aura-e2e-"))
        self.sandbox = Sandbox(self.directory, *sandbox.pop("arguments", ()), **sandbox)
        self.daemon = Daemon(self.directory, self.sandbox.config_path, settings)
        self.followers = []
        self.sandbox.start()
        if start_daemon:
            self.daemon.start()

    def follow(self):
        """Starts a subscriber to all events; its events are checked when the world ends."""
        self.followers.append(Follower(self.daemon.socket))
        return self.followers[-1]

    def connect(self, seconds=30):
        return Connection(self.daemon.socket, seconds)

    def call(self, method, **params):
        return self.daemon.call(method, **params)

    def sweep(self, **params):
        """Returns the report of a sweep; waits while the daemon itself is sweeping."""
        def swept():
            try:
                return self.call("reconcile.run", **params)
            except RPCError as error:
                assert error.code == "sweepRunning", error
                return None

        return eventually(swept, 60, what="a sweep beside those of the daemon")

    def begin(self, method, **params):
        """Starts an operation; returns its job's id."""
        return self.call(method, **params)["job"]["id"]

    def provision(self, name, **params):
        return self.begin("provision", name=name, **{"region": "eu-central", "size": "small", **params})

    def finish(self, job, seconds=60):
        """Waits until a job has ended; returns the job."""
        events_of(self.daemon.socket, seconds, job=job)
        return self.call("job.get", job=job)["job"]

    def follow_job(self, job, seconds=60):
        """Returns all events of a job up to its end."""
        return events_of(self.daemon.socket, seconds, job=job)

    def succeed(self, method, seconds=60, **params):
        job = self.provision(**params) if method == "provision" else self.begin(method, **params)
        ended = self.finish(job, seconds)
        assert ended["state"] == "succeeded", ended
        return ended

    def instance(self, name):
        return self.call("status.get", instance=name)["instance"]

    def nothing_left(self):
        assert_nothing_left(self.sandbox, self.daemon)

    def check_ledger(self):
        """Checks that the followers' events, through all crashes, equal the ledger: nothing missing, nothing twice."""
        with self.connect() as connection:
            head = connection.call("system.health")["head"]
            subscription = connection.subscribe(**{"from": "start"})["subscription"]
            held = []
            while not held or held[-1]["seq"] < head:
                note = connection.note()["params"]
                assert note["subscription"] == subscription
                held.append(note["result"])
        assert [event["seq"] for event in held] == list(range(1, len(held) + 1))
        for follower in self.followers:
            follower.wait(lambda event: event["seq"] >= head, what=f"event {head}")
            follower.close()
            assert follower.events[:len(held)] == held
        self.followers = []

    def close(self):
        try:
            for follower in self.followers:
                follower.close()
        finally:
            try:
                self.daemon.stop()
            finally:
                self.sandbox.stop()
        shutil.rmtree(self.directory)

    def abandon(self):
        """Ends everything after a failed test, and keeps the directory with its logs."""
        for follower in self.followers:
            follower.stopping.set()
        self.daemon.kill()
        try:
            self.sandbox.stop()
        except AssertionError:
            self.sandbox.kill()


def fresh_name():
    return f"a{uuid.uuid4().hex[:8]}"
