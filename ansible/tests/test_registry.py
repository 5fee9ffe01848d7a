"""The installation from npm, with a simulated registry and Node on the machine."""

from __future__ import annotations

import machine as machines
from installation import AGENT, NEXT_VERSION, VERSION, reason, succeeded, unchanged

PLANTED, OTHER = (f"sha512-{letter * 86}==" for letter in "Po")


class TestRegistry:
    """The installation from npm, with a simulated registry and Node on the machine."""

    # Changes the disk as npm does: the package below lib/node_modules, a relative link below bin.
    NPM = """#!/bin/sh
echo "$(id -un) $HOME $*" >> /run/npm-calls
case "$*" in
*--version*) echo 11.16.0; exit ;;
*view*) echo "$(cat /usr/local/share/integrity)"; exit ;;
esac
while [ $# -gt 0 ]; do
    case "$1" in --prefix) prefix=$2 ;; openclaw@*) version=${1#openclaw@} ;; esac
    shift
done
mkdir -p "$prefix/lib/node_modules" "$prefix/bin"
# What a real npm 10 leaves of a try that did not end: the link, and if it was killed the package as well.
if test -s /run/npm-fate; then
    read -r fate < /run/npm-fate
    sed -i 1d /run/npm-fate
    ln -s ../lib/node_modules/openclaw/bin/openclaw "$prefix/bin/openclaw"
    test "$fate" = script && { echo "npm error code 1" >&2; echo "npm error ELIFECYCLE postinstall" >&2; exit 1; }
    tar -xzf "/usr/local/share/openclaw-$version.tgz" -C "$prefix/lib/node_modules"
    mv "$prefix/lib/node_modules/package" "$prefix/lib/node_modules/openclaw"
    touch "$prefix/lib/node_modules/openclaw/half"
    kill -9 $$
fi
cd "$prefix/lib/node_modules"
tar -xzf "/usr/local/share/openclaw-$version.tgz"
mv package openclaw
sed -i 's/^{/{"engines": {"node": ">=22"},/' openclaw/package.json
ln -s ../lib/node_modules/openclaw/bin/openclaw "$prefix/bin/openclaw"
"""

    def pretend(self, site, node="v24.16.0"):
        """Puts the archives, npm and Node on the machine."""
        for archive in site.archives.values():
            machines.output("podman", "cp", str(archive), f"{site.machine.name}:/usr/local/share/")
        site.machine.sh(
            f"cat > /usr/local/bin/npm <<'END'\n{self.NPM}END\n"
            f"cat > /usr/local/bin/node <<'END'\n#!/bin/sh\necho {node}\nEND\n"
            f"echo {PLANTED} > /usr/local/share/integrity; "
            ": > /run/npm-calls; : > /run/npm-fate; chmod a+rw /run /run/npm-calls /run/npm-fate; "
            "chmod a+rx /usr/local/bin/npm /usr/local/bin/node; chmod a+r /usr/local/share/*.tgz")

    def test_the_exact_version_is_installed_by_the_agents_user(self, site):
        site.machine.booted()
        self.pretend(site)
        run = site.configure("agent_runtime", agent_source="npm", agent_archive="", agent_archive_sha256="")
        succeeded(run)
        assert run.recap["data"]["aura"]["agentVersion"] == VERSION
        assert ["no integrity is given" in event["message"] for event in run.of("warning")] == [True]
        calls = site.machine.sh("cat /run/npm-calls").splitlines()
        install, = [call for call in calls if " install " in call]
        assert install.startswith(f"{AGENT} /opt/{AGENT}/.staging/home ")
        assert install.endswith(f"--allow-scripts={AGENT} {AGENT}@{VERSION}")
        assert site.machine.sh(f"find /opt/{AGENT} ! -user root -o ! -type l -perm /0022") == ""
        assert sorted(site.machine.sh(f"ls -A /opt/{AGENT}").split()) == [VERSION, "current"]
        assert f"{AGENT}/current/bin/{AGENT} gateway" in site.machine.sh(
            f"tr '\\0' ' ' < /proc/$(systemctl show --property=MainPID --value {AGENT})/cmdline")

    def test_a_second_run_does_not_use_the_registry(self, site):
        site.machine.sh(": > /run/npm-calls")
        run = site.configure("agent_runtime", agent_source="npm")
        unchanged(run)
        assert site.machine.sh("cat /run/npm-calls") == ""
        assert not run.of("warning"), "an installed version is not warned of again"

    def test_a_package_with_another_integrity_is_refused(self, site):
        run = site.configure("agent_runtime", agent_source="npm", agent_integrity=OTHER, version=NEXT_VERSION)
        assert f"the registry offers {PLANTED}, not {OTHER}" in reason(run)
        assert site.machine.run(f"test -e /opt/{AGENT}/{NEXT_VERSION}").returncode == 1
        run = site.configure("agent_runtime", agent_source="npm", agent_integrity="sha512-short", version=NEXT_VERSION)
        assert "an integrity is npm's own string" in reason(run)
        run = site.configure("agent_runtime", agent_source="npm", agent_integrity=PLANTED, version=NEXT_VERSION)
        succeeded(run)
        assert run.recap["data"]["aura"]["agentVersion"] == NEXT_VERSION
        assert not run.of("warning")

    def test_a_version_installed_without_a_pin_is_checked_against_it(self, site):
        run = site.configure("agent_runtime", agent_source="npm", agent_integrity=OTHER)
        assert f"the registry offers {PLANTED}, not {OTHER}" in reason(run)
        site.machine.sh(": > /run/npm-calls")
        succeeded(site.configure("agent_runtime", agent_source="npm", agent_integrity=PLANTED))
        assert " install " in site.machine.sh("cat /run/npm-calls")
        unchanged(site.configure("agent_runtime", agent_source="npm", agent_integrity=PLANTED))
        succeeded(site.configure("agent_runtime", agent_source="npm", version=NEXT_VERSION))

    def test_an_old_node_is_refused(self, site):
        self.pretend(site, node="v23.0.0")
        run = site.configure("agent_runtime", "-e", "agent_runtime_node_source=preinstalled", agent_source="npm")
        assert "cannot run the agent with Node v23.0.0" in reason(run)

    def fate(self, site, *fates):
        """Sets the outcome of npm's next tries, and installs the version again."""
        self.pretend(site)
        site.machine.sh(
            f"rm -rf /opt/{AGENT}/{NEXT_VERSION}; printf '%s\\n' {' '.join(fates)} > /run/npm-fate")
        return site.configure(
            "agent_runtime", "-e", '{"agent_runtime_npm_delay_seconds": 1}', agent_source="npm", version=NEXT_VERSION)

    def is_whole(self, site):
        """Returns whether the published version is equal to the result of one undisturbed try of npm."""
        listed = site.machine.sh(f"cd /opt/{AGENT}/{NEXT_VERSION}; find . | sort; readlink bin/{AGENT}")
        return "half" not in listed and f"./lib/node_modules/{AGENT}/package.json" in listed

    def test_a_failed_install_script_is_run_again(self, site):
        run = self.fate(site, "script")
        succeeded(run)
        assert len(run.of("task.retry", task="agent_runtime : Install the pinned version")) == 1
        assert self.is_whole(site)
        unchanged(site.configure("agent_runtime", agent_source="npm", version=NEXT_VERSION))

    def test_the_remains_of_a_killed_npm_are_not_published(self, site):
        run = self.fate(site, "killed")
        succeeded(run)
        assert self.is_whole(site)
        run = self.fate(site, "killed", "killed", "killed")
        assert reason(run)
        failed, = run.of("task.failed")
        assert failed["task"] == "agent_runtime : Install the pinned version"
        assert failed["cause"] == "transient"
        assert site.machine.run(f"test -e /opt/{AGENT}/{NEXT_VERSION}").returncode == 1
        assert site.machine.run(f"test -e /opt/{AGENT}/.staging").returncode == 1
        succeeded(site.configure("agent_runtime", agent_source="npm", version=NEXT_VERSION))
        assert self.is_whole(site)

    def test_the_error_of_a_failed_install_script_is_reported(self, site):
        run = self.fate(site, "script", "script", "script")
        assert "ELIFECYCLE" in reason(run)
        succeeded(site.configure("agent_runtime", agent_source="npm", version=NEXT_VERSION))
