"""A machine's state: files with kind, mode, owner and content, packages, units, users, and which files the daemons have
read."""

from __future__ import annotations

import json
import re
import subprocess

# Runs on the machine. Times are left out, except to decide whether a daemon started after its files changed.
LISTING = r"""
import grp, hashlib, json, os, pwd, stat, subprocess, sys

def owner(look, number):
    try:
        return look(number)[0]
    except KeyError:
        return str(number)

def describe(path):
    seen = os.lstat(path)
    what = [stat.filemode(seen.st_mode), owner(pwd.getpwuid, seen.st_uid), owner(grp.getgrgid, seen.st_gid)]
    if stat.S_ISLNK(seen.st_mode):
        what.append(os.readlink(path))
    elif stat.S_ISREG(seen.st_mode):
        with open(path, "rb") as file:
            what.append(hashlib.sha256(file.read()).hexdigest()[:16])
    return " ".join(what)

def said(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()

def began(unit, *properties):
    shown = said("systemctl", "show", "--timestamp=unix", "--property=" + ",".join(properties), unit)
    return max([int(line.split("@")[1]) for line in shown.splitlines() if "@" in line] or [0])

def has_read(unit, files, *properties):
    times = [int(os.lstat(path).st_mtime) for path in files if os.path.lexists(path)]
    return str(not times or began(unit, *properties) >= max(times))

found = {}
for top, folders, files in os.walk("/"):
    folders[:] = [name for name in folders
                  if os.path.join(top, name) not in ("/proc", "/sys", "/dev", "/run", "/srv", "/var/lib/cloud")
                  and (os.path.islink(os.path.join(top, name)) or not os.path.ismount(os.path.join(top, name)))]
    for name in folders + files:
        path = os.path.join(top, name)
        try:
            found["file " + path] = describe(path)
        except FileNotFoundError:
            continue
for top, folders, files in os.walk("/run/aura"):
    for name in folders + files:
        found["file " + os.path.join(top, name)] = describe(os.path.join(top, name))

for line in said("dpkg-query", "--show", "--showformat=${Package} ${Version} ${db:Status-Abbrev}\n").splitlines():
    name, rest = line.split(" ", 1)
    found["package " + name] = rest.strip()
# A tool that adds a missing entry writes the default ages; the tool that makes an account leaves them empty.
for line in open("/etc/shadow"):
    name, password, _, *ages = line.rstrip("\n").split(":")
    found["shadow " + name] = " ".join([password, *(age or usual for age, usual in zip(ages, ("0", "99999", "7", "", "")))])
found["dpkg audit"] = said("dpkg", "--audit")
for line in said("systemctl", "list-unit-files", "--no-legend", "--no-pager", "--type=service").splitlines():
    found["unit " + line.split()[0]] = line.split()[1]
for unit in ("ssh", "systemd-journald", "tailscaled", "openclaw", "aura-metadata-filter"):
    found["running " + unit] = said("systemctl", "show", "--property=ActiveState,SubState,NeedDaemonReload", unit)
    found["running " + unit] = found["running " + unit].replace("\n", " ")
found["read ssh"] = has_read(
    "ssh", ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/10-aura.conf", "/etc/ssh/ssh_host_ed25519_key"],
    "StateChangeTimestamp")
found["read journald"] = has_read(
    "systemd-journald", ["/etc/systemd/journald.conf.d/50-aura.conf"], "ActiveEnterTimestamp", "ExecMainStartTimestamp")
found["read metadata filter"] = has_read(
    "aura-metadata-filter", ["/usr/local/lib/aura/metadata-filter", "/etc/systemd/system/aura-metadata-filter.service"],
    "ActiveEnterTimestamp")
found["read agent"] = has_read(
    "openclaw", ["/opt/openclaw/current", "/etc/openclaw/openclaw.json", "/etc/openclaw/openclaw.env",
                 "/etc/systemd/system/openclaw.service"], "ActiveEnterTimestamp")
process = said("systemctl", "show", "--property=MainPID", "--value", "openclaw")
if process not in ("", "0"):
    with open("/proc/" + process + "/cmdline", "rb") as file:
        found["command line of the agent"] = file.read().replace(b"\0", b" ").decode()
found["host key"] = " ".join(sorted(
    line.split(" ", 1)[1] for line in said("ssh-keyscan", "-T", "5", "127.0.0.1").splitlines() if line[:1] != "#"))
found["packet filter"] = said("iptables", "-S")
found["tailnet"] = said("tailscale", "status", "--json")
json.dump(found, sys.stdout)
"""

# Differences that are allowed between two machines with the same configuration, each with its reason.
MAY_DIFFER = (
    (r"file /var/log(/|$)", "logs and the journal"),
    (r"file /var/cache(/|$)|file /var/lib/apt(/|$)", "caches of package indexes"),
    (r"file /var/lib/systemd/", "timers' stamps, the random seed, and when a unit last started"),
    (r"file /var/lib/dpkg/(status-old|available|lock.*|triggers/.*|.*-old)$", "the backup before dpkg's last step"),
    (r"file /var/lib/dpkg/status$", "its order; the state of each package is compared by dpkg-query"),
    (r"file /etc/(passwd|group|shadow|gshadow|subuid|subgid)-$", "the backup before the last change of an account"),
    (r"file /etc/(passwd|group|shadow|gshadow)(\+|\.lock|\.[0-9]+)$",
     "what a killed account tool left: the next one that needs the lock removes or overwrites it"),
    (r"file /etc/shadow$", "the days of changes; its entries are compared one by one"),
    (r"file /var/lib/openclaw/", "the agent's own state"),
    (r"file /var/lib/tailscale/", "the node's own key"),
    (r"file /(tmp|var/tmp)/systemd-private-", "a service's private folder, named at random"),
    (r"file /etc/\.updated$|file /var/\.updated$|file /etc/\.pwd\.lock$", "empty marks"),
)


class Tree:
    """The listing of one machine."""

    def __init__(self, entries):
        self.entries = {key: value for key, value in entries.items()
                        if not any(re.match(pattern, key) for pattern, _ in MAY_DIFFER)}

    @classmethod
    def of(cls, machine):
        """Lists a machine, by podman alone."""
        done = subprocess.run(
            ["podman", "exec", "--interactive", machine.name, "/usr/bin/python3", "-"], input=LISTING,
            capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return cls(json.loads(done.stdout))

    def differences(self, other):
        """Returns one line for each entry that differs."""
        return [f"{key}: {self.entries.get(key, 'absent')} became {other.entries.get(key, 'absent')}"
                for key in sorted({**self.entries, **other.entries})
                if self.entries.get(key) != other.entries.get(key)]
