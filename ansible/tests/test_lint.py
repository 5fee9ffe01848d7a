"""The tree passes the linters, at ansible-lint's production profile."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml
from conftest import TREE, program


def lint(name, *arguments):
    """Runs a linter over the tree; the linter's output is the failure's message."""
    path = program(name)
    if path is None:
        pytest.skip(f"{name} is not installed; pip install -r requirements-dev.txt")
    # ansible-lint calls ansible-playbook by name: the programs of its own directory come first.
    environment = {**os.environ, "PATH": f"{pathlib.Path(path).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    done = subprocess.run(
        [path, *arguments], cwd=TREE, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_ansible_lint_at_the_production_profile():
    assert "Profile 'production' was required, and it passed" in lint("ansible-lint")


def test_yamllint():
    lint("yamllint", "--strict", ".")


@pytest.mark.parametrize("playbook", ["configure.yml", "teardown.yml"])
def test_a_playbook_is_well_formed(playbook):
    lint("ansible-playbook", "-i", "localhost,", "--syntax-check", f"playbooks/{playbook}")


def test_only_modules_of_ansible_core_are_used():
    """aurad's machine cannot fetch collections."""
    for path in TREE.glob("[rp][ol]*/**/*.yml"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for other in ("community.", "ansible.posix.", "ansible.utils."):
                assert f"{other}" not in line, f"{path}:{number}"


def tasks_of(document):
    """Yields every task of a task file or playbook, also in blocks."""
    if isinstance(document, list):
        for entry in document:
            yield from tasks_of(entry)
    elif isinstance(document, dict):
        yield document
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from tasks_of(document.get(key) or [])


def test_no_retried_task_uses_creates_or_removes():
    """The file that `creates` names may exist after a failed try, so the retry would do nothing and succeed."""
    seen = 0
    for path in [*TREE.glob("roles/*/*/*.yml"), *TREE.glob("playbooks/**/*.yml")]:
        for task in tasks_of(yaml.safe_load(path.read_text(encoding="utf-8"))):
            arguments = [task.get("args") or {}, *(value for key, value in task.items() if key.startswith("ansible."))]
            marked = [key for value in arguments if isinstance(value, dict) for key in value
                      if key in ("creates", "removes")]
            seen += 1
            assert not (marked and "until" in task), f"{path}: {task.get('name')}"
            assert not marked or "ansible.builtin.command" not in task, (
                f"{path}: {task.get('name')}: a mark must be written last, not by the command itself")
    assert seen > 100


def test_a_check_of_a_programs_result_names_its_cause():
    """`assert` and `fail` count as permanent. A program's result may be transient, so the task must name its cause."""
    looked = 0
    for path in [*TREE.glob("roles/*/tasks/*.yml"), *TREE.glob("playbooks/**/*.yml")]:
        for task in tasks_of(yaml.safe_load(path.read_text(encoding="utf-8"))):
            check = task.get("ansible.builtin.assert") or task.get("ansible.builtin.fail")
            words = json.dumps([check, task.get("when"), task.get("vars")])
            if check is None or not re.search(r"[.](?:rc|stdout|stderr|stdout_lines|status|json|BackendState)\b|_fingerprints", words):
                continue
            looked += 1
            cause = (task.get("vars") or {}).get("aura_cause")
            assert cause in ("transient", "permanent", "unknown", "words"), f"{path}: {task['name']}"
    assert looked > 10
