"""The token that `aura` shows to the daemon: its places, its file, and the daemon's refusal."""

import pytest

from daemon import Refusal, Stream
from samples import JOB, TOKEN, event, instance, job, whoami

AUTHENTICATE = "session.authenticate"
OTHER = TOKEN.replace("_k1_", "_k2_")
THIRD = TOKEN.replace("_k1_", "_k3_")


@pytest.fixture
def token_file(tmp_path):
    """Returns a function that makes a token file."""
    def make(text=TOKEN, name="my token", mode=0o600):
        file = tmp_path / name
        file.write_text(f"{text}\n")
        file.chmod(mode)
        return str(file)
    return make


@pytest.fixture
def guarded(daemon):
    return daemon.on(AUTHENTICATE, whoami()).on("system.ping", {"pong": True})


def test_the_token_is_shown_before_the_call(aura, guarded, token_file):
    run = aura("ping", "--token-file", token_file())
    assert (run.code, run.err) == (0, "")
    assert guarded.calls == [(AUTHENTICATE, {"token": TOKEN}), ("system.ping", {})]
    assert guarded.connections == 1


def test_without_a_token_none_is_shown(aura, guarded):
    assert aura("ping", AURA_TOKEN="", AURA_TOKEN_FILE="").code == 0
    assert guarded.methods() == ["system.ping"]


def test_the_option_is_first_then_the_file_then_the_text(aura, guarded, token_file):
    variables = {"AURA_TOKEN_FILE": token_file(OTHER, "other"), "AURA_TOKEN": THIRD}
    assert aura("ping", "--token-file", token_file(), **variables).code == 0
    assert aura("--token-file", token_file(), "ping", **variables).code == 0
    assert aura("ping", **variables).code == 0
    assert aura("ping", AURA_TOKEN=THIRD).code == 0
    assert [params["token"] for params in guarded.params(AUTHENTICATE)] == [TOKEN, TOKEN, OTHER, THIRD]


def test_a_file_that_others_may_use_is_refused(aura, guarded, token_file):
    file = token_file(mode=0o640)
    remedy = f"cannot use the token file {file}, other users may use it: run chmod 600 '{file}'"
    run = aura("ping", "--token-file", file)
    assert (run.code, run.out, run.err) == (64, "", f"aura: {remedy}\n")
    assert aura("ping", "--json", AURA_TOKEN_FILE=file).error == {
        "message": remedy, "data": {"code": "usage", "retryable": False}}
    assert guarded.connections == 0


def test_a_file_without_a_token_is_refused_and_not_shown(aura, guarded, token_file, tmp_path):
    for file, words in [
        (token_file("-----BEGIN KEY-----"), "it has no token: give the text that aura token create showed"),
        (token_file("x" * 5000, "long"), "it is longer than 4096 bytes: name another one"),
        (str(tmp_path), "it is not a regular file: name another one"),
        (str(tmp_path / "missing"), "No such file or directory: check its path"),
    ]:
        run = aura("ping", "--token-file", file)
        assert (run.code, run.out) == (64, "") and file in run.err and words in run.err
        assert "BEGIN" not in run.err and "xxx" not in run.err
    assert guarded.connections == 0


def test_a_refusal_is_reported_with_the_words_of_the_daemon(aura, daemon):
    refusal = Refusal(-32012, "unauthenticated", "cannot use the token, it is not valid here")
    daemon.on(AUTHENTICATE, refusal)
    commands = [
        ["ping"], ["list"], ["watch", "--all"], ["watch", "ada"], ["job", "wait", JOB], ["token", "list"], ["rpc", "x"]]
    for command in commands:
        run = aura(*command, AURA_TOKEN=TOKEN)
        assert (run.code, run.out, run.err) == (2, "", "aura: cannot use the token, it is not valid here\n"), command
    run = aura("ping", "--json", AURA_TOKEN=TOKEN)
    assert (run.code, run.error) == (2, refusal.error)
    assert set(daemon.methods()) == {AUTHENTICATE} and daemon.connections == 8


def test_a_watch_shows_the_token_again_after_it_lost_the_daemon(aura, daemon):
    events = [event(1, "job.queued", "queued"), event(2, "job.succeeded", "done")]
    daemon.on(AUTHENTICATE, whoami())
    daemon.on("status.subscribe", Stream(events[:1], then="drop"), Stream(events[1:], then="end"))
    run = aura("watch", "--job", JOB, AURA_TOKEN=TOKEN)
    assert run.code == 0
    assert daemon.methods() == [AUTHENTICATE, "status.subscribe"] * 2
    assert daemon.params("status.subscribe")[1]["from"] == 1


def test_a_command_to_repeat_names_the_token_file(aura, daemon, token_file):
    daemon.on(AUTHENTICATE, whoami()).on("suspend", {"instance": instance(), "job": job("suspend")})
    file = token_file()
    run = aura("suspend", "ada", "--token-file", file)
    assert run.out == f"ada: suspend is queued, follow it with: aura --token-file '{file}' watch --job {JOB}\n"


def test_commands_without_the_daemon_need_no_token(aura, tmp_path):
    run = aura(
        "token", "restrict", "method=status.*", "--out", str(tmp_path / "t"), input=TOKEN,
        AURA_TOKEN_FILE=str(tmp_path / "missing"))
    assert (run.code, run.err) == (0, "")
