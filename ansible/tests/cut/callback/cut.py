"""Kills a playbook run at one task, as a crash of the daemon or a reboot of its machine would."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: cut
type: aggregate
short_description: kills a run at one task, for the tests of restarts
version_added: 0.1.0
description:
  - AURA_CUT names a JSON file with C(record), where each task is written to, and with C(index), the number of the task to
    stop at, or 0. Without C(arm) the run is killed after that task. With it C(arm) is run before the task, and the run is
    killed as soon as C(watch) ends, which waits until the task's module has stopped.
options: {}
"""


def descendants(root):
    """Returns the ids of all descendants of the process `root`; Ansible's workers have their own sessions."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, left = [], [root]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


class CallbackModule(CallbackBase):
    """Records every task, and kills the run at the task that its plan names."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cut"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.plan = json.loads(pathlib.Path(os.environ["AURA_CUT"]).read_text(encoding="utf-8"))
        self.index = 0

    def _write(self, **fields):
        with open(self.plan["record"], "a", encoding="utf-8") as record:
            record.write(json.dumps({"at": time.time(), **fields}) + "\n")

    def _begin(self, task):
        self.index += 1
        self._write(event="start", index=self.index, name=task.get_name(), module=task.action,
                    path=str(task.get_path() or ""))
        if self.index == self.plan["index"] and self.plan.get("arm"):
            subprocess.run(self.plan["arm"], check=True, timeout=60, stdin=subprocess.DEVNULL)
            threading.Thread(target=self._watch, daemon=True).start()

    def _result(self, result, whole, failed=False):
        self._write(event="result", index=self.index, changed=bool(result.is_changed()), whole=whole, failed=failed)
        if self.index == self.plan["index"] and (whole or failed and self.plan.get("arm")):
            self._end()

    def _watch(self):
        subprocess.run(self.plan["watch"], check=True, timeout=60, stdin=subprocess.DEVNULL)
        self._end()

    def _end(self):
        self._write(event="cut", index=self.index)
        for process in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begin(task)

    def v2_playbook_on_handler_task_start(self, task):
        self._begin(task)

    def v2_runner_on_ok(self, result):
        self._result(result, whole=True)

    def v2_runner_on_skipped(self, result):
        self._result(result, whole=True)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result(result, whole=True, failed=True)

    def v2_runner_on_unreachable(self, result):
        self._result(result, whole=True, failed=True)

    def v2_runner_retry(self, result):
        self._result(result, whole=False, failed=True)

    def v2_runner_item_on_failed(self, result):
        self._result(result, whole=False, failed=True)
