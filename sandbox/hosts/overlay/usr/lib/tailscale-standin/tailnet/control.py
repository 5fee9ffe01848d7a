"""How a node speaks to the sandbox's control server: two calls of its own, not Tailscale's protocol."""

import http.client
import json
import time
import urllib.error
import urllib.request

ANSWER_LIMIT_BYTES = 64 * 1024
CALL_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0


class ControlError(Exception):
    """The control server refused (`status` says how), or could not be reached in time (`status` is 0)."""

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status


class Transient(Exception):
    """Worth another try."""


def call(server, name, document, timeout_seconds):
    """One POST; returns the answer's JSON. Transient for what may pass, ControlError for what will not."""
    request = urllib.request.Request(
        f"{server.rstrip('/')}/_sandbox/tailnet/{name}", method="POST",
        data=json.dumps(document).encode(), headers={"Content-Type": "application/json"},
    )
    # No proxy: the control server is a neighbour, and the body holds a key.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_seconds) as response:
            body = response.read(ANSWER_LIMIT_BYTES)
        return json.loads(body) if body.strip() else {}
    except urllib.error.HTTPError as error:
        message = refusal_text(error)
        if error.code == 429 or error.code >= 500:
            raise Transient(message) from error
        raise ControlError(message, error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise Transient(str(getattr(error, "reason", error))) from error
    except ValueError as error:
        raise ControlError(f"the control server at {server} did not answer with JSON") from error


def refusal_text(error):
    """The server's own words where it has some."""
    try:
        return str(json.loads(error.read(ANSWER_LIMIT_BYTES))["message"])[:500]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return f"unexpected HTTP response {error.code}"


def call_until(server, name, document, limit_seconds):
    """`call`, again after a pause while that may help and there is time."""
    deadline = time.monotonic() + limit_seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        left = deadline - time.monotonic()
        try:
            return call(server, name, document, max(0.1, min(CALL_SECONDS, left)))
        except Transient as error:
            if time.monotonic() + pause >= deadline:
                raise ControlError(f"cannot reach the control server at {server}: {error}") from error
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def register(server, auth_key, hostname, former, limit_seconds):
    """Joins; returns the node as the server describes it. `former` is the id under which this machine is known there, if any."""
    document = {"authKey": auth_key, "hostname": hostname, **({"nodeId": former} if former else {})}
    node = call_until(server, "register", document, limit_seconds)
    texts = isinstance(node, dict) and all(isinstance(node.get(key), str) and node[key] for key in ("nodeId", "name"))
    if not texts or not isinstance(node.get("addresses"), list) or not node["addresses"]:
        raise ControlError(f"the control server at {server} described the node without nodeId, name or addresses")
    return {"nodeId": node["nodeId"], "name": node["name"].rstrip("."), "addresses": node["addresses"],
            "tags": node.get("tags") or [], "authorized": node.get("authorized") is not False, "server": server}


def leave(node, limit_seconds):
    """Leaves; a server that no longer knows the node is content as well."""
    try:
        call_until(node["server"], "logout", {"nodeId": node["nodeId"]}, limit_seconds)
    except ControlError as error:
        if error.status != 404:
            raise
