"""Runs every case of the suite against aurad, over each transport and framing that it supports, and runs the suite
against faulty servers."""

import pathlib
import subprocess
import sys

import pytest

from conformance import channels, framings, json_test_suite, messages
from conformance.cases import PROFILES
from conformance.main import all_cases, chosen
from conformance.player import Player
from conformance.server import Server
from wrong_server import WrongServer

HERE = pathlib.Path(__file__).resolve().parent
AURA = Server(HERE / "servers" / "aura.json")
CASES = all_cases(AURA)
WAYS = {
    "unix-lines": "lines", "tcp-lines": "lines", "unix-content-length": "content-length", "websocket": "message", "http": "message"}
CHANNELS = {"websocket": messages.WebSocketChannel, "http": messages.HTTPChannel}


def carried(cases, way):
    """Returns the cases that apply to a transport and framing."""
    if way in CHANNELS:
        return [case for case in cases if case.suits(CHANNELS[way])]
    return [case for case in cases if not case.framings or WAYS[way] in case.framings]


@pytest.fixture
def play(daemon, port):
    """Returns a function that runs cases over one transport and framing; every case must pass."""
    connects = {
        "unix-lines": channels.unix(daemon.socket), "tcp-lines": channels.tcp("127.0.0.1", port, daemon.token),
        "unix-content-length": channels.unix(daemon.socket),
        "websocket": messages.websocket(*daemon.http, "/ws", daemon.token),
        "http": messages.http_post(*daemon.http, "/rpc", daemon.token)}

    def run(way, cases):
        connect = connects[way]
        played = list(Player(connect, WAYS[way], AURA, seconds=20).play(cases))
        failures = [str(failure) for _, failure in played if failure]
        assert not failures, "\n".join(failures)
        assert len(played) == len(cases), "a case was left out"
    return run


@pytest.mark.parametrize(
    "way, case", [pytest.param(way, case, id=f"{way}: {case.title}") for way in WAYS for case in carried(CASES, way)])
def test_case(play, way, case):
    play(way, [case])


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    return json_test_suite.cases(json_test_suite.download(tmp_path_factory.mktemp("json-test-suite")))


@pytest.mark.parametrize("way", WAYS)
def test_json_test_suite(play, suite, way):
    cases = carried(suite, way)
    assert len(cases) >= 550
    play(way, cases)


def test_every_profile_has_cases():
    for profile in PROFILES:
        assert len([case for case in CASES if case.profile == profile]) >= 100


def test_case_titles_are_unique():
    assert len({case.title for case in CASES}) == len(CASES)


# Faults of a server, each with the cases that must detect it.
WRONGS = {
    "answers_notifications": ["notifications: a notification", "batches: only notifications", "notifications: between two calls"],
    "changes_ids": ["ids: a string of digits", "ids: a UUID"],
    "echoes_ids_of_any_kind": ["ids: true", "ids: an object"],
    "says_null_result_with_error": ["errors: an error has no result", "requests: method unknown"],
    "answers_empty_batches_with_arrays": ["batches: empty"],
    "answers_notification_batches_with_arrays": ["batches: only notifications"],
    "drops_last_of_batch": ["batches: two calls", "the specification's examples: a batch of all sorts"],
    "closes_on_bad_json": ["errors: bad JSON", "requests: bad JSON between two calls"],
    "takes_lax_json": ["JSON numbers: no number: NaN, embedded", "JSON structures: a key twice, embedded, by Aura"],
    "spells_numbers_anew": ["ids: byte for byte 1.50", "ids: byte for byte 1e2"],
    "takes_any_version": ["requests: jsonrpc 1.0", "requests: without jsonrpc"],
    "answers_twice": ["requests: a call"],
    "answers_never": ["requests: a call"],
}


def titles(cases):
    return {case.title for case in cases}


def caught(path, cases, seconds):
    """Returns the failures of a run by case title."""
    played = Player(channels.unix(path), "lines", AURA, seconds).play(cases)
    return {case.title: str(failure) for case, failure in played if failure}


@pytest.mark.parametrize("fault", WRONGS)
def test_a_wrong_server_is_caught(fault, tmp_path):
    """Each named case passes against the server without the fault and fails against the server with it."""
    cases = [case for case in CASES if case.title in WRONGS[fault]]
    assert titles(cases) == set(WRONGS[fault])
    with WrongServer(tmp_path / "right") as path:
        assert caught(path, cases, seconds=20) == {}
    with WrongServer(tmp_path / "wrong", fault) as path:
        assert titles(cases) == set(caught(path, cases, seconds=1))


def run(*words):
    return subprocess.run([sys.executable, HERE / "run", *words], capture_output=True, text=True, timeout=60)


def test_the_runner_reports_a_failed_case_with_exit_code_1(tmp_path):
    with WrongServer(tmp_path / "server", "answers_notifications") as path:
        done = run("--unix", path, "notifications: a notification", "requests: a call")
    assert done.returncode == 1
    assert "FAILED notifications: a notification" in done.stdout and '"method":"system.ping"' in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_the_runner_passes_a_correct_server(tmp_path):
    with WrongServer(tmp_path / "server") as path:
        done = run("--unix", path)
    assert done.returncode == 0, done.stdout
    passed, failed, _ = done.stdout.splitlines()[-1].split(", ")
    assert int(passed.split()[0]) >= 1000 and failed == "0 failed"


@pytest.mark.parametrize("words", [
    ["--unix", "/nowhere/at/all"], ["--unix", "/nowhere", "--profile", "strange"],
    ["--unix", "/nowhere", "no case of this title"], ["--websocket", "http://127.0.0.1:1/ws"], ["--http", "http://127.0.0.1:1/rpc"], ["--tcp", "127.0.0.1:1", "--server", "/nowhere.json"], []])
def test_the_runner_has_exit_code_2_if_it_cannot_run(words):
    done = run(*words)
    assert done.returncode == 2 and done.stderr


@pytest.mark.parametrize("framing", framings.BY_NAME)
@pytest.mark.parametrize("messages", [[b"{}"], [b"", b"[1]"], ["ä".encode(), b"x" * 3000]])
def test_a_framing_reads_its_own_messages(framing, messages):
    codec = framings.BY_NAME[framing]
    stream = b"".join(map(codec.frame, messages))
    buffer, found = b"", []
    for byte in stream:
        buffer += bytes([byte])
        taken = codec.take(buffer)
        if taken:
            found.append(taken[0])
            buffer = taken[1]
    assert (found, buffer) == (messages, b"")
