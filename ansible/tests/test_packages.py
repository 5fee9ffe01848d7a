"""What apt is asked for, against a repository of one package on the machine itself."""

from __future__ import annotations

import json

from installation import reason, succeeded, unchanged

# One package that does nothing, an index of it, and no other source: nothing here needs a network.
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
    """The option that asks for these packages."""
    return "-e", json.dumps({"base_packages": ["ca-certificates", *names], **more})


class TestPackages:
    """Missing packages, apt's lock, and none at all."""

    def test_what_is_there_is_not_asked_for(self, site):
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

    def test_a_package_that_does_not_exist_fails_with_its_name(self, site):
        run = site.configure("base", *wanting("aura-nowhere", base_apt_retries=0))
        assert "aura-nowhere" in reason(run)
