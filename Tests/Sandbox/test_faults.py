import datetime
import time

import pytest
import requests

from harness import eventually

BODY = {"name": "ada", "server_type": "cx23", "image": "debian-12", "location": "nbg1"}
NO_SCHEMA = {"X-Test-No-Schema": "1"}


def test_a_reply_can_be_lost_after_the_effect(sandbox):
    sandbox.fault("loseAnswer", "/v1/servers", "POST")
    with pytest.raises(requests.exceptions.ConnectionError):
        sandbox.call("POST", "/servers", json=BODY)
    assert [row["name"] for row in sandbox.ok("GET", "/servers?name=ada")["servers"]] == ["ada"]
    sandbox.refused("POST", "/servers", 409, "uniqueness_error", json=BODY)


def test_a_reply_can_be_lost_before_the_effect(sandbox):
    sandbox.fault("loseAnswer", "/v1/servers", "POST", effect=False)
    with pytest.raises(requests.exceptions.ConnectionError):
        sandbox.call("POST", "/servers", json=BODY)
    assert sandbox.ok("GET", "/servers")["servers"] == []
    sandbox.ok("POST", "/servers", 201, json=BODY)


@pytest.mark.parametrize("status, code", [
    (409, "conflict"), (412, "resource_unavailable"), (423, "locked"), (429, "rate_limit_exceeded"),
    (500, "server_error"), (503, "unavailable"), (504, "timeout"),
])
def test_a_status_fault_has_its_default_code_and_no_effect(sandbox, status, code):
    sandbox.fault("status", "/v1/servers", "POST", status=status)
    sandbox.refused("POST", "/servers", status, code, json=BODY)
    assert sandbox.state()["servers"] == []
    sandbox.ok("POST", "/servers", 201, json=BODY)


def test_a_status_fault_can_follow_the_effect(sandbox):
    sandbox.fault("status", "/v1/servers", "POST", status=500, effect=True, message="boom")
    assert sandbox.refused("POST", "/servers", 500, "server_error", json=BODY)["message"] == "boom"
    assert len(sandbox.state()["servers"]) == 1


@pytest.mark.parametrize("fault, status, code, text", [
    ("resourceUnavailable", 412, "resource_unavailable", "error during placement"),
    ("unsupportedLocation", 422, "invalid_input", "unsupported location for server type"),
    ("limitExceeded", 403, "resource_limit_exceeded", "server limit exceeded"),
])
def test_capacity_faults_have_the_errors_of_hetzner(sandbox, fault, status, code, text):
    sandbox.fault(fault, "/v1/servers", "POST")
    assert sandbox.refused("POST", "/servers", status, code, json=BODY)["message"] == text


def test_a_rate_limit_fault_has_its_headers(sandbox):
    sandbox.fault("rateLimited", "/v1/*", retryAfter=3)
    answer = sandbox.call("GET", "/servers")
    assert answer.status_code == 429 and answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["Retry-After"] == "3"


def test_a_gateway_fault_returns_an_html_page(sandbox):
    sandbox.fault("html502", "/v1/servers*")
    answer = sandbox.call("GET", "/servers")
    assert answer.status_code == 502 and answer.headers["Content-Type"] == "text/html"
    assert answer.text.startswith("<html>")


def test_slow_and_trickle_faults_delay_the_reply(sandbox):
    for fault in ("slow", "trickle"):
        sandbox.fault(fault, "/v1/servers", seconds=0.5)
        began = time.monotonic()
        sandbox.ok("GET", "/servers")
        assert time.monotonic() - began >= 0.4


def test_a_truncate_fault_breaks_the_reply(sandbox):
    sandbox.create("ada")
    sandbox.fault("truncate", "/v1/servers")
    with pytest.raises(requests.exceptions.RequestException):
        sandbox.call("GET", "/servers", headers=NO_SCHEMA)
    assert len(sandbox.ok("GET", "/servers")["servers"]) == 1


