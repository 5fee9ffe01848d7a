"""Many faults at once, with real processes, on both databases: each request takes effect once, and nothing is lost."""

import collections
import errno
import os
import random
import subprocess
import threading
import time
import traceback

import pytest

from harness import ENDED, Closed, RPCError, WallClock, eventually

# Selects the storm: the same seed makes the same choices, but not the same timing.
SEED = os.environ.get("AURA_STORM_SEED", "20261121")
STORM_SECONDS = 25
DISK_STORM_SECONDS = 12
# Calls are repeated for this long, and jobs have this long to end once the storm is over.
PATIENCE_SECONDS = 60
# A provision takes two or three seconds; undoing it takes the same time again.
CLOCK_REST_SECONDS = 12
CLIENTS = 4
NAMES_PER_CLIENT = 5
# The operations that each phase accepts. In other phases an operation is refused; a destroy supersedes the active job.
SENSIBLE = {
    None: ["provision"], "destroyed": ["provision"], "suspended": ["resume", "resume", "resume", "destroy"],
    "running": ["suspend", "suspend", "restart", "restart", "destroy"]}
ANY = ["provision", "suspend", "resume", "restart", "restart", "destroy"]
REFUSALS = {"nameTaken", "instanceBusy", "phaseConflict"}
# Logged by a worker that lost its job.
TAKEN_OVER = "belongs to another worker now"
# Requested while the disk is full, and again when it has free space.
LATE = {"name": "late", "region": "eu-central", "size": "small", "idempotencyKey": "late"}


class Storm(threading.Thread):
    """A thread that acts until the test ends it, and keeps the traceback of its failure."""

    def __init__(self, cluster, name):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.random = random.Random(f"{SEED} {name}")
        self.over = threading.Event()
        self.trouble = None
        self.counts = collections.Counter()
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.act()
            self.settle()
        except BaseException:
            self.trouble = traceback.format_exc()

    def settle(self):
        """Does the remaining work once the storm is over."""

    def end(self, seconds=2 * PATIENCE_SECONDS):
        self.over.set()
        self.join(seconds)
        assert not self.is_alive(), "it does not end"
        assert not self.trouble, self.trouble


