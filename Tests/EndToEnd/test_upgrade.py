"""A rolling upgrade with real processes: daemons of two programs on one PostgreSQL, killed while jobs are in flight."""

import collections
import json
import signal
import subprocess

import pytest

from harness import binary, eventually, fresh_name

STEPS = {
    "old": {1: "abcd"}, "inserts": {1: "abcd", 2: "axbcd"}, "removes": {1: "abcd", 2: "acd"}, "renames": {1: "abcd", 2: "aycd"},
}


class Upgrade:
    """The daemons of one upgrade, their database, and the diary of all step calls."""

    def __init__(self, server, directory):
        self.server, self.name = server, fresh_name().replace("-", "_")
        self.url = server.url(self.name)
        self.diary, self.log, self.hold = directory / "diary", directory / "log", directory / "hold"
        self.diary.touch()
        self.mark = 0
        self.processes = []

    def start(self, program, jobs=0, holds=False):
        """Starts a daemon that first accepts `jobs`. If `holds`, its jobs wait at one step each until ``release``."""
        self.mark = len(self.lines())
        hold = []
        if holds:
            self.hold.touch()
            hold = ["--hold", str(self.hold)]
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [binary("upgrade-daemon"), "--database", self.url, "--program", program, "--diary", str(self.diary),
                 "--jobs", str(jobs), *hold],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.processes.append(process)
        assert process.stdout.readline() == "ready\n", self.log.read_text()[-3000:]
        return process

    def kill(self, process):
        process.kill()
        process.wait(30)

    def lines(self):
        """Returns the recorded step calls: job, version, step and program of each."""
        return [line.split() for line in self.diary.read_text().splitlines()]

    def wait_for_lines(self, more):
        """Waits for step calls after the last start of a daemon."""
        eventually(lambda: len(self.lines()) >= self.mark + more, 120)

    def wait_until_held(self, count):
        """Waits until `count` jobs wait, each at its step."""
        def held():
            last = {job: step for job, _, step, _ in self.lines()}
            inputs = {job["id"]: json.loads(job["input"]) for job in self.rows("SELECT id, input FROM job")}
            return sum(inputs[job]["holdsAt"] == step for job, step in last.items()) >= count
        eventually(held, 120)

    def release(self):
        self.hold.unlink()

    def steps(self, build, version):
        """Returns the steps of a version that a program has run."""
        return {step for _, ran, step, program in self.lines() if program == build and int(ran) == version}

    def rows(self, sql):
        return [json.loads(line) for line in self.server.query(self.name, f"SELECT row_to_json(r) FROM ({sql}) r").splitlines()]

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
            process.stdout.close()


@pytest.fixture
def upgrade(server, tmp_path):
    made = Upgrade(server, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("program", ["inserts", "removes", "renames"])
def test_an_upgrade_loses_no_job_and_runs_no_wrong_step(upgrade, program):
    old = [upgrade.start("old", jobs=30, holds=True), upgrade.start("old", jobs=30, holds=True)]
    # Each has 16 workers, whose jobs wait at all steps.
    upgrade.wait_until_held(32)
    # One old daemon is replaced at once, the other while both programs run; a new one is replaced by the old program
    # for a while.
    upgrade.kill(old[0])
    first = upgrade.start(program, jobs=30)
    # The new daemon takes the jobs of the killed one, at the steps at which they were.
    eventually(lambda: upgrade.steps(program, 1) == set("abcd"), 120)
    upgrade.release()
    upgrade.kill(first)
    back = upgrade.start("old", jobs=15)
    upgrade.wait_for_lines(20)
    second = upgrade.start(program, jobs=30)
    upgrade.wait_for_lines(40)
    old[1].send_signal(signal.SIGTERM)
    assert old[1].wait(30) == 0
    upgrade.kill(back)
    upgrade.start(program, jobs=15)
    unfinished = "SELECT id FROM job WHERE finished_at IS NULL"
    eventually(lambda: not upgrade.rows(unfinished), 120)
    assert second.poll() is None

    jobs = {job["id"]: job for job in upgrade.rows("SELECT id, state, definition_version, input FROM job")}
    assert len(jobs) == 150
    for job in jobs.values():
        assert job["state"] == ("failed" if json.loads(job["input"])["fails"] else "succeeded"), job
    plans = STEPS[program]
    started = collections.defaultdict(list)
    for event in upgrade.rows("SELECT job, step FROM event WHERE type = 'step.started' ORDER BY seq"):
        started[event["job"]].append(event["step"])
    for identifier, job in jobs.items():
        assert "".join(started[identifier]) == plans[job["definition_version"]], job
    versions = collections.Counter(job["definition_version"] for job in jobs.values())
    assert versions == {1: 75, 2: 75}

    # The processes' own records: each process ran only versions and steps that it has.
    for identifier, version, step, build in upgrade.lines():
        assert int(version) == jobs[identifier]["definition_version"]
        assert int(version) in STEPS[build] and step in STEPS[build][int(version)]
    assert upgrade.rows("SELECT type FROM event WHERE type IN ('job.parked', 'alert.raised')") == []


def test_a_job_of_a_newer_version_waits_for_a_newer_daemon(upgrade):
    new = upgrade.start("renames", jobs=10, holds=True)
    upgrade.wait_for_lines(5)
    upgrade.kill(new)
    before = len(upgrade.lines())
    old = upgrade.start("old", jobs=5)
    eventually(lambda: upgrade.rows("SELECT 1 AS one FROM job WHERE definition_version = 1 AND finished_at IS NULL") == [], 60)
    assert {build for _, version, _, build in upgrade.lines()[before:]} == {"old"}
    left = upgrade.rows("SELECT id FROM job WHERE finished_at IS NULL")
    assert left, "the jobs of the new daemon waited when it was killed"
    assert all(version == "1" for _, version, _, _ in upgrade.lines()[before:])
    assert old.poll() is None
    upgrade.start("renames")
    eventually(lambda: upgrade.rows("SELECT id FROM job WHERE finished_at IS NULL") == [], 60)
