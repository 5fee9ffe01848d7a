import time

import pytest

from harness import eventually


def test_a_new_server_is_initializing_starting_and_running(start):
    sandbox = start("--health-port", "0", "--time-scale", "0.1", "--rate-limit", "1000000")
    made = sandbox.create("ada")
    assert made["server"]["status"] == "initializing"
    assert made["server"]["locked"] is True
    assert made["action"]["command"] == "create_server" and made["action"]["progress"] == 0
    assert [action["command"] for action in made["next_actions"]] == ["start_server"]
    assert made["server"]["public_net"]["ipv4"]["ip"].startswith("127.")
    assert len(made["root_password"]) >= 12, "a password comes only without keys"
    seen, progress = [], set()
    while not seen or seen[-1] != "running":
        status = sandbox.server(made["server"]["id"])["status"]
        progress.add(sandbox.ok("GET", f"/actions/{made['action']['id']}")["action"]["progress"])
        if not seen or seen[-1] != status:
            seen.append(status)
        time.sleep(0.02)
    assert seen == ["initializing", "starting", "running"]
    assert {0, 25, 50, 75, 100} >= progress and len(progress) >= 4
    for action in [made["action"], *made["next_actions"]]:
        ended = sandbox.action(action["id"])
        assert ended["status"] == "success" and ended["finished"] and ended["progress"] == 100


def test_start_after_create_false_ends_off(sandbox):
    made = sandbox.create("ada", start_after_create=False)
    assert made["next_actions"] == []
    sandbox.until(made["server"]["id"], "off")


@pytest.mark.parametrize("action, command, after", [
    ("poweroff", "stop_server", "off"), ("shutdown", "shutdown_server", "off"),
    ("reboot", "reboot_server", "running"), ("reset", "reset_server", "running"),
])
def test_each_power_action_ends_in_its_state(sandbox, action, command, after):
    server = sandbox.running("ada")
    answer = sandbox.ok("POST", f"/servers/{server['id']}/actions/{action}", 201)["action"]
    assert answer["command"] == command and answer["resources"] == [{"id": server["id"], "type": "server"}]
    assert sandbox.action(answer["id"])["status"] == "success"
    sandbox.until(server["id"], after)
    if after == "off":
        answer = sandbox.ok("POST", f"/servers/{server['id']}/actions/poweron", 201)["action"]
        assert answer["command"] == "start_server"
        sandbox.until(server["id"], "running")


def test_shutdown_succeeds_before_the_guest_is_down(sandbox):
    sandbox.settings(guestShutdownSeconds=100)
    server = sandbox.running("ada")
    answer = sandbox.ok("POST", f"/servers/{server['id']}/actions/shutdown", 201)["action"]
    assert sandbox.action(answer["id"])["status"] == "success"
    assert sandbox.server(server["id"])["status"] == "running"
    sandbox.until(server["id"], "off")


def test_a_power_change_overtakes_a_pending_shutdown(sandbox):
    sandbox.settings(guestShutdownSeconds=50)
    server = sandbox.running("ada")
    sandbox.action(sandbox.ok("POST", f"/servers/{server['id']}/actions/shutdown", 201)["action"]["id"])
    for action in ("poweroff", "poweron"):
        sandbox.action(sandbox.ok("POST", f"/servers/{server['id']}/actions/{action}", 201)["action"]["id"])
    time.sleep(1.2)
    assert sandbox.server(server["id"])["status"] == "running"


def test_a_running_action_locks_its_server(sandbox):
    sandbox.settings(stopSeconds=100)
    server = sandbox.running("ada")
    sandbox.ok("POST", f"/servers/{server['id']}/actions/poweroff", 201)
    assert sandbox.server(server["id"])["locked"] is True
    for method, path in [("DELETE", ""), ("POST", "/actions/poweron"), ("POST", "/actions/reset")]:
        error = sandbox.refused(method, f"/servers/{server['id']}{path}", 423, "locked")
        assert error["message"] == "cannot perform operation because server is locked"
    sandbox.until(server["id"], "off")
    sandbox.delete(server["id"])


def test_delete_during_create_is_locked_unless_the_setting_allows_it(sandbox):
    sandbox.settings(createSeconds=200)
    first = sandbox.create("ada")["server"]["id"]
    sandbox.refused("DELETE", f"/servers/{first}", 423, "locked")
    sandbox.settings(deleteDuringCreate=True)
    sandbox.delete(first)