class Client(Storm):
    """One caller with its own instances.

         read one ─▶ request an operation ─▶ connection lost, database away ─▶ the same key again … ─▶ job or refusal
             ▲                                                                                            │
             └────────────────────────────────────────────────────────────────────────────────────────────┘
    """

    def __init__(self, cluster, number):
        self.number = number
        self.names = [f"s{number}{letter}" for letter in "abcdefgh"[:NAMES_PER_CLIENT]]
        # The jobs in the replies to each key, in order.
        self.answers = {}
        super().__init__(cluster, f"client {number}")

    def act(self):
        name = self.random.choice(self.names)
        method = self.random.choice(SENSIBLE.get(self.phase(name), []) or ANY)
        machine = {"name": name, "region": "eu-central", "size": "small"}
        params = machine if method == "provision" else {"instance": name}
        key = f"{self.number}-{len(self.answers)}"
        self.answers[key] = []
        # Sometimes the client repeats a call after it has received the reply.
        for _ in range(self.random.choice([1, 1, 1, 2])):
            self.ask(key, method, params)
        time.sleep(self.random.uniform(0, 0.2))

    def phase(self, name):
        try:
            return self.insist("status.get", instance=name)["instance"]["phase"]
        except RPCError as error:
            assert error.code == "instanceNotFound", error
            return None

    def ask(self, key, method, params):
        try:
            self.answers[key].append(self.insist(method, idempotencyKey=key, **params)["job"]["id"])
            self.counts[method] += 1
        except RPCError as error:
            assert error.code in REFUSALS, error
            self.counts[error.code] += 1

    def insist(self, method, **params):
        """Returns the reply of any daemon; retries at others after failures."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            daemon = self.random.choice(self.cluster.daemons)
            try:
                with daemon.connect(10) as connection:
                    return connection.call(method, **params)
            except RPCError as error:
                if not error.is_retryable or error.code in REFUSALS:
                    raise
                last = error
            except (Closed, OSError) as error:
                last = error
            self.counts["repeated"] += 1
            assert time.monotonic() < deadline, f"{method} {params} had no answer for {PATIENCE_SECONDS} s: {last!r}"
            time.sleep(0.05)


class Tormentor(Storm):
    """Kills and restarts daemons, ends the database's connections, and crashes the database server once."""

    def __init__(self, cluster):
        self.crash_at = time.monotonic() + STORM_SECONDS / 2 if cluster.server else float("inf")
        super().__init__(cluster, "tormentor")

    def act(self):
        time.sleep(self.random.uniform(0.05, 1.5))
        if time.monotonic() > self.crash_at:
            self.crash_at = float("inf")
            self.crash_server()
        elif self.cluster.server and self.random.random() < 0.4:
            self.end_connections()
        else:
            self.kill(self.random.choice(self.cluster.daemons))

    def kill(self, daemon):
        self.assert_alive(daemon)
        daemon.kill()
        # Sometimes the next daemon is killed before it is ready.
        if self.random.random() < 0.3:
            daemon.launch()
            time.sleep(self.random.uniform(0, 0.3))
            daemon.kill()
            self.counts["killed before ready"] += 1
        self.revive(daemon)
        self.counts["killed"] += 1

    def revive(self, daemon):
        daemon.start()

    def assert_alive(self, daemon):
        assert daemon.is_running, f"a daemon ended by itself with {daemon.process.poll()}: {daemon.log_tail()}"

    def end_connections(self):
        server = self.cluster.server
        ours = f"datname = '{self.cluster.database}'"
        found = server.query("postgres", f"SELECT pid FROM pg_stat_activity WHERE {ours} ORDER BY pid").split()
        for pid in self.random.sample(found, self.random.randint(1, len(found)) if found else 0):
            server.query("postgres", f"SELECT pg_terminate_backend({pid})")
            self.counts["connections ended"] += 1

    def crash_server(self):
        self.cluster.server.crash()
        time.sleep(self.random.uniform(0, 1))
        self.cluster.server.start()
        self.counts["server crashed"] += 1

    def settle(self):
        for daemon in self.cluster.daemons:
            self.assert_alive(daemon)


def check_keys(clients, jobs):
    """Checks that each accepted key gave one job, and that every job was returned to a client."""
    answers = [answers for client in clients for answers in client.answers.values()]
    assert all(len(set(each)) <= 1 for each in answers), [each for each in answers if len(set(each)) > 1]
    told = {job for each in answers for job in each}
    assert told == {job["id"] for job in jobs}


def check_all(cluster, jobs):
    cluster.check_cloud()
    cluster.check_ends(jobs, cluster.check_ledger())


def weather(cloud, storm, seconds):
    """Four clients with twenty names work through a storm. Afterwards all jobs must end, and all state must be
    consistent."""
    print(f"\nAURA_STORM_SEED={SEED}")
    clients = [Client(cloud, number) for number in range(CLIENTS)]
    time.sleep(seconds)
    storm.end()
    for client in clients:
        client.end()
    ended = time.monotonic()
    jobs = cloud.rest(PATIENCE_SECONDS)
    print(dict(sum((client.counts for client in clients), storm.counts)))
    states = collections.Counter((job["kind"], job["state"]) for job in jobs)
    print(f"at rest after {time.monotonic() - ended:.1f} s: {dict(states)}")
    # None of these faults may fail a job. A job that a destroy superseded is cancelled.
    assert not [job for job in jobs if job["state"] == "failed"]
    check_keys(clients, jobs)
    check_all(cloud, jobs)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_jobs_survive_kills_at_random_moments(cluster, database):
    """Daemons and their database connections die at random moments."""
    cloud = cluster(2 if database == "postgres" else 1, database)
    weather(cloud, Tormentor(cloud), STORM_SECONDS)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("hours", [1, -1], ids=["forth", "back"])
