"""Errors: the line on standard error, the document on standard error, the exit code."""

import json
import shlex
import socket
import subprocess

import pytest

from daemon import Drop, Refusal, Silence, Stream
from samples import JOB, failure_events, instance, job

COMMANDS = [
    ["provision", "ada", "--region", "eu-central", "--size", "small"], ["list"], ["show", "ada"], ["watch", "ada"],
    ["watch", "--job", JOB], ["watch", "--all"], ["suspend", "ada"], ["resume", "ada"], ["restart", "ada"],
    ["destroy", "ada"], ["job", "list"], ["job", "show", JOB], ["job", "wait", JOB], ["job", "cancel", JOB], ["rpc", "x"], ["ping"], ["info"],
    ["token", "list"], ["token", "revoke", "x"], ["principal", "create", "x", "--role", "viewer"],
    ["principal", "list"], ["principal", "set", "x", "--disable"], ["tenant", "create", "x"], ["tenant", "list"],
    ["tenant", "set", "x", "--enable"], ["whoami"], ["roles"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_without_a_daemon_prints_advice(aura, environment, command):
    path = environment["AURA_SOCKET"]
    run = aura(*command)
    assert (run.code, run.out) == (3, "")
    assert run.err == (
        f"aura: cannot reach aurad at {path}: there is no socket, is it running? start it with aurad --socket {path}, "
        "or correct AURA_SOCKET, or use --socket\n")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_without_a_daemon_prints_a_json_error(aura, command):
    run = aura(*command, "--json")
    assert (run.code, run.out) == (3, "")
    assert run.error["data"] == {"code": "unreachable", "retryable": True}
    assert run.error["message"].startswith("cannot reach aurad at ")


def test_a_port_without_a_listener_is_reported(aura):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = aura("ping", "--connect", f"127.0.0.1:{taken.getsockname()[1]}")
    assert run.code == 3 and "nobody listens there" in run.err


def test_a_refusal_of_the_daemon_is_printed_with_exit_code_2(aura, daemon):
    refusal = Refusal(-32023, "instanceBusy", "cannot suspend ada, a provision is at work: wait for it", True, job=JOB)
    daemon.on("suspend", refusal)
    run = aura("suspend", "ada")
    assert (run.code, run.out, run.err) == (2, "", "aura: cannot suspend ada, a provision is at work: wait for it\n")
    run = aura("suspend", "ada", "--json")
    assert (run.code, run.out) == (2, "")
    assert run.error == refusal.error


def test_a_refusal_that_names_no_action_is_prefixed_with_it(aura, daemon):
    daemon.on("status.get", Refusal(-32020, "instanceNotFound", "no instance is bob: see status.list"))
    run = aura("show", "bob")
    assert (run.code, run.err) == (2, "aura: cannot show bob: no instance is bob: see status.list\n")


def test_control_characters_in_a_daemon_error_are_replaced(aura, daemon):
    daemon.on("status.get", Refusal(-32020, "instanceNotFound", "cannot find\x1b[2J\nit"))
    assert aura("show", "bob").err == "aura: cannot find [2J it\n"


def test_a_refused_operation_is_not_watched(aura, daemon):
    daemon.on("provision", Refusal(-32022, "nameTaken", "cannot provision ada, the name is taken"))
    run = aura("provision", "ada", "--region", "r", "--size", "s", "--watch")
    assert (run.code, run.out) == (2, "")
    assert daemon.methods() == ["provision"]


def test_a_call_without_a_reply_times_out(aura, daemon):
    daemon.on("system.ping", Silence())
    run = aura("ping", "--timeout", "0.3")
    assert (run.code, run.out) == (3, "")
    assert run.err == (
        f"aura: cannot ping: no answer from {daemon.path} within 0.3 s, raise --timeout or see the daemon's log\n")
    assert aura("ping", "--timeout", "0.3", "--json").error["data"] == {"code": "timeout", "retryable": True}


def test_a_connection_lost_before_the_reply_is_reported_with_advice(aura, daemon):
    daemon.on("status.list", Drop()).on("provision", Drop())
    run = aura("list")
    assert (run.code, run.err) == (
        3, "aura: cannot list instances, the connection ended before the answer came: call again\n")
    provision = ["provision", "ada", "--region", "r", "--size", "s"]
    run = aura(*provision)
    assert run.code == 3 and run.err.endswith("answer came: see aura list, it may have been done\n")
    assert aura(*provision, "--idempotency-key", "k").err.endswith("answer came: call again\n")


@pytest.mark.parametrize(
    "method, params, advice",
    [
        ("status.list", "{}", "call again"),
        ("job.cancel", '{"job":"j1"}', "call again"),
        ("destroy", '{"instance":"ada"}', "see aura list, it may have been done"),
        ("destroy", '{"instance":"ada","idempotencyKey":"k"}', "call again"),
        ("later.method", "{}", "see aura list, it may have been done"),
    ])
def test_rpc_advises_to_call_again_only_if_that_changes_nothing_more(aura, daemon, method, params, advice):
    daemon.on(method, Drop())
    run = aura("rpc", method, params)
    assert (run.code, run.err) == (
        3, f"aura: cannot call {method}, the connection ended before the answer came: {advice}\n")


def test_a_reply_of_the_wrong_shape_is_an_error(aura, daemon):
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
        (["watch", "ada", "--reconnect", "-5"], "--reconnect"),
        (["provision", "ada", "--size", "small"], "--region <region>"),
        (["list", "--limit", "0"], "cannot list 0 instances: give --limit 1 or more"),
        (["job", "list", "--limit", "0"], "cannot list 0 jobs: give --limit 1 or more"),
        (["ping", "--timeout", "0"], "--timeout"),
        (["ping", "--socket", "a", "--connect", "b:1"], "cannot use --socket and --connect at once"),
        (["ping", "--connect", "nowhere"], 'cannot use "nowhere" as a TCP address: give host:port'),
        (["ping", "--connect", "::1:80"], "as a TCP address"),
        (["ping", "--connect", "host:70000"], "as a TCP address"),
        (["ping", "--socket", "x" * 108], "give 1 to 103 bytes"),
        (["rpc", "x", '{"a"'], "cannot send the parameters, cannot read JSON at byte 4"),
        (["rpc", "x", "7"], "they are neither a JSON object nor an array"),
        (["nonsense"], "nonsense"),
    ])
