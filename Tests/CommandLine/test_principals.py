"""`aura principal`, `aura tenant`, `aura whoami`, `aura roles`: their calls and their output."""

import pytest

from daemon import Refusal
from samples import PRINCIPAL, ago, at, principal, whoami

CARD = [
    "billing  enabled", f"  id       {PRINCIPAL}", "  kind     service", "  scopes   instances:read, jobs:read",
    "  tenants  all",
]


def tenant(name="acme", **more):
    return {"id": name, "enabled": True, "quota": {}, "createdAt": at(0), **more}


def test_a_principal_is_created_and_shown(aura, daemon):
    daemon.on("principal.create", {"principal": principal()})
    run = aura("principal", "create", "billing", "--scope", "instances:read", "--scope", "jobs:read")
    assert (run.code, run.err, run.lines) == (0, "", CARD)
    assert daemon.params("principal.create") == [{"name": "billing", "scopes": ["instances:read", "jobs:read"]}]


def test_a_principal_is_created_with_its_options(aura, daemon):
    daemon.on("principal.create", {"principal": principal("ada", kind="person", tenants=["acme"])})
    run = aura("principal", "create", "ada", "--kind", "person", "--role", "viewer", "--tenant", "acme")
    assert run.code == 0 and "  tenants  acme" in run.lines
    assert daemon.params("principal.create") == [
        {"name": "ada", "kind": "person", "role": "viewer", "tenants": ["acme"]}]
    assert aura("principal", "create", "ada", "--role", "viewer", "--json").documents == [
        {"principal": principal("ada", kind="person", tenants=["acme"])}]


def test_principals_are_a_table(aura, daemon):
    daemon.on("principal.list", {"principals": [
        principal(),
        principal("ada", id="p2", kind="person", enabled=False, tenants=["acme", "b"], scopes=["jobs:read"])]})
    run = aura("principal", "list")
    assert (run.code, run.err) == (0, "")
    assert run.lines == [
        "NAME     ID                                    KIND     STATE     TENANTS  SCOPES",
        f"billing  {PRINCIPAL}  service  enabled   all      instances:read,jobs:read",
        "ada      p2                                    person   disabled  acme,b   jobs:read",
    ]
    daemon.on("principal.list", {"principals": []})
    run = aura("principal", "list")
    assert (run.code, run.out, run.err) == (0, "", "aura: there are no principals\n")


@pytest.mark.parametrize(
    "words, params",
    [
        (["--disable"], {"enabled": False}), (["--enable"], {"enabled": True}),
        (["--all-tenants"], {"allTenants": True}),
        (["--role", "operator", "--tenant", "b"], {"role": "operator", "tenants": ["b"]}),
        (["--scope", "x:read"], {"scopes": ["x:read"]}),
    ])
def test_a_principal_is_changed(aura, daemon, words, params):
    daemon.on("principal.set", {"principal": principal(enabled="--disable" not in words)})
    run = aura("principal", "set", "billing", *words)
    assert run.code == 0 and run.lines[0] == ("billing  disabled" if "--disable" in words else "billing  enabled")
    assert daemon.params("principal.set") == [{"principal": "billing", **params}]


