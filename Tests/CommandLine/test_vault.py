"""`aura vault init`: the key file, its permissions, and rotation. No daemon is needed."""

import base64
import os
import stat

import pytest


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
            "it exists already: wait for the other aura vault init"),
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
