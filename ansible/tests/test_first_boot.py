"""Faults of a fresh machine."""

from __future__ import annotations

import pytest
from installation import INSTANCE, Site, reason, succeeded, unchanged


class TestFirstBoot:
    """Faults of a fresh machine."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls):
        opened = Site()
        # The real first boot ends before the tests simulate another one.
        opened.machine.booted()
        yield opened
        opened.close()

    def test_a_bare_machine_is_torn_down_without_a_failure(self, site):
        unchanged(site.play("teardown.yml"))

    def test_a_machine_without_a_tailnet_is_not_changed(self, site):
        run = site.configure(
            "tailnet", tailnet_enabled=False, tailnet_hostname="", tailnet_tags=[], tailnet_package_source="")
        unchanged(run)
        assert run.recap["data"] == {}
        assert not site.control.joined

    def test_another_host_key_is_not_trusted(self, site):
        site.machine.trust(site.machine.host_key)
        run = site.configure("base", "-e", "reach_timeout_seconds=3")
        site.machine.trust(site.machine.first_host_key, site.machine.host_key)
        assert run.recap["hosts"][INSTANCE]["unreachable"] == 1
        assert "Host key verification failed" in run.of("task.unreachable")[0]["message"]

    @pytest.mark.parametrize(("script", "words"), [
        ("echo ....; echo 'status: error'; echo detail: disk full; exit 1",
         "cloud-init failed: status: error detail: disk full"),
        ("sleep 30", "cloud-init was not done after 2 s"),
    ])
    def test_a_failed_first_boot_stops_the_run_with_the_reason(self, site, script, words):
        self.pretend(site, script)
        run = site.configure("base", "-e", "cloud_init_timeout_seconds=2")
        assert words in reason(run)

    def test_recoverable_errors_of_the_first_boot_are_a_warning(self, site):
        self.pretend(site, "echo 'status: done'; echo 'deprecated: key'; exit 2")
        run = site.configure("none")
        succeeded(run)
        assert [event["message"] for event in run.of("warning")] == [
            "cloud-init finished with recoverable errors: status: done deprecated: key"]

    def test_an_image_without_cloud_init_is_accepted(self, site):
        site.machine.sh("rm /usr/local/bin/cloud-init; mv /usr/bin/cloud-init /usr/bin/cloud-init.away")
        succeeded(site.configure("none"))

    def test_an_old_release_is_refused_before_anything_is_changed(self, site):
        site.machine.sh(
            "cp -P /etc/os-release /etc/os-release.away; rm /etc/os-release; printf '%s\\n' 'NAME=\"Ubuntu\"' ID=ubuntu "
            "'VERSION_ID=\"22.04\"' VERSION_CODENAME=jammy > /etc/os-release")
        run = site.configure("base")
        site.machine.sh("rm /etc/os-release; mv /etc/os-release.away /etc/os-release")
        assert "Ubuntu 22.04: its systemd is too old" in reason(run)
        assert run.recap["hosts"][INSTANCE]["changed"] == 0

    @staticmethod
    def pretend(site, script):
        """Puts another cloud-init before the real one on the path."""
        site.machine.sh(
            f"printf '%s\\n' '#!/bin/sh' \"{script}\" > /usr/local/bin/cloud-init; chmod +x /usr/local/bin/cloud-init")