def test_a_tenant_is_created_and_changed(aura, daemon):
    daemon.on("tenant.create", {"tenant": tenant(quota={"liveInstances": 5, "secrets": 7})})
    run = aura("tenant", "create", "acme", "--live-instances", "5", "--secrets", "7")
    assert (run.code, run.lines) == (0, ["acme  enabled", "  instances  5 at most", "  secrets    7 at most"])
    assert daemon.params("tenant.create") == [{"tenant": "acme", "quota": {"liveInstances": 5, "secrets": 7}}]
    every = {
        "liveInstances": 1, "jobsInFlight": 2, "callsPerMinute": 3, "mutationsPerMinute": 4, "tokens": 5, "secrets": 6}
    daemon.on("tenant.create", {"tenant": tenant(quota=every)})
    run = aura(
        "tenant", "create", "acme", "--live-instances", "1", "--jobs-in-flight", "2", "--calls-per-minute", "3",
        "--mutations-per-minute", "4", "--tokens", "5", "--secrets", "6")
    assert run.lines == [
        "acme  enabled", "  instances       1 at most", "  jobs in flight  2 at most",
        "  calls           3 in 60 s at most", "  changes         4 in 60 s at most", "  tokens          5 at most",
        "  secrets         6 at most"]
    assert daemon.params("tenant.create")[1:] == [{"tenant": "acme", "quota": every}]
    daemon.on("tenant.set", {"tenant": tenant(enabled=False)})
    assert aura("tenant", "set", "acme", "--disable").lines == ["acme  disabled"]
    assert aura("tenant", "set", "acme", "--live-instances", "3", "--secrets", "9", "--enable").code == 0
    assert aura("tenant", "set", "acme", "--no-limits").code == 0
    assert daemon.params("tenant.set") == [
        {"tenant": "acme", "enabled": False},
        {"tenant": "acme", "quota": {"liveInstances": 3, "secrets": 9}, "enabled": True},
        {"tenant": "acme", "quota": {}},
    ]


def test_tenants_are_a_table(aura, daemon):
    daemon.on("tenant.list", {"tenants": [
        tenant(quota={"liveInstances": 5, "jobsInFlight": 40, "secrets": 8}, createdAt=ago(180)),
        tenant("default", enabled=False, createdAt=ago(10))]})
    run = aura("tenant", "list")
    assert run.lines == [
        "TENANT   STATE     INSTANCES  JOBS  CALLS/MIN  CHANGES/MIN  TOKENS  SECRETS  AGE",
        "acme     enabled   5          40    -          -            -       8        3 min",
        "default  disabled  -          -     -          -            -       -        10 s",
    ]


def test_whoami_is_a_card(aura, daemon):
    daemon.on("access.whoami", whoami(tenants=["acme"], instances=["i1", "i2"]))
    run = aura("whoami")
    assert run.lines == [
        PRINCIPAL, "  proof      token", "  scopes     instances:read", "  tenants    acme", "  instances  i1, i2"]
    daemon.on("access.whoami", {"principal": "uid:0", "proof": "peer", "scopes": []})
    assert aura("whoami").lines == ["uid:0", "  proof    peer", "  scopes   none", "  tenants  all"]


def test_roles_are_a_table(aura, daemon):
    daemon.on("access.list", {
        "roles": [{"role": "viewer", "scopes": ["a:read", "b:read"]}, {"role": "later", "scopes": ["c:write"]}],
        "scopes": ["a:read", "b:read", "c:write"]})
    assert aura("roles").lines == [
        "ROLE    SCOPES", "viewer  a:read, b:read", "later   c:write", "", "all scopes: a:read, b:read, c:write"]


def test_a_caller_without_the_scope_gets_the_words_of_the_daemon(aura, daemon):
    words = "cannot call tenant.create, uid:7 lacks the scope tenants:write: an administrator can give it"
    daemon.on("tenant.create", Refusal(-32013, "forbidden", words, scope="tenants:write"))
    run = aura("tenant", "create", "acme")
    assert (run.code, run.err) == (2, f"aura: {words}\n")


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["principal", "create", "x"], "cannot create a principal without rights: give --role, --scope or both"),
        (["principal", "set", "x"], "cannot tell what to change: give --role"),
        (["principal", "set", "x", "--enable", "--disable"], "cannot use --enable and --disable at once"),
        (["principal", "set", "x", "--all-tenants", "--tenant", "a"], "cannot use --tenant and --all-tenants at once"),
        (["tenant", "set", "x"], "cannot tell what to change: give a limit"),
        (["tenant", "set", "x", "--enable", "--disable"], "cannot use --enable and --disable at once"),
        (["tenant", "set", "x", "--no-limits", "--secrets", "1"], "cannot use --no-limits with a limit"),
    ])
def test_a_contradiction_is_refused(aura, daemon, words, complaint):
    run = aura(*words, "--json")
    assert (run.code, daemon.calls) == (64, [])
    assert run.error["message"].startswith(complaint)
