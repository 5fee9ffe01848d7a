"""A minimal tailnet control server for the tests: the two calls that the stand-in makes, and a record of them."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ControlServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address="127.0.0.1"):
        super().__init__((address, 0), Handler)
        self.keys = set()  # unused one-off keys
        self.nodes = {}
        self.calls = []
        self.approval = False  # nodes that join wait for an administrator
        self.failures = []  # statuses of the next replies, one per call

    @property
    def url(self):
        return f"http://{self.server_address[0]}:{self.server_address[1]}"

    def register(self, body):
        if body.get("authKey") not in self.keys:
            return 401, {"message": "invalid key: API key does not exist"}
        self.keys.remove(body["authKey"])
        if body.get("nodeId") in self.nodes:
            return 200, self.nodes[body["nodeId"]]
        number = len([call for call in self.calls if call[0] == "register"])
        node = {
            "nodeId": f"nTest{number}CNTRL", "id": str(9000 + number), "name": f"{body['hostname']}.tail1234.ts.net",
            "addresses": [f"100.64.0.{number}", f"fd7a:115c:a1e0::{number}"], "tags": ["tag:aura-vm"],
            "authorized": not self.approval,
        }
        self.nodes[node["nodeId"]] = node
        return 200, node

    def logout(self, body):
        if self.nodes.pop(body.get("nodeId"), None) is None:
            return 404, {"message": "no such node"}
        return 200, {}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.removeprefix("/_sandbox/tailnet/")
        server.calls.append((name, body))
        if server.failures:
            status, document = server.failures.pop(0), {"message": "try again"}
        else:
            status, document = {"register": server.register, "logout": server.logout}[name](body)
        answer = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format, *arguments):
        pass


@contextlib.contextmanager
def control_server(address="127.0.0.1"):
    server = ControlServer(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
