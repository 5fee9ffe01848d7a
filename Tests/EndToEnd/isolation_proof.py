"""Two proofs that a tenant learns nothing of another one.

    timing: calls on objects of another tenant and on unknown ones take the same time. They are sent in random order
            over one connection, and compared by Welch's t for each method, over all calls and over those below the 90th
            percentile of both, which the load of the machine disturbs less. |t| < 4.5
    hammer: two daemons on one PostgreSQL, two tenants. Each calls all methods with the ids and names of the other one,
            over both daemons, and follows all events. No reply and no event has anything of the other tenant that the
            call did not name, and no object of the other tenant changes

As a program (scripts/prove-isolation) it prints its figures. Environment: TIMED (20000), the calls of a method for each
kind of object; CALLS (100000) of the hammer; WORKERS (8), its processes; SEED (1); PARTS (timing,hammer).
"""

import json
import math
import multiprocessing
import os
import random
import re
import statistics
import sys
import time

from harness import Cluster, Postgres, RPCError, World
from harness.isolation import EXPORT, FORMS, Destroyed, Home, Living, RawConnection, Thing, end_of, fresh, state

KEY = "aura-key-1 k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
RED, BLUE = "red-canary", "blue-canary"
LIMIT = 4.5
# The timed calls: reads, changes that are refused, and each way to name an object.
TIMED = [
    ("status.get", "id"), ("status.get", "name and tenant"), ("job.get", "id"), ("job.list", "id"),
    ("job.list", "tenant"), ("job.list", "change"), ("job.wait", "id"), ("status.list", "tenant"), ("secret.list", "tenant"),
    ("secret.reveal", "name and tenant"), ("secret.delete", "name and tenant"), ("job.cancel", "id"), ("destroy", "id"),
    ("token.list", "id"), ("token.list", "name"), ("token.revoke", "id"), ("principal.set", "name"),
    ("tenant.set", "tenant"), ("audit.list", "principal"),
]


def settings(directory):
    key_file = directory / "master.key"
    key_file.write_text(KEY + "\n")
    key_file.chmod(0o600)
    return {"vault.keyFile": key_file, "pace.retryBaseSeconds": 60, "pace.retryCapSeconds": 600}


def make_tenants(root):
    """Creates both tenants with limits that nothing reaches. Returns all scopes."""
    document = root.call("rpc.discover")
    names = {method["name"] for method in document["methods"]}
    assert names == set(FORMS), "a method has no row in harness/isolation.py"
    quota = document["components"]["schemas"]["TenantQuota"]["properties"]
    for tenant in (RED, BLUE):
        root.call("tenant.create", tenant=tenant, quota=dict.fromkeys(quota, 1_000_000))
    return sorted({*root.call("access.list")["scopes"], EXPORT})


def caller(root, name, scopes, tenant):
    """Creates a principal of a tenant; returns its id and the text of a token."""
    made = root.call("principal.create", name=name, scopes=scopes, tenants=[tenant])["principal"]
    return made["id"], root.call("token.create", principal=made["id"], name=f"label-of-{name}")["text"]


# Timing

