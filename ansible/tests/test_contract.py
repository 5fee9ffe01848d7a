"""The roles use only features of the agent that the contract file lists, and the available agent has them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

import machine as machines
import pytest
import yaml
from conftest import TREE

CONTRACT = json.loads((TREE / "contract" / "openclaw.json").read_text(encoding="utf-8"))
ROLE = TREE / "roles" / "agent_runtime"


def names(kind):
    """Returns the names of one kind of entry."""
    return {entry["name"] for entry in CONTRACT[kind]}


def leaves(settings, path=""):
    """Yields the dotted names of nested settings."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key


def test_every_entry_names_its_source():
    for kind, entries in CONTRACT.items():
        if isinstance(entries, list):
            for entry in entries:
                assert set(entry) == {"name", "since", "source"}, (kind, entry)
                assert entry["source"]


def test_the_roles_use_the_variables_of_the_contract_and_no_others():
    text = "".join(path.read_text(encoding="utf-8") for path in ROLE.glob("templates/*"))
    assert set(re.findall(r"OPENCLAW_[A-Z_]+(?==)", text)) == names("variables")
    for avoided in names("avoidedVariables"):
        assert avoided not in text


def test_the_roles_write_the_settings_of_the_contract_and_no_others():
    policy = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))["agent_runtime_policy"]
    managed = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["agent_runtime_managed_config"]
    assert {*leaves(policy), *leaves(managed)} == names("settings")


def test_the_roles_ask_the_endpoints_of_the_contract_and_no_others():
    text = (ROLE / "tasks" / "verify.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"agent_runtime_port }}(/[a-z]+)", text)) == names("endpoints")


def test_the_stand_in_keeps_the_contract(tmp_path):
    archive = machines.agent(tmp_path / "agents", CONTRACT["pinned"])
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    program = tmp_path / "package" / "bin" / "openclaw"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == CONTRACT["pinned"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = tmp_path / "openclaw.json"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPENCLAW_STATE_DIR": str(tmp_path / "state"),
                   "OPENCLAW_CONFIG_PATH": str(settings), "OPENCLAW_GATEWAY_TOKEN": "t"}
    command = [program, "gateway", "--port", str(port)]
    settings.write_text("{}", encoding="utf-8")
    refused = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert str(refused.returncode) in names("exitCodes")
    settings.write_text(json.dumps({"gateway": {"mode": "local"}}), encoding="utf-8")
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as child:
        try:
            for path in names("endpoints"):
                assert answered(port, path) == 200, path
        finally:
            child.terminate()


def answered(port, path):
    """Returns 200 as soon as the endpoint replies with it, or the last status after a minute of attempts."""
    status, deadline = None, time.monotonic() + 60
    while status != 200 and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                status = response.status
        except urllib.error.HTTPError as error:
            with error:
                status = error.code
        except OSError:
            pass
        if status != 200:
            time.sleep(0.1)
    return status


def test_the_real_package_keeps_the_contract():
    """Searches the package's own files for each name. The test is skipped without a copy of the package, because its
    registry is not reachable from every machine."""
    folder = os.environ.get("AURA_OPENCLAW_PACKAGE")
    if not folder:
        pytest.skip("no real package; set AURA_OPENCLAW_PACKAGE to its folder, such as node_modules/openclaw")
    wanted = {*names("variables"), *names("endpoints"), *(name.split(".")[-1] for name in names("settings"))}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if wanted and path.is_file() and path.suffix in (".js", ".mjs", ".cjs", ".json", ".md"):
            text = path.read_text(encoding="utf-8", errors="replace")
            wanted = {name for name in wanted if name not in text}
    assert not wanted
