"""The methods of the API with the objects that they name, and the objects of tenants to call them with.

`FORMS` has every method. Each of its forms is a way to name an object: by id, by name, with or without the tenant. A
form builds the parameters of a call from a `Thing`, which stands for the objects of one kind of tenant: the caller's
own, those of another tenant, unknown ones, and destroyed ones.
"""

import contextlib
import functools
import os
import re
import time
import uuid

from .places import eventually
from .wire import Connection, RPCError

# Every scope of a caller that may do everything in its tenants.
EXPORT = "secrets:export"


def none(thing):
    return {}


def instance(thing):
    return {"instance": thing.instance}


def instance_of_tenant(thing):
    return {"instance": thing.instance, "tenant": thing.tenant}


def instance_name(thing):
    return {"instance": thing.name}


def instance_name_of_tenant(thing):
    return {"instance": thing.name, "tenant": thing.tenant}


def job(thing):
    return {"job": thing.job}


def tenant(thing):
    return {"tenant": thing.tenant}


def change(thing):
    return {"change": thing.change}


def principal(thing):
    return {"principal": thing.principal}


def principal_name(thing):
    return {"principal": thing.principal_name}


def secret(thing):
    return {"name": thing.secret}


def secret_of_tenant(thing):
    return {"name": thing.secret, "tenant": thing.tenant}


def filtered(form):
    return lambda thing: {"filter": form(thing), "subscription": "matrix"}


def adding(form, **members):
    return lambda thing: {**form(thing), **members}


INSTANCE = {
    "id": instance, "id and tenant": instance_of_tenant, "name": instance_name,
    "name and tenant": instance_name_of_tenant}
JOB = {"id": job}
PRINCIPAL = {"id": principal, "name": principal_name}
SECRET = {"name": secret, "name and tenant": secret_of_tenant}
NO_OBJECT = {"-": none}

# The forms of each method, by its name.
FORMS = {
    "access.deny": {"-": lambda thing: {"key": "0f" * 32}},
    "access.list": NO_OBJECT,
    "access.whoami": NO_OBJECT,
    "audit.checkpoint": NO_OBJECT,
    "audit.erase": {"-": lambda thing: {"entries": [1]}, "tenant": tenant},
    "audit.export": NO_OBJECT,
    "audit.list": {**NO_OBJECT, "principal": principal},
    "audit.verify": NO_OBJECT,
    "destroy": INSTANCE,
    "job.cancel": JOB,
    "job.explain": JOB,
    "job.get": JOB,
    "job.list": {**NO_OBJECT, **INSTANCE, "tenant": tenant, "change": change},
    "job.retry": JOB,
    "job.wait": {"id": adding(job, timeoutMs=0)},
    "principal.create": {
        "tenant": lambda thing: {"name": fresh("p"), "role": "viewer", "tenants": [thing.tenant]},
        "name": lambda thing: {"name": thing.principal_name, "role": "viewer", "tenants": [thing.callers_tenant]}},
    "principal.list": NO_OBJECT,
    "principal.set": {
        **{name: adding(form, role="viewer") for name, form in PRINCIPAL.items()},
        "tenant": lambda thing: {"principal": thing.callers_principal, "tenants": [thing.tenant]}},
    "provision": {"tenant": lambda thing: {
        "name": fresh("i"), "region": "eu-central", "size": "small", "tenant": thing.tenant}},
    "reconcile.run": {"-": lambda thing: {"dryRun": True}},
    "restart": INSTANCE,
    "resume": INSTANCE,
    "rpc.discover": NO_OBJECT,
    "secret.delete": SECRET,
    "secret.list": {**NO_OBJECT, "tenant": tenant},
    "secret.reveal": SECRET,
    "secret.set": {
        "name": adding(secret, value="a value"), "name and tenant": adding(secret_of_tenant, value="a value")},
    "session.authenticate": {"-": lambda thing: {"token": "aura1_wrong"}},
    "status.get": INSTANCE,
    "status.list": {**NO_OBJECT, "tenant": tenant},
    "status.subscribe": {
        "-": filtered(none), **{name: filtered(form) for name, form in INSTANCE.items()}, "job": filtered(job),
        "tenant": filtered(tenant), "change": filtered(change)},
    "status.unsubscribe": {"id": lambda thing: {"subscription": thing.subscription}},
    "suspend": INSTANCE,
    "system.health": NO_OBJECT,
    "system.info": NO_OBJECT,
    "system.limits": NO_OBJECT,
    "system.ping": NO_OBJECT,
    "tenant.create": {"tenant": tenant},
    "tenant.list": NO_OBJECT,
    "tenant.set": {"tenant": adding(tenant, enabled=True)},
    "token.create": {
        **{name: adding(form, name="made") for name, form in PRINCIPAL.items()},
        "tenant": lambda thing: {"principal": thing.callers_principal, "name": "made", "tenants": [thing.tenant]}},
    "token.explain": {"text": lambda thing: {"text": thing.text}},
    "token.list": {**NO_OBJECT, **PRINCIPAL},
    "token.revoke": {"id": lambda thing: {"token": thing.token}},
    "vault.adopt": NO_OBJECT,
    "vault.delete": {"-": secret},
    "vault.set": {"-": adding(secret, value="a value")},
    "vault.status": NO_OBJECT,
}

