"""`aura audit`: its calls, its output, and the files that it writes."""

import json
import stat

import pytest

from daemon import Refusal
from samples import at

NOTE = "aura/home\n7\nIVpBBcVnyrXzesr2+UvT4+z32SvS0QTvsmugxwL90W8=\n\n\u2014 aura/home AAAA\n"


def entry(seq, **more):
    return {
        "seq": seq, "hash": "F9SV", "at": at(0), "principal": "uid:0", "proof": "peer", "peer": "uid 0 pid 7",
        "method": "tenant.create", "tenant": "alice", "object": "tenant alice", "outcome": "accepted", **more,
    }


def verdict(**more):
    return {
        "consistent": True, "proofs": ["chain", "checkpoints", "events"], "floor": 2, "head": 7, "hash": "F9SV",
        "erased": 0, "events": 90, "eventsPruned": 0, **more,
    }


def test_list_reads_all_pages(aura, daemon):
    daemon.on("audit.list", {"entries": [entry(1)], "next": 1}, {"entries": [{"seq": 2, "hash": "A"}], "unreadable": [3]})
    run = aura("audit", "list", "--method", "tenant.create", "--from", "2026-11-20", "--principal", "uid:0")
    assert run.code == 0 and "entry 3 is damaged" in run.err
    header, first, second = run.lines
    assert header.split() == ["ENTRY", "TIME", "CALLER", "METHOD", "TENANT", "OBJECT", "OUTCOME"]
    assert first.split() == ["1", at(0), "uid:0", "tenant.create", "alice", "tenant", "alice", "accepted"]
    assert second.split() == ["2", "-", "-", "(erased)", "-", "-", "-"]
    filters = {"principal": "uid:0", "method": "tenant.create", "from": "2026-11-20T00:00:00.000Z", "limit": 500}
    assert daemon.calls == [("audit.list", filters), ("audit.list", {**filters, "after": 1})]


def test_list_says_that_there_is_nothing(aura, daemon):
    daemon.on("audit.list", {"entries": []})
    run = aura("audit", "list")
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no such entries\n")


def test_verify_names_its_proofs(aura, daemon, tmp_path):
    daemon.on("audit.verify", verdict(erased=3, eventsPruned=5, proofs=["chain", "outside", "later"]), verdict())
    file = tmp_path / "note"
    file.write_text(NOTE)
    run = aura("audit", "verify", "--checkpoint", str(file))
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        "the entries 3 to 7 are consistent", "proved: each hash follows from the one before",
        "proved: they agree with the checkpoint that was kept elsewhere", "proved: later",
        "not compared: 5 events, of which some were pruned", "the contents of 3 entries were erased"]
    assert daemon.calls == [("audit.verify", {"checkpoint": NOTE})]
    assert "proved: 90 events of the ledger agree with their hashes" in aura("audit", "verify").lines


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_verify_fails_if_the_audit_was_changed(aura, daemon, options):
    daemon.on("audit.verify", verdict(consistent=False, proofs=[], fault="the content of entry 4 was changed"))
    run = aura("audit", "verify", *options)
    assert run.code == 2 and "the content of entry 4 was changed" in run.err
    assert (json.loads(run.out)["consistent"] is False) if options else run.out == ""


def test_a_checkpoint_keeps_its_bytes(aura, daemon, tmp_path):
    daemon.on("audit.checkpoint", {"seq": 7, "checkpoint": NOTE})
    assert aura("audit", "checkpoint").out == NOTE
    file = tmp_path / "note"
    run = aura("audit", "checkpoint", "--out", str(file))
    assert run.lines == [f"a checkpoint of entry 7 is in {file}"] and file.read_text() == NOTE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert aura("audit", "checkpoint", "--out", str(file)).code == 74 and file.read_text() == NOTE


def test_an_export_has_the_lines_of_all_pages(aura, daemon, tmp_path):
    daemon.on("audit.export", {"lines": ['{"floor":0}', '{"seq":1}'], "next": 1}, {"lines": ['{"checkpoint":"x"}']})
    run = aura("audit", "export")
    assert (run.code, run.lines) == (0, ['{"floor":0}', '{"seq":1}', '{"checkpoint":"x"}'])
    assert daemon.params("audit.export") == [{"limit": 1000}, {"after": 1, "limit": 1000}]
    file = tmp_path / "audit"
    daemon.on("audit.export", {"lines": ['{"floor":0}'], "next": 1}, Refusal(-32011, "storageUnavailable", "cannot"))
    assert aura("audit", "export", "--out", str(file)).code == 2 and not file.exists()


def test_erase_continues_until_nothing_is_left(aura, daemon):
    daemon.on("audit.erase", {"erased": 4, "next": 100000}, {"erased": 1})
    run = aura("audit", "erase", "--tenant", "alice")
    assert (run.code, run.lines) == (0, ["erased the contents of 5 entries"])
    assert daemon.params("audit.erase") == [{"tenant": "alice"}, {"tenant": "alice", "after": 100000}]
    assert aura("audit", "erase", "3", "4").code == 0
    assert daemon.params("audit.erase")[-1] == {"entries": [3, 4]}
    for wrong in ([], ["3", "--tenant", "alice"]):
        refused = aura("audit", "erase", *wrong)
        assert refused.code == 64 and "give either their numbers or --tenant" in refused.err
