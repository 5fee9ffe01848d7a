"""Quotas of tenants and principals, at the limit and beyond it, from outside."""

import time

import pytest
import requests
from harness import RPCError, eventually

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
MACHINE = {"region": "eu-central", "size": "small"}


@pytest.fixture
def tenants(worlds, tmp_path):
    """Returns a function that makes a world with the tenants acme and blue, and a token of an operator of each."""
    path = tmp_path / "master.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)

    def make(**settings):
        world = worlds({"vault.keyFile": path, "http": "127.0.0.1:0", **settings})
        tokens = {}
        with world.connect() as root:
            for tenant in ("acme", "blue"):
                root.call("tenant.create", tenant=tenant)
                root.call("principal.create", name=tenant, role="tenantAdmin", tenants=[tenant])
                tokens[tenant] = root.call("token.create", principal=tenant, name="test")["text"]
        return world, tokens

    return make


def connect(world, token):
    connection = world.connect()
    connection.call("session.authenticate", token=token)
    return connection


def test_a_tenant_that_is_named_must_exist(tenants):
    world, tokens = tenants()
    document = world.call("rpc.discover")
    named = []
    with world.connect() as root, connect(world, tokens["acme"]) as acme, connect(world, tokens["acme"]) as other:
        for method in document["methods"]:
            names = [each["name"] for each in method["params"]]
            params = {each["name"]: each["value"] for example in method["examples"][:1] for each in example["params"]}
            # No role has the scope of secret.reveal.
            if method["name"].startswith("tenant.") or method["name"] == "secret.reveal":
                continue
            if "tenant" in names:
                given = lambda tenant, params=params: {**params, "tenant": tenant}
            elif "filter" in names:
                given = lambda tenant, params=params: {**params, "filter": {"tenant": tenant}}
            else:
                continue
            named.append(method["name"])
            error = root.refused("tenantNotFound", method["name"], **given("nobody"))
            assert "no tenant is named nobody: create it first, or check the name" in str(error)
            # A caller that may not see a tenant cannot tell whether it exists.
            assert answer(acme, method["name"], **given("blue")) == answer(other, method["name"], **given("none"))
    assert {"provision", "status.get", "status.list", "status.subscribe", "job.list", "destroy", "suspend",
            "secret.set", "secret.list", "secret.delete"} <= set(named)


def answer(connection, method, **params):
    """Returns the result or the error of a call, without the name of the tenant."""
    try:
        text = str(connection.call(method, **params))
    except RPCError as error:
        text = f"{error} {error.data}"
    return text.replace("blue", "T").replace("none", "T")


def calls_until_refused(connection, method, **params):
    """Calls until a rate refuses a call; returns the number of calls that were made, and the error.

    The rate grants calls again while the test runs, on a busy machine more than on another.
    """
    for made in range(1_000):
        try:
            connection.call(method, **params)
        except RPCError as error:
            assert error.code == "tooManyCalls", error
            return made, error
    raise AssertionError(f"no call of {method} was refused")


def test_the_jobs_in_flight_of_a_tenant_have_a_quota(tenants):
    world, tokens = tenants(**{"limits.jobsInFlightPerTenant": 2})
    world.sandbox.settings(createSeconds=150)
    with connect(world, tokens["acme"]) as acme, connect(world, tokens["blue"]) as blue, world.connect() as root:
        for name in ("a0", "a1"):
            acme.call("provision", name=name, **MACHINE)
        error = acme.refused("quotaExceeded", "provision", name="a2", **MACHINE)
        assert "2 jobs in flight" in str(error) and (error.data["limit"], error.data["actual"]) == (2, 3)
        blue.call("provision", name="b0", **MACHINE)
        # A destroy is never refused, and ends the job of the instance.
        removal = acme.call("destroy", instance="a0")["job"]["id"]
        world.finish(removal)
        acme.call("provision", name="a3", **MACHINE)
        # A limit of the tenant replaces that of the installation.
        root.call("tenant.set", tenant="acme", quota={"jobsInFlight": 0})
        acme.refused("quotaExceeded", "provision", name="a4", **MACHINE)
        root.call("tenant.set", tenant="acme", quota={"jobsInFlight": 100})
        for name in ("a4", "a5", "a6"):
            acme.call("provision", name=name, **MACHINE)