def test_a_wrong_command_line_has_exit_code_64(aura, daemon, arguments, complaint):
    run = aura(*arguments)
    assert (run.code, run.out) == (64, "")
    assert complaint in run.err
    assert daemon.calls == []


def test_aura_connect_is_refused_with_advice(aura):
    run = aura("ping", AURA_SOCKET="", AURA_CONNECT="127.0.0.1:1")
    assert (run.code, run.out) == (64, "")
    assert "unset it, and set AURA_SOCKET to tcp:127.0.0.1:1" in run.err


def test_the_runtime_directory_is_used_if_its_socket_exists(aura, tmp_path):
    place = {"AURA_SOCKET": "", "XDG_RUNTIME_DIR": str(tmp_path)}
    run = aura("ping", **place)
    assert "cannot reach aurad at /run/aura/aurad.sock: " in run.err
    assert f"name its place in AURA_SOCKET (there is no {tmp_path}/aura/aurad.sock either), or use --socket" in run.err
    (tmp_path / "aura").mkdir()
    (tmp_path / "aura" / "aurad.sock").touch()
    assert f"cannot reach aurad at {tmp_path}/aura/aurad.sock: " in aura("ping", **place).err
    assert "cannot reach aurad at /run/aura/aurad.sock: " in aura("ping", AURA_SOCKET="").err


def test_aura_socket_has_the_grammar_of_the_option(aura, daemon):
    daemon.on("system.ping", {"pong": True})
    assert aura("ping", AURA_SOCKET=f"unix:{daemon.path}").code == 0
    assert aura("ping", "--socket", f"unix:{daemon.path}", AURA_SOCKET="").code == 0
    assert "cannot reach aurad at 127.0.0.1:1" in aura("ping", AURA_SOCKET="tcp:127.0.0.1:1").err
    run = aura("ping", AURA_SOCKET="tcp:nowhere")
    assert run.code == 64 and 'cannot use "tcp:nowhere" as a TCP address' in run.err and "in AURA_SOCKET" in run.err


def test_ping_waits_while_the_connection_queue_is_full(start, environment):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(environment["AURA_SOCKET"])
        listener.listen(0)
        queued = fill(environment["AURA_SOCKET"])
        process = start("ping", "--timeout", "20")
        for _ in queued:
            listener.accept()[0].close()
        answer_pings(listener)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "") and "answers in" in out


