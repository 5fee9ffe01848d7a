"""Every method × callers × objects × ways to name them: what each caller gets, and that objects of other tenants are
like unknown ones.

`harness/isolation.py` has the methods and their forms. A method without a row there fails the first test.
"""

import os
import pathlib

import pytest
from harness.isolation import (
    DIFFERENT, EXPORT, FORMS, Destroyed, Home, Living, RawConnection, Thing, effective, end_of, state)

GOLDEN = pathlib.Path(__file__).parent / "isolation.golden.txt"
KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OWN, FOREIGN = "red-tenant", "blue-tenant"
OBJECTS = ["own", "own destroyed", "foreign", "foreign destroyed", "unknown"]
# Their calls need a connection of their own: they change the connection.
ALONE = {"session.authenticate", "status.subscribe", "status.unsubscribe"}
# The caller with all tenants, to whom no object is foreign.
ADMIN = "admin"


@pytest.fixture(scope="module")
def world(module_worlds, tmp_path_factory):
    key_file = tmp_path_factory.mktemp("vault") / "master.key"
    key_file.write_text(KEY + "\n")
    key_file.chmod(0o600)
    world = module_worlds({
        "vault.keyFile": key_file, "pace.retryBaseSeconds": 60, "pace.retryCapSeconds": 600,
        "limits.instancesPerTenant": 10_000})
    # No server is created, so that each provision waits until it is destroyed.
    world.sandbox.fault("status", "/v1/servers", "POST", status=503, count=0)
    os.chmod(world.directory, 0o711)
    os.chmod(world.daemon.socket, 0o666)
    return world


class Caller:
    """A caller with a token, or one without any rights."""

    def __init__(self, world, home, name, text=None):
        self.world = world
        self.home = home
        self.name = name
        self.text = text
        self.shared = self.open()

    def open(self):
        if self.text is None:
            with effective(5001, 5001):
                return RawConnection(self.world.daemon.socket)
        connection = RawConnection(self.world.daemon.socket)
        connection.call("session.authenticate", token=self.text)
        return connection

    def call(self, method, params):
        """Returns the outcome and the bytes of the reply."""
        connection = self.open() if method in ALONE else self.shared
        outcome = connection.outcome(method, params)
        reply = connection.last
        if method in ALONE:
            connection.close()
        else:
            # The id of a call is a count.
            reply = reply.replace(b'"id":%d' % connection.last_id, b'"id":0')
        return outcome, reply


