"""Tests of build.sh that need no build: names, and the errors for missing prerequisites."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import SANDBOX


@pytest.fixture
def hosts(tmp_path):
    """A copy of hosts/ that a test may change."""
    return shutil.copytree(SANDBOX / "hosts", tmp_path / "hosts", symlinks=True)


def run(hosts, *words, path=None, **variables):
    search = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
    return subprocess.run([hosts / "build.sh", *words], capture_output=True, text=True, timeout=60,
                          env={"PATH": search, **variables})


def name(hosts):
    ended = run(hosts, "--name")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def stub(directory, command, script):
    directory.mkdir(exist_ok=True)
    file = directory / command
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return directory


def test_name_depends_on_the_inputs_alone(hosts):
    first = name(hosts)
    assert re.fullmatch(r"localhost/aura-host:[0-9a-f]{12}", first)
    assert name(SANDBOX / "hosts") == first, "where the files lie does not matter"
    (hosts / "Containerfile").write_text("# not an input")
    assert name(hosts) == first


@pytest.mark.parametrize("change", ["overlay/etc/new", "packages", "configure.sh", "build.sh"])
def test_name_follows_each_input(hosts, change):
    first = name(hosts)
    with open(hosts / change, "a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert name(hosts) != first


def test_name_follows_an_executable_bit(hosts):
    first = name(hosts)
    (hosts / "overlay/usr/bin/tailscale").chmod(0o644)
    assert name(hosts) != first


def test_missing_packages_are_named_exactly(hosts, tmp_path):
    bin_ = stub(tmp_path / "bin", "dpkg-query",
                'case "$*" in *podman*|*runc*) exit 1 ;; *netavark*) echo config-files ;; *) printf installed ;; esac')
    ended = run(hosts, path=bin_)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.rstrip().endswith("apt-get install --no-install-recommends podman runc netavark")


def test_machine_without_debian_12_sources_is_refused(hosts, tmp_path):
    bin_ = stub(tmp_path / "bin", "dpkg-query", "printf installed")
    stub(bin_, "id", "echo 0")
    stub(bin_, "apt-get", "exit 0")
    stub(bin_, "podman", "exit 1")
    ended = run(hosts, path=bin_)
    assert ended.returncode == 1 and "AURA_APT_SOURCES" in ended.stderr


@pytest.mark.parametrize(("file", "words"), [("/nowhere/a.list", "cannot be read"), ("/etc/passwd", "must end in")])
def test_invalid_sources_file_is_refused(hosts, tmp_path, file, words):
    bin_ = stub(tmp_path / "bin", "dpkg-query", "printf installed")
    stub(bin_, "id", "echo 0")
    stub(bin_, "podman", "exit 1")
    ended = run(hosts, path=bin_, AURA_APT_SOURCES=file)
    assert ended.returncode == 1 and words in ended.stderr


def test_build_without_root_is_refused(hosts, tmp_path):
    bin_ = stub(tmp_path / "bin", "id", "echo 1000")
    stub(bin_, "dpkg-query", "printf installed")
    ended = run(hosts, path=bin_)
    assert ended.returncode == 1 and "needs root" in ended.stderr


def test_unknown_argument_is_refused(hosts):
    ended = run(hosts, "--frob")
    assert ended.returncode == 1 and "'--frob'" in ended.stderr
