"""A run that is killed at its most critical moments, and the next run. `make prove-roles` does this for every task."""

from __future__ import annotations

import pytest
from installation import AGENT, unchanged
from restart_proof import STAGES, Proof, point
from tree import Tree

# For each stage: the end of a task's name, and where it is cut: in its longest program, or before its last change.
# Each of these cuts has found a fault once: a killed dpkg, a partial account, a partial tree, a secret in transit.
WORST = {
    "base": (("Install the packages that are missing", "program"),),
    "agent": (("Make the agent's user, without login, password or other groups", "program"),
              ("Unpack the archive", "program")),
    "tailnet": (("Hand over the key", "last"),),
}


class TestRestart:
    """The stages follow each other on one machine."""

    @pytest.fixture(scope="class")
    @classmethod
    def proof(cls):
        opened = Proof()
        yield opened
        opened.close()

    @pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
    def test_the_next_run_completes_a_killed_run(self, proof, stage):
        if stage.name not in WORST:
            proof.skip(stage)
            return
        before, found, tree = proof.clean(stage)
        faults = []
        for name, place in WORST[stage.name]:
            task, = [task for task in found if task.name.endswith(name) and task.cuts(stage.asking)]
            number = {"program": task.program, "last": task.last}[place]
            assert number in task.cuts(stage.asking), f"{name} makes no such change: {task}"
            faults += [f"{name}, cut {point(task, number)}: {difference}"
                       for difference in proof.cut(stage, before, tree, task, number)]
        assert faults == []
        # The second run of the last cut leaves the machine like a clean one, for the next stage.

    def test_a_partly_created_account_is_completed(self, proof):
        # The state that useradd leaves if it is killed after it has renamed /etc/passwd.
        proof.site.machine.sh(f"sed -i /^{AGENT}:/d /etc/shadow; echo 4194305 > /etc/group.lock")
        proof.skip(STAGES[-1])
        assert proof.site.machine.sh(f"getent shadow {AGENT}").split(":")[1] == "!*"
        unchanged(proof.run(STAGES[-1], {"index": 0})[0])

    def test_the_record_of_a_join_is_made_private(self, proof):
        # The state that Ansible's copy leaves if it is killed before its last chmod.
        proof.site.machine.sh("chmod 0644 /var/lib/aura/tailnet.json")
        tailnet, = [stage for stage in STAGES if stage.name == "tailnet"]
        proof.skip(tailnet)
        assert proof.site.machine.sh("stat -c %a /var/lib/aura/tailnet.json") == "600"
        unchanged(proof.run(tailnet, {"index": 0})[0])


def test_a_tree_names_its_differences():
    """Tests the comparison: it names differences, and ignores allowed ones."""
    one = Tree({"file /etc/a": "-rw------- root root 1", "file /var/log/x": "1", "package p": "1 ii"})
    other = Tree({"file /etc/a": "-rw-r--r-- root root 1", "file /var/log/x": "2", "file /etc/b": "new"})
    assert one.differences(one) == []
    assert one.differences(other) == [
        "file /etc/a: -rw------- root root 1 became -rw-r--r-- root root 1", "file /etc/b: absent became new",
        "package p: 1 ii became absent"]
