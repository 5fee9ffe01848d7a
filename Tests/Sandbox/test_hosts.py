"""--hosts podman: servers are containers with systemd and sshd."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import REPOSITORY, eventually


def podman(*arguments):
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def left(sandbox):
    """Returns the names of a run's objects in podman, by its label, and on disk."""
    run = f"-{sandbox.process.pid}-"
    containers = podman("ps", "--all", "--filter", "label=aura.sandbox.run", "--format", "{{.Names}}")
    networks = podman("network", "ls", "--filter", "label=aura.sandbox.run", "--format", "{{.Name}}")
    root = pathlib.Path("/run/aura-sandbox")
    seeds = [path.name for path in root.iterdir()] if root.exists() else []
    return [name for name in [*containers, *networks, *seeds] if run in name]


@pytest.fixture
def begin(start, tmp_path):
    if os.geteuid() != 0 or not shutil.which("podman") or not shutil.which("runc"):
        pytest.skip("real hosts need root, podman and runc")
    image = os.environ.get("AURA_HOST_IMAGE")
    if not image and not (REPOSITORY / "sandbox/hosts/build.sh").exists():
        pytest.skip("no host image: set AURA_HOST_IMAGE, or have sandbox/hosts/build.sh")
    arguments = ["--host-image", image] if image else ["--repo", str(REPOSITORY)]
    if not (REPOSITORY / "sandbox/agent/build.sh").exists() or image:
        archive = tmp_path / "openclaw-2026.8.1.tgz"
        archive.write_bytes(b"only its path is used here")
        arguments += ["--agent-archive", str(archive)]

    def begin(*more):
        return start("--hosts", "podman", "--time-scale", "0.02", "--rate-limit", "1000000", *arguments, *more,
                     start_seconds=1800)

    return begin


class Login:
    """Runs ssh as Aura does: one key, one known host key, nothing else."""

    def __init__(self, address, key, host_key, directory):
        known = directory / f"known-{address}"
        known.write_text(f"{address} {host_key}\n")
        self.command = [
            "ssh", "-F", "/dev/null", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}",
            "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", f"root@{address}"]

    def run(self, text):
        return subprocess.run([*self.command, text], capture_output=True, text=True, timeout=60)

    def output(self, text, seconds=90):
        """Retries a command until it succeeds, because the host may still boot; returns its output."""
        def done():
            result = self.run(text)
            return result if result.returncode == 0 else None
        return eventually(done, seconds, 0.3).stdout.strip()


def host_key(directory, name):
    path = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True, timeout=20)
    public = path.with_suffix(".pub").read_text().strip()
    private = "".join(f"    {line}\n" for line in path.read_text().splitlines())
    return public, f"#cloud-config\nssh_keys:\n  ed25519_private: |\n{private}  ed25519_public: {public}\n"


def address(row):
    return row["public_net"]["ipv4"]["ip"]


def test_a_host_boots_keeps_its_data_and_is_deleted(begin, key, tmp_path):
    sandbox = begin()
    public, user_data = host_key(tmp_path, "host")
    sandbox.ok("POST", "/ssh_keys", 201, json={"name": "k", "public_key": key[1]})
    row = sandbox.running("ada", ssh_keys=["k"], user_data=user_data)
    login = Login(address(row), key[0], public, tmp_path)
    assert login.output("cloud-init status --wait >/dev/null; hostname") == "ada"
    assert login.output("systemctl is-system-running --wait") == "running"
    login.output("echo kept > /srv/data && sync")

    gateway = sandbox.config["tailscale"]["loginServer"]
    configuration = sandbox.config["configuration"]
    # The written configuration works as it is: it names the playbooks of the repository.
    assert configuration["driver"] == "ansible" and os.path.isdir(configuration["tree"] + "/playbooks")
    assert configuration["playbook"].endswith("/.venv/bin/ansible-playbook")
    assert sandbox.config["health"]["via"] == "ssh"
    assert "no such path" in login.output(f"curl -s -m 5 {gateway}/v1/servers"), "hosts reach the tailnet and nothing else"
    for path in ("state", "sign-node", "tailnet/sign-node"):
        assert "no such path" in login.output(f"curl -s -m 5 {gateway}/_sandbox/{path}")
    grant = sandbox.tailscale("POST", "/oauth/token", data={"client_secret": sandbox.secret()}).json()["access_token"]
    create = {"preauthorized": True, "tags": ["tag:aura-vm"]}
    minted = sandbox.tailscale("POST", "/tailnet/-/keys", token=grant,
                               json={"capabilities": {"devices": {"create": create}}}).json()["key"]
    body = '{"authKey":"%s","hostname":"ada"}' % minted
    node = json.loads(login.output(f"curl -sf -m 5 -d '{body}' {gateway}/_sandbox/tailnet/register"))

    def connected():
        return sandbox.tailscale("GET", "/tailnet/-/devices", token=grant).json()["devices"][0]["connectedToControl"]

    assert connected() is True
    for action, status in [("poweroff", "off"), ("poweron", "running"), ("reboot", "running"), ("shutdown", "off"),
                           ("poweron", "running"), ("reset", "running")]:
        made = sandbox.ok("POST", f"/servers/{row['id']}/actions/{action}", 201)["action"]
        assert sandbox.action(made["id"], 60)["status"] == "success"
        assert address(sandbox.until(row["id"], status, 60)) == address(row)
        if action == "poweroff":
            assert login.run("true").returncode != 0
            assert connected() is False
    assert login.output("cat /srv/data") == "kept"
    assert connected() is True
    body = '{"nodeId":"%s"}' % node["nodeId"]
    login.output(f"curl -sf -m 5 -d '{body}' {gateway}/_sandbox/tailnet/logout")
    assert connected() is False, "it stays listed, but nothing is heard of it"

    container, = sandbox.state()["containers"]
    podman("kill", container)
    sandbox.until(row["id"], "off")
    sandbox.delete(row["id"])
    assert sandbox.state()["containers"] == []
    assert not any(container == name for name in left(sandbox))
    sandbox.create("bob")
    sandbox.stop()
    assert left(sandbox) == []


