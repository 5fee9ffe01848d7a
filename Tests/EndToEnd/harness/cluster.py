"""Daemons on one database. They know each other only through it."""

import json
import uuid

from .daemon import Daemon
from .follower import Follower
from .places import eventually
from .wire import ENDS, events_of

# Short, so that a test does not wait half a minute until another daemon takes over the jobs of a dead one.
LEASES = {"engine.leaseSeconds": 6, "engine.heartbeatSeconds": 2}
ENDED = {"succeeded", "failed", "cancelled"}
# The phases in which an instance has a machine, and the machine's status in each.
MACHINES = {"running": "running", "suspended": "off"}


class Cluster:
    """A sandbox, a database, its daemons, and one follower per daemon. Without a PostgreSQL server the database is
    SQLite."""

    def __init__(self, world, count, server=None, settings=None, environment=None):
        assert server or count == 1, "SQLite is for one daemon"
        self.world = world
        self.sandbox = world.sandbox
        self.server = server
        self.database = f"t{uuid.uuid4().hex[:12]}"
        self.credentials = world.directory / "credentials"
        url = server.url(self.database) if server else f"sqlite:{world.directory / 'aura.db'}"
        self.daemons = [self._daemon(f"d{number}", {"database": url, **(settings or {})}) for number in range(count)]
        # These apply to the first daemon only, as one host may differ from the others.
        self.daemons[0].environment.update(environment or {})
        self.followers = []

    def start(self):
        for daemon in self.daemons:
            daemon.start()
            self.followers.append(Follower(daemon.socket))
        return self

    def _daemon(self, name, settings):
        directory = self.world.directory / name
        directory.mkdir()
        own = {
            **LEASES, "socket": directory / "aurad.sock", "stateDirectory": directory / "state",
            "credentialsDirectory": self.credentials}
        if "vault.keyFile" in settings:
            # The keys of machines are in the database, so each daemon has the directory that it has by default.
            del own["credentialsDirectory"]
        return Daemon(directory, self.sandbox.config_path, {**own, **settings})

    def provision(self, daemon, name):
        return daemon.call("provision", name=name, region="eu-central", size="small")["job"]["id"]

    def finish(self, daemon, job, seconds=60):
        events_of(daemon.socket, seconds, job=job)
        return daemon.call("job.get", job=job)["job"]

    @property
    def living(self):
        return [daemon for daemon in self.daemons if daemon.is_running]

    def all(self, method, **params):
        """Returns every row of a list, reading page by page."""
        found = []
        with self.living[0].connect() as connection:
            while True:
                page = connection.call(method, limit=1000, **params)
                found += page["jobs" if method == "job.list" else "instances"]
                if not page.get("next"):
                    return found
                params["after"] = page["next"]

    def jobs(self):
        return self.all("job.list")

    def instances(self):
        return self.all("status.list", includeDestroyed=True)

    def rest(self, seconds=60):
        """Waits until every job has ended; returns the jobs."""
        try:
            eventually(lambda: all(job["state"] in ENDED for job in self.jobs()), seconds, every=0.2)
        except AssertionError:
            open = [job for job in self.jobs() if job["state"] not in ENDED]
            raise AssertionError(f"after {seconds} s not at rest: {json.dumps(open, indent=1)}") from None
        return self.jobs()

    def check(self, machines):
        """Checks that exactly `machines` servers were created and still exist, and that every follower saw the same
        ledger without a gap."""
        state = self.sandbox.state()
        assert state["createdServers"] == machines and len(state["servers"]) == machines
        self.check_ledger()

    def check_ledger(self):
        """Checks that every follower of a living daemon saw the same events 1, 2, 3 … up to the head; returns them."""
        head = self.living[0].call("system.health")["head"]
        seen = []
        for daemon, follower in zip(self.daemons, self.followers):
            if daemon.is_running:
                follower.wait(lambda event: event["seq"] >= head, what=f"event {head}")
                seen.append(follower.events[:head])
            follower.close()
        assert all([event["seq"] for event in events] == list(range(1, head + 1)) for events in seen)
        assert all(events == seen[0] for events in seen)
        return seen[0]

    def check_ends(self, jobs, events):
        """Checks that every job was queued once and ended once, in the state of its row."""
        told = {job["id"]: [] for job in jobs}
        for event in events:
            if event["type"] in ENDS | {"job.queued"}:
                told[event["job"]].append(event["type"])
        assert told == {job["id"]: ["job.queued", f"job.{job['state']}"] for job in jobs}

    def check_cloud(self):
        """Checks that the cloud holds exactly the resources of the settled instances, and that no name was ever created
        twice."""
        state, instances = self.sandbox.state(), self.instances()
        known = {outside_name(instance) for instance in instances}
        having = {outside_name(each): each for each in instances if each["phase"] not in ("destroyed", "failed")}
        assert all(each["phase"] in MACHINES for each in having.values()), having
        machines = {server["name"]: (str(server["id"]), server["status"]) for server in state["servers"]}
        assert machines == {name: (each["server"]["id"], MACHINES[each["phase"]]) for name, each in having.items()}
        assert sorted(key["name"] for key in state["sshKeys"]) == sorted(having)
        assert state["devices"] == [] and len(state["firewalls"]) <= 1
        assert state["createdServers"] == len(state["servers"] + state["past"]["servers"])
        for kind in ("servers", "sshKeys"):
            made = [thing["name"] for thing in state[kind] + state["past"][kind]]
            assert len(made) == len(set(made)), f"made twice: {sorted(name for name in made if made.count(name) > 1)}"
            assert set(made) <= known, f"{kind} of nobody: {set(made) - known}"
        kept = {path.name for path in self.credentials.glob("*")} - {"lock"}
        assert kept == {f"{each['id']}-g{each['generation']}.json" for each in having.values()}

    def close(self):
        for follower in self.followers:
            follower.stopping.set()
        for daemon in self.daemons:
            daemon.kill()


def outside_name(instance):
    """Returns the name of an instance's machine and key at the cloud."""
    return f"aura-{instance['name']}-{instance['id'][-8:]}-g{instance['generation']}"
