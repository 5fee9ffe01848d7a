"""tailscaled: answers the command line on a Unix socket, one line of JSON each way, and keeps the node."""

import json
import os
import pwd
import signal
import socket
import socketserver
import struct
import sys
import threading

from . import LINE_LIMIT_BYTES, SOCKET, STATE_FILE, flags
from .node import Node, Refused

CLIENT_SECONDS = 90.0
CLIENTS_AT_ONCE = 16
WRITES = ("up", "down", "logout", "set")
DEFAULTS = {"state": STATE_FILE, "socket": SOCKET, "port": "0", "statedir": "", "verbose": "0", "tun": "tailscale0"}


def log(message):
    print(message, file=sys.stderr, flush=True)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path, node):
        self.node = node
        self.slots = threading.BoundedSemaphore(CLIENTS_AT_ONCE)
        super().__init__(path, Client)
        # Everybody may ask; who may change something is decided by who asks.
        os.chmod(path, 0o666)

    def process_request(self, request, client_address):
        if not self.slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()


class Client(socketserver.StreamRequestHandler):
    timeout = CLIENT_SECONDS

    def handle(self):
        try:
            reply = {"result": self.run(json.loads(self.rfile.readline(LINE_LIMIT_BYTES)))}
        except Refused as error:
            reply = {"error": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            reply = {"error": f"cannot understand the request: {error}"}
        except OSError as error:
            reply = {"error": f"cannot keep the state: {error}"}
        self.wfile.write(json.dumps(reply).encode() + b"\n")

    def run(self, request):
        command = request["command"]
        node = self.server.node
        if command in WRITES:
            self.check_access(command)
            # A join may take a minute; a second writer waits for it, but readers do not.
            if not node.lock.acquire(timeout=CLIENT_SECONDS):
                raise Refused("cannot run two commands at once: another one has not ended; try again")
            try:
                result = getattr(node, command)(request)
            finally:
                node.lock.release()
            log(f"{command}: state {node.backend_state}")
            return result
        if command == "status":
            return node.status(request)
        raise Refused(f"cannot run '{command}': this stand-in does not know it")

    def check_access(self, command):
        """Root and the operator may change things, nobody else."""
        credentials = self.request.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        uid = struct.unpack("3i", credentials)[1]
        if uid in (0, os.geteuid()):
            return
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        if name != self.server.node.operator:
            raise Refused(f"Access denied: {command} access denied\n\nUse 'sudo tailscale {command}'.\n"
                          f"To not require root, use 'sudo tailscale set --operator={name}' once.")


def announce():
    """Tells systemd that the socket is there."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"READY=1", "\0" + address[1:] if address.startswith("@") else address)


def main(words):
    try:
        values, _, rest = flags.parse(words, DEFAULTS)
        if rest:
            raise flags.FlagError(f"tailscaled does not take non-flag arguments: {rest}")
    except flags.FlagError as error:
        log(str(error))
        return 1
    for path in (values["state"], values["socket"]):
        os.makedirs(os.path.dirname(path) or ".", mode=0o755, exist_ok=True)
    try:
        node = Node(values["state"])
    except (OSError, ValueError) as error:
        log(f"cannot read the state in {values['state']}: {error}")
        return 1
    if os.path.exists(values["socket"]):
        os.unlink(values["socket"])
    server = Server(values["socket"], node)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    log(f"tailscaled (stand-in): state {node.backend_state}")
    announce()
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    os.unlink(values["socket"])
    return 0
