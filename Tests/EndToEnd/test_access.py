"""Who may do what: principals and tokens on every transport, and scopes of every method."""

import json
import os
import stat
import subprocess
import sys

import pytest
import requests
from harness import Closed, RPCError, WebSocket, eventually

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("vault") / "master.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def world(module_worlds, key_file):
    return module_worlds({"http": "127.0.0.1:0", "vault.keyFile": key_file})


def issue(connection, name, scopes, **token):
    """Creates a principal and a token of it; returns the principal's id, the token's id and its text."""
    principal = connection.call("principal.create", name=name, scopes=sorted(scopes))["principal"]
    made = connection.call("token.create", principal=name, name="test", **token)
    return principal["id"], made["token"]["id"], made["text"]


def shown(connection, token):
    """Shows a token; returns whether it was accepted."""
    try:
        return connection.call("session.authenticate", token=token)
    except RPCError as error:
        assert error.code == "unauthenticated"
        return None


def all_scopes(connection):
    return connection.call("access.list")["scopes"]


def post(world, token, method="access.whoami", **headers):
    host, port = world.daemon.http
    headers = {"Content-Type": "application/json", **headers}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}})
    return requests.post(f"http://{host}:{port}/rpc", data=body, headers=headers, timeout=30)


def test_every_method_is_refused_without_each_of_its_scopes(world):
    """The reference names the scopes of each method. A caller with all other scopes is refused, before its parameters
    are read, and the error names the scope."""
    with world.connect() as root:
        document = root.call("rpc.discover")
        everything = set(all_scopes(root)) | {"secrets:export"}
        methods = {method["name"]: method["x-scopes"] for method in document["methods"]}
        needed = {scope for scopes in methods.values() for scope in scopes}
        assert needed <= everything
        seen = 0
        for number, scope in enumerate(sorted(needed)):
            _, _, token = issue(root, f"lacks-{number}", everything - {scope})
            with world.connect() as connection:
                connection.call("session.authenticate", token=token)
                for method, scopes in methods.items():
                    if scope not in scopes:
                        continue
                    error = connection.refused("forbidden", method, nonsense=True)
                    assert error.data["scope"] == scope
                    seen += 1
        assert seen == sum(len(scopes) for scopes in methods.values())


def test_methods_without_a_scope_are_only_those_that_every_caller_needs(world):
    with world.connect() as root:
        document = root.call("rpc.discover")
    free = {method["name"] for method in document["methods"] if not method["x-scopes"]}
    assert free == {"system.ping", "session.authenticate", "access.whoami"}


def test_a_sweep_needs_all_tenants(world):
    """A sweep works on the resources of all tenants, and its report names them."""
    with world.connect() as root:
        root.call("principal.create", name="sweeper", scopes=["operations:write"], tenants=["default"])
        token = root.call("token.create", principal="sweeper", name="test")["text"]
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        connection.refused("forbidden", "reconcile.run")


def test_a_tenant_has_a_limit_of_its_own(world):
    with world.connect() as root:
        root.call("tenant.create", tenant="acme", quota={"liveInstances": 0})
        root.call("principal.create", name="acme-buyer", role="operator", tenants=["acme"])
        token = root.call("token.create", principal="acme-buyer", name="test")["text"]
        with world.connect() as connection:
            connection.call("session.authenticate", token=token)
            connection.refused("quotaExceeded", "provision", name="one", region="eu-central", size="small")
            root.call("tenant.set", tenant="acme", quota={"liveInstances": 1})
            # A caller of one tenant means that tenant if it names none.
            made = connection.call("provision", name="one", region="eu-central", size="small")
            assert made["instance"]["tenant"] == "acme"
            connection.refused("quotaExceeded", "provision", name="two", region="eu-central", size="small")
            connection.refused("tenantNotFound", "provision", name="x", region="eu-central", size="small", tenant="default")
            assert [each["name"] for each in connection.call("status.list")["instances"]] == ["one"]
    world.finish(made["job"]["id"])