def test_the_name_is_free_when_the_delete_has_ended(sandbox):
    sandbox.settings(deleteSeconds=20)
    server = sandbox.running("ada")
    action = sandbox.ok("DELETE", f"/servers/{server['id']}", 200)["action"]
    assert sandbox.server(server["id"])["status"] == "deleting"
    body = {"name": "ada", "server_type": "cx23", "image": "debian-12"}
    sandbox.refused("POST", "/servers", 409, "uniqueness_error", json=body)
    assert sandbox.action(action["id"])["status"] == "success"
    sandbox.refused("GET", f"/servers/{server['id']}", 404, "not_found")
    sandbox.refused("DELETE", f"/servers/{server['id']}", 404, "not_found")
    assert sandbox.ok("GET", f"/actions/{action['id']}")["action"]["command"] == "delete_server"
    assert sandbox.create("ada")["server"]["id"] != server["id"]


def test_a_protected_server_cannot_be_deleted(sandbox):
    server = sandbox.running("ada")
    path = f"/servers/{server['id']}/actions/change_protection"
    sandbox.refused("POST", path, 422, "invalid_input", json={"delete": True, "rebuild": False})
    sandbox.ok("POST", path, 201, json={"delete": True, "rebuild": True})
    assert sandbox.server(server["id"])["protection"] == {"delete": True, "rebuild": True}
    assert "protected" in sandbox.refused("DELETE", f"/servers/{server['id']}", 423, "protected")["message"]
    sandbox.ok("POST", path, 201, json={"delete": False, "rebuild": False})
    sandbox.delete(server["id"])


def test_labels_are_replaced_and_names_stay_unique(sandbox):
    ada = sandbox.running("ada", labels={"a": "1", "b": "2"})
    sandbox.running("bob")
    changed = sandbox.ok("PUT", f"/servers/{ada['id']}", 200, json={"labels": {"c": "3"}})["server"]
    assert changed["labels"] == {"c": "3"} and changed["name"] == "ada"
    sandbox.refused("PUT", f"/servers/{ada['id']}", 409, "uniqueness_error", json={"name": "bob"})
    assert sandbox.ok("PUT", f"/servers/{ada['id']}", 200, json={"name": "eve"})["server"]["name"] == "eve"
    assert sandbox.ok("GET", "/servers?name=ada")["servers"] == []
    assert [row["id"] for row in sandbox.ok("GET", "/servers?name=eve")["servers"]] == [ada["id"]]


@pytest.mark.parametrize("change, status, code, field", [
    ({"name": "a_b"}, 422, "invalid_input", "name"),
    ({"name": "-a"}, 422, "invalid_input", "name"),
    ({"name": "a" * 64}, 422, "invalid_input", "name"),
    ({"name": 7}, 422, "invalid_input", "name"),
    ({"name": None}, 422, "invalid_input", "name"),
    ({"server_type": "cx99"}, 422, "invalid_input", "server_type"),
    ({"image": "windows"}, 422, "invalid_input", "image"),
    ({"server_type": "cax11", "image": 114690387}, 422, "invalid_input", "image"),
    ({"location": "mars"}, 422, "invalid_input", "location"),
    ({"location": "ash"}, 422, "invalid_input", "location"),
    ({"ssh_keys": ["none"]}, 422, "invalid_input", "ssh_keys"),
    ({"firewalls": [{"firewall": 1}]}, 422, "invalid_input", "firewalls"),
    ({"user_data": "x" * (32 * 1024 + 1)}, 422, "invalid_input", "user_data"),
    ({"labels": {"a b": "c"}}, 422, "invalid_input", "labels"),
    ({"labels": {"a": "c@d"}}, 422, "invalid_input", "labels"),
    ({"labels": {"hetzner.cloud/x": "c"}}, 422, "invalid_input", "labels"),
    ({"datacenter": "nbg1-dc3"}, 422, "invalid_input", "datacenter"),
])
def test_bad_requests_name_the_field(sandbox, change, status, code, field):
    body = {"name": "ada", "server_type": "cx23", "image": "debian-12", "location": "nbg1", **change}
    error = sandbox.refused("POST", "/servers", status, code, json=body)
    assert error["details"]["fields"][0]["name"] == field
    assert sandbox.state()["servers"] == []


def test_values_at_the_limits_are_accepted(sandbox):
    labels = {"example.com/some": "", "a": "x" * 63, "A.b-c_d": "1"}
    made = sandbox.create("a" * 63, user_data="x" * 32 * 1024, labels=labels)
    assert made["server"]["labels"] == labels
    assert sandbox.create("arm", server_type="cax11")["server"]["image"]["architecture"] == "arm"
    assert sandbox.create("by-id", server_type=114, image="161547269", location=2)["server"]["server_type"]["name"] == "cx23"


