import time

import pytest

DEVICES = {"reusable": False, "ephemeral": False, "preauthorized": True, "tags": ["tag:aura-vm"]}


@pytest.fixture
def token(sandbox):
    return grant(sandbox)


def grant(sandbox, **fields):
    form = {"client_id": "any", "client_secret": sandbox.secret(), "grant_type": "client_credentials", **fields}
    answer = sandbox.tailscale("POST", "/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def mint(sandbox, token, expiry=600, description="aura ada", **changes):
    body = {"capabilities": {"devices": {"create": {**DEVICES, **changes}}}, "expirySeconds": expiry,
            "description": description}
    return sandbox.tailscale("POST", "/tailnet/-/keys", token=token, json=body)


def join(sandbox, key, hostname="ada", **fields):
    return sandbox.session.post(
        f"{sandbox.url}/_sandbox/tailnet/register", json={"authKey": key, "hostname": hostname, **fields}, timeout=10)


def test_oauth_accepts_form_and_basic_credentials(sandbox):
    form = {"client_id": "x", "client_secret": sandbox.secret()}
    answer = sandbox.tailscale("POST", "/oauth/token", data=form).json()
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 3600
    assert answer["access_token"].startswith("tskey-api-") and answer["tags"] == "tag:aura-vm"
    basic = sandbox.tailscale("POST", "/oauth/token", auth=("x", sandbox.secret()), data={"grant_type": "client_credentials"})
    assert basic.status_code == 200
    bad = sandbox.tailscale("POST", "/oauth/token", data={**form, "client_secret": "tskey-client-a-b"})
    assert (bad.status_code, bad.json()) == (401, {"message": "API token invalid"})


def test_tokens_are_checked_and_expire(sandbox, token):
    assert sandbox.tailscale("GET", "/tailnet/-/devices").status_code == 401
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token="tskey-auth-x").status_code == 401
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token=token).json() == {"devices": []}
    assert sandbox.tailscale("GET", "/tailnet/-/devices", auth=(token, "")).status_code == 200
    assert sandbox.tailscale("GET", "/tailnet/other/devices", token=token).status_code == 404
    sandbox.settings(tokenSeconds=0.3)
    short = grant(sandbox)
    time.sleep(0.4)
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token=short).json() == {"message": "API token invalid"}
    sandbox.fault("tokenExpired", "/api/v2/*")
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token=token).status_code == 401


def test_scopes_limit_an_access_token(sandbox):
    keys = grant(sandbox, scope="auth_keys")
    assert mint(sandbox, keys).status_code == 200
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token=keys).status_code == 403
    reader = grant(sandbox, scope="auth_keys:read devices:core:read")
    assert sandbox.tailscale("GET", "/tailnet/-/keys", token=reader).status_code == 200
    assert mint(sandbox, reader).status_code == 403


def test_a_key_shows_its_secret_once(sandbox, token):
    made = mint(sandbox, token).json()
    assert made["key"].startswith(f"tskey-auth-{made['id']}-") and made["expirySeconds"] == 600
    assert made["capabilities"]["devices"]["create"] == DEVICES
    read = sandbox.tailscale("GET", f"/tailnet/-/keys/{made['id']}", token=token).json()
    assert "key" not in read and read["invalid"] is False
    assert sandbox.tailscale("GET", "/tailnet/-/keys", token=token).json() == {"keys": [{"id": made["id"]}]}
    revoked = sandbox.tailscale("DELETE", f"/tailnet/-/keys/{made['id']}", token=token)
    assert (revoked.status_code, revoked.content) == (200, b"")
    read = sandbox.tailscale("GET", f"/tailnet/-/keys/{made['id']}", token=token).json()
    assert read["invalid"] is True and read["revoked"]
    assert sandbox.tailscale("GET", "/tailnet/-/keys/kNone", token=token).status_code == 404
    assert join(sandbox, made["key"]).status_code == 401
    assert sandbox.state()["authKeys"][0]["revoked"] is True