# The forms whose replies may differ between objects of other tenants and unknown ones.
DIFFERENT = {
    # Whoever has the text of a token can use it, so its rights are known to them.
    ("token.explain", "text"),
    # The names of principals are unique in the installation. No role but admin may create principals.
    ("principal.create", "name"),
}


class Home:
    """The tenant of a caller."""

    def __init__(self, root, tenant):
        self.root = root
        self.tenant = tenant


def fresh(prefix):
    """Returns a name that does not exist. All of them have the same length."""
    return f"{prefix}{uuid.uuid4().hex[:12]}"


def fresh_id():
    """Returns an id that does not exist, with the time of now at its beginning, as all ids have it."""
    digits = f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[13:]}"
    return str(uuid.UUID(digits))


class Thing:
    """Unknown objects of an unknown tenant. `asked` has the values that were used, by attribute."""

    def __init__(self, caller=None):
        self.caller = caller
        self.asked = {}

    def __getattr__(self, attribute):
        value = self.asked[attribute] = getattr(type(self), f"make_{attribute}")(self)
        if not attribute.startswith("callers"):
            setattr(self, attribute, value)
        return value

    def make_tenant(self):
        return fresh("t")

    def make_instance(self):
        return fresh_id()

    make_job = make_change = make_principal = make_instance

    def make_name(self):
        return fresh("i")

    def make_secret(self):
        return fresh("s")

    def make_principal_name(self):
        return fresh("p")

    def make_token(self):
        return "A" * 12 + uuid.uuid4().hex[:9] + "A"

    def make_subscription(self):
        return fresh("u")

    def make_text(self):
        return "aura1_k1_" + "A" * 22 + "_" + "A" * 43

    def make_callers_tenant(self):
        return self.caller.tenant

    def make_callers_principal(self):
        made = Living(self.caller.root, self.caller.tenant)
        self.asked["callers_name"] = made.principal_name
        return made.principal

    def normalised(self, reply):
        """Returns a reply with the values that were asked for replaced by the names of their attributes, and without
        times."""
        for attribute, value in self.asked.items():
            if attribute != "callers_tenant":
                reply = reply.replace(value.encode(), f"<{attribute}>".encode())
        reply = re.sub(rb'"\d{4}-\d\d-\d\dT[\d:.]+Z"', b'"<time>"', reply)
        # The newest `seq` of the ledger, which counts the events of all tenants.
        return re.sub(rb'"head":\d+', b'"head":0', reply)