def welch(one, other):
    """Returns Welch's t of two samples."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread) if spread else 0.0


def compare(foreign, unknown):
    """Returns t over all calls, t over those below the 90th percentile, and both medians."""
    limit = sorted(foreign + unknown)[(len(foreign) + len(unknown)) * 9 // 10]
    quick = [[each for each in sample if each < limit] for sample in (foreign, unknown)]
    return welch(foreign, unknown), welch(*quick), statistics.median(foreign), statistics.median(unknown)


class Near(Thing):
    """Unknown objects whose ids differ from those of a thing in the last characters only. They are beside it in each
    index, so that both are searched in the same pages."""

    def __init__(self, thing):
        super().__init__()
        self.near = thing

    def beside(self, attribute, kept):
        value, other = self.near.asked[attribute], Thing.make_instance(self)
        return value[:kept] + other[kept:]

    def make_instance(self):
        return self.beside("instance", 24)

    def make_job(self):
        return self.beside("job", 24)

    def make_change(self):
        return self.beside("change", 24)

    def make_principal(self):
        return self.beside("principal", 24)

    def make_token(self):
        return self.near.asked["token"][:10] + super().make_token()[10:]


class Timing:
    def __init__(self, daemon, count, seed):
        self.daemon = daemon
        self.count = count
        self.random = random.Random(seed)

    def run(self):
        """Returns the comparison of each timed call, by its method and form."""
        with self.daemon.connect() as root:
            _, token = caller(root, "timer", make_tenants(root), RED)
            # The caller has objects of its own, as many as the others.
            for tenant in (RED, BLUE):
                things = [Living(root, tenant).make_all() for _ in range(20)]
        with RawConnection(self.daemon.socket) as connection:
            connection.call("session.authenticate", token=token)
            found = {}
            for method, form in TIMED:
                found[method, form] = self.compare(connection, method, FORMS[method][form], things)
                print(row(f"{method} by {form}", found[method, form]), flush=True)
            return found

    def compare(self, connection, method, build, foreign):
        kinds = {"foreign": foreign, "unknown": [Near(thing) for thing in foreign]}
        lines = {
            kind: [self.line(method, build(thing)) for thing in things] for kind, things in kinds.items()}
        order = ["foreign", "unknown"] * self.count
        self.random.shuffle(order)
        taken = {"foreign": [], "unknown": []}
        socket, clock = connection.socket, time.perf_counter_ns
        for kind in ["foreign", "unknown"] * 200 + order:
            line = self.random.choice(lines[kind])
            begin = clock()
            socket.sendall(line)
            reply = socket.recv(1 << 16)
            taken[kind].append(clock() - begin)
            assert reply.endswith(b"\n"), "a reply in several parts"
        # Without the calls that warm up.
        return compare(taken["foreign"][200:], taken["unknown"][200:])

    @staticmethod
    def line(method, params):
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"


def row(name, figures):
    t, quick, foreign, unknown = figures
    return f"{name:36} t {t:6.2f}   below p90 {quick:6.2f}   medians {foreign / 1000:8.2f} {unknown / 1000:8.2f} µs"


# The hammer

class Detector:
    """Finds what belongs to a tenant in messages that another one gets."""

    def __init__(self, canaries):
        self.canaries = set(canaries)
        longest_first = sorted(canaries, key=len, reverse=True)
        self.pattern = re.compile(b"|".join(re.escape(each.encode()) for each in longest_first))

    def leaks(self, message, request=b""):
        """Returns the canaries in a message that the request does not have."""
        return sorted({each.decode() for each in self.pattern.findall(message) if each not in request})


class Victim:
    """The objects of a tenant, and its canaries: their ids, names, labels and values."""

    def __init__(self, root, tenant, scopes, count):
        self.tenant = tenant
        self.principal, self.token = caller(root, f"owner-of-{tenant}", scopes, tenant)
        self.things = [Living(root, tenant).make_all() for _ in range(count)]
        for _ in range(2):
            parts = Living(root, tenant).parts
            end_of(root, parts, tenant)
            self.things.append(Destroyed(root, tenant, parts).make_all())

    @property
    def canaries(self):
        found = {value for thing in self.things for value in thing.asked.values()}
        found |= {f"canary of {thing.secret}" for thing in self.things}
        found |= {f"label-of-{thing.principal_name}" for thing in self.things}
        return found | {self.tenant, self.principal, self.token[-43:], f"owner-of-{self.tenant}"}


class Attacker:
    """One process of a tenant that calls one daemon with the ids and names of the other tenant."""

    # A secret of one's own with the name of a foreign one is listed later.
    SKIPPED = {("secret.set", "name")}

    def __init__(self, socket, own, victim, seed):
        self.random = random.Random(seed)
        self.own = own
        self.victim = victim
        self.detector = Detector(victim.canaries)
        self.connection = RawConnection(socket)
        self.cases = [
            (method, form) for method, forms in FORMS.items() for form in forms if (method, form) not in self.SKIPPED]
        self.home = Home(None, own.tenant)
        self.leaks = []
        self.events = 0
        self.connection.call("session.authenticate", token=own.token)
        self.connection.subscribe(subscription="everything", **{"from": "start"})

    def run(self, calls):
        """Makes calls; returns the outcomes by their names, the events seen, and the leaks."""
        outcomes = {}
        for number in range(1, calls + 1):
            method, params = self.choose(number)
            outcome = self.call(number, method, params)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        self.connection.close()
        return outcomes, self.events, self.leaks

    def choose(self, number):
        if self.random.random() < 0.01:
            # The own events of both tenants flow meanwhile.
            return "provision", {
                "name": fresh("i"), "region": "eu-central", "size": "small", "tenant": self.own.tenant}
        method, form = self.random.choice(self.cases)
        if method == "session.authenticate":
            return method, {"token": self.own.token}
        if method == "token.explain":
            return method, {"text": self.own.token}
        things = self.victim.things if self.random.random() < 0.9 else self.own.things
        if method in CHANGING:
            things = self.victim.things
        thing = self.random.choice(things)
        return method, FORMS[method][form](Aimed(thing, self.own))

    def call(self, number, method, params):
        request = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()
        self.connection.send_bytes(request + b"\n")
        while True:
            line = self.connection.read_text()
            message = json.loads(line)
            is_event = "method" in message
            self.events += is_event
            leaks = self.detector.leaks(line, b"" if is_event else request)
            if leaks:
                self.leaks.append(f"{method} {params}: {leaks} in {line[:400]!r}")
            if not is_event:
                assert message["id"] == number, line
                return message["error"]["data"]["code"] if "error" in message else "ok"


# Methods that would change the caller's own objects.
CHANGING = {
    "destroy", "job.cancel", "job.retry", "principal.set", "restart", "resume", "secret.delete", "secret.set",
    "suspend", "tenant.set", "token.create", "token.revoke"}


class Aimed:
    """A thing as a caller names it: its attributes, and the caller's own tenant and principal."""

    def __init__(self, thing, own):
        self.thing = thing
        self.callers_tenant = own.tenant
        self.callers_principal = own.principal

    def __getattr__(self, attribute):
        return self.thing.asked.get(attribute) or getattr(Thing(), attribute)


