"""The audit of a daemon with a key file, by `aura audit`."""

import json

from harness import eventually

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_a_kept_checkpoint_proves_the_audit_and_the_ledger(worlds, tmp_path):
    vault = tmp_path / "vault.key"
    vault.touch(mode=0o600)
    vault.write_text(KEY)
    world = worlds({"vault.keyFile": vault})

    def aura(*arguments, code=0):
        done = world.daemon.aura("audit", *arguments)
        assert done.returncode == code, done.stderr
        return done.stdout

    world.call("tenant.create", tenant="alice")
    world.call("provision", name="ada", region="eu-central", size="small")
    # The first checkpoint of a daemon covers the events so far.
    eventually(lambda: "ledger.events" in aura("list"), 40, what="the entry about events")
    note, export = tmp_path / "note", tmp_path / "export"
    aura("checkpoint", "--out", str(note))
    said = aura("verify", "--checkpoint", str(note))
    for words in ("the checkpoint that was kept elsewhere", "signed checkpoints", "events of the ledger agree"):
        assert words in said, said
    aura("export", "--out", str(export))
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    assert lines[0]["floor"] == 0 and lines[-1]["checkpoint"].startswith("aura/")
    assert [line["seq"] for line in lines[1:-1]] == list(range(1, len(lines) - 1))
    assert "erased the contents of 1 entries" in aura("erase", "--tenant", "alice")
    assert "the contents of 1 entries were erased" in aura("verify", "--checkpoint", str(note))
    other = note.read_text().replace("\nevents ", "\nevents 1")
    note.write_text(other)
    aura("verify", "--checkpoint", str(note), code=2)
