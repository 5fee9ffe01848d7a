"""The stand-in of Tailscale, daemon and command line, against the test's own control server."""

import json
import os
import stat
import subprocess
import tempfile

import pytest
from conftest import SANDBOX, running, wait_until
from control_server import control_server
from tailnet import flags

OVERLAY = SANDBOX / "hosts" / "overlay"
KEY = "tskey-auth-test1"


class Tailnet:
    """A node of the test: daemon, socket, state and key file in their own directory."""

    def __init__(self, directory, server):
        self.directory, self.server = directory, server
        self.socket, self.state = f"{directory}/d.sock", f"{directory}/state"
        self.key_file = f"{directory}/key"
        self.write_key(KEY)
        server.keys.add(KEY)

    def write_key(self, text, mode=0o600):
        with open(self.key_file, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.chmod(self.key_file, mode)

    def daemon(self):
        words = [OVERLAY / "usr/sbin/tailscaled", f"--state={self.state}", f"--socket={self.socket}", "--port=0"]
        return running(words)

    def run(self, *words, **variables):
        return subprocess.run([OVERLAY / "usr/bin/tailscale", f"--socket={self.socket}", *words], text=True,
                              capture_output=True, timeout=60, env={"PATH": os.environ["PATH"], **variables})

    def flags(self, *more, hostname="ada"):
        return ["up", f"--hostname={hostname}", "--advertise-tags=tag:aura-vm", "--accept-dns=false", "--timeout=5s",
                f"--login-server={self.server.url}", *more]

    def join(self, *more):
        return self.run(*self.flags(f"--auth-key=file:{self.key_file}", *more))

    def status(self):
        ended = self.run("status", "--json")
        assert ended.returncode == 0
        return json.loads(ended.stdout)

    def wait(self):
        wait_until("tailscaled", lambda: self.run("status", "--json").returncode == 0)


@pytest.fixture
def tailnet():
    # A short path, since a Unix socket's address has at most 108 bytes.
    with tempfile.TemporaryDirectory(prefix="ts") as directory, control_server() as server:
        node = Tailnet(directory, server)
        with node.daemon() as child:
            node.child = child
            node.wait()
            yield node


def test_without_a_daemon_every_command_fails(tmp_path):
    ended = subprocess.run([OVERLAY / "usr/bin/tailscale", f"--socket={tmp_path}/none", "status", "--json"],
                           capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1 and "failed to connect to local tailscaled" in ended.stderr


def test_status_before_the_login_is_needs_login(tailnet):
    status = tailnet.status()
    assert status["BackendState"] == "NeedsLogin"
    assert status["Self"]["ID"] == "" and status["Self"]["TailscaleIPs"] is None
    plain = tailnet.run("status")
    assert plain.returncode == 1 and "Logged out" in plain.stdout
    assert tailnet.run("ip", "-4").returncode == 1


def test_up_with_a_key_joins_the_tailnet(tailnet):
    ended = tailnet.join()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert tailnet.server.calls == [("register", {"authKey": KEY, "hostname": "ada"})]
    status = tailnet.status()
    assert status["BackendState"] == "Running"
    assert status["Self"]["ID"] == "nTest1CNTRL"
    assert status["Self"]["DNSName"] == "ada.tail1234.ts.net."
    assert status["Self"]["TailscaleIPs"] == ["100.64.0.1", "fd7a:115c:a1e0::1"]
    assert status["Self"]["Tags"] == ["tag:aura-vm"]
    assert tailnet.run("ip", "-4").stdout == "100.64.0.1\n"
    assert tailnet.run("ip").stdout.split() == ["100.64.0.1", "fd7a:115c:a1e0::1"]


def test_a_node_awaiting_approval_reports_it(tailnet):
    tailnet.server.approval = True
    ended = tailnet.join()
    assert ended.returncode == 1
    assert "To approve your machine, visit (as admin)" in ended.stderr
    status = tailnet.status()
    assert status["BackendState"] == "NeedsMachineAuth"
    assert status["Self"]["ID"] == "nTest1CNTRL"
    assert tailnet.run("status").returncode == 1


def test_state_is_private_and_holds_no_key(tailnet):
    assert tailnet.join().returncode == 0
    assert stat.S_IMODE(os.stat(tailnet.state).st_mode) == 0o600
    with open(tailnet.state, encoding="utf-8") as file:
        assert KEY not in file.read()
    assert sorted(os.listdir(tailnet.directory)) == ["d.sock", "key", "state"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700])
def test_key_file_without_mode_0600_is_refused(tailnet, mode):
    os.chmod(tailnet.key_file, mode)
    ended = tailnet.join()
    assert ended.returncode == 1 and f"{mode:04o}" in ended.stderr and "0600" in ended.stderr
    assert tailnet.server.calls == [] and tailnet.status()["BackendState"] == "NeedsLogin"


def test_key_on_the_command_line_is_refused_and_not_repeated(tailnet):
    ended = tailnet.run(*tailnet.flags(f"--auth-key={KEY}"))
    assert ended.returncode == 1 and "file:PATH" in ended.stderr and KEY not in ended.stderr
    assert tailnet.server.calls == []


def test_missing_and_empty_key_files_are_refused(tailnet):
    assert "No such file" in tailnet.run(*tailnet.flags("--auth-key=file:/nonexistent")).stderr
    tailnet.write_key("")
    assert "empty" in tailnet.join().stderr
    assert tailnet.server.calls == []


def test_spent_key_is_refused_with_the_servers_error(tailnet):
    tailnet.write_key("tskey-auth-spent")
    ended = tailnet.join()
    assert ended.returncode == 1 and ended.stderr == "backend error: invalid key: API key does not exist\n"
    assert len(tailnet.server.calls) == 1
    assert tailnet.status()["BackendState"] == "NeedsLogin"
    tailnet.write_key(KEY)
    assert tailnet.join().returncode == 0


def test_second_up_does_not_register_again(tailnet):
    assert tailnet.join().returncode == 0
    assert tailnet.run(*tailnet.flags()).returncode == 0, "the same flags, no key"
    assert tailnet.join().returncode == 0, "the same flags and the spent key"
    assert tailnet.run("up").returncode == 0, "no flags at all"
    assert [name for name, _ in tailnet.server.calls] == ["register"]


def test_up_without_all_settings_is_refused_unless_reset(tailnet):
    assert tailnet.join().returncode == 0
    short = ["up", "--accept-dns=false", "--hostname=ada", f"--login-server={tailnet.server.url}"]
    ended = tailnet.run(*short)
    assert ended.returncode == 1
    assert "requires mentioning all\nnon-default flags" in ended.stderr
    assert "--advertise-tags=tag:aura-vm" in ended.stderr
    tailnet.server.keys.add("tskey-auth-test2")
    tailnet.write_key("tskey-auth-test2")
    assert tailnet.run(*short, "--reset", f"--auth-key=file:{tailnet.key_file}").returncode == 0


def test_up_can_change_the_host_name(tailnet):
    assert tailnet.join().returncode == 0
    assert tailnet.run(*tailnet.flags(hostname="eve")).returncode == 0
    assert tailnet.status()["Self"]["HostName"] == "eve"
    assert len(tailnet.server.calls) == 1


def test_operator_counts_as_a_setting(tailnet):
    assert tailnet.join().returncode == 0
    assert tailnet.run("set", "--operator=openclaw").returncode == 0
    refused = tailnet.run(*tailnet.flags())
    assert refused.returncode == 1 and "--operator=openclaw" in refused.stderr
    assert tailnet.run(*tailnet.flags("--operator=openclaw")).returncode == 0
    assert tailnet.run(*tailnet.flags(), USER="openclaw").returncode == 0


def test_set_before_the_first_up_does_not_prevent_it(tailnet):
    assert tailnet.run("set", "--operator=openclaw").returncode == 0
    assert tailnet.join().returncode == 0


def test_tags_not_allowed_by_the_key_are_refused(tailnet):
    ended = tailnet.run("up", "--advertise-tags=tag:other", f"--login-server={tailnet.server.url}",
                        f"--auth-key=file:{tailnet.key_file}")
    assert ended.returncode == 1 and "tag:other" in ended.stderr
    assert tailnet.server.nodes == {}, "the node does not stay behind"


def test_login_server_change_needs_force_reauth(tailnet):
    assert tailnet.join().returncode == 0
    ended = tailnet.run("up", "--accept-dns=false", "--hostname=ada", "--advertise-tags=tag:aura-vm",
                        "--login-server=http://127.0.0.1:9")
    assert ended.returncode == 1 and "--force-reauth" in ended.stderr


def test_up_without_a_login_server_is_refused(tailnet):
    ended = tailnet.run("up", f"--auth-key=file:{tailnet.key_file}")
    assert ended.returncode == 1 and "stand-in" in ended.stderr


def test_login_without_a_key_fails(tailnet):
    ended = tailnet.run(*tailnet.flags())
    assert ended.returncode == 1 and "To authenticate, visit" in ended.stderr


def test_server_errors_are_tried_again(tailnet):
    tailnet.server.failures = [503, 429]
    assert tailnet.join().returncode == 0
    assert len(tailnet.server.calls) == 3


def test_lasting_server_errors_time_out(tailnet):
    tailnet.server.failures = [500] * 100
    ended = tailnet.run(*tailnet.flags(f"--auth-key=file:{tailnet.key_file}", "--timeout=500ms"))
    assert ended.returncode == 1 and "cannot reach the control server" in ended.stderr


def test_down_and_up_change_the_state(tailnet):
    assert tailnet.join().returncode == 0
    assert tailnet.run("down").returncode == 0
    assert tailnet.status()["BackendState"] == "Stopped"
    assert "already stopped" in tailnet.run("down").stderr
    assert tailnet.run("up").returncode == 0
    assert tailnet.status()["BackendState"] == "Running"


def test_logout_removes_the_device_once(tailnet):
    assert tailnet.join().returncode == 0
    assert tailnet.run("logout").returncode == 0
    assert tailnet.server.calls[-1] == ("logout", {"nodeId": "nTest1CNTRL"})
    assert tailnet.status()["BackendState"] == "NeedsLogin"
    assert tailnet.run("logout").returncode == 0
    assert len(tailnet.server.calls) == 2


def test_logout_of_a_deleted_device_succeeds(tailnet):
    assert tailnet.join().returncode == 0
    tailnet.server.nodes.clear()
    assert tailnet.run("logout").returncode == 0
    assert tailnet.status()["BackendState"] == "NeedsLogin"


def test_a_new_login_keeps_the_device(tailnet):
    assert tailnet.join().returncode == 0
    tailnet.server.keys.add(KEY)
    assert tailnet.join("--force-reauth").returncode == 0
    assert list(tailnet.server.nodes) == ["nTest1CNTRL"]
    assert tailnet.status()["Self"]["ID"] == "nTest1CNTRL"


def test_a_new_login_after_a_deletion_creates_another_device(tailnet):
    assert tailnet.join().returncode == 0
    tailnet.server.nodes.clear()
    tailnet.server.keys.add(KEY)
    assert tailnet.join("--force-reauth").returncode == 0
    assert list(tailnet.server.nodes) == ["nTest2CNTRL"]
    assert tailnet.status()["Self"]["ID"] == "nTest2CNTRL"


def test_node_stays_joined_after_a_restart_of_its_daemon(tailnet):
    assert tailnet.join().returncode == 0
    tailnet.child.terminate()
    assert tailnet.child.wait(10) == 0
    with tailnet.daemon():
        tailnet.wait()
        assert tailnet.status()["BackendState"] == "Running"
        assert len(tailnet.server.calls) == 1


def test_unknown_commands_and_flags_are_refused(tailnet):
    assert tailnet.run("funnel").returncode == 1
    ended = tailnet.run("up", "--frobnicate")
    assert ended.returncode == 1 and "not defined" in ended.stderr
    assert tailnet.run("version").stdout.startswith("1.90.1\n")


@pytest.mark.parametrize(
    ("text", "value"), [("60s", 60), ("1m30s", 90), ("500ms", 0.5), ("0", 0), ("0s", 0), ("1h", 3600)]
)
def test_durations_are_parsed(text, value):
    assert flags.seconds(text) == value


@pytest.mark.parametrize("text", ["60", "s", "1x", "1.2.3s", "-1s"])
def test_bad_durations_are_refused(text):
    with pytest.raises(flags.FlagError):
        flags.seconds(text)
