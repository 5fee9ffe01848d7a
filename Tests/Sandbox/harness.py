"""Starts the real aura-sandbox, sends requests to it, and stops it again."""

import os
import pathlib
import re
import select
import signal
import subprocess
import time

import requests
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
READY = re.compile(r"^aura-sandbox ready (http://127\.0\.0\.1:\d+)\n$")


def binary():
    directory = os.environ.get("AURA_BIN_DIR", str(REPOSITORY / ".build" / "debug"))
    return str(pathlib.Path(directory) / "aura-sandbox")


def eventually(check, seconds=20.0, every=0.05):
    """Returns the first true value of check(); fails the test if there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"nothing came of {check} within {seconds} s"
        time.sleep(every)


class Sandbox:
    """A running sandbox. Every Hetzner reply that passes through it is checked against the API's description."""

    def __init__(self, directory, *arguments, validator=None, start_seconds=60):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config_path = self.directory / "aurad.yaml"
        self.log = open(self.directory / "sandbox.log", "ab")
        self.process = subprocess.Popen(
            [binary(), "--listen", "127.0.0.1:0", "--write-config", str(self.config_path), *arguments],
            stdout=subprocess.PIPE, stderr=self.log)
        line = self._first_line(start_seconds)
        match = READY.match(line)
        assert match, f"not the ready line: {line!r}; log: {self.log_text()}"
        self.url = match.group(1)
        self.config = yaml.safe_load(self.config_path.read_text())
        self.token = (self.directory / "hetzner.token").read_text().strip()
        self.session = requests.Session()
        self.session.trust_env = False
        if validator:
            self.session.hooks["response"].append(validator.check)
        self.validator = validator

    def _first_line(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        assert ready, f"no line within {seconds} s; log: {self.log_text()}"
        return self.process.stdout.readline().decode()

    def log_text(self):
        return (self.directory / "sandbox.log").read_text()

    # Hetzner

    def call(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.token}", **options.pop("headers", {})}
        return self.session.request(method, f"{self.url}/v1{path}", headers=headers, timeout=30, **options)

    def ok(self, method, path, status=None, **options):
        answer = self.call(method, path, **options)
        assert answer.status_code == (status or answer.status_code) and answer.ok, answer.text
        return answer.json() if answer.content else None

    def refused(self, method, path, status, code, **options):
        answer = self.call(method, path, **options)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
        return answer.json()["error"]

    def create(self, name, **fields):
        body = {"name": name, "server_type": "cx23", "image": "debian-12", "location": "nbg1", **fields}
        return self.ok("POST", "/servers", 201, json=body)

    def server(self, identifier):
        return self.ok("GET", f"/servers/{identifier}", 200)["server"]

    def until(self, identifier, status, seconds=20.0):
        """Waits until the server has a status and no running action; returns the server."""
        def settled():
            row = self.server(identifier)
            return row if row["status"] == status and not row["locked"] else None
        return eventually(settled, seconds)

    def action(self, identifier, seconds=20.0):
        """Waits until an action has ended; returns the action."""
        def ended():
            row = self.ok("GET", f"/actions/{identifier}", 200)["action"]
            return row if row["status"] != "running" else None
        return eventually(ended, seconds)

    def running(self, name, **fields):
        made = self.create(name, **fields)
        return self.until(made["server"]["id"], "running")

    def delete(self, identifier):
        answer = self.ok("DELETE", f"/servers/{identifier}", 200)
        assert self.action(answer["action"]["id"])["status"] == "success"

    # The sandbox itself

    def admin(self, method, path, **options):
        answer = self.session.request(method, f"{self.url}/_sandbox{path}", timeout=60, **options)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def state(self):
        return self.admin("GET", "/state")

    def fault(self, fault, path, method=None, **fields):
        match = {"path": path}
        if method:
            match["method"] = method
        if "contains" in fields:
            match["contains"] = fields.pop("contains")
        return self.admin("POST", "/faults", json={"match": match, "fault": fault, **fields})["id"]

    def settings(self, **values):
        return self.admin("POST", "/settings", json=values)

    # Tailscale

    def tailscale(self, method, path, *, token=None, **options):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.request(method, f"{self.url}/api/v2{path}", headers=headers, timeout=30, **options)

    def secret(self):
        return (self.directory / "tailscale.secret").read_text().strip()

    def stop(self, seconds=60):
        """Stops the sandbox with SIGTERM, as a supervisor would; it must end by itself with exit code 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise
        finally:
            self.process.stdout.close()
            self.session.close()
            self.log.close()
        assert code == 0, f"exit {code}; log: {self.log_text()}"

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()
        self.session.close()
        self.log.close()
