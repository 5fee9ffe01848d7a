"""`aura secret`: its calls, its output, and the places from which a value comes and to which it goes."""

import os
import stat
import subprocess

import pytest

from daemon import Refusal
from samples import ago, at

VALUE = "planted-7d1f0c52e9"
MISSING = "aura: cannot show a secret, standard output is no terminal: give --out FILE, the path of a new file\n"


def secret(name="hetzner.token", **more):
    return {
        "tenant": "default", "name": name, "class": "sealed", "version": 1, "createdAt": at(0), "updatedAt": at(0),
        **more,
    }


@pytest.fixture
def setting(daemon):
    daemon.on("secret.set", {"secret": secret()})
    return daemon


# MARK: set

def test_set_reads_a_pipe_without_its_line_end(aura, setting):
    run = aura("secret", "set", "hetzner.token", input=VALUE + "\n")
    assert (run.code, run.err) == (0, "")
    assert run.lines == ["the secret hetzner.token of default has version 1 (sealed)"]
    assert setting.calls == [("secret.set", {"name": "hetzner.token", "value": VALUE})]


def test_set_reads_a_file_as_it_is(aura, setting, tmp_path):
    file = tmp_path / "value"
    file.write_text("line 1\nline 2\n")
    run = aura(
        "secret", "set", "key", "--in", str(file), "--tenant", "alice", "--class", "exportable", input="not this")
    assert run.code == 0
    assert setting.calls == [
        ("secret.set", {"tenant": "alice", "name": "key", "value": "line 1\nline 2\n", "class": "exportable"})]


def test_set_at_a_terminal_does_not_show_the_value(terminal, setting):
    screen = terminal("secret", "set", "hetzner.token", columns=160)
    screen.until(lambda shown: "type or paste the value of hetzner.token" in shown.text)
    # A wrong first line is cleared by ^U, a wrong character by Backspace.
    os.write(screen.master, b"wrong\x15" + VALUE.encode() + "ä".encode() + b"\x7f\r")
    assert screen.wait() == 0
    assert VALUE not in screen.raw and "wrong" not in screen.raw
    assert setting.calls == [("secret.set", {"name": "hetzner.token", "value": VALUE})]


def test_an_interrupt_at_the_terminal_sets_nothing(terminal, setting):
    screen = terminal("secret", "set", "hetzner.token", columns=160)
    screen.until(lambda shown: "type or paste the value" in shown.text)
    os.write(screen.master, VALUE.encode() + b"\x03")
    assert screen.wait() == 130
    assert VALUE not in screen.raw and setting.calls == []


@pytest.mark.parametrize("value, complaint", [
    (b"", "cannot use standard input, it is empty: give a value"),
    (b"\n", "cannot use standard input, it is empty: give a value"),
    (b"\xff\xfe", "cannot use standard input, it is no text in UTF-8"),
    (b"a\0b", "cannot use standard input, it is no text in UTF-8"),
    (b"x" * 65_538, "cannot use standard input, a secret has 65536 bytes at most: give less"),
    (b"x" * 1_000_000, "cannot use standard input, a secret has 65536 bytes at most: give less"),
])
def test_a_value_that_is_no_secret_is_not_sent(binary, environment, setting, value, complaint):
    run = subprocess.run(
        [binary, "secret", "set", "a"], input=value, capture_output=True, env=environment, timeout=30)
    assert run.returncode == 64 and complaint in run.stderr.decode() and b"xxx" not in run.stderr
    assert setting.calls == []


def test_the_longest_value_is_sent(aura, setting):
    assert aura("secret", "set", "a", input="x" * 65_536 + "\n").code == 0
    assert len(setting.calls[0][1]["value"]) == 65_536


def test_a_missing_file_is_named(aura, setting, tmp_path):
    run = aura("secret", "set", "a", "--in", str(tmp_path / "none"))
    assert (run.code, setting.calls) == (64, [])
    assert run.err == f"aura: cannot read the file {tmp_path / 'none'}, No such file or directory: check its path\n"


def test_a_value_on_the_command_line_is_refused(aura, setting):
    run = aura("secret", "set", "a", VALUE)
    assert (run.code, setting.calls) == (64, [])


# MARK: list

def test_list_shows_a_table_of_all_pages(aura, daemon):
    pages = {
        None: {"secrets": [secret("a", updatedAt=ago(90))], "next": "default/a"},
        "default/a": {"secrets": [secret("b", **{"class": "exportable"}, version=12, updatedAt=ago(5))]},
    }
    daemon.on("secret.list", lambda params: pages[params.get("after")])
    run = aura("secret", "list", "--tenant", "default")
    assert [line.split()[:4] for line in run.lines] == [
        ["TENANT", "NAME", "CLASS", "VERSION"], ["default", "a", "sealed", "1"], ["default", "b", "exportable", "12"]]
    assert daemon.calls[0] == ("secret.list", {"tenant": "default", "limit": 500})


def test_list_without_secrets_says_so(aura, daemon):
    daemon.on("secret.list", {"secrets": []})
    run = aura("secret", "list")
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no such secrets\n")


# MARK: reveal

@pytest.fixture
def revealing(daemon):
    daemon.on("secret.reveal", {"secret": secret(**{"class": "exportable"}), "value": VALUE + "\nline 2"})
    return daemon


def test_reveal_shows_the_value_at_a_terminal(terminal, revealing):
    screen = terminal("secret", "reveal", "hetzner.token")
    assert screen.wait() == 0
    assert screen.screen.text.splitlines() == [VALUE, "line 2"]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_reveal_without_a_terminal_calls_nothing(aura, revealing, words):
    run = aura("secret", "reveal", "hetzner.token", *words)
    assert (run.code, run.out, revealing.calls) == (64, "", [])
    if not words:
        assert run.err == MISSING


def test_reveal_writes_a_new_file_for_its_owner(aura, revealing, tmp_path):
    file = tmp_path / "value"
    run = aura("secret", "reveal", "hetzner.token", "--out", str(file))
    assert run.lines == [f"the value of the secret hetzner.token of default, version 1, is in {file}"]
    assert (file.read_text(), stat.S_IMODE(os.stat(file).st_mode)) == (VALUE + "\nline 2", 0o600)
    again = aura("secret", "reveal", "hetzner.token", "--out", str(file))
    assert again.code == 74 and len(revealing.calls) == 1


def test_reveal_with_json_names_the_file(aura, revealing, tmp_path):
    file = tmp_path / "value"
    run = aura("secret", "reveal", "hetzner.token", "--json", "--out", str(file))
    assert run.documents == [{"secret": secret(**{"class": "exportable"}), "file": str(file)}]


def test_a_refusal_leaves_no_file(aura, daemon, tmp_path):
    daemon.on("secret.reveal", Refusal(-32046, "secretSealed", "cannot reveal the secret a, it is sealed"))
    run = aura("secret", "reveal", "a", "--out", str(tmp_path / "value"))
    assert run.code == 2 and not (tmp_path / "value").exists()


# MARK: delete

def test_delete_says_what_is_gone(aura, daemon):
    daemon.on("secret.delete", {"tenant": "alice", "name": "a"})
    run = aura("secret", "delete", "a", "--tenant", "alice")
    assert run.lines == ["the secret a of alice is deleted, with all its versions"]
    assert daemon.calls == [("secret.delete", {"tenant": "alice", "name": "a"})]