def test_a_change_names_the_principal_of_its_token(world):
    with world.connect() as root:
        principal, _, token = issue(root, "buyer", ["instances:write", "instances:read", "jobs:read", "events:read"])
    with world.connect() as connection:
        assert connection.call("session.authenticate", token=token)["principal"] == principal
        made = connection.call("provision", name="bought", region="eu-central", size="small")
        assert made["job"]["principal"] == principal
    assert world.finish(made["job"]["id"])["principal"] == principal


def test_http_accepts_a_bearer_token_and_refuses_a_wrong_one(world):
    with world.connect() as root:
        principal, token_id, token = issue(root, "reader", ["instances:read"])
    answer = post(world, token)
    assert answer.status_code == 200 and answer.json()["result"]["principal"] == principal
    assert post(world, token, "status.list").status_code == 200
    assert post(world, token, "job.list").json()["error"]["data"]["code"] == "forbidden"
    for wrong in ["", "x", token + "A", token[:-1], "aura1_k9" + token[8:]]:
        refused = post(world, wrong)
        assert refused.status_code == 401 and refused.headers["WWW-Authenticate"] == "Bearer"
        assert refused.json()["error"]["data"]["code"] == "unauthenticated"
        assert refused.json()["id"] is None
    for header in ["Basic dXNlcjpwYXNz", token, "Bearer"]:
        assert post(world, None, Authorization=header).status_code == 401
    with world.connect() as root:
        root.call("token.revoke", token=token_id)
    assert post(world, token).status_code == 401


def test_a_websocket_shows_its_token_in_the_handshake_or_by_a_call(world):
    with world.connect() as root:
        principal, token_id, token = issue(root, "watcher", ["instances:read"])
    address = world.daemon.http
    by_call = WebSocket(address, shows_token=False)
    assert by_call.call("session.authenticate", token=token)["principal"] == principal
    by_header = WebSocket(address, headers=[f"Authorization: Bearer {token}"])
    assert by_header.call("access.whoami")["proof"] == "token"
    wrong = WebSocket(address, headers=["Authorization: Bearer aura1_wrong"])
    with pytest.raises(Closed):
        assert wrong.read()["error"]["data"]["code"] == "unauthenticated"
        wrong.read()
    with world.connect() as root:
        root.call("token.revoke", token=token_id)
    for connection in (by_call, by_header):
        with pytest.raises(Closed):
            assert connection.read()["error"]["data"]["code"] == "tokenRevoked"
            connection.read()


def test_a_revoked_token_ends_its_subscriptions(world):
    with world.connect() as root:
        _, token_id, token = issue(root, "streamer", ["events:read"])
        with world.connect() as connection:
            connection.call("session.authenticate", token=token)
            connection.subscribe()
            root.call("token.revoke", token=token_id)
            job = world.provision("late")
            world.finish(job)
            with pytest.raises(Closed):
                message = connection.read()
                assert message["error"]["data"]["code"] == "tokenRevoked", "no event after the revocation"
                connection.read()


def test_a_token_is_not_kept_anywhere(world):
    """The text of a token, and its tag alone, are in no file of the daemon."""
    with world.connect() as root:
        _, _, token = issue(root, "secretive", ["instances:read"])
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
    tag = token[-43:].encode()
    for path in world.directory.rglob("*"):
        if path.is_file():
            assert tag not in path.read_bytes(), path


