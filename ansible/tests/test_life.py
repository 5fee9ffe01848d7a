"""An instance's life on one real machine, from the first boot to the teardown."""

from __future__ import annotations

from installation import (
    AGENT,
    AUTH_KEY,
    INSTANCE,
    LATER_KEY,
    NEXT_VERSION,
    PROVIDER_KEY,
    TOKEN,
    VERSION,
    reason,
    succeeded,
    unchanged,
)


# Runs in the agent's place, under every directive of its unit: prints which forbidden actions succeeded.
PROBE = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
tries = {
    "user namespace": lambda: libc.unshare(0x10000000),
    "network namespace": lambda: libc.unshare(0x40000000),
    "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "personality": lambda: libc.personality(0x0008),
    "raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "vsock": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close(),
    "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "set-user-id": lambda: os.chmod(os.open("s", os.O_CREAT), 0o4755) or os.chmod("s", 0o4755),
    "keys": lambda: open("/etc/openclaw/openclaw.env").close(),
    "settings": lambda: open("/etc/openclaw/openclaw.json", "a").close(),
    "code": lambda: open("/opt/openclaw/current/package.json", "a").close(),
    "unit": lambda: open("/etc/systemd/system/openclaw.service", "a").close(),
    "reboot": lambda: libc.reboot(0x01234567),
}
for name, attempt in tries.items():
    try:
        print(name, "done" if attempt() != -1 else "refused")
    except OSError:
        print(name, "refused")
