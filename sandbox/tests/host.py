"""A real sandbox host for the tests, with the podman arguments that the sandbox itself uses."""

import ipaddress
import json
import os
import subprocess

from conftest import wait_until

ALIAS = "test-instance"
COMMAND_SECONDS = 120


def podman(*words, check=True):
    ended = subprocess.run(["podman", *map(str, words)], capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if check and ended.returncode != 0:
        raise AssertionError(f"podman {' '.join(map(str, words))}: {ended.stderr}")
    return ended.stdout.strip()


def new_key(path):
    """Makes a key pair; returns its public line without a comment."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True, timeout=30)
    return (path.parent / f"{path.name}.pub").read_text().strip()


class Network:
    """A network for the test only; podman chooses a free range."""

    def __init__(self, name):
        self.name = name
        podman("network", "create", name)
        subnet = json.loads(podman("network", "inspect", name))[0]["subnets"][0]
        self.gateway = subnet["gateway"]
        self.addresses = list(ipaddress.ip_network(subnet["subnet"]).hosts())[10:]

    def remove(self):
        podman("network", "rm", "-f", self.name, check=False)


class Host:
    def __init__(self, directory, image, network, name, address):
        self.directory, self.image, self.network = directory, image, network
        self.name, self.address = name, str(address)
        self.known_hosts = directory / "known_hosts"
        self.key = directory / "id_ed25519"
        self.user_key = new_key(self.key)
        self.seed = directory / "seed"
        self.seed.mkdir()

    def write_seed(self, user_data):
        (self.seed / "meta-data").write_text(
            f"instance-id: {self.name}\nlocal-hostname: {self.name}\npublic-keys:\n  - {self.user_key}\n"
        )
        (self.seed / "user-data").write_text("#cloud-config\n" + user_data)

    def write_seed_with_host_key(self, user_data):
        path = self.directory / "host_key"
        public = new_key(path)
        self.expect_host_key(public)
        private = "".join(f"    {line}\n" for line in path.read_text().splitlines())
        keys = f"ssh_deletekeys: true\nssh_keys:\n  ed25519_private: |\n{private}  ed25519_public: {public}\n"
        self.write_seed(keys + user_data)

    def expect_host_key(self, public):
        self.known_hosts.write_text(f"{ALIAS} {public}\n")

    def create(self):
        podman(
            "run", "-d", "--name", self.name, "--runtime", "runc", "--ulimit", "nofile=1024:1024",
            "--ulimit", "nproc=1000:1000", "--systemd=always", "--network", self.network.name, "--ip", self.address,
            "--hostname", self.name, "-v", f"{self.seed}:/var/lib/cloud/seed/nocloud:ro",
            "--label", "aura.sandbox=test", self.image,
        )

    def remove(self):
        podman("rm", "-f", "-t", "5", self.name, check=False)

    def ssh(self, command, key=None, known_hosts=None, stdin=None):
        words = ["ssh", "-F", "none", "-i", key or self.key]
        for option in (f"UserKnownHostsFile={known_hosts or self.known_hosts}", "StrictHostKeyChecking=yes",
                       f"HostKeyAlias={ALIAS}", "IdentitiesOnly=yes", "PasswordAuthentication=no", "BatchMode=yes",
                       "ConnectTimeout=5"):
            words += ["-o", option]
        return subprocess.run([*words, f"root@{self.address}", command], capture_output=True, text=True, input=stdin,
                              timeout=COMMAND_SECONDS, env={"PATH": os.environ["PATH"]})

    def check(self, command, stdin=None):
        """Returns the command's output; it must succeed."""
        ended = self.ssh(command, stdin=stdin)
        assert ended.returncode == 0, f"{command}: status {ended.returncode}: {ended.stdout}{ended.stderr}"
        return ended.stdout.strip()

    def wait_ssh(self):
        wait_until(f"sshd of {self.name}", lambda: self.ssh("true").returncode == 0, seconds=90)

    def offered_host_keys(self):
        """Returns the key lines that sshd offers, without the address."""
        ended = subprocess.run(["ssh-keyscan", "-T", "5", self.address], capture_output=True, text=True, timeout=60)
        return {line.split(" ", 1)[1] for line in ended.stdout.splitlines() if not line.startswith("#")}