def test_host_faults_change_the_host_key_the_boot_and_the_shutdown(begin, key, tmp_path):
    sandbox = begin()
    sandbox.ok("POST", "/ssh_keys", 201, json={"name": "k", "public_key": key[1]})
    public, user_data = host_key(tmp_path, "host")
    sandbox.fault("wrongHostKey", "/v1/servers", "POST", contains='"wrong"')
    sandbox.fault("neverBoots", "/v1/servers", "POST", contains='"never"')
    sandbox.fault("bootSlow", "/v1/servers", "POST", contains='"slow"', seconds=3)
    sandbox.fault("ignoresShutdown", "/v1/servers", "POST", contains='"never"')
    rows = {name: sandbox.running(name, ssh_keys=["k"], user_data=user_data) for name in ("wrong", "never", "slow")}

    wrong = Login(address(rows["wrong"]), key[0], public, tmp_path)
    complaint = eventually(lambda: "Host key verification failed" in wrong.run("true").stderr, 60, 0.3)
    assert complaint
    never = Login(address(rows["never"]), key[0], public, tmp_path)
    assert "refused" in never.run("true").stderr
    action = sandbox.ok("POST", f"/servers/{rows['never']['id']}/actions/shutdown", 201)["action"]
    assert sandbox.action(action["id"])["status"] == "success"
    assert Login(address(rows["slow"]), key[0], public, tmp_path).output("hostname") == "slow"
    assert sandbox.server(rows["never"]["id"])["status"] == "running"
    sandbox.delete(rows["never"]["id"])
    sandbox.admin("POST", "/reset")
    eventually(lambda: sandbox.state()["containers"] == [], 30)


def test_a_failed_container_creation_fails_the_action(begin):
    sandbox = begin()
    # The container's name is taken: podman refuses it, and the action reports that.
    first = sandbox.running("first")
    container, = sandbox.state()["containers"]
    taken = container.rsplit("-", 1)[0] + f"-{first['id'] + 1}"
    podman("create", "--name", taken, "--label", f"aura.sandbox.run={container.rsplit('-', 1)[0]}", "--network", "none",
           podman("inspect", "--format", "{{.ImageName}}", container)[0])
    made = sandbox.create("second")
    ended = sandbox.action(made["action"]["id"], 60)
    assert ended["status"] == "error" and "cannot run podman create" in ended["error"]["message"]
    sandbox.until(made["server"]["id"], "off")
    sandbox.delete(made["server"]["id"])


def test_a_later_start_removes_the_remains_of_a_killed_run(begin):
    killed = begin()
    killed.running("ada")
    alive = begin()
    alive.running("bob")
    assert len(left(killed)) == 3, "a container, a network, a seed"
    killed.kill()
    assert len(left(killed)) == 3
    begin()
    assert left(killed) == []
    assert len(left(alive)) == 3 and alive.ok("GET", "/servers")["servers"][0]["status"] == "running"