def test_a_token_is_refused_after_the_key_has_changed(worlds, key_file, tmp_path):
    world = worlds({"vault.keyFile": key_file})
    with world.connect() as root:
        _, _, token = issue(root, "reader", ["instances:read"])
    world.daemon.stop()
    # A new first key signs new tokens, and the old one still verifies old tokens.
    both = tmp_path / "both.key"
    both.write_text("aura-key-1 k2 " + "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=" + "\n" + KEY + "\n")
    both.chmod(0o600)
    world.daemon.with_settings(**{"vault.keyFile": both})
    world.daemon.start()
    with world.connect() as connection:
        connection.call("session.authenticate", token=token)
        assert connection.call("access.whoami")["proof"] == "token"
    with world.connect() as root:
        made = root.call("token.create", principal="reader", name="new")
        assert made["text"].startswith("aura1_k2_")
    world.daemon.stop()
    only = tmp_path / "only.key"
    only.write_text(both.read_text().splitlines()[0] + "\n")
    only.chmod(0o600)
    world.daemon.with_settings(**{"vault.keyFile": only})
    world.daemon.start()
    with world.connect() as connection:
        connection.refused("unauthenticated", "session.authenticate", token=token)
        connection.call("session.authenticate", token=made["text"])


def test_a_revocation_reaches_the_other_daemon(cluster, key_file):
    """Two daemons on one PostgreSQL. A token that one revokes ends its connections on the other."""
    first, second = cluster(2, settings={"vault.keyFile": key_file}).daemons
    with first.connect() as root:
        principal, token_id, token = issue(root, "reader", ["instances:read"])
        with second.connect() as connection:
            eventually(lambda: shown(connection, token), what="the token on the other daemon")
            assert connection.call("access.whoami")["principal"] == principal
            root.call("token.revoke", token=token_id)
            with pytest.raises(Closed):
                assert connection.read()["error"]["data"]["code"] == "tokenRevoked"
                connection.read()
        with second.connect() as connection:
            connection.refused("unauthenticated", "session.authenticate", token=token)


# Processes on the Unix socket

CALL = """
import json, os, socket, sys
uid, gid, groups = json.loads(sys.argv[1])
os.setgroups(groups)
os.setgid(gid)
os.setuid(uid)
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[2])
for method in sys.argv[3:]:
    s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}).encode() + b"\\n")
    line = b""
    while not line.endswith(b"\\n"):
        line += s.recv(65536)
    print(line.decode().strip())
"""


def as_user(world, uid, gid, groups, *methods):
    """Calls methods as another user; returns the replies."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", CALL, json.dumps([uid, gid, groups]), str(world.daemon.socket), *methods],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can call as other users")
def test_processes_have_the_rights_of_their_users_and_groups(worlds):
    """The socket belongs to a group, whose members can connect. The rules say what each of them may do."""
    group = 4321
    world = worlds({
        "socketGroup": "staff", "access.unix": f"user 4242 viewer default,group {group} operator,group 50 auditor"})
    os.chmod(world.directory, 0o711)
    state = os.stat(world.daemon.socket)
    assert stat.S_IMODE(state.st_mode) == 0o660 and state.st_gid == 50
    who, listed, jobs, sweep = as_user(world, 4242, 50, [], "access.whoami", "status.list", "job.list", "reconcile.run")
    assert who["result"]["principal"] == "uid:4242" and who["result"]["tenants"] == ["default"]
    assert listed["result"]["instances"] == [] and jobs["result"]["jobs"] == []
    assert sweep["error"]["data"]["scope"] == "operations:write"
    who, sweep = as_user(world, 5000, 50, [group], "access.whoami", "reconcile.run")
    assert "instances:write" in who["result"]["scopes"] and "error" in sweep
    who, listed = as_user(world, 5001, 50, [], "access.whoami", "status.list")
    assert who["result"]["scopes"] == [] or who["result"]["scopes"] == ["audit:read"]
    assert listed["error"]["data"]["code"] == "forbidden"
    with pytest.raises(AssertionError, match="PermissionError"):
        as_user(world, 5002, 5002, [], "access.whoami")


@pytest.mark.parametrize("rule, words", [
    ("user nobody-such viewer", "there is no user nobody-such"), ("user root emperor", "there is no role emperor"),
    ("root admin", "expected `user NAME ROLE`"),
])
def test_a_rule_that_is_not_understood_stops_the_start(worlds, rule, words):
    world = worlds({"access.unix": rule}, start_daemon=False)
    code, text = world.daemon.run_to_failure()
    assert code == 78 and words in text and "access.unix" in text