@pytest.mark.parametrize("server_type, location", [
    ("cx23", "ash"), ("cpx22", "ash"), ("cpx32", "hil"), ("cpx42", "ash"), ("cax11", "sin"), ("cpx11", "nbg1"), ("cpx11", "sin"),
])
def test_an_unsupported_location_is_refused(sandbox, server_type, location):
    body = {"name": "ada", "server_type": server_type, "image": "debian-12", "location": location}
    error = sandbox.refused("POST", "/servers", 422, "invalid_input", json=body)
    assert error["message"] == "unsupported location for server type"


@pytest.mark.parametrize("server_type, location", [
    ("cpx11", "ash"), ("ccx13", "ash"), ("ccx23", "hil"), ("cpx22", "sin"), ("cx23", "hel1"),
])
def test_a_server_type_is_available_in_its_locations(sandbox, server_type, location):
    made = sandbox.create("ada", server_type=server_type, location=location)
    assert made["server"]["server_type"]["name"] == server_type


def test_bad_json_unknown_paths_and_methods_are_refused(sandbox):
    sandbox.refused("POST", "/servers", 400, "json_error", data="{")
    sandbox.refused("GET", "/nothing", 404, "not_found")
    sandbox.refused("PATCH", "/servers", 405, "method_not_allowed")
    sandbox.refused("GET", "/datacenters", 410, "deprecated_api_endpoint")
    sandbox.refused("GET", "/servers/abc", 404, "not_found")
    server = sandbox.running("ada")
    answer = sandbox.call("POST", f"/servers/{server['id']}/actions/rebuild", json={"image": "debian-12"})
    assert answer.status_code == 501 and "delete and create" in answer.json()["error"]["message"]


def test_wrong_and_read_only_tokens_are_refused(sandbox):
    assert sandbox.refused("GET", "/servers", 401, "unauthorized", token="wrong")["message"] == "unable to authenticate"
    assert len(sandbox.token) == 64
    reader = (sandbox.directory / "hetzner-read-only.token").read_text().strip()
    assert sandbox.ok("GET", "/servers", token=reader)["servers"] == []
    sandbox.refused("POST", "/servers", 401, "token_readonly", token=reader, json={"name": "ada"})


def test_the_server_limit_of_the_project_is_enforced(sandbox):
    sandbox.settings(serverLimit=1)
    sandbox.create("ada")
    body = {"name": "bob", "server_type": "cx23", "image": "debian-12"}
    error = sandbox.refused("POST", "/servers", 403, "resource_limit_exceeded", json=body)
    assert error["details"]["limits"] == [{"name": "server_limit"}]


def test_a_server_may_have_no_ipv4(sandbox):
    made = sandbox.create("ada", public_net={"enable_ipv4": False, "enable_ipv6": True})
    assert made["server"]["public_net"]["ipv4"] is None
    body = {"name": "b", "server_type": "cx23", "image": "debian-12",
            "public_net": {"enable_ipv4": False, "enable_ipv6": False}}
    sandbox.refused("POST", "/servers", 422, "private_net_only_server", json=body)


def test_admin_calls_make_a_server_vanish_or_crash(sandbox):
    ids = {name: sandbox.running(name)["id"] for name in ("a", "b", "c")}
    sandbox.admin("POST", f"/servers/{ids['a']}", json={"blow": "vanish"})
    sandbox.admin("POST", f"/servers/{ids['b']}", json={"blow": "crash"})
    sandbox.admin("POST", f"/servers/{ids['c']}", json={"blow": "unknown"})
    sandbox.refused("GET", f"/servers/{ids['a']}", 404, "not_found")
    assert sandbox.server(ids["b"])["status"] == "off"
    assert sandbox.server(ids["c"])["status"] == "unknown"
    assert [server["name"] for server in sandbox.state()["past"]["servers"]] == ["a"]


def test_ids_close_to_the_largest_are_served(sandbox):
    sandbox.admin("POST", "/largest-ids")
    made = sandbox.create("ada")
    assert made["server"]["id"] > 2**52 and made["action"]["id"] < 2**53
    eventually(lambda: sandbox.server(made["server"]["id"])["status"] == "running")


def test_state_keeps_all_user_data(sandbox):
    server = sandbox.running("ada", user_data="#cloud-config\n# planted-secret\n")
    assert "planted-secret" in sandbox.state()["servers"][0]["userData"]
    sandbox.delete(server["id"])
    state = sandbox.state()
    assert state["servers"] == [] and state["createdServers"] == 1
    assert "planted-secret" in state["past"]["servers"][0]["userData"]
    assert state["requests"]["byRoute"]["POST /v1/servers"] == 1
    sandbox.admin("POST", "/reset")
    state = sandbox.state()
    assert state["past"]["servers"] == [] and state["createdServers"] == 0
