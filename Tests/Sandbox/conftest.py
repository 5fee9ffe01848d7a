import os
import pathlib
import subprocess

import pytest
import stripe

from harness import REPOSITORY, Sandbox
from openapi import Description
from stripe_harness import Account, Receiver

SHARED = pathlib.Path(os.environ.get("AURA_SHARED", REPOSITORY.parent / "shared"))
SLICE = SHARED / "facts" / "spec" / "hetzner.slice.json"


@pytest.fixture(scope="session")
def description():
    """Returns the API's description, or None if it is absent: then replies are used without a check against it."""
    return Description(SLICE) if SLICE.exists() else None


@pytest.fixture
def start(tmp_path, description):
    """Returns a function that starts sandboxes; stops each at the end of the test."""
    started = []

    def begin(*arguments, directory=None, **options):
        place = directory or tmp_path / f"run{len(started)}"
        sandbox = Sandbox(place, *arguments, validator=description, **options)
        started.append(sandbox)
        return sandbox

    yield begin
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.stop()


@pytest.fixture
def sandbox(start):
    """Returns a fast sandbox with servers that are rows only."""
    return start("--hosts", "none", "--health-port", "0", "--time-scale", "0.02", "--rate-limit", "1000000")


@pytest.fixture
def account(sandbox, monkeypatch):
    """Returns the Stripe account of the fast sandbox, to which the official client is pointed."""
    account = Account(sandbox)
    sandbox.settings(stripeCallsPerSecond=1_000_000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(stripe, "api_key", account.key)
    monkeypatch.setattr(stripe, "api_base", account.base)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    return account


@pytest.fixture
def receiver(account):
    """Returns a receiver of webhooks, not registered yet."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def key(tmp_path):
    """Returns a new ed25519 key pair: the path of the private key and the text of the public key."""
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True, timeout=20)
    return path, (tmp_path / "id_ed25519.pub").read_text().strip()
