"""The block of the metadata service, on machines that can have it and on one that cannot."""

from __future__ import annotations

import json

import pytest
from installation import Site, succeeded, unchanged


class TestMetadata:
    """The metadata service, on a machine that may filter packets."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls):
        opened = Site("--cap-add", "NET_ADMIN")
        opened.machine.booted()
        yield opened
        opened.close()

    @staticmethod
    def fetch(site, user):
        """Returns curl's exit code for a call to the service, from the machine's external address."""
        return site.machine.run(
            f"curl --silent --output /dev/null --max-time 5 --interface {site.machine.address} "
            "http://169.254.169.254:8080/", user=user).returncode

    def test_only_root_reaches_the_metadata_service(self, site):
        site.machine.sh(
            "ip address add 169.254.169.254/32 dev lo; "
            "systemd-run --unit=metadata python3 -m http.server --bind 169.254.169.254 8080; "
            "for _ in $(seq 60); do curl -s -o /dev/null http://169.254.169.254:8080/ && exit 0; sleep 0.5; done; "
            "exit 1")
        assert self.fetch(site, "nobody") == 0
        run = site.configure("base")
        succeeded(run)
        assert not run.of("warning")
        # 7 is curl's code for a refused connection: the packet is rejected at once, not dropped.
        assert self.fetch(site, "nobody") == 7
        assert self.fetch(site, "root") == 0
        assert site.machine.sh("systemctl is-enabled aura-metadata-filter") == "enabled"
        unchanged(site.configure("base"))

    def test_the_remains_of_a_killed_probe_are_removed(self, site):
        site.machine.sh("iptables -N aura-probe; iptables -A aura-probe -d 169.254.169.254 -j REJECT")
        run = site.configure("base")
        unchanged(run)
        assert not run.of("warning")
        assert "aura-probe" not in site.machine.sh("iptables -S")

    def test_the_block_survives_a_boot(self, site):
        site.machine.power_off()
        site.machine.power_on()
        unchanged(site.configure("base"))
        assert "169.254.169.254" in site.machine.sh("iptables -S OUTPUT")

    def test_the_block_can_be_removed(self, site):
        run = site.configure("base", "-e", json.dumps({"base_metadata_block": False}))
        succeeded(run)
        assert "169.254.169.254" not in site.machine.sh("iptables -S")
        unchanged(site.configure("base", "-e", json.dumps({"base_metadata_block": False})))


class TestNoRights:
    """A machine that may not filter packets."""

    def test_an_unblocked_metadata_service_is_a_warning(self, site):
        run = site.configure("base")
        succeeded(run)
        assert [event["message"] for event in run.of("warning")][0].startswith(
            "the metadata service 169.254.169.254 is not blocked: this container may not filter packets")