def attack(socket, own, victim, seed, calls, results):
    try:
        results.put(Attacker(socket, own, victim, seed).run(calls))
    except BaseException as error:
        results.put(f"{type(error).__name__}: {error}")
        raise


class Hammer:
    def __init__(self, cluster, calls, workers, seed, things=6):
        self.cluster = cluster
        self.calls = calls
        self.workers = workers
        self.seed = seed
        self.things = things

    def run(self):
        """Returns the figures. Fails if there was a leak or a change."""
        first, second = self.cluster.daemons
        with first.connect() as root:
            scopes = make_tenants(root)
            victims = [Victim(root, tenant, scopes, self.things) for tenant in (RED, BLUE)]
            self.check_detector(first, victims)
            wait_for(second, victims)
            before = [state(root, victim.tenant, victim.things) for victim in victims]
            for victim in victims:
                # The thing's connection cannot be given to other processes, and is not needed there.
                for thing in victim.things:
                    thing.root = None
            begin = time.monotonic()
            outcomes, events, leaks = self.attack(victims)
            seconds = time.monotonic() - begin
            after = [state(root, victim.tenant, victim.things) for victim in victims]
        assert not leaks, f"{len(leaks)} leaks, such as\n" + "\n".join(leaks[:5])
        assert after == before, "an object of the other tenant was changed"
        assert all(len(rows) > 0 for each in before for rows in each.values())
        return {"calls": sum(outcomes.values()), "leaks": len(leaks), "events": events, "seconds": round(seconds),
                "outcomes": dict(sorted(outcomes.items(), key=lambda entry: -entry[1]))}

    def check_detector(self, daemon, victims):
        """A reply that the owner of the objects gets is full of leaks for the other tenant: the detector finds them."""
        red, blue = victims
        with RawConnection(daemon.socket) as connection:
            connection.call("session.authenticate", token=red.token)
            detector = Detector(red.canaries)
            thing = red.things[0]
            for method, params, canary in (
                    ("status.get", {"instance": thing.instance}, thing.name),
                    ("job.list", {"tenant": red.tenant}, thing.job), ("secret.list", {}, thing.secret),
                    ("secret.reveal", {"name": thing.secret}, f"canary of {thing.secret}"),
                    ("token.list", {}, f"label-of-{thing.principal_name}"), ("principal.list", {}, thing.principal),
                    ("status.list", {}, red.tenant), ("job.get", {"job": thing.job}, thing.change)):
                assert connection.outcome(method, params) == "ok"
                assert canary in detector.leaks(connection.last, json.dumps(params).encode()), method
            connection.subscribe(**{"from": "start"})
            connection.note()
            assert detector.leaks(connection.last), "an event of the tenant"
            assert not Detector(blue.canaries).leaks(connection.last)

    def attack(self, victims):
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        workers = []
        for number in range(self.workers):
            own, victim = victims[number % 2], victims[1 - number % 2]
            daemon = self.cluster.daemons[number // 2 % 2]
            share = self.calls // self.workers + (number < self.calls % self.workers)
            workers.append(context.Process(
                target=attack, args=(daemon.socket, own, victim, self.seed * 1000 + number, share, results)))
        for worker in workers:
            worker.start()
        found = [results.get(timeout=3600) for _ in workers]
        for worker in workers:
            worker.join()
        failed = [each for each in found if isinstance(each, str)]
        assert not failed, f"an attacker failed: {failed}"
        outcomes = {}
        for each, _, _ in found:
            for outcome, count in each.items():
                outcomes[outcome] = outcomes.get(outcome, 0) + count
        return outcomes, sum(events for _, events, _ in found), [leak for _, _, leaks in found for leak in leaks]


def wait_for(daemon, victims):
    """Waits until a daemon knows the tokens that another one has created."""
    for victim in victims:
        limit = time.monotonic() + 30
        while True:
            with RawConnection(daemon.socket) as connection:
                try:
                    connection.call("session.authenticate", token=victim.token)
                    break
                except RPCError as error:
                    assert error.code == "unauthenticated" and time.monotonic() < limit, error
            time.sleep(0.1)


def no_machines(world):
    """No server is created, so that each provision waits until it is destroyed."""
    world.sandbox.fault("status", "/v1/servers", "POST", status=503, count=0)


def main():
    count = int(os.environ.get("TIMED", 20_000))
    calls, workers = int(os.environ.get("CALLS", 100_000)), int(os.environ.get("WORKERS", 8))
    seed = int(os.environ.get("SEED", 1))
    parts = os.environ.get("PARTS", "timing,hammer").split(",")
    failed = False
    if "timing" in parts:
        world = World(start_daemon=False)
        try:
            world.daemon.with_settings(**{
                name.replace(".", "__"): value for name, value in settings(world.directory).items()})
            no_machines(world)
            world.daemon.start()
            found = Timing(world.daemon, count, seed).run()
            worst = max(found, key=lambda case: max(map(abs, found[case][:2])))
            print(f"timing: {len(found)} cases, {count} calls of each kind; the largest |t| is "
                  f"{max(map(abs, found[worst][:2])):.2f} ({worst[0]} by {worst[1]})")
            failed = max(map(abs, found[worst][:2])) >= LIMIT
        finally:
            world.abandon()
    if "hammer" in parts:
        world, server = World(start_daemon=False), Postgres()
        no_machines(world)
        cluster = Cluster(world, 2, server, settings(world.directory))
        try:
            for daemon in cluster.daemons:
                daemon.start()
            print("hammer:", json.dumps(Hammer(cluster, calls, workers, seed).run()))
        finally:
            cluster.close()
            world.abandon()
            server.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