class Living(Thing):
    """Objects of a tenant, each created when it is first used. The instance stays in its provision."""

    def __init__(self, root, tenant, caller=None):
        super().__init__(caller)
        self.root = root
        self.home = tenant

    def make_tenant(self):
        return self.home

    def provisioned(self):
        made = self.root.call(
            "provision", name=fresh("i"), region="eu-central", size="small", tenant=self.home, change=str(uuid.uuid4()))
        return {
            "instance": made["instance"]["id"], "name": made["instance"]["name"], "job": made["job"]["id"],
            "change": made["job"]["change"]}

    @functools.cached_property
    def parts(self):
        return self.provisioned()

    def make_instance(self):
        return self.parts["instance"]

    def make_name(self):
        return self.parts["name"]

    def make_job(self):
        return self.parts["job"]

    def make_change(self):
        return self.parts["change"]

    def make_secret(self):
        name = fresh("s")
        self.root.call("secret.set", name=name, value=f"canary of {name}", tenant=self.home, **{"class": "exportable"})
        return name

    @functools.cached_property
    def account(self):
        name = fresh("p")
        principal = self.root.call("principal.create", name=name, role="viewer", tenants=[self.home])["principal"]
        made = self.root.call("token.create", principal=name, name=f"label-of-{name}")
        return {
            "principal": principal["id"], "principal_name": name, "token": made["token"]["id"], "text": made["text"]}

    def make_principal(self):
        return self.account["principal"]

    def make_principal_name(self):
        return self.account["principal_name"]

    def make_token(self):
        return self.account["token"]

    def make_text(self):
        return self.account["text"]

    def make_all(self):
        """Creates all objects now."""
        for attribute in ("instance", "name", "job", "change", "secret", "principal", "principal_name", "token", "text",
                          "tenant"):
            getattr(self, attribute)
        return self


class Destroyed(Living):
    """Objects that were destroyed: the instance `parts`, a deleted secret, a disabled principal, a revoked token."""

    def __init__(self, root, tenant, parts, caller=None):
        super().__init__(root, tenant, caller)
        self.parts = parts

    def make_secret(self):
        name = super().make_secret()
        self.root.call("secret.delete", name=name, tenant=self.home)
        return name

    @functools.cached_property
    def account(self):
        made = Living(self.root, self.home).account
        self.root.call("principal.set", principal=made["principal"], enabled=False)
        self.root.call("token.revoke", token=made["token"])
        return made


def end_of(root, parts, tenant):
    """Destroys an instance, and waits until it is destroyed."""
    root.call("destroy", instance=parts["instance"], tenant=tenant)
    eventually(
        lambda: root.call("status.get", instance=parts["instance"])["instance"]["phase"] == "destroyed", 60,
        what="the destroyed instance")


def state(root, tenant, things):
    """Returns what only calls change of some objects of a tenant, by their kinds."""
    known = {
        value for thing in things for attribute, value in thing.asked.items() if not attribute.startswith("callers")}
    found = {
        "instance": pages(root, "status.list", "instances", tenant=tenant, includeDestroyed=True),
        "job": pages(root, "job.list", "jobs", tenant=tenant),
        "secret": pages(root, "secret.list", "secrets", tenant=tenant),
        "principal": root.call("principal.list")["principals"],
        "token": pages(root, "token.list", "tokens", all=True),
        "tenant": root.call("tenant.list")["tenants"],
    }
    # A waiting job is tried again, and a token is used, without a call on the object.
    kept = {"instance": ("id", "desired", "generation"), "job": ("id", "kind", "cancellation")}
    return {
        kind: [
            {name: value for name, value in each.items() if name in kept.get(kind, each) and name != "lastUsedAt"}
            for each in rows if known & {each["name" if kind == "secret" else "id"]}]
        for kind, rows in found.items()}


def pages(connection, method, member, **params):
    """Returns the members of all pages."""
    found = []
    while True:
        page = connection.call(method, limit=1000, **params)
        found += page[member]
        if page.get("next") is None:
            return found
        params["after"] = page["next"]


class RawConnection(Connection):
    """A connection that keeps the bytes of the last message."""

    last = b""

    def read_text(self):
        self.last = super().read_text()
        return self.last

    def outcome(self, method, params):
        """Makes a call; returns `ok` or the code of the error."""
        try:
            self.call(method, **params)
        except RPCError as error:
            return error.code
        return "ok"


@contextlib.contextmanager
def effective(uid, gid):
    """Runs the block as another user, for the kernel's record of a socket that is connected in it."""
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