def test_calls_and_changes_of_a_tenant_have_a_rate(tenants):
    world, tokens = tenants(**{"limits.callsPerMinutePerTenant": 50, "limits.mutationsPerMinutePerTenant": 3})
    with world.connect() as root:
        with connect(world, tokens["acme"]) as acme, connect(world, tokens["acme"]) as other:
            start = time.monotonic()
            changes, error = calls_until_refused(acme, "secret.set", name="s", value="v")
            assert changes >= 3 and error.data["limit"] == 3
            assert 0 < error.data["retryAfterMs"] <= 20_001 and error.data["retryable"]
            # The callers of a tenant share its rate: ten calls at once, then fifty a minute.
            calls, error = calls_until_refused(other, "secret.list")
            assert error.data["limit"] == 50
            more, error = calls_until_refused(acme, "secret.list")
            assert error.data["limit"] == 50
            assert 10 <= changes + calls + more <= 10 + (time.monotonic() - start) * 50 / 60
            # Constant replies do not count, and other callers are not concerned.
            for _ in range(100):
                acme.call("system.ping")
            with connect(world, tokens["blue"]) as blue:
                blue.call("secret.list")
            for _ in range(200):
                root.call("status.list")
            root.call("tenant.set", tenant="acme", quota={"callsPerMinute": 100_000, "mutationsPerMinute": 100_000})
            acme.call("secret.set", name="s3", value="v")
        # Calls over a rate do not fill the audit.
        entries = root.call("audit.list", limit=1000)["entries"]
        assert entries and "tooManyCalls" not in str(entries)


def test_valid_tokens_of_a_tenant_have_a_quota(tenants):
    world, tokens = tenants(**{"limits.tokensPerTenant": 2})
    with connect(world, tokens["acme"]) as acme:
        made = acme.call("token.create", principal="acme", name="second")["token"]["id"]
        error = acme.refused("quotaExceeded", "token.create", principal="acme", name="third")
        assert "the tenant acme has the 2 valid tokens" in str(error)
        acme.call("token.revoke", token=made)
        acme.call("token.create", principal="acme", name="third")


def test_connections_per_principal_are_limited(tenants):
    world, tokens = tenants(**{"limits.connectionsPerPrincipal": 3})
    assert world.call("system.limits")["limits"]["connectionsPerPrincipal"] == 3
    connections = [connect(world, tokens["acme"]) for _ in range(3)]
    with world.connect() as further:
        error = further.refused("tooManyConnectionsOfUser", "session.authenticate", token=tokens["acme"])
        assert error.data["limit"] == 3 and error.data["actual"] == 4
        # The limit is that of the principal: others use the same user and address.
        further.call("session.authenticate", token=tokens["blue"])
    host, port = world.daemon.http
    refused = requests.post(
        f"http://{host}:{port}/rpc", json={"jsonrpc": "2.0", "id": 1, "method": "access.whoami"},
        headers={"Authorization": f"Bearer {tokens['acme']}"}, timeout=30)
    assert refused.status_code == 429 and refused.json()["error"]["data"]["code"] == "tooManyConnectionsOfUser"
    for connection in connections:
        connection.close()
    with world.connect() as again:
        eventually(lambda: accepts(again, tokens["acme"]), what="the closed connections to be counted")


def accepts(connection, token):
    try:
        return connection.call("session.authenticate", token=token)
    except RPCError as error:
        assert error.code == "tooManyConnectionsOfUser"
        return None


def test_subscriptions_per_principal_are_limited(tenants):
    world, tokens = tenants(**{"limits.subscriptionsPerPrincipal": 4})
    assert world.call("system.limits")["limits"]["subscriptionsPerPrincipal"] == 4
    nothing = {"filter": {"change": "nothing"}}
    with connect(world, tokens["acme"]) as one, connect(world, tokens["acme"]) as two, \
            connect(world, tokens["blue"]) as other:
        for connection in (one, two, one, two):
            connection.subscribe(**nothing)
        assert one.refused("tooManySubscriptions", "status.subscribe", **nothing).data["limit"] == 4
        other.subscribe(**nothing)


def test_in_flight_bytes_per_principal_are_limited(tenants):
    """Four calls of a megabyte that wait fit in 4 MiB, and a fifth one does not."""
    world, tokens = tenants()
    world.sandbox.settings(createSeconds=150)
    with connect(world, tokens["acme"]) as first, connect(world, tokens["blue"]) as other:
        job = first.call("provision", name="a0", **MACHINE)["job"]["id"]
        call = f'{{"jsonrpc":"2.0","id":99,"method":"job.wait","params":{{"job":"{job}","timeoutMs":20000}}}}'
        line = call.encode().ljust(1_000_000)
        waiting = [connect(world, tokens["acme"]) for _ in range(4)]
        for connection in waiting:
            connection.send_text(line)
        refused = None
        while refused is None:
            # The daemon may not have read the other calls yet.
            with connect(world, tokens["acme"]) as further:
                further.send_text(line)
                answer = further.read()
                refused = answer.get("error")
                assert "result" not in answer
        assert refused["data"]["code"] == "daemonBusy"
        # Another principal of the same user has its own share.
        other.send_text(b'{"jsonrpc":"2.0","id":98,"method":"job.list"}'.ljust(1_000_000))
        assert "result" in other.read()
        for connection in waiting:
            connection.close()