class Matrix:
    def __init__(self, world, root):
        self.world = world
        self.root = root
        document = root.call("rpc.discover")
        self.methods = {method["name"]: method for method in document["methods"]}
        self.scopes = sorted({*root.call("access.list")["scopes"], EXPORT})
        quota = document["components"]["schemas"]["TenantQuota"]["properties"]
        for tenant in (OWN, FOREIGN):
            root.call("tenant.create", tenant=tenant, quota=dict.fromkeys(quota, 1_000_000))
        self.home = Home(root, OWN)
        self.destroyed = {tenant: self.destroyed_instance(tenant) for tenant in (OWN, FOREIGN)}
        # The objects of calls that change nothing. No caller but the administrator may change those of the other
        # tenant.
        self.kept = {object: self.new(object, FOREIGN if "foreign" in object else OWN) for object in OBJECTS[:-1]}
        for thing in self.kept.values():
            thing.make_all()

    def destroyed_instance(self, tenant):
        parts = Living(self.root, tenant).parts
        end_of(self.root, parts, tenant)
        return parts

    def callers(self):
        yield Caller(self.world, self.home, "none")
        for role in ("viewer", "operator", "tenantAdmin", "auditor"):
            yield self.caller(role, role=role, tenants=[OWN])
        yield self.caller("owner", scopes=self.scopes, tenants=[OWN])
        yield self.caller(ADMIN, scopes=self.scopes)
        yield self.caller("tenant=", [f"tenant={OWN}"], scopes=self.scopes)
        yield self.caller("method=", ["method=status.*"], scopes=self.scopes, tenants=[OWN])
        only = Living(self.root, OWN).instance
        yield self.caller("instance=", [f"instance={only}"], scopes=self.scopes, tenants=[OWN])

    def caller(self, name, restrictions=(), **rights):
        word = name.rstrip("=").lower()
        principal = self.root.call("principal.create", name=f"caller-{word}", **rights)["principal"]
        made = self.root.call("token.create", principal=principal["id"], name="t", restrictions=list(restrictions))
        return Caller(self.world, self.home, name, made["text"])

    def thing(self, object, method, caller):
        """Returns the objects for one call."""
        if object == "unknown":
            return Thing(caller.home)
        tenant = OWN if object.startswith("own") else FOREIGN
        if self.methods[method]["x-mutates"] and (tenant == OWN or caller.name == ADMIN):
            # New ones, so that each call finds the same state.
            return self.new(object, tenant)
        return self.kept[object]

    def new(self, object, tenant):
        if object.endswith("destroyed"):
            return Destroyed(self.root, tenant, self.destroyed[tenant], self.home)
        return Living(self.root, tenant, self.home)

    def rows(self):
        """Makes all calls. Yields the method, the form, the object, and the outcome and reply of each caller."""
        callers = list(self.callers())
        for method, forms in FORMS.items():
            for form, build in forms.items():
                for object in self.objects(method, form):
                    yield method, form, object, {
                        caller.name: self.cell(caller, method, build, object) for caller in callers}

    def objects(self, method, form):
        if form == "-":
            return ["-"]
        # No tenant and no subscription is ever destroyed.
        lasts = form == "tenant" or method == "status.unsubscribe"
        return [each for each in OBJECTS if not lasts or "destroyed" not in each]

    def cell(self, caller, method, build, object):
        thing = self.thing("unknown" if object == "-" else object, method, caller)
        params = build(thing)
        outcome, reply = caller.call(method, params)
        if method == "secret.set" and "tenant" not in params and outcome == "ok":
            # The caller has made a secret of its own with the name of a foreign one.
            self.root.call("secret.delete", name=params["name"], tenant="default" if caller.name == ADMIN else OWN)
        return outcome, thing.normalised(reply)

    def state(self):
        """Returns the kept objects of the other tenant."""
        return state(self.root, FOREIGN, [thing for object, thing in self.kept.items() if object.startswith("foreign")])


def test_every_method_has_a_row(world):
    with world.connect() as root:
        assert {method["name"] for method in root.call("rpc.discover")["methods"]} == set(FORMS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can call as another user")
def test_callers_get_what_the_golden_file_says(world):
    """`UPDATE_GOLDEN=1` rewrites the file."""
    with world.connect() as root:
        matrix = Matrix(world, root)
        before = matrix.state()
        assert {kind: len(rows) for kind, rows in before.items()} == {
            "instance": 2, "job": 2, "secret": 1, "principal": 2, "token": 2, "tenant": 1}
        rows = list(matrix.rows())
        assert matrix.state() == before, "a call changed an object of another tenant"
    names = list(rows[0][3])
    table = [["method", "form", "object", *names]]
    table += [[method, form, object, *(cells[name][0] for name in names)] for method, form, object, cells in rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    text = "".join("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip() + "\n" for row in table)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    unequal = [
        f"{method} by {form}, {object}, for {name}: {cells[name][1]} is not {unknown[name][1]}"
        for method, form, object, cells, unknown in compared(rows) for name in names
        if name != ADMIN and cells[name] != unknown[name]]
    assert not unequal, "\n".join(unequal)
    assert text == GOLDEN.read_text()


def compared(rows):
    """Yields each row of a foreign object, with the row of the unknown object."""
    unknown = {(method, form): cells for method, form, object, cells in rows if object == "unknown"}
    for method, form, object, cells in rows:
        if object.startswith("foreign") and (method, form) not in DIFFERENT:
            yield method, form, object, cells, unknown[method, form]