def test_jobs_survive_a_step_of_the_hosts_clock(cluster, tmp_path, database, hours):
    """The clock of a host is set in the middle of provisions. On PostgreSQL, the other daemon and the server keep
    theirs.

         accepted ─▶ running ─▶ waiting ─▶ ┆ the clock is set ┆ ─▶ accepted ─▶ … ─▶ every job at its end
    """
    clock = WallClock(tmp_path)
    cloud = cluster(2 if database == "postgres" else 1, database, environment=clock.environment)
    cloud.sandbox.settings(createSeconds=100)
    stepped = cloud.daemons[0]
    before = [cloud.provision(stepped, f"b{number}") for number in range(6)]
    for job in before:
        cloud.followers[0].step(job, "server.create", "step.waiting")
    clock.shift(hours * 3600)
    after = [cloud.provision(cloud.daemons[number % len(cloud.daemons)], f"a{number}") for number in range(6)]
    jobs = {job["id"]: job for job in cloud.rest(CLOCK_REST_SECONDS)}
    print(collections.Counter((job["state"], job.get("failure", {}).get("code")) for job in jobs.values()))
    assert set(jobs) == {*before, *after}
    check_all(cloud, jobs.values())
    assert {jobs[job]["state"] for job in after} == {"succeeded"}
    # A job's limit is one hour of elapsed time; setting the clock neither shortens nor extends it.
    assert {jobs[job]["state"] for job in before} == {"succeeded"}


@pytest.fixture
def server_clock(server):
    """Returns the wall clock of the database server."""
    directory = server.directory / "clock"
    directory.mkdir()
    clock = WallClock(directory)
    restart(server, clock.environment)
    yield clock
    restart(server, {})


def restart(server, environment):
    server.stop()
    server.environment = environment
    server.start()


def test_jobs_survive_a_forward_step_of_the_database_servers_clock(server_clock, cluster):
    """Leases are judged by the server's clock: jobs whose workers are in the middle of a call go to other workers at
    once."""
    # The check for silent workers runs at least every two seconds, before the next heartbeat.
    cloud = cluster(2, settings={"engine.heartbeatSeconds": 3})
    cloud.sandbox.fault("slow", "/v1/servers", "POST", seconds=3, count=0)
    jobs = [cloud.provision(cloud.daemons[number % 2], f"a{number}") for number in range(12)]
    for job in jobs:
        cloud.followers[0].step(job, "server.create")
    server_clock.shift(3600)
    ended = cloud.rest(PATIENCE_SECONDS)
    eventually(lambda: any(TAKEN_OVER in daemon.log_text() for daemon in cloud.daemons), what="a job taken over")
    assert {job["state"] for job in ended} == {"succeeded"}
    check_all(cloud, ended)


class SmallDisk:
    """A small file system that can be filled to the last byte, and emptied."""

    def __init__(self, path):
        self.path = path
        self.filler = path / "filler"
        path.mkdir()
        # The write-ahead log alone may have 32 MiB before it is reused from its beginning.
        options = ["-t", "tmpfs", "-o", "size=64m,mode=0755", "aura-test", path]
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"only root may mount a small disk: {done.stderr.strip()}")

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            for piece in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(piece))
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def free(self):
        self.filler.unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(tmp_path):
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


def start_or_say_why(daemon):
    try:
        daemon.start()
    except AssertionError:
        # If SQLite has no space for the index of its write-ahead log, it reports an input/output error.
        last = daemon.log_text().splitlines()[-1]
        assert "aurad: cannot" in last and ("disk is full" in last or "disk I/O error" in last), last


