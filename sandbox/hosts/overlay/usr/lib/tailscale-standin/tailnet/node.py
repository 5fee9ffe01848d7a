"""The node: its kept state, and what each command does to it. One lock; the daemon's threads share one node."""

import json
import os
import socket
import tempfile
import threading

from . import TAILSCALE_SERVER, VERSION, control
from .prefs import SET_DEFAULTS, UP_DEFAULTS, forgotten, refusal, with_operator

LONGEST_WAIT_SECONDS = 60.0
# The real one prints the first part and waits for a person; nobody would come here.
NO_BROWSER = """
To authenticate, visit:

\t{server}/a/

timeout waiting for Tailscale service to enter a Running state; check health with "tailscale status\""""
# With device approval; the real one waits here as well.
NOT_APPROVED = """
To approve your machine, visit (as admin):

\thttps://login.tailscale.com/admin

timeout waiting for Tailscale service to enter a Running state; check health with "tailscale status\""""
FRESH = {"prefs": None, "node": None, "wantRunning": False}


class Refused(Exception):
    """The command fails with this text."""


class Node:
    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.state = self.load()

    def load(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return {**FRESH, **json.load(file)}
        except FileNotFoundError:
            return dict(FRESH)

    def save(self, **changes):
        """Kept before it counts, 0600 from the first byte on, whole or not at all."""
        state = {**self.state, **changes}
        directory = os.path.dirname(self.path)
        descriptor, name = tempfile.mkstemp(dir=directory, prefix=".state.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(state, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:
            os.unlink(name)
            raise
        self.state = state

    @property
    def backend_state(self):
        if not self.state["node"]:
            return "NeedsLogin"
        if not self.state["wantRunning"]:
            return "Stopped"
        return "Running" if self.state["node"].get("authorized", True) else "NeedsMachineAuth"

    @property
    def operator(self):
        return (self.state["prefs"] or {}).get("operator", "")

    def up(self, request):
        """Brings the node up, joining where it has not yet; see `tailscale up` for the flags in `request`."""
        values, given = request["values"], request["given"]
        current, node = self.state["prefs"], self.state["node"]
        kept = {name: values[name] for name in UP_DEFAULTS}
        if request["bare"] and node:
            self.save(wantRunning=True)
            return {}
        new = kept if values["reset"] else with_operator(kept, given, current, request["user"])
        missing = [] if values["reset"] else forgotten(new, given, current)
        if missing:
            raise Refused(refusal(values, given, missing))
        moved = node and node["server"] != new["login-server"]
        if moved and self.backend_state == "Running" and not values["force-reauth"]:
            raise Refused("can't change --login-server without --force-reauth")
        retagged = node and current and current["advertise-tags"] != new["advertise-tags"]
        self.save(prefs=new)
        if not node or moved or retagged or values["force-reauth"]:
            self.join(new, request["authKey"], request["timeoutSeconds"])
        self.save(wantRunning=True)
        if self.backend_state == "NeedsMachineAuth":
            raise Refused(NOT_APPROVED)
        return {}

    def join(self, prefs, auth_key, timeout_seconds):
        server = prefs["login-server"]
        if server == TAILSCALE_SERVER:
            raise Refused("cannot log in at Tailscale: this is the sandbox's stand-in; give --login-server=URL")
        if not server.startswith(("http://", "https://")):
            raise Refused(f"cannot log in at {server}: an http or https URL is expected")
        if not auth_key:
            raise Refused(NO_BROWSER.format(server=server))
        limit = min(timeout_seconds or LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
        former = self.state["node"]
        # A machine that logs in again at the same server stays the same device.
        known = former["nodeId"] if former and former["server"] == server else None
        try:
            node = control.register(server, auth_key, prefs["hostname"] or socket.gethostname(), known, limit)
            wanted = [tag for tag in prefs["advertise-tags"].split(",") if tag]
            if not set(wanted) <= set(node["tags"]):
                control.leave(node, limit)
                raise Refused(f"backend error: requested tags [{' '.join(wanted)}] are invalid or not permitted")
        except control.ControlError as error:
            raise Refused(f"backend error: {error}") from error
        self.save(node=node)
        if former and former["nodeId"] != node["nodeId"]:
            try:
                control.leave(former, limit)
            except control.ControlError as error:
                raise Refused(f"cannot log the former node {former['nodeId']} out: {error}") from error

    def down(self, _request):
        was_up = self.backend_state == "Running"
        self.save(wantRunning=False)
        return {"was": was_up}

    def logout(self, _request):
        """Leaves the tailnet and forgets all settings, as the real one drops the profile."""
        if self.state["node"]:
            try:
                control.leave(self.state["node"], LONGEST_WAIT_SECONDS / 4)
            except control.ControlError as error:
                raise Refused(str(error)) from error
        self.save(**FRESH)
        return {}

    def set(self, request):
        current = self.state["prefs"] or {**UP_DEFAULTS, "login-server": ""}
        changes = {name: request["values"][name] for name in request["given"] if name in SET_DEFAULTS}
        self.save(prefs={**current, **changes})
        return {}

    def status(self, _request):
        node, prefs = self.state["node"] or {}, self.state["prefs"] or {}
        running = self.backend_state == "Running"
        addresses = node.get("addresses")
        name = node.get("name", "")
        own = {
            "ID": node.get("nodeId", ""), "HostName": prefs.get("hostname") or socket.gethostname(),
            "DNSName": f"{name}." if name else "", "OS": "linux", "TailscaleIPs": addresses, "Online": running,
            **({"Tags": node["tags"]} if node.get("tags") else {}),
        }
        return {
            "Version": f"{VERSION}-standin", "TUN": True, "BackendState": self.backend_state, "HaveNodeKey": bool(node),
            "AuthURL": "", "TailscaleIPs": addresses, "Self": own, "Health": [] if running else ["not connected"],
            "MagicDNSSuffix": name.partition(".")[2], "CurrentTailnet": None, "CertDomains": None, "Peer": None,
            "User": None,
        }