def test_a_full_connection_queue_is_not_reported_as_an_absent_daemon(aura, environment):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(environment["AURA_SOCKET"])
        listener.listen(0)
        queued = fill(environment["AURA_SOCKET"])
        run = aura("ping", "--timeout", "0.5")
        assert run.code == 3 and queued
        assert run.err.endswith("it is running, but its queue of new connections is full, try again in a moment\n")


def fill(path):
    """Opens connections up to the listener's backlog; returns them."""
    queued = []
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(path)
        except BlockingIOError:
            client.close()
            return queued
        queued.append(client)


def answer_pings(listener):
    """Replies to the first call that arrives."""
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            line = lines.readline()
            if line:
                reply = {"jsonrpc": "2.0", "id": json.loads(line)["id"], "result": {"pong": True}}
                connection.sendall(json.dumps(reply).encode() + b"\n")
                lines.readline()
                return


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"]])
def test_a_failed_write_to_standard_output_is_reported(binary, daemon, environment, arguments):
    daemon.on("status.list", {"instances": [instance("ada")]})
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [binary, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=30)
    assert result.returncode == 74
    assert "cannot write to standard output, No space left on device" in result.stderr
    if "--json" in arguments:
        assert json.loads(result.stderr)["data"] == {"code": "cannotWrite", "retryable": False}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["watch"], "cannot tell what to watch"),
        (["provision", "ada"], "cannot read the command line: Missing expected argument"),
        (["ping", "--timeout", "0"], "cannot wait 0.0 seconds"),
        (["ping", "--nonsense"], "cannot read the command line: Unknown option '--nonsense'"),
        (["rpc", "x", "7"], "cannot send the parameters"),
        (["rpc", "x", "-"], "cannot send the parameters"),
    ])
def test_a_wrong_command_line_with_json_prints_a_json_error(aura, daemon, arguments, message):
    run = aura(*arguments, "--json")
    assert (run.code, run.out) == (64, "")
    assert run.error["message"].startswith(message)
    assert run.error["data"] == {"code": "usage", "retryable": False}
    assert daemon.calls == []


def test_invalid_utf8_is_refused(aura, binary, daemon, environment):
    def run(*arguments, input=b"", **more):
        return subprocess.run(
            [binary.encode(), *arguments], capture_output=True, input=input, env={**environment, **more}, timeout=30)

    done = run(b"show", b"ad\xe4")
    assert done.returncode == 64 and b"cannot read argument 2" in done.stderr and b"it is not UTF-8" in done.stderr
    done = run(b"rpc", b"x", b"-", input=b'{"name":"ad\xe4"}')
    assert done.returncode == 64 and b"cannot send the parameters" in done.stderr
    done = run(b"ping", AURA_SOCKET=b"/tmp/ad\xe4")
    assert done.returncode == 64 and b"environment variable AURA_SOCKET, it is not UTF-8" in done.stderr
    assert daemon.calls == []


def test_advice_can_be_pasted_into_a_shell(aura, tmp_path):
    path = f"{tmp_path}/a b/it's"
    run = aura("ping", "--socket", path)
    quoted = run.err.strip().split("aurad --socket ")[1]
    assert shlex.split(quoted) == [path]


def test_a_closed_pipe_ends_the_program_without_an_error(binary, daemon, environment):
    rows = [instance(f"name-{number}") for number in range(5000)]
    daemon.on("status.list", {"instances": rows})
    result = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" list | head -n 1', binary], capture_output=True, text=True, env=environment,
        timeout=30)
    assert result.stdout.startswith("NAME") and result.stderr == ""
    assert result.returncode == 141


@pytest.mark.parametrize("command", [["watch", "--all", "--json"], ["rpc", "status.subscribe", "{}"]])
def test_a_closed_pipe_ends_a_stream_without_further_events(start, daemon, command):
    daemon.on("status.subscribe", Stream(failure_events()[:1], then="hold"))
    process = start(*command)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == ""


def test_a_failed_watched_job_prints_a_json_error(aura, daemon):
    daemon.on("job.get", {"job": job()})
    daemon.on("status.subscribe", Stream(failure_events()))
    run = aura("watch", "--job", JOB, "--json")
    assert run.code == 1
    assert run.documents == failure_events()
    assert run.error["data"] == {"code": "jobEnded", "retryable": False, "job": JOB, "state": "failed"}
    assert "no cx23 is left" in json.dumps(run.error)
