"""The requests to apt, against a repository of one package on the machine itself."""

from __future__ import annotations

import json

from installation import reason, succeeded, unchanged

# A package that does nothing, an index of it, and no other source: no network is needed.
REPOSITORY = """
mkdir -p /srv/repository /tmp/probe/DEBIAN
cat > /tmp/probe/DEBIAN/control <<'END'
Package: aura-probe
Version: 1.0
Architecture: all
Maintainer: Aura <aura@example.invalid>
Description: nothing
END
dpkg-deb --build /tmp/probe /srv/repository/aura-probe.deb >/dev/null
cd /srv/repository
{
    cat /tmp/probe/DEBIAN/control
    echo "Filename: ./aura-probe.deb"
    echo "Size: $(stat -c %s aura-probe.deb)"
    echo "SHA256: $(sha256sum aura-probe.deb | cut -d' ' -f1)"
} > Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/srv/repository ./" > /etc/apt/sources.list
"""



def package(name, **files):
    """Returns a script that adds a package with these files, by path, to the repository. `_` replaces a slash."""
    folder = f"/tmp/{name}"
    written = "".join(
        f"mkdir -p $(dirname {folder}/{path.replace('_', '/')}); cat > {folder}/{path.replace('_', '/')} <<'END'\n{text}END\n"
        f"chmod 755 {folder}/{path.replace('_', '/')}\n" for path, text in files.items())
    return f"""
mkdir -p {folder}/DEBIAN
sed 's/aura-probe/{name}/' /tmp/probe/DEBIAN/control > {folder}/DEBIAN/control
{written}
dpkg-deb --build {folder} /srv/repository/{name}.deb >/dev/null
cd /srv/repository
{{
    echo
    cat {folder}/DEBIAN/control
    echo "Filename: ./{name}.deb"
    echo "Size: $(stat -c %s {name}.deb)"
    echo "SHA256: $(sha256sum {name}.deb | cut -d' ' -f1)"
}} >> Packages
apt-get update
"""


# A package with scripts that run while /run/slow exists, or kill dpkg while /run/die exists.
SLOW = package("aura-slow", DEBIAN_postinst="""#!/bin/sh
: > /run/configuring
while test -e /run/slow; do sleep 0.2; done
""", DEBIAN_preinst="""#!/bin/sh
test ! -e /run/die || kill -9 $PPID
""")

CONFIGURE_SLOWLY = """
systemd-run --unit=slow --property=RemainAfterExit=yes apt-get install -y aura-slow
for _ in $(seq 300); do test -e /run/configuring && exit 0; sleep 0.1; done; exit 1
"""

KILL_WHILE_CONFIGURING = f"""
: > /run/slow
({CONFIGURE_SLOWLY}) || exit 1
systemctl kill --signal=KILL slow
systemctl stop slow
systemctl reset-failed slow || true
rm /run/slow
"""

# Holds the lock that cloud-init and apt-daily hold in a machine's first minutes.
HOLD = """
systemd-run --unit=holder python3 -c "
import fcntl, time
lock = open('/var/lib/dpkg/lock-frontend', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open('/run/held', 'w').close()
time.sleep({seconds})
"
for _ in $(seq 60); do test -e /run/held && exit 0; sleep 0.5; done; exit 1
"""


def wanting(*names, **more):
    """Returns the option that requests these packages."""
    return "-e", json.dumps({"base_packages": ["ca-certificates", *names], **more})


