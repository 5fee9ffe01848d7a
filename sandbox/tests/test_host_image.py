"""Boots the real image in real containers, as the sandbox does, and checks the result.

Needs root and the packages of hosts/apt-packages; without them it fails and names the missing ones, it does not
skip. AURA_HOST_IMAGE names another image to test, such as one made from the Containerfile.
"""

import json
import os
import pathlib
import subprocess

import pytest
from conftest import SANDBOX, wait_until
from control_server import control_server
from host import Host, Network, new_key, podman

pytestmark = pytest.mark.podman

USER_DATA = """\
write_files:
  - path: /etc/aura-test
    content: written
runcmd:
  - [sh, -c, "echo ran >> /srv/runs"]
"""
BUILD_SECONDS = 1500


def build(*words):
    return subprocess.run([SANDBOX / "hosts" / "build.sh", *words], capture_output=True, text=True,
                          timeout=BUILD_SECONDS)


@pytest.fixture(scope="module")
def image():
    if os.environ.get("AURA_HOST_IMAGE"):
        return os.environ["AURA_HOST_IMAGE"]
    built = build()
    assert built.returncode == 0, built.stderr
    return built.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def network():
    made = Network(f"aura-host-test-{os.getpid()}")
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def new_host(image, network, tmp_path_factory):
    """Returns a function that makes hosts, each with the next address; removes them all at the end."""
    made = []

    def make(seed):
        name = f"aura-test-{os.getpid()}-{len(made)}"
        host = Host(tmp_path_factory.mktemp("host"), image, network, name, network.addresses[len(made)])
        seed(host)
        made.append(host)
        host.create()
        return host

    try:
        yield make
    finally:
        for host in made:
            host.remove()


@pytest.fixture(scope="module")
def host(new_host):
    made = new_host(lambda host: host.write_seed_with_host_key(USER_DATA))
    made.wait_ssh()
    return made


def units(host):
    return host.check("systemctl list-units --failed --plain --no-legend; systemctl list-jobs --no-legend")


def test_second_build_of_the_image_does_nothing():
    name = build("--name").stdout
    assert build().stdout == name
    again = build()
    assert (again.returncode, again.stdout, again.stderr) == (0, name, "")


def test_image_has_no_identity_and_no_password(image):
    place = pathlib.Path(podman("image", "mount", image))
    try:
        assert list((place / "etc/ssh").glob("ssh_host_*")) == []
        assert (place / "etc/machine-id").read_bytes() == b""
        assert not (place / "root/.ssh").exists()
        assert list((place / "var/lib").glob("cloud/*")) == []
        for line in (place / "etc/shadow").read_text().splitlines():
            assert line.split(":")[1] in ("*", "!", "!*"), line
        assert "proxy" not in "".join(path.read_text().lower() for path in (place / "etc/apt/apt.conf.d").iterdir())
    finally:
        podman("image", "unmount", image)


def test_systemd_is_running_and_nothing_failed(host):
    assert host.ssh("systemctl is-system-running --wait").stdout.strip() == "running", units(host)
    assert units(host) == ""


def test_cloud_init_applies_the_seed(host):
    host.check("cloud-init status --wait")
    assert json.loads(host.check("cat /run/cloud-init/result.json"))["v1"] == {
        "datasource": "DataSourceNoCloud [seed=/var/lib/cloud/seed/nocloud][dsmode=net]", "errors": []}
    assert host.check("hostname; cat /etc/hostname").split() == [host.name, host.name]
    assert host.check("cat /etc/aura-test /srv/runs") == "writtenran"


def test_only_the_injected_host_key_is_offered(host):
    public = " ".join((host.directory / "host_key.pub").read_text().split()[:2])
    assert host.offered_host_keys() == {public}


def test_another_host_key_is_not_accepted(host, tmp_path):
    (tmp_path / "known_hosts").write_text(f"test-instance {new_key(tmp_path / 'other')}\n")
    ended = host.ssh("true", known_hosts=tmp_path / "known_hosts")
    assert ended.returncode == 255 and "Host key verification failed" in ended.stderr


def test_another_user_key_is_refused_and_passwords_are_not_asked_for(host, tmp_path):
    new_key(tmp_path / "other")
    ended = host.ssh("true", key=tmp_path / "other")
    assert ended.returncode == 255 and "Permission denied (publickey)." in ended.stderr


