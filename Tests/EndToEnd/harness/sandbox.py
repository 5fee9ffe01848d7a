"""The sandbox cloud as a process, and the requests that only tests may make to it."""

import json
import urllib.request

from .places import REPOSITORY, binary
from .program import Program


class Sandbox(Program):
    def __init__(self, directory, *arguments, hosts="none", scale=0.02, rate=1_000_000, listen="127.0.0.1:0"):
        self.directory = directory
        self.config_path = directory / "aurad.yaml"
        rows = ["--health-port", "0"] if hosts == "none" else ["--repo", str(REPOSITORY)]
        command = [
            binary("aura-sandbox"), "--listen", listen, "--hosts", hosts, "--write-config", str(self.config_path),
            "--time-scale", str(scale), "--rate-limit", str(rate), *rows, *arguments]
        super().__init__("aura-sandbox", command, r"^aura-sandbox ready (http://127\.0\.0\.1:\d+)\n$", directory / "sandbox.log")

    def start(self, seconds=60):
        super().start(seconds)
        self.url = self.ready_line.rsplit(" ", 1)[1]
        self.token = (self.directory / "hetzner.token").read_text().strip()
        return self

    def request(self, method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def hetzner(self, method, path, body=None):
        return self.request(method, f"/v1{path}", body, {"Authorization": f"Bearer {self.token}"})

    def state(self):
        return self.request("GET", "/_sandbox/state")

    def fault(self, fault, path, method=None, *, contains=None, **fields):
        """Sets a fault for the next call that matches (`count=0`: for all of them)."""
        match = {"path": path}
        if method:
            match["method"] = method
        if contains:
            match["contains"] = contains
        return self.request("POST", "/_sandbox/faults", {"match": match, "fault": fault, **fields})["id"]

    def fired(self, identifier):
        """Returns how many calls a fault has affected."""
        faults = self.request("GET", "/_sandbox/faults")["faults"]
        return next(fault["fired"] for fault in faults if fault["id"] == identifier)

    def clear_faults(self):
        self.request("DELETE", "/_sandbox/faults")

    def settings(self, **values):
        return self.request("POST", "/_sandbox/settings", values)

    def blow(self, server, blow):
        self.request("POST", f"/_sandbox/servers/{server}", {"blow": blow})
