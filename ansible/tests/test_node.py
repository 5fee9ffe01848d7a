"""The versions of Node that the agent accepts, with a simulated Node that only prints its version."""

from __future__ import annotations

import os

import pytest
from conftest import play

PLAYBOOK = """
- name: See to Node
  hosts: all
  gather_facts: false
  connection: local
  environment:
    PATH: "{{ playbook_dir }}:/usr/bin:/bin"
  tasks:
    - name: See to Node
      ansible.builtin.include_role:
        name: agent_runtime
        tasks_from: node.yml
        rolespec_validate: false
      vars:
        agent_runtime_node_source: preinstalled
"""


def see_to(job, version):
    """Runs the role's Node tasks with a Node of this version."""
    (job / "try.yml").write_text(PLAYBOOK, encoding="utf-8")
    if version is not None:
        node = job / "node"
        node.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
        node.chmod(0o755)
    return play(job, "-i", "h1,", job / "try.yml", PATH=f"{job}:{os.environ['PATH']}")


@pytest.mark.parametrize("version", ["v22.22.3", "v22.30.0", "v24.16.0", "v24.99.1", "v25.9.0", "v26.1.0"])
def test_a_supported_node_version_is_accepted(job, version):
    run = see_to(job, version)
    assert run.code == 0, run.failures()
    assert run.recap["hosts"]["h1"]["changed"] == 0


@pytest.mark.parametrize("version", ["v18.20.4", "v22.22.2", "v23.11.0", "v24.15.9", "v25.8.9", "v26.0.0", "garbage"])
def test_an_unsupported_node_version_is_refused(job, version):
    run = see_to(job, version)
    assert run.code == 2
    assert f"cannot run the agent with Node {version}: it needs 22.22.3" in run.failures()[-1]["message"]
