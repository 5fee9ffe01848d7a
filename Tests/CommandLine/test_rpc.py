"""`aura rpc`: any method, with unchanged parameters and results."""

import signal

from daemon import Drop, Refusal, Stream
from samples import provision_events


def envelope(result):
    return {"subscription": "s1", "result": result}


def test_rpc_sends_json_parameters_and_prints_the_json_result(aura, daemon):
    daemon.on("some.method", {"b": [1, {"c": None}], "a": "ä"})
    run = aura("rpc", "some.method", '{"x": [1, 2.5, "ü"]}')
    assert (run.code, run.err) == (0, "")
    assert run.out == '{"b":[1,{"c":null}],"a":"ä"}\n'
    assert daemon.calls == [("some.method", {"x": [1, 2.5, "ü"]})]


def test_rpc_accepts_no_parameters_and_positional_parameters(aura, daemon):
    daemon.on("some.method", 7)
    assert aura("rpc", "some.method").out == "7\n"
    assert aura("rpc", "some.method", '["ada"]').code == 0
    assert daemon.calls == [("some.method", None), ("some.method", ["ada"])]


def test_rpc_reads_parameters_from_standard_input(aura, daemon):
    daemon.on("some.method", {})
    run = aura("rpc", "some.method", "-", input='{\n  "name": "ada"\n}\n')
    assert (run.code, run.out) == (0, "{}\n")
    assert daemon.calls == [("some.method", {"name": "ada"})]


def test_invalid_json_on_standard_input_is_refused(aura, daemon):
    run = aura("rpc", "some.method", "-", input="oops")
    assert run.code == 64 and "cannot send the parameters, cannot read JSON" in run.err
    assert daemon.calls == []


def test_a_refused_call_prints_its_error_with_exit_code_2(aura, daemon):
    refusal = Refusal(-32602, "invalidParams", "cannot read the parameters, params.size: unknown", path="params.size")
    daemon.on("provision", refusal)
    run = aura("rpc", "provision", "{}")
    assert (run.code, run.out, run.err) == (2, "", "aura: cannot read the parameters, params.size: unknown\n")
    assert aura("rpc", "provision", "{}", "--json").error == refusal.error


def test_documents_escape_control_and_format_characters(aura, daemon):
    text = "a\x9b31m\x7f\u202e\u2028\u2029\u200b\U000e0041\x1b[2Jä日"
    daemon.on("some.method", {"text": text}).on("status.get", {"text": text})
    escaped = '{"text":"a\\u009b31m\\u007f\\u202e\\u2028\\u2029\\u200b\\udb40\\udc41\\u001b[2Jä日"}'
    for run in (aura("rpc", "some.method"), aura("show", "ada", "--json")):
        assert run.out.lower() == escaped.lower() + "\n"
        assert run.documents == [{"text": text}]
    daemon.on("some.method", Refusal(-32000, "x", text))
    run = aura("rpc", "some.method", "--json")
    assert "\x9b" not in run.err and run.error["message"] == text


def test_a_subscription_streams_to_its_end(aura, daemon):
    events = provision_events()
    daemon.on("status.subscribe", Stream(events, head=9))
    run = aura("rpc", "status.subscribe", '{"from":"start","until":"terminal"}')
    assert (run.code, run.err) == (0, "")
    end = {"type": "subscription.ended", "reason": "terminal", "seq": events[-1]["seq"]}
    assert run.documents == [{"subscription": "s1", "head": 9}] + [envelope(event) for event in events + [end]]


def test_a_subscription_with_a_lost_connection_is_reported(aura, daemon):
    daemon.on("status.subscribe", Stream(provision_events()[:2], then="drop"))
    run = aura("rpc", "status.subscribe", "{}")
    assert run.code == 3 and len(run.lines) == 3
    assert run.err == (
        "aura: cannot go on with status.subscribe, the daemon ended the connection: subscribe again\n")


def test_sigint_ends_a_subscription(start, daemon):
    daemon.on("status.subscribe", Stream(provision_events()[:1], then="hold"))
    process = start("rpc", "status.subscribe", "{}")
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (130, -signal.SIGINT)


def test_a_call_with_a_lost_connection_is_reported(aura, daemon):
    daemon.on("some.method", Drop())
    run = aura("rpc", "some.method")
    assert run.code == 3 and "the connection ended before the answer came" in run.err