class TestPackages:
    """Missing packages, apt's lock, and packages that do not exist."""

    def test_an_installed_package_is_not_installed_again(self, site):
        site.machine.booted()
        site.machine.sh(REPOSITORY)
        site.machine.sh("mv /srv/repository /srv/away")
        run = site.configure("base", *wanting("openssh-server"))
        succeeded(run)
        assert run.of("task.skipped", task="base : Install the packages that are missing")
        site.machine.sh("mv /srv/away /srv/repository")

    def test_a_missing_package_is_installed_once_the_lock_is_free(self, site):
        site.machine.sh(HOLD.format(seconds=8))
        run = site.configure("base", *wanting("aura-probe"))
        succeeded(run)
        assert [event["task"] for event in run.of("task.ok", changed=True)] == [
            "base : Install the packages that are missing"]
        assert site.machine.sh("dpkg-query -W -f='${db:Status-Status}' aura-probe") == "installed"
        assert not run.of("task.retry"), "apt's own wait was not enough"
        unchanged(site.configure("base", *wanting("aura-probe")))

    def test_a_killed_dpkg_is_repaired_first(self, site):
        # Killed in the middle of a configuration: the package is half configured.
        site.machine.sh(SLOW)
        site.machine.sh(KILL_WHILE_CONFIGURING)
        assert "half configured" in site.machine.sh("dpkg --audit")
        assert "dpkg was interrupted" in site.machine.run("apt-get install -y aura-probe").stderr
        run = site.configure("base", *wanting("aura-probe", "aura-slow"))
        succeeded(run)
        assert [event["task"] for event in run.of("task.ok", changed=True)] == ["base : Finish what dpkg began"]
        self.is_whole(site)
        unchanged(site.configure("base", *wanting("aura-probe", "aura-slow")))

    def test_a_half_installed_package_is_reinstalled(self, site):
        # Killed in the middle of unpacking, when configuring is not enough.
        site.machine.sh("apt-get purge -y aura-slow; : > /run/die; ! apt-get install -y aura-slow; rm /run/die")
        assert "reinstalled" in site.machine.sh("dpkg --audit")
        succeeded(site.configure("base", *wanting("aura-slow")))
        self.is_whole(site)
        unchanged(site.configure("base", *wanting("aura-slow")))

    def test_the_role_waits_for_a_running_dpkg(self, site):
        site.machine.sh("apt-get purge -y aura-slow; : > /run/slow; rm -f /run/configuring")
        site.machine.sh(CONFIGURE_SLOWLY)
        # The other dpkg ends after the role has met its lock.
        site.machine.sh(
            "printf '%s\\n' '#!/bin/sh' '/usr/bin/dpkg \"$@\"; code=$?' "
            "'case \"$*\" in *--configure*) rm -f /run/slow ;; esac' 'exit $code' > /usr/local/bin/dpkg; "
            "chmod +x /usr/local/bin/dpkg")
        run = site.configure("base", *wanting("aura-slow"))
        succeeded(run)
        assert run.of("task.retry", task="base : Finish what dpkg began"), "dpkg was not at work"
        site.machine.sh("rm /usr/local/bin/dpkg")
        assert site.machine.sh("systemctl show --property=Result,ExecMainStatus --value slow") == "success\n0"
        self.is_whole(site)

    def test_each_role_repairs_dpkg_ahead_of_its_own_packages(self, site):
        """aurad runs the roles one by one, so the role after a killed one cannot rely on the base role."""
        site.machine.sh("systemctl stop slow; apt-get purge -y aura-slow; rm -f /run/configuring")
        site.machine.sh(package("npm"))
        site.machine.sh(package("nodejs", usr_bin_node="#!/bin/sh\necho v24.16.0\n"))
        site.machine.sh(KILL_WHILE_CONFIGURING)
        run = site.configure(
            "agent_runtime", "-e", "agent_runtime_node_source=distribution", agent_source="npm", agent_archive="",
            agent_archive_sha256="")
        assert run.of("task.ok", task="base : Finish what dpkg began", changed=True)
        assert run.of("task.ok", task="agent_runtime : Install Node", changed=True)
        # This package contains no npm, despite its name.
        assert run.of("task.failed")[0]["task"] == "agent_runtime : Ask for npm's version"
        self.is_whole(site)

    @staticmethod
    def is_whole(site):
        """Checks that dpkg has nothing left to do."""
        assert site.machine.sh("dpkg --audit; ls /var/lib/dpkg/updates") == ""
        assert site.machine.sh("dpkg-query -W -f='${db:Status-Status}' aura-slow") == "installed"

    def test_an_unknown_package_fails_with_its_name(self, site):
        run = site.configure("base", *wanting("aura-nowhere", base_apt_retries=0))
        assert "aura-nowhere" in reason(run)