def test_python_has_the_expected_modules(host):
    assert host.check("python3 -c 'import apt, ctypes, json, sqlite3, ssl, venv; print(6 * 7)'") == "42"


def test_tools_of_the_playbooks_are_installed(host):
    host.check("command -v sudo curl ip iptables setfacl ps journalctl")
    host.check("test -s /etc/ssl/certs/ca-certificates.crt")


def test_tailnet_can_be_joined_and_left(host, network):
    flags = "--hostname=ada --advertise-tags=tag:aura-vm --accept-dns=false --timeout=60s"
    with control_server(network.gateway) as server:
        server.keys.add("tskey-auth-host")
        host.check("umask 077; cat > /run/key", stdin="tskey-auth-host\n")
        host.check(f"tailscale up --auth-key=file:/run/key --login-server={server.url} {flags}")
        status = json.loads(host.check("tailscale status --json"))
        assert status["BackendState"] == "Running" and status["Self"]["ID"] in server.nodes
        assert host.check("stat -c %a /var/lib/tailscale/tailscaled.state") == "600"
        denied = host.ssh("sudo -u nobody tailscale down")
        assert denied.returncode == 1 and "Access denied" in denied.stderr
        assert json.loads(host.check("sudo -u nobody tailscale status --json"))["BackendState"] == "Running"
        host.check("tailscale set --operator=nobody && sudo -u nobody tailscale down && sudo -u nobody tailscale up")
        host.check("tailscale logout")
        assert server.nodes == {}


def test_agent_runs_as_a_service_and_its_log_is_in_the_journal(host, agent_archive):
    subprocess.run(["podman", "cp", agent_archive, f"{host.name}:/srv/agent.tgz"], check=True, timeout=60)
    host.check("mkdir -p /opt/openclaw && tar -C /opt/openclaw -xzf /srv/agent.tgz --strip-components=1")
    host.check("umask 077; mkdir -p /srv/agent/.openclaw; cat > /srv/agent/.openclaw/openclaw.json",
               stdin='{"gateway": {"mode": "local", "auth": {"token": "t"}}}')
    host.check("systemd-run --quiet --unit=agent --setenv=HOME=/srv/agent /opt/openclaw/bin/openclaw gateway")
    ready = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:18789/readyz"
    wait_until("the agent", lambda: host.ssh(ready).stdout == "200")
    assert host.check("/opt/openclaw/bin/openclaw --version") == "2026.8.1"
    assert "listening on 127.0.0.1:18789" in host.check("journalctl -u agent --no-pager")
    host.check("systemctl stop agent")
    assert host.check("systemctl is-system-running") == "running"


def test_power_off_and_on_keeps_data_address_and_host_key(host):
    machine = host.check("cat /etc/machine-id")
    offered = host.offered_host_keys()
    host.check("echo kept > /srv/data && sync")
    # A user's own services could delay a power off.
    host.check("useradd -m lingers && loginctl enable-linger lingers")
    wait_until("the user manager", lambda: host.ssh("systemctl is-active user@$(id -u lingers)").returncode == 0)
    podman("stop", "-t", "60", host.name)
    # 137 would be a kill: the init must have ended by itself.
    assert podman("inspect", host.name, "--format", "{{.State.Status}} {{.State.ExitCode}}") == "exited 0"
    podman("start", host.name)
    host.wait_ssh()
    host.check("cloud-init status --wait")
    assert host.ssh("systemctl is-system-running --wait").stdout.strip() == "running", units(host)
    assert host.check("cat /srv/data /srv/runs") == "kept\nran", "data is kept and runcmd does not run again"
    assert host.check("cat /etc/machine-id") == machine
    assert host.check("ip -4 -o addr show eth0").split()[3].split("/")[0] == host.address
    assert host.offered_host_keys() == offered


def test_host_without_a_given_host_key_generates_its_own(host, new_host):
    other = new_host(lambda host: host.write_seed(""))
    keys = wait_until("sshd", other.offered_host_keys, seconds=90)
    assert len(keys) >= 2 and not keys & host.offered_host_keys()
    other.expect_host_key(next(key for key in keys if key.startswith("ssh-ed25519 ")))
    other.wait_ssh()
    other.check("cloud-init status --wait")
    assert other.check("cat /etc/machine-id") != host.check("cat /etc/machine-id")
