"""What goes wrong: the line that says so, the document that says so, the exit code."""

import json
import socket
import subprocess

import pytest

from daemon import Drop, Refusal, Silence
from samples import JOB, instance, job

COMMANDS = [
    ["provision", "ada", "--region", "eu-central", "--size", "small"], ["list"], ["show", "ada"], ["watch", "ada"],
    ["watch", "--job", JOB], ["watch", "--all"], ["suspend", "ada"], ["resume", "ada"], ["restart", "ada"],
    ["destroy", "ada"], ["job", "list"], ["job", "show", JOB], ["job", "cancel", JOB], ["rpc", "x"], ["ping"], ["info"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_daemon_every_command_says_what_to_do(aura, environment, command):
    path = environment["AURA_SOCKET"]
    run = aura(*command)
    assert (run.code, run.out) == (3, "")
    assert run.err == (
        f"aura: cannot reach aurad at {path}: there is no socket, is it running? start it with aurad --socket {path}\n")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_daemon_every_command_says_so_as_a_document(aura, command):
    run = aura(*command, "--json")
    assert (run.code, run.out) == (3, "")
    assert run.error["data"] == {"code": "unreachable", "retryable": True}
    assert run.error["message"].startswith("cannot reach aurad at ")


def test_a_port_that_nobody_listens_on(aura):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = aura("ping", "--connect", f"127.0.0.1:{taken.getsockname()[1]}")
    assert run.code == 3 and "nobody listens there" in run.err


def test_what_the_daemon_refuses(aura, daemon):
    refusal = Refusal(-32023, "instanceBusy", "cannot suspend ada, a provision is at work: wait for it", True, job=JOB)
    daemon.on("suspend", refusal)
    run = aura("suspend", "ada")
    assert (run.code, run.out, run.err) == (2, "", "aura: cannot suspend ada, a provision is at work: wait for it\n")
    run = aura("suspend", "ada", "--json")
    assert (run.code, run.out) == (2, "")
    assert run.error == refusal.error


def test_a_refusal_in_other_words_names_what_was_wanted(aura, daemon):
    daemon.on("status.get", Refusal(-32020, "instanceNotFound", "no instance is bob: see status.list"))
    run = aura("show", "bob")
    assert (run.code, run.err) == (2, "aura: cannot show bob: no instance is bob: see status.list\n")


def test_what_a_daemon_says_cannot_steer_the_terminal(aura, daemon):
    daemon.on("status.get", Refusal(-32020, "instanceNotFound", "cannot find\x1b[2J\nit"))
    assert aura("show", "bob").err == "aura: cannot find [2J it\n"


def test_a_refused_operation_is_not_watched(aura, daemon):
    daemon.on("provision", Refusal(-32022, "nameTaken", "cannot provision ada, the name is taken"))
    run = aura("provision", "ada", "--region", "r", "--size", "s", "--watch")
    assert (run.code, run.out) == (2, "")
    assert daemon.methods() == ["provision"]


def test_no_answer_in_time(aura, daemon):
    daemon.on("system.ping", Silence())
    run = aura("ping", "--timeout", "0.3")
    assert (run.code, run.out) == (3, "")
    assert run.err == (
        f"aura: cannot ping: no answer from {daemon.path} within 0.3 s, raise --timeout or see the daemon's log\n")
    assert aura("ping", "--timeout", "0.3", "--json").error["data"] == {"code": "timeout", "retryable": True}


def test_a_connection_that_ends_before_the_answer(aura, daemon):
    daemon.on("status.list", Drop()).on("provision", Drop())
    run = aura("list")
    assert (run.code, run.err) == (
        3, "aura: cannot list instances, the connection ended before the answer came: call again\n")
    provision = ["provision", "ada", "--region", "r", "--size", "s"]
    run = aura(*provision)
    assert run.code == 3 and run.err.endswith("answer came: see aura list, it may have been done\n")
    assert aura(*provision, "--idempotency-key", "k").err.endswith("answer came: call again\n")


def test_an_answer_of_another_shape(aura, daemon):
    daemon.on("status.get", {"instance": {"id": 1}})
    run = aura("show", "ada")
    assert run.code == 3
    assert run.err.startswith("aura: cannot read the daemon's answer, result.instance.id: expected")


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["watch"], "cannot tell what to watch: give a name or id, --job ID or --all"),
        (["watch", "ada", "--all"], "cannot tell what to watch"),
        (["watch", "ada", "--from", "-1"], "'--from <place>'"),
        (["watch", "ada", "--from", "soon"], 'cannot begin at "soon": give now, start or a seq'),
        (["watch", "ada", "--until", "noon"], 'cannot end at "noon": give terminal'),
        (["watch", "ada", "--reconnect", "-5"], "--reconnect"),
        (["provision", "ada", "--size", "small"], "--region <region>"),
        (["list", "--limit", "0"], "cannot list 0 instances: give --limit 1 or more"),
        (["job", "list", "--limit", "0"], "cannot list 0 jobs: give --limit 1 or more"),
        (["ping", "--timeout", "0"], "--timeout"),
        (["ping", "--socket", "a", "--connect", "b:1"], "cannot use --socket and --connect at once"),
        (["ping", "--connect", "nowhere"], 'cannot use "nowhere" as a TCP address: give host:port'),
        (["ping", "--connect", "::1:80"], "as a TCP address"),
        (["ping", "--connect", "host:70000"], "as a TCP address"),
        (["ping", "--socket", "x" * 108], "give 1 to 107 bytes"),
        (["rpc", "x", '{"a"'], "cannot send the parameters, cannot read JSON at byte 4"),
        (["rpc", "x", "7"], "they are neither a JSON object nor an array"),
        (["nonsense"], "nonsense"),
    ])
def test_a_wrong_command_line(aura, daemon, arguments, complaint):
    run = aura(*arguments)
    assert (run.code, run.out) == (64, "")
    assert complaint in run.err
    assert daemon.calls == []


def test_a_place_that_the_environment_names_twice(aura, daemon):
    run = aura("ping", AURA_CONNECT="127.0.0.1:1")
    assert run.code == 64 and "cannot use AURA_SOCKET and AURA_CONNECT at once" in run.err


def test_the_runtime_directory_is_the_usual_place(aura, tmp_path):
    run = aura("ping", AURA_SOCKET="", XDG_RUNTIME_DIR=str(tmp_path))
    assert f"cannot reach aurad at {tmp_path}/aura/aurad.sock: " in run.err
    assert "cannot reach aurad at /run/aura/aurad.sock: " in aura("ping", AURA_SOCKET="").err


def test_a_reader_that_goes_ends_the_program_quietly(binary, daemon, environment):
    rows = [instance(f"name-{number}") for number in range(5000)]
    daemon.on("status.list", {"instances": rows})
    result = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" list | head -n 1', binary], capture_output=True, text=True, env=environment,
        timeout=30)
    assert result.stdout.startswith("NAME") and result.stderr == ""
    assert result.returncode == 141


def test_a_watched_job_that_ends_badly_says_so_as_a_document(aura, daemon):
    daemon.on("job.get", {"job": job()})
    from daemon import Stream
    from samples import failure_events

    daemon.on("status.subscribe", Stream(failure_events()))
    run = aura("watch", "--job", JOB, "--json")
    assert run.code == 1
    assert run.documents == failure_events()
    assert run.error["data"] == {"code": "jobEnded", "retryable": False, "job": JOB, "state": "failed"}
    assert "no cx23 is left" in json.dumps(run.error)
