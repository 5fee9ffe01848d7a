"""The keyrings that the roles trust, judged by gpg's output for a file."""

from __future__ import annotations

import json

import pytest
from conftest import TREE, play

OURS, OTHER, SUBKEY = "A" * 40, "B" * 40, "C" * 40


def key(fingerprint):
    """Returns a primary key with one subkey, as `gpg --show-keys --with-colons` prints it."""
    return (f"pub:-:4096:1:{fingerprint[:16]}:1:::-:::scESC::::::23::0:\nfpr:::::::::{fingerprint}:\n"
            f"uid:-::::1::X::Somebody::::::::::0:\nsub:-:4096:1:{SUBKEY[:16]}:1::::::e::::::23:\nfpr:::::::::{SUBKEY}:\n")


@pytest.mark.parametrize(("role", "variable"), [
    ("agent_runtime", "agent_runtime_node_key"), ("tailnet", "tailnet_key")])
@pytest.mark.parametrize(("printed", "trusted"), [
    (key(OURS), True), (key(OTHER), False), (key(OURS) + key(OTHER), False), (key(OTHER) + key(OURS), False), ("", False)])
def test_a_keyring_is_trusted_only_with_exactly_the_expected_key(job, role, variable, printed, trusted):
    (job / "vars.json").write_text(json.dumps(
        {f"{variable}_read": {"stdout": printed}, f"{variable}_fingerprint": OURS}), encoding="utf-8")
    (job / "try.yml").write_text(f"""
- name: Judge
  hosts: all
  gather_facts: false
  connection: local
  vars_files:
    - {TREE}/roles/{role}/vars/main.yml
  tasks:
    - name: Judge
      ansible.builtin.assert:
        that: {variable}_fingerprints == [{variable}_fingerprint]
""", encoding="utf-8")
    assert (play(job, "-i", "h1,", job / "try.yml", "-e", f"@{job}/vars.json").code == 0) == trusted
    tasks = "".join(path.read_text(encoding="utf-8") for path in (TREE / "roles" / role / "tasks").glob("*.yml"))
    assert f"that: {variable}_fingerprints == [{variable}_fingerprint]" in tasks
