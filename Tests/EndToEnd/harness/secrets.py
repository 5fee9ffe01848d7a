"""Planted and minted secrets, and all outputs in which they must never appear."""

import json
import pathlib
import subprocess
import threading
import time

from .traces import children


def offspring(pid):
    """Returns all living descendants of a process."""
    found, queue = [], [pid]
    while queue:
        for child in children(queue.pop()):
            found.append(child)
            queue.append(child)
    return found


class Sampler(threading.Thread):
    """Reads repeatedly the arguments of all processes, which any local user can read, and the environments of the daemon
    and its children, which root can read."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_program = daemon
        self.arguments = set()
        self.environments = set()
        self.over = threading.Event()
        self.start()

    def run(self):
        last_list = 0.0
        while not self.over.wait(0.02):
            process = self.daemon_program.process
            if process is None:
                continue
            for pid in [process.pid, *offspring(process.pid)]:
                self._read(f"/proc/{pid}/cmdline", self.arguments)
                self._read(f"/proc/{pid}/environ", self.environments)
            if time.monotonic() - last_list > 0.5:
                listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, timeout=10).stdout
                self.arguments.update(listed.splitlines())
                last_list = time.monotonic()

    @staticmethod
    def _read(path, into):
        try:
            into.add(pathlib.Path(path).read_bytes())
        except OSError:
            pass

    def end(self):
        self.over.set()
        self.join(10)


class Secrets:
    """Secrets by name. A private key is recognised by one of its lines."""

    def __init__(self, **known):
        # The sandbox's minted secrets are recognised by their prefixes.
        self.known = {"auth key": "tskey-auth-", "access token": "tskey-api-", **known}

    def learn(self, world, machines=1):
        """Adds the cloud's tokens, and the keys that the daemon keeps for its machines; there must be `machines` of
        them."""
        held = sorted((world.daemon.state / "credentials").glob("*.json"))
        assert len(held) == machines, f"expected the credentials of {machines}, found {held}"
        self.known["hetzner token"] = world.sandbox.token
        self.known["oauth secret"] = (world.directory / "tailscale.secret").read_text().strip()
        for place, path in enumerate(held):
            kept = json.loads(path.read_text())
            self.known[f"gateway token {place}"] = kept["gatewayToken"]
            for pair in ("client", "birthHostKey", "lastingHostKey"):
                lines = [line for line in kept[pair]["privateKey"].splitlines() if len(line) > 30 and "---" not in line]
                # The first lines are the same for every key of the kind.
                self.known[f"{pair} {place}"] = lines[-2]
        return self

    def assert_absent(self, places, but=()):
        """Checks that no secret appears in the values of `places`, which are bytes or text by name. `but` names secrets
        that may appear there."""
        for place, content in places.items():
            data = content if isinstance(content, bytes) else content.encode()
            for name, secret in self.known.items():
                if not name.startswith(tuple(but)):
                    assert secret.encode() not in data, f"the {name} stands in {place}"


def written(world, follower, sampler):
    """Returns all output of the daemon by name, except the files that hold machines' keys on purpose."""
    places = {f"the file {path.name}": path.read_bytes() for path in world.directory.glob("aura.db*")}
    places["the daemon's log"] = world.daemon.log_text()
    places["the events"] = json.dumps(follower.events)
    places["arguments of processes"] = b"\n".join(sampler.arguments)
    places["environments of the daemon and its children"] = b"\n".join(sampler.environments)
    with world.connect() as connection:
        answers = [connection.call("status.list", includeDestroyed=True), connection.call("system.info")]
        answers += [connection.call("job.get", job=job["id"]) for job in connection.call("job.list", limit=1000)["jobs"]]
    places["the answers"] = json.dumps(answers)
    return places