def fill_while_jobs_run(cloud, disk):
    """Eight provisions are active when the disk is full: calls that write are refused, calls that read are served."""
    cloud.sandbox.settings(createSeconds=100)
    daemon = cloud.daemons[0]
    jobs = [cloud.provision(daemon, f"b{number}") for number in range(8)]
    for job in jobs:
        cloud.followers[0].step(job, "server.create", "step.waiting")
    disk.fill()
    with daemon.connect() as connection:
        error = connection.refused("storageUnavailable", "provision", **LATE)
        assert error.is_retryable and "disk is full" in error.message, error
        connection.refused("storageUnavailable", "destroy", instance="b0", idempotencyKey="end")
        assert len(connection.call("status.list")["instances"]) == 8
        assert connection.call("job.get", job=jobs[0])["job"]["state"] not in ENDED
    return jobs


def go_on(cloud, jobs):
    """The disk has free space again: repeats the refused calls, and checks that all jobs end as they should."""
    daemon = cloud.daemons[0]
    late = [daemon.call("provision", **LATE), daemon.call("destroy", instance="b0", idempotencyKey="end")]
    ended = {job["id"]: job["state"] for job in cloud.rest(PATIENCE_SECONDS)}
    # The destroy may have come before the first provision's end.
    assert ended.pop(jobs[0]) in ("succeeded", "cancelled")
    assert ended == dict.fromkeys(jobs[1:] + [each["job"]["id"] for each in late], "succeeded")
    check_all(cloud, cloud.jobs())


def test_jobs_continue_after_a_full_disk_is_freed(disk, cluster):
    """Nothing can be written for longer than a lease; the daemon stays up, and continues by itself."""
    cloud = cluster(1, "sqlite", {"database": f"sqlite:{disk.path / 'aura.db'}"})
    jobs = fill_while_jobs_run(cloud, disk)
    time.sleep(8)
    assert cloud.daemons[0].is_running
    disk.free()
    go_on(cloud, jobs)


def test_jobs_continue_after_a_kill_on_a_full_disk(disk, cluster):
    """The next daemon serves what it can, or reports why it cannot start; all work continues once the disk has space."""
    cloud = cluster(1, "sqlite", {"database": f"sqlite:{disk.path / 'aura.db'}"})
    jobs = fill_while_jobs_run(cloud, disk)
    daemon = cloud.daemons[0]
    daemon.kill()
    start_or_say_why(daemon)
    # The daemon writes until it has used the space of the write-ahead log; then it cannot continue.
    disk.fill()
    time.sleep(3)
    disk.free()
    if not daemon.is_running:
        daemon.start()
    go_on(cloud, jobs)


def test_a_start_on_a_full_disk_reports_the_full_disk(disk, cluster):
    """There is no space for the index of SQLite's write-ahead log, as after a restart of the machine or the restore of a
    copy."""
    daemon = cluster(1, "sqlite", {"database": f"sqlite:{disk.path / 'aura.db'}"}).daemons[0]
    daemon.stop()
    (disk.path / "aura.db-shm").unlink()
    disk.fill()
    code, errors = daemon.run_to_failure(10)
    assert code == 69 and "aurad: cannot" in errors
    assert "disk is full" in errors, errors


class FullDisks(Tormentor):
    """Fills the disk and frees it, and kills the daemon in either state."""

    def __init__(self, cluster, disk):
        self.disk = disk
        super().__init__(cluster)

    def act(self):
        for change in (self.disk.fill, self.disk.free):
            time.sleep(self.random.uniform(0, 0.7))
            change()
            time.sleep(self.random.uniform(0, 0.7))
            if self.random.random() < 0.5:
                self.kill(self.cluster.daemons[0])
        self.counts["disk full"] += 1

    def revive(self, daemon):
        start_or_say_why(daemon)
        if not daemon.is_running:
            self.counts["did not begin"] += 1
            self.disk.free()
            daemon.start()


def test_jobs_survive_full_disks_at_random_moments(disk, cluster):
    cloud = cluster(1, "sqlite", {"database": f"sqlite:{disk.path / 'aura.db'}"})
    weather(cloud, FullDisks(cloud, disk), DISK_STORM_SECONDS)