@pytest.mark.parametrize("changes", [
    {"tags": []}, {"tags": ["tag:other"]}, {"tags": ["tag:aura-vm", "tag:other"]}, {"expiry": 0}, {"expiry": 7776001},
    {"description": "ord/1"}, {"description": "a@b"}, {"description": "x" * 51},
])
def test_an_invalid_key_request_is_refused(sandbox, token, changes):
    answer = mint(sandbox, token, **changes)
    assert answer.status_code == 400 and answer.json()["message"]
    assert sandbox.state()["authKeys"] == []


def test_a_part_of_the_clients_tags_is_refused_unless_owned(sandbox, token):
    sandbox.settings(clientTags=["tag:a", "tag:b"])
    answer = mint(sandbox, token, tags=["tag:a"])
    assert answer.json() == {"message": "requested tags [tag:a] are invalid or not permitted"}
    assert mint(sandbox, token, tags=["tag:b", "tag:a"]).status_code == 200
    sandbox.settings(clientTags=["tag:aura-provisioner"], ownedTags=["tag:aura-vm"])
    assert mint(sandbox, token, tags=["tag:aura-vm"]).status_code == 200


def test_a_one_off_key_admits_one_device(sandbox, token):
    key = mint(sandbox, token).json()["key"]
    node = join(sandbox, key).json()
    assert node["nodeId"].startswith("n") and node["nodeId"].endswith("CNTRL")
    assert node["name"] == "ada.tail1234.ts.net" and node["addresses"][0].startswith("100.64.")
    assert node["addresses"][1].startswith("fd7a:115c:a1e0::") and node["tags"] == ["tag:aura-vm"]
    again = join(sandbox, key)
    assert again.status_code == 401 and "invalid key" in again.json()["message"]
    reusable = mint(sandbox, token, reusable=True).json()["key"]
    assert [join(sandbox, reusable).json()["name"] for _ in range(2)] == ["ada-1.tail1234.ts.net", "ada-2.tail1234.ts.net"]
    assert join(sandbox, "tskey-auth-none").status_code == 401
    assert sorted(entry["uses"] for entry in sandbox.state()["authKeys"]) == [1, 2]


def test_an_expired_key_admits_no_device(sandbox, token):
    key = mint(sandbox, token, expiry=1).json()
    time.sleep(1.1)
    assert join(sandbox, key["key"]).status_code == 401
    assert sandbox.tailscale("GET", f"/tailnet/-/keys/{key['id']}", token=token).json()["invalid"] is True


def test_devices_are_read_changed_and_deleted(sandbox, token):
    node = join(sandbox, mint(sandbox, token).json()["key"], "Ada.Host").json()
    for identifier in (node["nodeId"], node["id"]):
        device = sandbox.tailscale("GET", f"/device/{identifier}", token=token).json()
        assert device["nodeId"] == node["nodeId"] and device["hostname"] == "ada-host"
    assert device["lastSeen"] is None and device["connectedToControl"] is True
    path = f"/device/{node['nodeId']}"
    assert sandbox.tailscale("POST", f"{path}/name", token=token, json={"name": "eve"}).status_code == 200
    assert sandbox.tailscale("POST", f"{path}/tags", token=token, json={"tags": ["tag:x"]}).status_code == 400
    assert sandbox.tailscale("POST", f"{path}/tags", token=token, json={"tags": ["tag:aura-vm"]}).status_code == 200
    assert sandbox.tailscale("POST", f"{path}/authorized", token=token, json={"authorized": False}).status_code == 200
    device = sandbox.tailscale("GET", "/tailnet/-/devices?fields=all", token=token).json()["devices"][0]
    assert device["name"] == "eve.tail1234.ts.net" and device["authorized"] is False
    assert sandbox.tailscale("DELETE", path, token=token).status_code == 200
    assert sandbox.tailscale("DELETE", path, token=token).status_code == 404
    state = sandbox.state()
    assert state["devices"] == [] and state["past"]["devices"][0]["nodeId"] == node["nodeId"]