print("settings", "read" if open(os.environ["OPENCLAW_CONFIG_PATH"]).read(1) == "{" else "odd")
"""


class TestLife:
    """From the first boot to the teardown."""

    def test_the_first_run_configures_the_machine(self, site):
        run = site.configure()
        assert succeeded(run)["changed"] > 15
        assert run.recap["data"]["aura"] == {
            "agentVersion": VERSION, "hostKey": " ".join(site.machine.host_key.split()[:2])}
        assert site.machine.sh(f"systemctl is-active {AGENT}; systemctl is-enabled {AGENT}") == "active\nenabled"

    def test_the_second_run_changes_nothing(self, site):
        run = site.configure()
        unchanged(run)
        assert run.recap["data"]["aura"]["agentVersion"] == VERSION

    def test_the_auth_key_stays_private_while_the_tailnet_is_joined(self, site):
        seen = []
        site.control.keys.add(AUTH_KEY)
        site.control.watch = lambda: seen.append(site.machine.sh(
            "ps axww -o user,args; stat -c '%a %U %n' /run/aura /run/aura/*"))
        run = site.configure("tailnet")
        succeeded(run)
        assert run.recap["data"]["aura"] == {"tailnet": {
            "nodeId": "n1CNTRL", "name": "aura-ada-g1.tail1234.ts.net",
            "addresses": ["100.64.0.2", "fd7a:115c:a1e0::2"]}}
        assert [body["authKey"] for body in site.control.joined] == [AUTH_KEY]
        assert len(seen) == 1
        assert "tailscale up" in seen[0]
        assert AUTH_KEY not in seen[0]
        assert "700 root /run/aura\n600 root /run/aura/tailnet.key" in seen[0]
        assert site.machine.sh("ls -A /run/aura") == ""

    def test_joining_again_changes_nothing_and_needs_no_key(self, site):
        run = site.configure("tailnet", tailnet_auth_key_file="")
        unchanged(run)
        assert run.recap["data"]["aura"]["tailnet"]["nodeId"] == "n1CNTRL"
        assert len(site.control.joined) == 1

    def test_another_host_name_joins_anew(self, site):
        site.control.keys.add(LATER_KEY)
        run = site.configure(
            "tailnet", tailnet_hostname="aura-ada-g2", tailnet_auth_key_file=site.secret("later", LATER_KEY))
        succeeded(run)
        assert run.recap["data"]["aura"]["tailnet"]["name"] == "aura-ada-g2.tail1234.ts.net"
        unchanged(site.configure("tailnet", tailnet_hostname="aura-ada-g2"))

    def test_a_refused_key_is_reported_without_showing_the_key(self, site):
        run = site.configure("tailnet", tailnet_hostname="aura-ada-g3")
        assert "cannot join the tailnet" in reason(run)
        assert "invalid key" in reason(run)
        assert AUTH_KEY not in run.raw.decode()
        assert not run.of("task.retry")
        assert site.control.refused
        assert site.machine.sh("ls -A /run/aura") == ""

    def test_sshd_takes_keys_only_and_shows_the_new_host_key(self, site):
        effective = site.machine.sh("sshd -T").splitlines()
        for line in ("passwordauthentication no", "kbdinteractiveauthentication no", "x11forwarding no",
                     "permitemptypasswords no", "allowagentforwarding no", "allowtcpforwarding local",
                     "hostkey /etc/ssh/ssh_host_ed25519_key", "allowusers root", "permituserrc no",
                     "authorizedkeysfile /etc/ssh/aura-keys/%u", "authorizedkeyscommand none",
                     "allowstreamlocalforwarding no", "hostbasedauthentication no"):
            assert line in effective
        shown = site.machine.sh("ssh-keyscan -T 5 127.0.0.1 2>/dev/null").splitlines()
        assert [line.split(" ", 1)[1] for line in shown] == [" ".join(site.machine.host_key.split()[:2])]

    def test_a_key_in_the_agents_home_opens_no_tunnel(self, site):
        site.machine.sh(
            f"umask 077; mkdir /var/lib/{AGENT}/.ssh; "
            f"echo '{site.machine.run_key}' > /var/lib/{AGENT}/.ssh/authorized_keys", user=AGENT)
        refused = site.machine.tunnel(AGENT, 18789, "GET /healthz HTTP/1.0\r\n\r\n")
        assert refused.returncode == 255
        assert "Permission denied (publickey)" in refused.stderr
        assert refused.stdout == ""
        # The operator's access to the agent stays open.
        assert '"status":"live"' in site.machine.tunnel("root", 18789, "GET /healthz HTTP/1.0\r\n\r\n").stdout
        # The same key in the home of another account gives no access either.
        site.machine.sh(
            f"useradd --create-home --shell /bin/sh guest; install -d -m 700 -o guest /home/guest/.ssh; "
            f"install -m 600 -o guest /var/lib/{AGENT}/.ssh/authorized_keys /home/guest/.ssh/authorized_keys")
        assert site.machine.tunnel("guest", 18789, "").returncode == 255
        site.machine.sh(f"userdel --remove guest; rm -r /var/lib/{AGENT}/.ssh")

    def test_a_key_added_by_root_survives_the_next_run(self, site):
        site.machine.sh("echo '# an operator' >> /etc/ssh/aura-keys/root")
        unchanged(site.configure("base"))
        assert site.machine.sh("tail -n 1 /etc/ssh/aura-keys/root") == "# an operator"

    def test_the_files_have_the_expected_owners_and_modes(self, site):
        paths = {
            f"/etc/{AGENT}": f"750 root {AGENT}", f"/etc/{AGENT}/{AGENT}.env": "600 root root",
            f"/etc/{AGENT}/{AGENT}.json": f"640 root {AGENT}", f"/var/lib/{AGENT}": f"700 {AGENT} {AGENT}",
            f"/opt/{AGENT}": "755 root root", f"/opt/{AGENT}/{VERSION}": "755 root root",
            f"/opt/{AGENT}/{VERSION}/bin/{AGENT}": "755 root root", "/etc/ssh/ssh_host_ed25519_key": "600 root root",
            "/etc/ssh/aura-keys": "755 root root", "/etc/ssh/aura-keys/root": "644 root root",
            "/var/lib/aura": "700 root root", "/var/lib/aura/tailnet.json": "600 root root",
            f"/etc/systemd/system/{AGENT}.service": "644 root root",
        }
        for path, mode in paths.items():
            assert site.machine.sh(f"stat -c '%a %U %G' {path}") == mode, path
        assert site.machine.sh(f"find /opt/{AGENT} ! -user root -o -perm -0022 ! -type l") == ""

    def test_the_agents_user_has_no_login_no_sudo_and_no_secrets(self, site):
        entry = site.machine.sh(f"getent passwd {AGENT}").split(":")
        assert entry[6] == "/usr/sbin/nologin"
        assert 0 < int(entry[2]) < 1000
        assert site.machine.sh(f"id -Gn {AGENT}") == AGENT
        assert site.machine.sh(f"getent shadow {AGENT}").split(":")[1].startswith(("!", "*"))
        assert site.machine.run("sudo -n true", user=AGENT).returncode != 0
        assert site.machine.run(f"cat /etc/{AGENT}/{AGENT}.env", user=AGENT).returncode != 0

    def test_the_agents_process_has_no_privileges(self, site):
        status = site.machine.sh(f"cat /proc/$(systemctl show --property=MainPID --value {AGENT})/status")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        assert fields["NoNewPrivs"].strip() == "1"
        assert fields["Seccomp"].strip() == "2"
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(fields[name], 16) == 0, name
        assert set(fields["Uid"].split()) == {site.machine.sh(f"id -u {AGENT}")}

    def test_the_unit_has_its_hardening_settings(self, site):
        wanted = {
            "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
            "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes",
            "ProtectControlGroups": "yes", "ProtectClock": "yes", "ProtectHostname": "yes", "ProtectProc": "invisible",
            "RestrictSUIDSGID": "yes", "RestrictRealtime": "yes", "LockPersonality": "yes", "RemoveIPC": "yes",
            "PrivateIPC": "yes", "PrivateMounts": "yes", "DevicePolicy": "closed",
            "NoNewPrivileges": "yes", "MemoryDenyWriteExecute": "no", "UMask": "0077", "Restart": "always",
            "RestartPreventExitStatus": "78", "SuccessExitStatus": "0 143", "TasksMax": "512",
            "IPAddressDeny": "169.254.169.254/32", "RestrictNamespaces": "yes", "OOMPolicy": "continue",
            "SystemCallErrorNumber": "1",
        }
        shown = dict(line.split("=", 1) for line in site.machine.sh(
            f"systemctl show {AGENT} --property={','.join(wanted)}").splitlines())
        assert shown == wanted
        assert site.machine.sh(f"systemctl show {AGENT} --property=MemoryMax --value") != "infinity"
        assert "--max-old-space-size=" in site.machine.sh(f"systemctl show {AGENT} --property=Environment")

    def test_the_unit_blocks_forbidden_actions(self, site):
        said = site.machine.sh(
            f"cat > /run/probe.py <<'END'\n{PROBE}END\n"
            "sed -e 's|^ExecStart=.*|ExecStart=/usr/bin/python3 /run/probe.py|; s|^Type=.*|Type=oneshot|; /^Restart/d' "
            f"/etc/systemd/system/{AGENT}.service > /run/systemd/system/probe.service; systemctl daemon-reload; "
            "systemctl start probe && journalctl --unit=probe --output=cat --no-pager")
        answers = [line for line in said.splitlines() if line.endswith((" done", " refused", " read"))]
        assert len(answers) == 14, said
        assert [line for line in answers if not line.endswith(" refused")] == ["settings read"]
        site.machine.sh(
            f"rm /run/probe.py /run/systemd/system/probe.service /var/lib/{AGENT}/s; systemctl daemon-reload")

    def test_the_agent_gets_its_keys_byte_for_byte(self, site):
        # The container's root may not read other users' processes; the agent's own user may.
        seen = site.machine.sh(
            f"tr '\\0' '\\n' < /proc/$(systemctl show --property=MainPID --value {AGENT})/environ", user=AGENT)
        assert f"ANTHROPIC_API_KEY={PROVIDER_KEY}" in seen.splitlines()
        assert f"OPENCLAW_GATEWAY_TOKEN={TOKEN}" in seen.splitlines()
        assert "OPENCLAW_SERVICE_REPAIR_POLICY=external" in seen.splitlines()

    def test_no_secret_is_outside_its_own_files(self, site):
        for run in site.runs:
            for secret in site.secrets():
                assert secret not in run.raw.decode()
                assert secret not in run.errors
        (site.folder / "seed" / "patterns").write_text("\n".join(site.secrets()) + "\n", encoding="utf-8")
        patterns = "/var/lib/cloud/seed/nocloud/patterns"
        found = site.machine.sh(
            f"find / -xdev \\( -path /proc -o -path /sys -o -path /var/lib/cloud/seed \\) -prune -o "
            f"-type f -readable -print0 | xargs -0 grep -lF -f {patterns} || true; "
            f"find /run /tmp /var/log /dev/shm -type f -print0 | xargs -0 grep -lF -f {patterns} || true")
        # Tailscale's own state may hold anything: only root can read it, which the mode check below covers.
        allowed = {f"/etc/{AGENT}/{AGENT}.env", "/etc/ssh/ssh_host_ed25519_key"}
        assert set(found.splitlines()) - allowed == set()
        # The environment file's quoting hides the provider key from the search above.
        assert TOKEN in site.machine.sh(f"cat /etc/{AGENT}/{AGENT}.env")
        assert site.machine.sh("journalctl --no-pager | grep -cF planted || true") == "0"
        assert site.machine.sh("ps axeww | grep -F planted | grep -v grep || true") == ""

    def test_the_agents_version_is_switched_and_switched_back(self, site):
        run = site.configure("agent_runtime", version=NEXT_VERSION)
        assert succeeded(run)["changed"] > 0
        assert run.recap["data"]["aura"]["agentVersion"] == NEXT_VERSION
        assert site.machine.sh(f"readlink /opt/{AGENT}/current") == NEXT_VERSION
        process = site.machine.sh(
            f"tr '\\0' ' ' < /proc/$(systemctl show --property=MainPID --value {AGENT})/cmdline")
        assert f"/opt/{AGENT}/current/bin/{AGENT} gateway" in process
        run = site.configure("agent_runtime")
        assert run.recap["data"]["aura"]["agentVersion"] == VERSION
        assert not run.of("task.ok", task="agent_runtime : Copy the archive")
        assert sorted(site.machine.sh(f"ls -A /opt/{AGENT}").split()) == [VERSION, NEXT_VERSION, "current"]
        unchanged(site.configure("agent_runtime"))

    def test_a_wrong_archive_does_not_change_the_installed_version(self, site):
        before = site.machine.sh(f"systemctl show --property=MainPID {AGENT}")
        run = site.configure("agent_runtime", version=NEXT_VERSION, agent_version="2026.9.9")
        assert f"the package is openclaw {NEXT_VERSION}, not openclaw 2026.9.9" in reason(run)
        run = site.configure("agent_runtime", agent_version="2026.9.9", agent_archive_sha256="0" * 64)
        assert "the archive's SHA-256 is" in reason(run)
        assert site.machine.sh(f"systemctl show --property=MainPID {AGENT}") == before
        assert sorted(site.machine.sh(f"ls -A /opt/{AGENT}").split()) == [VERSION, NEXT_VERSION, "current"]
        unchanged(site.configure("agent_runtime"))

    def test_changed_keys_restart_the_agent_and_nothing_else(self, site):
        before = site.machine.sh(f"systemctl show --property=MainPID {AGENT}")
        run = site.configure("agent_runtime", agent_environment_file="")
        assert [event["task"] for event in run.of("task.ok", changed=True)] == [
            "agent_runtime : Write the agent's token and keys", "agent_runtime : Ask when the agent read them",
            "agent_runtime : Restart the agent"]
        assert site.machine.sh(f"systemctl show --property=MainPID {AGENT}") != before
        assert "ANTHROPIC" not in site.machine.sh(f"cat /etc/{AGENT}/{AGENT}.env")

    def test_the_next_run_performs_a_missed_restart(self, site):
        site.machine.sh(f"sleep 1; touch /etc/{AGENT}/{AGENT}.env /etc/ssh/sshd_config.d/10-aura.conf")
        run = site.configure(agent_environment_file="")
        assert [event["task"] for event in run.of("task.ok", changed=True)] == [
            "base : Ask when sshd read them", "base : Make sshd read its configuration",
            "agent_runtime : Ask when the agent read them", "agent_runtime : Restart the agent"]
        unchanged(site.configure(agent_environment_file=""))

    def test_bad_variables_are_refused_without_showing_them(self, site):
        bad = site.secret("bad", "planted without equals\nA=b\n")
        run = site.configure("agent_runtime", agent_environment_file=bad)
        assert "1 line(s) of agent_environment_file are not KEY=VALUE" in reason(run)
        assert "planted without" not in run.raw.decode() + run.errors

    def test_reserved_names_are_refused_in_the_agents_variables(self, site):
        bad = site.secret("taken", "A=planted-value\nNODE_OPTIONS=--inspect\nOPENCLAW_STATE_DIR=/tmp\n")
        run = site.configure("agent_runtime", agent_environment_file=bad)
        assert "NODE_OPTIONS, OPENCLAW_STATE_DIR belongs to Aura" in reason(run)
        assert "planted-value" not in run.raw.decode() + run.errors

    def test_a_failed_start_of_the_agent_is_reported_with_its_reason(self, site):
        site.machine.sh("systemd-run --unit=squatter python3 -m http.server --bind 127.0.0.1 18999")
        run = site.configure("agent_runtime", "-e", "agent_runtime_ready_seconds=8", agent_port=18999)
        assert "cannot bring the agent up" in reason(run)
        assert "/startupz answered 404 and /healthz 404" in reason(run)
        assert "systemd says" in reason(run)
        assert run.of("task.failed")[0]["cause"] == "unknown"
        site.machine.sh("systemctl stop squatter")
        succeeded(site.configure("agent_runtime"))

    def test_a_broken_channel_is_only_a_warning(self, site):
        site.machine.sh(f"touch /var/lib/{AGENT}/standin-broken-channel", user=AGENT)
        run = site.configure("agent_runtime")
        unchanged(run)
        assert [event["message"] for event in run.of("warning")] == [
            "channels not ready: /readyz answered 503: channels"]
        site.machine.sh(f"rm /var/lib/{AGENT}/standin-broken-channel")

    def test_the_agent_starts_again_after_a_reboot(self, site):
        site.machine.power_off()
        unreachable = site.configure("agent_runtime", "-e", "reach_timeout_seconds=3")
        assert unreachable.recap["hosts"][INSTANCE]["unreachable"] == 1
        assert not unreachable.of("task.failed")
        unreachable = site.play("teardown.yml", "-e", "reach_timeout_seconds=3")
        assert unreachable.recap["hosts"][INSTANCE]["unreachable"] == 1
        site.machine.power_on()
        run = site.configure()
        unchanged(run)
        assert run.recap["data"]["aura"]["hostKey"] == " ".join(site.machine.host_key.split()[:2])
        unchanged(site.configure("tailnet", tailnet_hostname="aura-ada-g2"))

    def test_the_teardown_leaves_no_secret(self, site):
        site.machine.sh(
            f"cd /var/lib/{AGENT}; mkdir -p credentials agents/main; echo x > credentials/whatsapp.json; "
            "echo x > .env; echo x > agents/main/auth-profiles.json; echo x > notes.md; ln -s /etc/hostname leak.env; "
            "mkdir -p /root/.ansible/tmp/ansible-tmp-1; echo planted > /root/.ansible/tmp/ansible-tmp-1/.source")
        run = site.play("teardown.yml")
        assert succeeded(run)["changed"] == 3
        assert site.control.left
        assert site.machine.run(f"systemctl is-active {AGENT}").stdout.strip() == "inactive"
        assert site.machine.run(f"systemctl is-enabled {AGENT}").stdout.strip() == "disabled"
        assert site.machine.sh("find /run -path '/run/aura/*'") == ""
        assert site.machine.sh(f"find /etc/{AGENT} /var/lib/aura -type f") == ""
        assert site.machine.sh(f"find /var/lib/{AGENT} -type f").splitlines() == [f"/var/lib/{AGENT}/notes.md"]
        assert site.machine.sh("cat /etc/hostname") == "ada"
        assert site.machine.sh("find /root/.ansible/tmp -type f") == ""
        unchanged(site.play("teardown.yml"))
