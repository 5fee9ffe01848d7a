"""`aura vault`: the key file, its permissions and its rotation, without a daemon, and the calls of a daemon's vault."""

import base64
import os
import stat

import pytest

from samples import at


def keys(path):
    """Returns the name and the key of each line."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert all(word == "aura-key-1" and len(base64.b64decode(key, validate=True)) == 32 for word, _, key in lines)
    return [(name, key) for _, name, key in lines]


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def key_file(aura, tmp_path):
    path = tmp_path / "master.key"
    assert aura("vault", "init", "--out", str(path)).code == 0
    return path


def test_init_makes_a_key_file_and_names_the_setting(aura, tmp_path):
    path = tmp_path / "master.key"
    run = aura("vault", "init", "--out", str(path))
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        f"the vault's key k1 is in {path}",
        "keep a copy on paper or on another machine: without it, secrets and tokens are lost with this file",
        "the account of aurad must be able to read the file; name it in aurad's configuration:",
        "", "vault:", f"  keyFile: {path}",
    ]
    ((name, key),) = keys(path)
    assert (name, mode(path)) == ("k1", 0o600)
    assert key not in run.out


def test_init_makes_another_key_each_time(aura, tmp_path):
    for name in "ab":
        assert aura("vault", "init", "--out", str(tmp_path / name)).code == 0
    assert keys(tmp_path / "a") != keys(tmp_path / "b")


def test_init_never_replaces_a_file(aura, key_file):
    before = key_file.read_text()
    run = aura("vault", "init", "--out", str(key_file))
    assert (run.code, run.out, key_file.read_text()) == (74, "", before)
    assert run.err == f"aura: cannot make the file {key_file}, it exists already: give --out another path\n"


def test_init_with_json_prints_a_document(aura, tmp_path):
    path = tmp_path / "k"
    run = aura("vault", "init", "--json", "--out", str(path))
    assert run.documents == [{"file": str(path), "key": "k1", "setting": {"vault.keyFile": str(path)}}]


def test_add_puts_a_new_key_first(aura, key_file):
    key_file.write_text("# kept\n" + key_file.read_text())
    key_file.chmod(0o400)
    (first,) = keys(key_file)
    run = aura("vault", "init", "--add", "k2", "--file", str(key_file))
    assert (run.code, run.err) == (0, "")
    assert run.lines[0] == f"key k2 is the first one in {key_file}, for new secrets and tokens"
    (new, old) = keys(key_file)
    assert (new[0], old, mode(key_file)) == ("k2", first, 0o400)
    assert "# kept\n" in key_file.read_text() and new[1] not in run.out
    assert os.listdir(key_file.parent).count("master.key.new") == 0


def test_add_follows_a_link_to_the_file(aura, key_file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(key_file)
    assert aura("vault", "init", "--add", "k2", "--file", str(link)).code == 0
    assert link.is_symlink() and [name for name, _ in keys(key_file)] == ["k2", "k1"]


@pytest.mark.parametrize(
    "break_it, complaint",
    [
        (lambda path: path.chmod(0o644), "other users may use it: run chmod 600"),
        (lambda path: path.write_text("key\n"), "cannot read line 1 of the key file"),
        (lambda path: path.write_text(""), "cannot use the key file: it has no key"),
        (lambda path: path.unlink(), "No such file or directory: check its path"),
        (
            lambda path: (path.parent / "master.key.new").touch(),
            "it exists already: wait for the other aura vault command"),
    ])
def test_add_changes_nothing_if_the_file_cannot_be_used(aura, key_file, break_it, complaint):
    break_it(key_file)
    before = key_file.read_text() if key_file.exists() else None
    run = aura("vault", "init", "--add", "k2", "--file", str(key_file))
    assert run.code in (64, 74) and run.out == "" and complaint in run.err
    assert (key_file.read_text() if key_file.exists() else None) == before


def test_add_refuses_a_name_that_exists(aura, key_file):
    run = aura("vault", "init", "--add", "k1", "--file", str(key_file))
    assert run.err == "aura: cannot add the key k1, the file has one of this name: choose another name\n"
    assert (run.code, len(keys(key_file))) == (64, 1)
    assert not (key_file.parent / "master.key.new").exists()


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--add", "k2"], "cannot use --add without --file"), (["--file", "x"], "cannot use --add without --file"),
        (["--add", "K2", "--file", "x"], "cannot use the key's name"),
        (["--add", "k2", "--file", "x", "--out", "y"], "cannot use --add and --out"),
    ])
def test_a_contradiction_is_refused(aura, words, complaint):
    run = aura("vault", "init", *words, "--json")
    assert run.code == 64 and run.error["message"].startswith(complaint)


# MARK: rotate

def test_rotate_puts_the_next_key_first(aura, key_file):
    (first,) = keys(key_file)
    run = aura("vault", "rotate", "--file", str(key_file))
    assert (run.code, run.err) == (0, "")
    assert run.lines[0] == f"key k2 is the first one in {key_file}, for new secrets and tokens"
    new, old = keys(key_file)
    assert (new[0], old, mode(key_file)) == ("k2", first, 0o600) and new[1] not in run.out
    again = aura("vault", "rotate", "--file", str(key_file), "--json")
    assert again.documents == [{"file": str(key_file), "key": "k3", "keys": ["k3", "k2", "k1"]}]


def test_rotate_prepares_a_key_and_uses_it_later(aura, key_file):
    key_file.write_text("# kept\n" + key_file.read_text().rstrip("\n"))
    run = aura("vault", "rotate", "--prepare", "--name", "next", "--file", str(key_file))
    assert (run.code, run.err) == (0, "")
    assert run.lines[0] == f"key next is the last one in {key_file}: it opens secrets, and seals none yet"
    prepared = keys(key_file)
    assert [name for name, _ in prepared] == ["k1", "next"]
    run = aura("vault", "rotate", "--use", "next", "--file", str(key_file))
    assert (run.code, run.err) == (0, "")
    assert keys(key_file) == prepared[::-1] and "# kept\n" in key_file.read_text()


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--use", "k9"], "cannot use the key k9, the file has no such key: it has k1"),
        (["--name", "k1"], "cannot add the key k1, the file has one of this name"),
        (["--use", "k1", "--prepare"], "cannot use --use with --prepare or --name"),
        (["--name", "K2"], "cannot use the key's name"),
    ])
def test_rotate_changes_nothing_if_it_cannot(aura, key_file, words, complaint):
    before = key_file.read_text()
    run = aura("vault", "rotate", *words, "--file", str(key_file), "--json")
    assert run.code == 64 and run.error["message"].startswith(complaint)
    assert key_file.read_text() == before and not (key_file.parent / "master.key.new").exists()


# MARK: the daemon's vault

def named(name="hetzner.token", version=1):
    return {"name": name, "version": version, "createdAt": at(0), "updatedAt": at(0)}


def test_status_shows_keys_secrets_and_what_is_outside(aura, daemon):
    daemon.on("vault.status", {
        "currentKey": "k2",
        "keys": [
            {"id": "k2", "inKeyFile": True, "versions": 40, "tokens": 1},
            {"id": "k1", "inKeyFile": True, "versions": 2, "tokens": 0},
            {"id": "k0", "inKeyFile": False, "versions": 0, "tokens": 3}],
        "secrets": [named()], "outside": 2})
    run = aura("vault", "status")
    assert (run.code, run.err) == (0, "")
    assert [line.split() for line in run.lines[:4]] == [
        ["KEY", "USE", "VERSIONS", "TOKENS"], ["k2", "seals", "and", "opens", "40", "1"], ["k1", "opens", "2", "0"],
        ["k0", "not", "in", "the", "key", "file", "0", "3"]]
    assert "hetzner.token" in run.out
    assert run.lines[-1] == "2 credentials are outside of the vault: run aura vault import"


def test_set_sends_the_value_of_a_pipe(aura, daemon):
    daemon.on("vault.set", {"secret": named(version=3)})
    run = aura("vault", "set", "hetzner.token", input="planted\n")
    assert run.lines == ["the secret hetzner.token of the installation has version 3"]
    assert daemon.calls == [("vault.set", {"name": "hetzner.token", "value": "planted"})]


def test_delete_names_the_secret(aura, daemon):
    daemon.on("vault.delete", {"name": "a"})
    assert aura("vault", "delete", "a").lines == ["the secret a of the installation is deleted, with all its versions"]


def test_import_shows_what_is_left(aura, daemon):
    daemon.on("vault.adopt", {
        "imported": 2, "present": 1, "deleted": 3, "leftCount": 2, "left": [
            {"place": "/etc/aura/hetzner.token", "name": "hetzner.token", "deletable": False, "reason": "it is named"}]})
    run = aura("vault", "import", "--delete")
    assert run.lines == [
        "imported 2, in the vault before 1, deleted 3", "/etc/aura/hetzner.token: it is named", "and 1 more"]
    aura("vault", "import")
    assert daemon.calls == [("vault.adopt", {"delete": True}), ("vault.adopt", {})]
