"""The rules of the clients' conformance list that the command line itself implements; the library implements the
others."""

import pathlib
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parents[1] / "Conformance" / "clients"
sys.path.append(str(HERE))

plays = pytest.importorskip("plays", reason="the conformance list for clients is not in this tree")

RULES = [
    "timed-out-call", "keepalive", "resume-identity", "resume-older-daemon", "resume-other-epoch", "address-forms", "address-tcp",
    "address-refused", "address-environment", "address-runtime", "address-fallback", "patience-ends", "reader-leaves",
    "reader-leaves-amid-events", "refused-for-good",
    "token-first", "token-again", "token-refused", "token-revoked", "token-reduced", "token-environment", "token-files",
    "token-hidden",
]
# Rules that are not played, with the reasons:
#
# - patience-lasts, id-null-connection: the first connection of a command is tried once, so that an absent daemon is
#   reported at once.
# - cancelled-call, cancelled-waits, restart-wait, id-null-call, checked-before-sending: they script job.wait; `aura job
#   wait` follows the ledger (test_job_wait.py).
# - silence-*: the command line has no option for it; the library's adapter plays them.
# - resume-once: `aura watch` has no maxEvents.
# - token-final, close-*, concurrent-calls, fork, strict-mode: each command is its own process.


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule, binary, monkeypatch):
    monkeypatch.setenv("AURA_BIN_DIR", str(pathlib.Path(binary).parent))
    description = {"name": "cli", "command": [sys.executable, "adapters/cli.py"], "without": {}}
    with tempfile.TemporaryDirectory(prefix="aura") as directory:
        try:
            getattr(plays, rule.replace("-", "_"))(plays.Stage(description, directory))
        except plays.Skipped as reason:
            pytest.skip(str(reason))
