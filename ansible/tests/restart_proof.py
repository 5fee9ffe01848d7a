"""Proof that the roles can be interrupted anywhere: each task is killed on a real host, and the next run repairs it.

A stage is one run of the playbook from a given disk. Its clean run records every change that each task's module
makes. Then, for each task that changes or may change something, the same disk is started again. The run is killed on
both sides: before the last of the task's changes, in the middle of many, halfway through its longest program, and
right after the task. The playbook runs once more to its end, and the machine's tree is compared with that of the
clean run.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import json
import pathlib
import queue
import re
import signal
import sys
import threading
import time
import traceback

import machine as machines
from conftest import TREE
from installation import AUTH_KEY, NEXT_VERSION, VERSION, Site, succeeded
from test_packages import REPOSITORY
from test_registry import TestRegistry
from tree import Tree

CUT = pathlib.Path(__file__).resolve().parent / "cut"
# A run takes half a minute; the limit only ends one that hangs, also on a busy machine.
RUN_SECONDS = 1500
# Commands that only query may still leave something behind when they are killed.
COMMANDS = ("ansible.builtin.command", "ansible.builtin.shell")
PROGRAMS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system")
# Programs that modules use for queries only: killing them leaves nothing.
ASKING = re.compile(r"lsattr|ldconfig|'locale'|/locale'|systemctl'?, b?'(show|is-enabled|is-active)'")


@dataclasses.dataclass(frozen=True)
class Stage:
    """One run of configure.yml: its tags, its variables, and the preparation of the disk before it.

    Every task that changes something is cut. Commands that change nothing are cut only in the files that `asking`
    matches, so that each of them is cut in one stage.
    """

    name: str
    tags: str
    asking: str
    variables: dict
    options: dict
    prepare: str = ""


BASE = {"base_unattended_upgrades": True}
NPM = {"agent_source": "npm", "agent_archive": "", "agent_archive_sha256": ""}
STAGES = (
    # The package is a small one of the same name, from a source on the machine itself.
    Stage("base", "base", "/playbooks/|/roles/base/", {}, BASE, REPOSITORY.replace("aura-probe", "unattended-upgrades")),
    Stage("agent", "agent_runtime", "/roles/agent_runtime/", {}, {}),
    Stage("tailnet", "tailnet", "/roles/tailnet/", {}, {}),
    # With other settings.
    Stage("base again", "base", "$^", {},
          {**BASE, "base_journal_limit": "32M", "base_metadata_address": "169.254.169.253"}),
    # With another version from npm, other settings, and an older version that must be removed.
    Stage("agent again", "agent_runtime", "/(npm|node).yml",
          {**NPM, "version": NEXT_VERSION, "agent_port": 18790, "agent_environment_file": ""}, {},
          f"cp -a /opt/openclaw/{VERSION} /opt/openclaw/2026.7.1"),
)


@dataclasses.dataclass(frozen=True)
class Change:
    """A change that a module was about to make: the event, its subject, and how long it took if it was a program."""

    event: str
    subject: str
    seconds: float

    @property
    def is_program(self):
        """Whether another program makes the change."""
        return self.event in PROGRAMS


@dataclasses.dataclass
class Task:
    """A task of a clean run: its number in the run, its name and module, whether it changed something, its changes."""

    index: int
    name: str
    module: str
    path: str
    changed: bool
    changes: list

    @property
    def _changing(self):
        """The numbers of its changes, without programs that only query."""
        return [number for number, change in enumerate(self.changes, 1)
                if not (change.is_program and ASKING.search(change.subject))]

    @property
    def last(self):
        """The number of its last change, or None."""
        return self._changing[-1] if self._changing else None

    @property
    def program(self):
        """The number of the program with the longest run, or None."""
        programs = [number for number in self._changing if self.changes[number - 1].is_program]
        return max(programs, key=lambda number: self.changes[number - 1].seconds, default=None)

    def cuts(self, asking):
        """Returns the points at which to kill the task: the numbers of changes, and None for right after the task."""
        if not self.changed and not (self.module in COMMANDS and re.search(asking, self.path)):
            return []
        numbers = {self.last, self.program} - {None}
        if len(self._changing) > 6:
            numbers.add(self._changing[len(self._changing) // 2])
        # Before its first change, the machine is in the state that the task before left.
        inside = sorted(number for number in numbers
                        if number != self._changing[0] or self.changes[number - 1].is_program)
        return [*inside, *([None] if self.changed else [])]


def tasks(record, log):
    """Returns the tasks of a clean run, from the records of the callback and the host. Both read the same kernel's
    clock."""
    found, starts = [], []
    for line in record.splitlines():
        event = json.loads(line)
        if event["event"] == "start":
            found.append(Task(event["index"], event["name"], event["module"], event["path"], False, []))
            starts.append(event["at"])
        elif event["event"] == "result" and event["changed"]:
            found[-1].changed = True
    entries = [line.split(" ", 3) for line in log.splitlines()]
    for number, (at, process, event, subject) in enumerate(entries):
        if event == "end":
            continue
        later = [float(other[0]) for other in entries[number + 1:] if other[1] == process]
        task = max((index for index, start in enumerate(starts) if start <= float(at)), default=None)
        if task is not None:
            found[task].changes.append(Change(event, subject, later[0] - float(at) if later else 0.0))
    return found


class Proof:
    """The stages on one machine."""

    def __init__(self, report=print):
        self.report = report
        self.site = Site("--cap-add", "NET_ADMIN")
        self.number = 0
        try:
            self.prepare()
        except BaseException:
            self.site.close()
            raise

    def close(self):
        """Removes the machine."""
        self.site.close()

    def prepare(self):
        """Waits for the first boot; puts the recording interpreter, npm and Node on the machine."""
        machine = self.site.machine
        machine.booted()
        machine.sh("mkdir -p /srv/cut")
        for name in ("python", "sitecustomize.py"):
            machines.output("podman", "cp", str(CUT / "host" / name), f"{machine.name}:/srv/cut/{name}")
        TestRegistry().pretend(self.site)

    def run(self, stage, plan):
        """Runs the playbook under a plan; returns the run and the callback's record."""
        self.number += 1
        record = self.site.folder / f"record-{self.number}"
        file = self.site.folder / f"plan-{self.number}"
        file.write_text(json.dumps({"record": str(record), **plan}), encoding="utf-8")
        self.site.control.keys.add(AUTH_KEY)
        done = self.site.configure(
            stage.tags, "-e", json.dumps(stage.options), seconds=RUN_SECONDS, **stage.variables, environment={
                "AURA_CUT": str(file), "ANSIBLE_CALLBACKS_ENABLED": "cut",
                "ANSIBLE_CALLBACK_PLUGINS": f"{TREE}/plugins/callback:{CUT}/callback",
                "ANSIBLE_PYTHON_INTERPRETER": "/srv/cut/python"})
        self.site.runs.clear()
        return done, record.read_text(encoding="utf-8") if record.exists() else ""

    def start(self, image, watch=False):
        """Starts again from a disk."""
        self.site.machine.renew(image)
        self.site.control.joined.clear()
        if watch:
            self.site.machine.sh("mkdir -p /run/cut")

    def skip(self, stage):
        """Runs the stage without a cut, as a preparation for later stages."""
        self.site.machine.sh(stage.prepare)
        done, _ = self.run(stage, {"index": 0})
        succeeded(done)

    def clean(self, stage):
        """Runs the stage without a cut; returns the disk before it, its tasks, and its tree."""
        self.site.machine.sh(stage.prepare)
        before = self.site.machine.keep(f"before-{stage.name.replace(' ', '-')}")
        self.start(before, watch=True)
        done, record = self.run(stage, {"index": 0})
        succeeded(done)
        log = self.site.machine.sh("cat /run/cut/log")
        tree = Tree.of(self.site.machine)
        done, _ = self.run(stage, {"index": 0})
        again = succeeded(done)["changed"]
        changed = [event["task"] for event in done.of("task.ok", changed=True)]
        assert again == 0, f"a second run changed {changed}"
        assert tree.differences(Tree.of(self.site.machine)) == []
        return before, tasks(record, log), tree

    def cut(self, stage, before, clean, task, number):
        """Kills the run at one point and runs it again; returns how the machine then differs from a clean one."""
        self.start(before, watch=number is not None)
        plan = {"index": task.index}
        if number is not None:
            seconds = task.changes[number - 1].seconds / 2
            shell = ["podman", "exec", self.site.machine.name, "sh", "-c"]
            plan["arm"] = [*shell, f"rm -f /run/cut/count; echo {number} {seconds:.4f} > /run/cut/plan"]
            plan["watch"] = [*shell, "until test -e /run/cut/stopped; do sleep 0.02; done"]
        done, record = self.run(stage, plan)
        if '"event": "cut"' not in record or done.code != -9:
            return [f"the run was not cut: it ended with {done.code}: {done.failures() or done.errors[-500:]}"]
        names = [json.loads(line)["name"] for line in record.splitlines() if '"event": "start"' in line]
        if names[-1] != task.name:
            return [f"the run was cut in {names[-1]!r}"]
        if number is not None:
            self.site.machine.sh(
                "test -e /run/cut/stopped || exit 0; read -r stopped < /run/cut/stopped || true; "
                "for _ in $(seq 200); do test -e /proc/$stopped || exit 0; sleep 0.1; done; exit 1")
        self.site.machine.sh("rm -rf /run/cut")
        done, _ = self.run(stage, {"index": 0})
        if done.code != 0:
            return [f"the next run failed: {[(event['task'], event['message'][:400]) for event in done.failures()]}"]
        return clean.differences(Tree.of(self.site.machine))


