import pytest

VECTOR = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ/Aa5kjGyjvjiFR5iewKnUpqbaf4PmrGIkV+oZ6kvm x"


def test_ssh_keys_are_created_changed_and_deleted(sandbox):
    made = sandbox.ok("POST", "/ssh_keys", 201, json={"name": "k", "public_key": VECTOR})["ssh_key"]
    assert made["fingerprint"] == "39:fd:6c:5e:32:7f:5c:5f:f6:1c:80:17:a2:e5:75:7b"
    other = {"name": "other", "public_key": VECTOR.replace(" x", " comment")}
    error = sandbox.refused("POST", "/ssh_keys", 409, "uniqueness_error", json=other)
    assert error["details"] == {"fields": [{"name": "public_key"}]}
    query = {"fingerprint": made["fingerprint"]}
    assert [key["id"] for key in sandbox.ok("GET", "/ssh_keys", params=query)["ssh_keys"]] == [made["id"]]
    changed = sandbox.ok("PUT", f"/ssh_keys/{made['id']}", 200, json={"name": "n", "labels": {"a": "b"}})["ssh_key"]
    assert (changed["name"], changed["labels"]) == ("n", {"a": "b"})
    assert sandbox.create("ada", ssh_keys=["n"])["root_password"] is None
    sandbox.ok("DELETE", f"/ssh_keys/{made['id']}", 204)
    sandbox.refused("DELETE", f"/ssh_keys/{made['id']}", 404, "not_found")
    state = sandbox.state()
    assert state["sshKeys"] == [] and [key["name"] for key in state["past"]["sshKeys"]] == ["n"]


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa " + VECTOR.split()[1], "nonsense %%%"])
def test_an_invalid_ssh_key_is_refused(sandbox, text):
    sandbox.refused("POST", "/ssh_keys", 422, "invalid_input", json={"name": "k", "public_key": text})


RULE = {"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["198.51.100.7/32", "::/0"]}


def test_a_firewall_in_use_cannot_be_deleted(sandbox):
    made = sandbox.ok("POST", "/firewalls", 201, json={"name": "f", "rules": [RULE], "labels": {"a": "b"}})
    assert made["actions"] == [] and made["firewall"]["rules"][0]["destination_ips"] == []
    identifier = made["firewall"]["id"]
    server = sandbox.running("ada", firewalls=[{"firewall": identifier}])
    assert sandbox.server(server["id"])["public_net"]["firewalls"] == [{"id": identifier, "status": "applied"}]
    sandbox.refused("DELETE", f"/firewalls/{identifier}", 422, "resource_in_use")
    sandbox.delete(server["id"])
    assert sandbox.ok("GET", f"/firewalls/{identifier}")["firewall"]["applied_to"] == []
    sandbox.ok("DELETE", f"/firewalls/{identifier}", 204)
    assert sandbox.state()["firewalls"] == []


def test_a_firewall_is_applied_and_removed(sandbox):
    firewall = sandbox.ok("POST", "/firewalls", 201, json={"name": "f"})["firewall"]["id"]
    server = sandbox.running("ada", labels={"role": "agent"})["id"]
    target = {"type": "server", "server": {"id": server}}
    path = f"/firewalls/{firewall}/actions"
    sandbox.settings(firewallSeconds=25)
    actions = sandbox.ok("POST", f"{path}/apply_to_resources", 201, json={"apply_to": [target]})["actions"]
    assert [action["command"] for action in actions] == ["apply_firewall"]
    assert sandbox.server(server)["public_net"]["firewalls"] == [{"id": firewall, "status": "pending"}]
    assert sandbox.action(actions[0]["id"])["status"] == "success"
    assert sandbox.server(server)["public_net"]["firewalls"] == [{"id": firewall, "status": "applied"}]
    sandbox.refused("POST", f"{path}/apply_to_resources", 422, "firewall_already_applied", json={"apply_to": [target]})
    sandbox.ok("POST", f"{path}/remove_from_resources", 201, json={"remove_from": [target]})
    assert sandbox.server(server)["public_net"]["firewalls"] == []
    selector = {"type": "label_selector", "label_selector": {"selector": "role=agent"}}
    sandbox.ok("POST", f"{path}/apply_to_resources", 201, json={"apply_to": [selector]})
    later = sandbox.running("bob", labels={"role": "agent"})["id"]
    assert [row["id"] for row in sandbox.server(later)["public_net"]["firewalls"]] == [firewall]


def test_set_rules_replaces_the_rules(sandbox):
    firewall = sandbox.ok("POST", "/firewalls", 201, json={"name": "f", "rules": [RULE]})["firewall"]["id"]
    rules = [{"direction": "out", "protocol": "icmp", "destination_ips": ["0.0.0.0/0"]}]
    actions = sandbox.ok("POST", f"/firewalls/{firewall}/actions/set_rules", 201, json={"rules": rules})["actions"]
    assert actions[0]["command"] == "set_firewall_rules"
    shown = sandbox.ok("GET", f"/firewalls/{firewall}")["firewall"]["rules"]
    assert [(rule["direction"], rule["port"]) for rule in shown] == [("out", None)]


@pytest.mark.parametrize("change", [
    {"direction": "up"}, {"protocol": "sctp"}, {"port": None}, {"port": "0"}, {"port": "9-1"}, {"port": "70000"},
    {"source_ips": []}, {"source_ips": ["10.0.0.1/8"]}, {"source_ips": ["10.0.0.0"]}, {"source_ips": ["10.0.0.0/8"] * 101},
    {"description": "x" * 256}, {"protocol": "icmp"},
])
def test_an_invalid_firewall_rule_is_refused(sandbox, change):
    body = {"name": "f", "rules": [{**RULE, **change}]}
    sandbox.refused("POST", "/firewalls", 422, "invalid_input", json=body)
    assert sandbox.state()["firewalls"] == []


def test_a_firewall_has_at_most_50_rules_and_a_unique_name(sandbox):
    sandbox.refused("POST", "/firewalls", 422, "invalid_input", json={"name": "f", "rules": [RULE] * 51})
    sandbox.ok("POST", "/firewalls", 201, json={"name": "f", "rules": [RULE] * 50})
    sandbox.refused("POST", "/firewalls", 409, "uniqueness_error", json={"name": "f"})