def test_external_devices_cannot_be_deleted(sandbox, token):
    node = join(sandbox, mint(sandbox, token).json()["key"], external=True).json()
    answer = sandbox.tailscale("DELETE", f"/device/{node['nodeId']}", token=token)
    assert (answer.status_code, answer.json()["message"]) == (501, "cannot delete devices outside of your tailnet")


def test_ephemeral_nodes_are_removed_at_logout(sandbox, token):
    node = join(sandbox, mint(sandbox, token, ephemeral=True).json()["key"]).json()
    lasting = join(sandbox, mint(sandbox, token).json()["key"], "bob").json()
    for entry in (node, lasting):
        sandbox.admin("POST", "/tailnet/logout", json={"nodeId": entry["nodeId"]})
    devices = sandbox.tailscale("GET", "/tailnet/-/devices", token=token).json()["devices"]
    assert [device["nodeId"] for device in devices] == [lasting["nodeId"]]
    assert devices[0]["connectedToControl"] is False and devices[0]["lastSeen"]


def test_device_approval_admits_preauthorized_keys_only(sandbox, token):
    sandbox.settings(deviceApproval=True)
    assert join(sandbox, mint(sandbox, token).json()["key"]).json()["authorized"] is True
    assert join(sandbox, mint(sandbox, token, preauthorized=False).json()["key"]).json()["authorized"] is False


def test_device_approval_and_the_tailnet_lock_are_separate(sandbox, token):
    sandbox.settings(approvalForAll=True, tailnetLock=True)
    node = join(sandbox, mint(sandbox, token).json()["key"]).json()
    assert node["authorized"] is False

    def standing():
        device = sandbox.tailscale("GET", f"/device/{node['nodeId']}", token=token).json()
        return device["authorized"], device["tailnetLockError"]

    assert standing() == (False, "missing node key signature")
    sandbox.tailscale("POST", f"/device/{node['nodeId']}/authorized", json={"authorized": True}, token=token)
    assert standing() == (True, "missing node key signature")
    sandbox.admin("POST", "/sign-node", json={"nodeId": node["nodeId"]})
    assert standing() == (True, "")


def test_a_late_device_fault_hides_a_new_device(sandbox, token):
    sandbox.fault("deviceAppearsLate", "/_sandbox/tailnet/register", seconds=0.5)
    node = join(sandbox, mint(sandbox, token).json()["key"]).json()
    assert sandbox.tailscale("GET", "/tailnet/-/devices", token=token).json() == {"devices": []}
    assert sandbox.tailscale("GET", f"/device/{node['nodeId']}", token=token).status_code == 404
    time.sleep(0.6)
    assert len(sandbox.tailscale("GET", "/tailnet/-/devices", token=token).json()["devices"]) == 1


def test_a_stale_list_fault_returns_old_devices(sandbox, token):
    node = join(sandbox, mint(sandbox, token).json()["key"]).json()
    time.sleep(0.6)
    sandbox.tailscale("DELETE", f"/device/{node['nodeId']}", token=token)
    join(sandbox, mint(sandbox, token).json()["key"], "new")
    sandbox.fault("staleList", "/api/v2/tailnet/*/devices", seconds=0.5)
    listed = [[device["hostname"] for device in
               sandbox.tailscale("GET", "/tailnet/-/devices", token=token).json()["devices"]] for _ in range(2)]
    assert listed == [["ada"], ["new"]]


def test_faults_have_the_error_format_of_tailscale(sandbox, token):
    sandbox.fault("status", "/api/v2/tailnet/*/keys", "POST", status=403, message="missing scope")
    answer = mint(sandbox, token)
    assert (answer.status_code, answer.json()) == (403, {"message": "missing scope"})
    sandbox.fault("status", "/api/v2/tailnet/*/keys", "POST", status=500, effect=True)
    assert mint(sandbox, token).status_code == 500
    assert len(sandbox.state()["authKeys"]) == 1, "the key was made all the same"