def point(task, number):
    """Returns the description of a cut."""
    if number is None:
        return "after it"
    change = task.changes[number - 1]
    place = "in" if change.is_program else "before"
    return f"{place} change {number} of {len(task.changes)} ({change.event} {change.subject[:80]})"


class Limit:
    """The time at which the proof must end."""

    def __init__(self, seconds):
        self.at = time.monotonic() + seconds

    def is_over(self):
        """Returns whether no further cut may begin."""
        return time.monotonic() > self.at

    def stop(self, *_):
        """Ends the proof now, with the usual clean-up."""
        self.at = 0


def prove(stages, limit, results, only):
    """Proves stages from the queue, each on its own machine."""
    with contextlib.suppress(queue.Empty):
        while True:
            wanted = stages.get_nowait()
            try:
                if limit.is_over():
                    results.put((wanted.name, None, 0, ["no time was left"]))
                else:
                    prove_stage(wanted, limit, results, only)
            except Exception:
                results.put((wanted.name, None, 0, [traceback.format_exc()]))
    results.put(None)


def prove_stage(wanted, limit, results, only):
    """Cuts each task of one stage, on a fresh machine after the stages before it."""
    proof = Proof()
    try:
        for stage in itertools.takewhile(lambda stage: stage != wanted, STAGES):
            proof.skip(stage)
        before, found, tree = proof.clean(wanted)
        for task in found:
            cuts = task.cuts(wanted.asking) if not only or only in task.name else []
            faults, done = [], 0
            for number in cuts:
                if limit.is_over():
                    faults.append(f"not proved: no time was left for {len(cuts) - done} cuts")
                    break
                differences = proof.cut(wanted, before, tree, task, number)
                done += 1
                faults += [f"cut {point(task, number)}: {difference}" for difference in differences]
            results.put((wanted.name, task, done, faults))
    finally:
        proof.close()


