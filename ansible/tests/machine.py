"""Real machines for the tests: containers of the sandbox's host image, started as the sandbox starts them."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import TREE

REPOSITORY = pathlib.Path(os.environ.get("AURA_REPO_ROOT", TREE.parent))
LABEL = "aura-ansible-tests"


def absent(reason):
    """Skips the test, or fails it if machines are required: a check that is silently skipped proves nothing."""
    if os.environ.get("AURA_REQUIRE_HOSTS") == "1":
        pytest.fail(reason)
    pytest.skip(f"{reason} (AURA_REQUIRE_HOSTS=1 makes this a failure)")


def output(*arguments, seconds=120):
    """Returns the output of a command, which must succeed."""
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout.strip()


def image():
    """Returns the host image's name; builds the image if it is missing."""
    build = REPOSITORY / "sandbox" / "hosts" / "build.sh"
    if not build.exists():
        absent(f"no {build}; set AURA_REPO_ROOT to a tree that has sandbox/")
    if shutil.which("podman") is None or os.geteuid() != 0:
        absent("machines need podman and root")
    return output(str(build), seconds=900).splitlines()[-1]


def agent(folder, version):
    """Returns an archive of the stand-in agent."""
    build = REPOSITORY / "sandbox" / "agent" / "build.sh"
    if not build.exists():
        absent(f"no {build}; set AURA_REPO_ROOT to a tree that has sandbox/")
    return pathlib.Path(output(str(build), str(folder), version).splitlines()[-1])


class Network:
    """A network for the tests only, with the address of this machine on it."""

    _count = itertools.count()

    def __init__(self):
        self.name = f"{LABEL}-{os.getpid()}-{next(self._count)}"
        output("podman", "network", "create", "--disable-dns", "--label", LABEL, self.name)
        shown = json.loads(output("podman", "network", "inspect", self.name))[0]["subnets"][0]
        self.gateway = shown["gateway"]
        self._subnet = ipaddress.ip_network(shown["subnet"])
        self._next = 9

    def address(self):
        """Returns an unused address."""
        self._next += 1
        return str(self._subnet[self._next])

    def remove(self):
        """Removes the network and all containers on it."""
        output("podman", "network", "rm", "--force", "--time", "0", self.name)


def key_pair(path):
    """Makes an ed25519 key pair; returns its public line."""
    output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
    return path.with_suffix(".pub").read_text(encoding="utf-8").strip()


class Machine:
    """One running host: its keys below `folder`, its address, and a root shell in it."""

    def __init__(self, folder, network, image_name, instance_id, *options):
        self.folder = pathlib.Path(folder)
        self.id = instance_id
        self.address = network.address()
        self.name = f"{network.name}-{self.address.rsplit('.', 1)[1]}"
        (self.folder / "ssh").mkdir(mode=0o700)
        self.run_key = key_pair(self.folder / "ssh" / "id_ed25519")
        self.first_host_key = key_pair(self.folder / "first")
        self.host_key = key_pair(self.folder / "second")
        self.trust(self.first_host_key, self.host_key)
        self._seed(self.run_key)
        self._network, self._options, self._kept = network.name, options, []
        self._start(image_name)

    def _start(self, image_name):
        output(
            "podman", "run", "--detach", "--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit",
            "nproc=1000:1000", "--systemd=always", "--network", self._network, "--ip", self.address, "--hostname", "ada",
            "--name", self.name, "--label", LABEL, *self._options,
            "-v", f"{self.folder}/seed:/var/lib/cloud/seed/nocloud:ro", image_name)

    def keep(self, label):
        """Makes an image of the disk in its present state; returns its name. The image is removed with the machine."""
        name = f"localhost/{self.name}:{label}"
        output("podman", "commit", "--quiet", "--pause=false", self.name, name, seconds=300)
        self._kept.append(name)
        return name

    def renew(self, image_name):
        """Replaces the machine by one with this disk, and the same keys, name and address; waits until sshd is up."""
        output("podman", "rm", "--force", "--time", "0", self.name)
        self._start(image_name)
        self.sh("for _ in $(seq 1200); do systemctl is-active --quiet ssh && exit 0; sleep 0.1; done; exit 1")

    def trust(self, *public):
        """Writes known_hosts, keyed by the instance's id."""
        lines = "".join(f"{self.id} {' '.join(key.split()[:2])}\n" for key in public)
        (self.folder / "ssh" / "known_hosts").write_text(lines, encoding="utf-8")

    def _seed(self, public):
        seed = self.folder / "seed"
        seed.mkdir()
        (seed / "meta-data").write_text(json.dumps(
            {"instance-id": self.id, "local-hostname": "ada", "public-keys": [public]}), encoding="utf-8")
        (seed / "user-data").write_text("#cloud-config\n" + json.dumps({
            "ssh_deletekeys": True,
            "ssh_keys": {"ed25519_private": (self.folder / "first").read_text(encoding="utf-8"),
                         "ed25519_public": self.first_host_key}}), encoding="utf-8")

    def run(self, script, user="root"):
        """Runs a shell script on the machine, without ssh."""
        return subprocess.run(
            ["podman", "exec", "--user", user, "--interactive", self.name, "sh", "-s"], input=script,
            capture_output=True, text=True, timeout=120, check=False)

    def sh(self, script, user="root"):
        """Returns the output of a shell script on the machine; it must succeed."""
        done = self.run(script, user)
        assert done.returncode == 0, f"{script}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def tunnel(self, user, port, text):
        """Logs in with the run's key and sends `text` through a tunnel to a port of the machine's loopback."""
        options = (f"UserKnownHostsFile={self.folder}/ssh/known_hosts", "StrictHostKeyChecking=yes",
                   f"HostKeyAlias={self.id}", "IdentitiesOnly=yes", "BatchMode=yes", "ConnectTimeout=10")
        return subprocess.run(
            ["ssh", "-F", "none", "-i", f"{self.folder}/ssh/id_ed25519", *(f"-o{option}" for option in options),
             "-W", f"127.0.0.1:{port}", f"{user}@{self.address}"], input=text, capture_output=True, text=True,
            timeout=60, check=False)

    def booted(self):
        """Waits until the first boot is complete."""
        self.sh("for _ in $(seq 240); do test -e /var/lib/cloud/instance/boot-finished && exit 0; sleep 1; done; exit 1")

    def power_off(self):
        """Stops the machine; it keeps its data."""
        output("podman", "stop", "--time", "20", self.name)

    def power_on(self):
        """Starts the machine again."""
        output("podman", "start", self.name)

    def remove(self):
        """Removes the machine and its images."""
        with contextlib.suppress(AssertionError):
            output("podman", "rm", "--force", "--time", "0", self.name)
            if self._kept:
                output("podman", "rmi", "--force", *self._kept)
