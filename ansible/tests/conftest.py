"""Shared code of the tests: paths, and a function that runs a playbook as aurad runs it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

TREE = pathlib.Path(__file__).resolve().parent.parent


def program(name):
    """Returns the path of a program of the environment that runs the tests, else of the one on the path."""
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


@pytest.fixture
def job():
    """A temporary directory as aurad makes one: short, private, removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="aura-job-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Run:
    """A finished playbook run: its exit code, raw output and events."""

    def __init__(self, code, stdout, stderr):
        self.code = code
        self.raw = stdout
        self.errors = stderr.decode("utf-8", "replace")
        self.events = [json.loads(text) for text in stdout.decode("utf-8", "strict").splitlines()]

    def of(self, kind, **fields):
        """Returns the events of a kind with these field values."""
        return [event for event in self.events
                if event["event"] == kind and all(event.get(key) == value for key, value in fields.items())]

    def failures(self):
        """Returns every failure and unreachable machine, for an assertion's message."""
        return [event for event in self.events if event["event"] in ("task.failed", "task.unreachable")]

    @property
    def recap(self):
        """The last event."""
        assert self.events and self.events[-1]["event"] == "recap", self.errors
        return self.events[-1]


def environment(job, **more):
    """Returns the environment that aurad gives its children: nothing else is inherited."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(job), "LANG": "C.UTF-8", "ANSIBLE_CONFIG": str(TREE / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(job / "tmp"), "ANSIBLE_HOME": str(job / "ansible"), **more,
    }


def play(job, *arguments, seconds=120, **more):
    """Runs ansible-playbook to its end."""
    done = subprocess.run(
        [program("ansible-playbook"), *map(str, arguments)], env=environment(job, **more), cwd=job,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="class")
def site():
    """A fresh machine for a class of tests, which use it in order."""
    import installation  # it imports this module
    opened = installation.Site()
    yield opened
    opened.close()