def main(arguments):
    """Prints one line for each task and a closing line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=90, help="how long the whole may take")
    parser.add_argument("--stage", choices=[stage.name for stage in STAGES], help="this stage alone")
    parser.add_argument("--only", help="cut only tasks whose name contains this")
    given = parser.parse_args(arguments)
    stages, results = queue.Queue(), queue.Queue()
    for stage in STAGES:
        if given.stage in (None, stage.name):
            stages.put(stage)
    limit = Limit(given.minutes * 60)
    # When interrupted, it removes the machines that it made.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, limit.stop)
    began = time.monotonic()
    for _ in range(given.workers):
        threading.Thread(target=prove, args=(stages, limit, results, given.only)).start()
    left, cut, still, cuts, bad = given.workers, 0, 0, 0, 0
    while left:
        result = results.get()
        if result is None:
            left -= 1
            continue
        stage, task, done, faults = result
        bad += bool(faults)
        if task is None:
            print(f"{stage} | not proved", *faults, sep="\n    ", flush=True)
            continue
        cut, still, cuts = cut + bool(done), still + (not done), cuts + done
        verdict = "FAULTS" if faults else f"same tree after {done} cuts" if done else "changes nothing here"
        print(f"{stage} | {task.name} | {verdict}", *faults, sep="\n    ", flush=True)
    print(f"{cut} tasks were cut at {cuts} points, {still} change nothing there, {bad} faults; "
          f"{time.monotonic() - began:.0f} s")
    # A name that no task has proves nothing.
    return 1 if bad or not cuts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