def test_a_fault_applies_to_matching_calls_only(sandbox):
    sandbox.fault("status", "/v1/servers*", "GET", status=503, count=2, after=1)
    assert [sandbox.call("GET", "/servers").status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    identifier = sandbox.fault("status", "/v1/ssh_keys", status=503, count=0)
    assert [sandbox.call("GET", "/ssh_keys").status_code for _ in range(4)] == [503] * 4
    sandbox.admin("DELETE", f"/faults/{identifier}")
    assert sandbox.call("GET", "/ssh_keys").status_code == 200
    sandbox.fault("status", "/v1/servers", "POST", status=503, contains='"bob"')
    sandbox.create("ada")
    sandbox.refused("POST", "/servers", 503, "unavailable", json={**BODY, "name": "bob"})
    listed = sandbox.admin("GET", "/faults")["faults"]
    assert [(fault["fault"], fault["seen"], fault["fired"]) for fault in listed] == [("status", 3, 2), ("status", 1, 1)]
    sandbox.admin("DELETE", "/faults")
    assert sandbox.admin("GET", "/faults")["faults"] == []


def test_probability_follows_the_seed(start):
    def outcomes(seed):
        sandbox = start("--health-port", "0", "--seed", str(seed))
        sandbox.fault("status", "/v1/locations", status=503, count=0, probability=0.5)
        return [sandbox.call("GET", "/locations").status_code for _ in range(40)]
    first = outcomes(7)
    assert set(first) == {200, 503}
    assert outcomes(7) == first


def test_bad_faults_are_refused(sandbox):
    for body in ({"fault": "slow"}, {"match": {"path": "/v1/*"}, "fault": "nonsense"},
                 {"match": {"path": "/v1/*"}, "fault": "slow", "second": 1},
                 {"match": {"path": "/v1/*"}, "fault": "status", "status": 9}):
        answer = sandbox.session.post(f"{sandbox.url}/_sandbox/faults", json=body, timeout=10)
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("command, left", [("create_server", "off"), ("start_server", "off")])
def test_a_failed_create_or_start_action_leaves_the_server_off(sandbox, command, left):
    sandbox.fault("actionFails", "/v1/servers", "POST", action=command, code="unavailable", message="no luck")
    made = sandbox.create("ada")
    failed = made["action"] if command == "create_server" else made["next_actions"][0]
    ended = sandbox.action(failed["id"])
    assert ended["status"] == "error" and ended["error"] == {"code": "unavailable", "message": "no luck"}
    assert sandbox.action(made["next_actions"][0]["id"])["status"] == "error"
    sandbox.until(made["server"]["id"], left)
    sandbox.delete(made["server"]["id"])


def test_a_failed_delete_leaves_the_server_running(sandbox):
    server = sandbox.running("ada")
    sandbox.fault("actionFails", "/v1/servers/*", "DELETE")
    action = sandbox.ok("DELETE", f"/servers/{server['id']}", 200)["action"]
    assert sandbox.action(action["id"])["error"]["code"] == "action_failed"
    assert sandbox.server(server["id"])["status"] == "running"
    sandbox.delete(server["id"])


def test_a_stuck_create_can_be_deleted_once_it_is_overdue(sandbox):
    sandbox.settings(createSeconds=25)
    sandbox.fault("actionStuck", "/v1/servers", "POST")
    made = sandbox.create("ada")
    sandbox.refused("DELETE", f"/servers/{made['server']['id']}", 423, "locked")
    time.sleep(0.8)
    action = sandbox.ok("GET", f"/actions/{made['action']['id']}")["action"]
    assert action["status"] == "running" and action["progress"] == 75
    assert sandbox.server(made["server"]["id"])["status"] == "initializing"
    sandbox.delete(made["server"]["id"])


def test_a_slow_action_fault_delays_the_start_of_a_server(sandbox):
    sandbox.fault("actionSlow", "/v1/servers", "POST", action="start_server", seconds=1.5)
    made = sandbox.create("ada")
    assert sandbox.action(made["action"]["id"])["status"] == "success"
    time.sleep(0.5)
    assert sandbox.server(made["server"]["id"])["status"] == "starting"
    sandbox.until(made["server"]["id"], "running")


def test_list_faults_return_stale_and_empty_lists(sandbox):
    old = sandbox.running("old")
    time.sleep(1.1)
    sandbox.delete(old["id"])
    sandbox.running("new")
    sandbox.fault("staleList", "/v1/servers", "GET", seconds=1.0, count=2)
    stale = sandbox.ok("GET", "/servers")["servers"]
    assert [(row["name"], row["status"]) for row in stale] == [("old", "running")]
    assert sandbox.ok("GET", "/servers?name=new")["servers"] == []
    assert [row["name"] for row in sandbox.ok("GET", "/servers")["servers"]] == ["new"]
    sandbox.fault("emptyList", "/v1/*", "GET")
    assert sandbox.ok("GET", "/servers")["servers"] == []


def test_a_vanish_fault_deletes_the_server(sandbox):
    sandbox.fault("serverVanishes", "/v1/servers", "POST", seconds=0.2)
    made = sandbox.create("ada")
    eventually(lambda: sandbox.call("GET", f"/servers/{made['server']['id']}").status_code == 404)
    assert sandbox.ok("GET", f"/actions/{made['action']['id']}")["action"]["status"] in ("success", "error")


def test_a_guest_can_ignore_a_shutdown(sandbox):
    sandbox.fault("ignoresShutdown", "/v1/servers", "POST")
    server = sandbox.running("ada")
    action = sandbox.ok("POST", f"/servers/{server['id']}/actions/shutdown", 201)["action"]
    assert sandbox.action(action["id"])["status"] == "success"
    time.sleep(0.5)
    assert sandbox.server(server["id"])["status"] == "running"
    sandbox.ok("POST", f"/servers/{server['id']}/actions/poweroff", 201)
    sandbox.until(server["id"], "off")


def test_replies_can_have_offset_times_and_unknown_fields(sandbox):
    sandbox.create("ada")
    sandbox.fault("offsetTimes", "/v1/servers")
    created = sandbox.ok("GET", "/servers")["servers"][0]["created"]
    assert created.endswith("+00:00") and datetime.datetime.fromisoformat(created)
    sandbox.fault("unknownFields", "/v1/servers")
    assert "x_new_field" in sandbox.ok("GET", "/servers")["servers"][0]


def test_the_rate_limit_refills_over_time(start):
    sandbox = start("--health-port", "0", "--rate-limit", "7200")
    first = sandbox.call("GET", "/locations")
    assert first.headers["RateLimit-Limit"] == "7200" and first.headers["RateLimit-Remaining"] == "7199"
    assert int(first.headers["RateLimit-Reset"]) >= int(time.time())
    assert len(first.headers["X-Correlation-Id"]) == 16
    sandbox.admin("POST", "/drain-rate-limit")
    refused = sandbox.call("GET", "/locations")
    assert refused.status_code == 429 and refused.headers["RateLimit-Remaining"] == "0"
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    full = int(refused.headers["RateLimit-Reset"])
    assert 3590 <= full - time.time() <= 3610, "the second at which the bucket is full again"
    time.sleep(0.6)
    assert sandbox.call("GET", "/locations").status_code == 200
    assert sandbox.state()["requests"]["rateLimited"] == 1
