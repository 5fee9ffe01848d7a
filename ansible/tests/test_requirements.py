"""The installed Python packages are exactly the pinned ones, byte for byte."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import TREE

ROOT = pathlib.Path(os.environ.get("AURA_REPO_ROOT", TREE.parent))
LISTS = ("Tests/requirements-build.in", "ansible/requirements.in", "ansible/requirements-dev.in", "Tests/requirements.in")
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^ \\]+)")


def logical_lines(path):
    """Returns the lines of a requirements file, continued ones joined, without comments."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(path):
    """Returns every package with its version and hashes, also from included files."""
    found = {}
    for line in logical_lines(path):
        if line.startswith("-r "):
            found.update(pins(path.parent / line.split()[1]))
            continue
        name, version = PIN.match(line).groups()
        found[re.sub("[-_.]+", "-", name).lower()] = version, re.findall(r"--hash=sha256:([0-9a-f]{64})(?= |$)", line)
    return found


@pytest.mark.parametrize("path", LISTS)
def test_every_wanted_package_is_pinned_with_its_hashes(path):
    wanted, locked = pins(ROOT / path), pins((ROOT / path).with_suffix(".txt"))
    assert locked and all(hashes for _, hashes in locked.values()), locked
    for name, (version, _) in wanted.items():
        assert locked[name][0] == version, f"run scripts/lock-requirements: {name}"


def test_a_package_with_a_wrong_hash_is_refused(tmp_path):
    """Runs pip with the options of scripts/setup, with a package and a hash that does not match it."""
    setup = (ROOT / "scripts" / "setup").read_text(encoding="utf-8")
    assert "pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation" in setup
    package = tmp_path / "aura_probe-1.0-py3-none-any.whl"
    package.write_bytes(b"other bytes")
    (tmp_path / "requirements.txt").write_text(f"aura-probe==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--require-hashes", "--no-build-isolation", "--no-index", "--no-deps",
         "--find-links", str(tmp_path), "--target", str(tmp_path / "there"), "-r", str(tmp_path / "requirements.txt")],
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
