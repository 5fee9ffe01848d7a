"""A tailnet's control server with the calls that the stand-in tailscale makes."""

from __future__ import annotations

import http.server
import json
import threading


class ControlDouble:
    """Accepts one-off keys, creates nodes, and calls `watch` while a node is joining."""

    def __init__(self, address):
        double = self
        self.keys = set()
        self.joined = []
        self.left = []
        self.refused = []
        self.watch = lambda: None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", "0"))
                status, reply = double.answer(self.path, json.loads(self.rfile.read(length) or b"{}"))
                body = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path, body):
        """Returns the status and body for a request."""
        if path == "/_sandbox/tailnet/logout":
            self.left.append(body)
            return 200, {}
        if path != "/_sandbox/tailnet/register":
            return 404, {"message": "not found"}
        self.watch()
        key = body.get("authKey", "")
        if key not in self.keys:
            self.refused.append(body)
            return 401, {"message": f"invalid key: unable to validate API key {key}"}
        self.keys.discard(key)
        self.joined.append(body)
        # A machine that logs in again remains the same device.
        known = body.get("nodeId", "")
        number = int(known[1:-5]) if known else len(self.joined)
        return 200, {
            "nodeId": f"n{number}CNTRL", "id": f"9296{number}", "name": f"{body['hostname']}.tail1234.ts.net",
            "addresses": [f"100.64.0.{number + 1}", f"fd7a:115c:a1e0::{number + 1}"], "tags": ["tag:aura-vm"]}

    def close(self):
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
