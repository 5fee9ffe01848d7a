"""The gateway's HTTP side: health for everybody, status for whoever knows the token."""

import hmac
import json
import os
import signal
import socketserver
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

from .config import state_directory

READY_AFTER_SECONDS = 1.0
DRAIN_SECONDS = 0.5
HEARTBEAT_SECONDS = 60.0
REQUEST_SECONDS = 10.0
REQUESTS_AT_ONCE = 64


def log(area, message):
    """One line to stderr, where systemd's journal takes it from."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    print(f"{now} [{area}] {message}", file=sys.stderr, flush=True)


class Gateway(socketserver.ThreadingMixIn, HTTPServer):
    """Listens once it is made. Its life: starting, then live and after a second ready, then draining."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, settings, version):
        self.settings = settings
        self.version = version
        self.began = time.monotonic()
        self.phase = "starting"
        self.slots = threading.BoundedSemaphore(REQUESTS_AT_ONCE)
        super().__init__((settings.address, settings.port), Request)

    @property
    def uptime(self):
        return time.monotonic() - self.began

    @property
    def ready(self):
        """Ready includes the channels. A file of this name in the state directory stands for a broken account."""
        is_broken = os.path.exists(os.path.join(state_directory(os.environ), "standin-broken-channel"))
        return self.phase == "live" and self.uptime >= READY_AFTER_SECONDS and not is_broken

    def process_request(self, request, client_address):
        if not self.slots.acquire(blocking=False):
            log("gateway", f"too many requests at once (limit {REQUESTS_AT_ONCE}), closing one")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()


class Request(BaseHTTPRequestHandler):
    server_version = "openclaw-standin"
    sys_version = ""
    timeout = REQUEST_SECONDS

    def do_GET(self):
        path = self.path.partition("?")[0]
        gateway = self.server
        if path in ("/healthz", "/health"):
            self.answer(200, {"ok": True, "status": "live"})
        elif path == "/startupz":
            started = gateway.phase == "live"
            self.answer(200 if started else 503, {"ok": started, "status": "started" if started else gateway.phase})
        elif path in ("/readyz", "/ready"):
            failing = [] if gateway.ready else ["channels"]
            self.answer(503 if failing else 200, {"ready": not failing, "failing": failing})
        elif path == "/standin/status":
            self.answer_status()
        else:
            self.answer(404, {"error": {"message": "not found", "type": "not_found"}})

    do_HEAD = do_GET

    def answer_status(self):
        if not self.authorized():
            log("gateway", f"unauthorized request from {self.client_address[0]}")
            self.answer(401, {"error": {"message": "unauthorized", "type": "unauthorized"}})
            return
        gateway = self.server
        self.answer(200, {
            "ok": gateway.ready, "version": gateway.version, "uptimeSeconds": round(gateway.uptime, 3),
            "bind": gateway.settings.bind, "port": gateway.settings.port, "providers": list(gateway.settings.providers),
        })

    def authorized(self):
        """Without a configured secret nobody is let in."""
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        known = [value for value in (self.server.settings.token, self.server.settings.password) if value]
        return scheme == "Bearer" and any(hmac.compare_digest(given.encode(), value.encode()) for value in known)

    def answer(self, status, document):
        body = json.dumps(document, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *arguments):
        """Probes come every few seconds; they are not worth a line."""


def authentication(settings):
    if settings.token:
        return "token"
    return "password" if settings.password else "none configured, only health checks will be answered"


def serve(settings, version):
    """Runs the gateway until SIGTERM or SIGINT. OSError where the port cannot be had."""
    gateway = Gateway(settings, version)
    stopped = threading.Event()

    def stop(number, _frame):
        log("gateway", f"signal {signal.Signals(number).name} received, draining")
        gateway.phase = "draining"
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loop = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    loop.start()
    log("gateway", f"openclaw {version} (stand-in) listening on {settings.address}:{settings.port} ({settings.bind})")
    log("gateway", f"authentication: {authentication(settings)}")
    log("agent", "provider keys: " + (", ".join(settings.providers) or "none"))
    if gateway.phase == "starting":
        gateway.phase = "live"
    if not stopped.wait(READY_AFTER_SECONDS):
        log("gateway", "ready")
    while not stopped.wait(HEARTBEAT_SECONDS):
        log("heartbeat", f"alive, uptime {int(gateway.uptime)} s")
    time.sleep(DRAIN_SECONDS)
    gateway.shutdown()
    gateway.server_close()
    log("gateway", "stopped")
