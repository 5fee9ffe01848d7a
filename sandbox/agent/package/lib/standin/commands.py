"""The commands of `openclaw` that an installer and an operator call."""

import argparse
import errno
import http.client
import json
import os
import socket
import stat
import sys
import time

from . import config
from .gateway import log, serve

EXIT_CONFIG = 78
ANSWER_LIMIT_BYTES = 1 << 20


def version():
    here = os.path.dirname(os.path.realpath(__file__))
    with open(os.path.join(here, "..", "..", "package.json"), encoding="utf-8") as file:
        return json.load(file)["version"]


def ask(settings, path, timeout_seconds):
    """(status, document) from the gateway on this machine; OSError or HTTPException where nothing sound answers."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=timeout_seconds)
    try:
        headers = {"Authorization": "Bearer " + (settings.token or settings.password)}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read(ANSWER_LIMIT_BYTES))
    except ValueError as error:
        raise OSError("the answer is not JSON") from error
    finally:
        connection.close()


def run_gateway(arguments):
    try:
        settings = config.settings(os.environ, arguments.port)
    except config.ConfigError as error:
        log("gateway", str(error))
        return EXIT_CONFIG
    try:
        serve(settings, version())
    except OSError as error:
        return refused_port(settings, error)
    return 0


def refused_port(settings, error):
    """A port that a healthy gateway holds counts as a matter of configuration: starting again would not help."""
    log("gateway", f"cannot listen on {settings.address}:{settings.port}: {error.strerror}")
    if error.errno == errno.EADDRINUSE:
        try:
            if ask(settings, "/healthz", 2)[1] == {"ok": True, "status": "live"}:
                log("gateway", "a healthy gateway holds the port already; stop it or choose another port")
                return EXIT_CONFIG
        except (OSError, http.client.HTTPException):
            pass
    return 1


def probe(timeout_seconds):
    """What `health` and `gateway status` say: a document whose "ok" decides."""
    began = time.monotonic()
    try:
        settings = config.settings(os.environ)
        status, document = ask(settings, "/standin/status", timeout_seconds)
    except config.ConfigError as error:
        return {"ok": False, "error": str(error)}
    except (OSError, http.client.HTTPException, socket.timeout) as error:
        return {"ok": False, "error": f"cannot reach the gateway: {error}"}
    if status != 200:
        return {"ok": False, "error": f"the gateway answered {status}: {document.get('error', {}).get('message')}"}
    return {**document, "durationMs": int((time.monotonic() - began) * 1000)}


def run_health(arguments):
    result = probe(arguments.timeout / 1000)
    if arguments.json:
        print(json.dumps(result))
    else:
        print("gateway: ok" if result["ok"] else f"gateway: {result.get('error', 'not ready')}")
    return 0 if result["ok"] else 1


def run_status(arguments):
    result = probe(arguments.timeout / 1000)
    if arguments.json:
        print(json.dumps({"gateway": {"port": result.get("port"), "bindMode": result.get("bind")}, "rpc": result}))
    else:
        print("rpc: ok" if result["ok"] else f"rpc: {result.get('error', 'not ready')}")
    return 1 if arguments.require_rpc and not result["ok"] else 0


def loose_modes():
    """A warning for each file that others on the machine can read."""
    for path in (config.state_directory(os.environ), config.config_path(os.environ),
                 os.path.join(config.state_directory(os.environ), ".env")):
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except OSError:
            continue
        if mode & 0o077:
            yield f"warning: {path} has mode {mode:04o}; others can read it"


def run_doctor(_arguments):
    for line in loose_modes():
        print(line)
    try:
        settings = config.settings(os.environ)
    except config.ConfigError as error:
        print(f"error: {error}")
        return 1
    print(f"configuration: ok (port {settings.port}, bind {settings.bind})")
    print("gateway: " + ("reachable" if probe(2)["ok"] else "not reachable"))
    return 0


def parser():
    top = argparse.ArgumentParser(prog="openclaw", description="Stand-in for OpenClaw in the sandbox of Aura.")
    top.add_argument("--version", action="version", version=version())
    commands = top.add_subparsers(dest="command", required=True)
    gateway = commands.add_parser("gateway", help="run the gateway in the foreground, or ask for its status")
    gateway.add_argument("--port")
    gateway.set_defaults(run=run_gateway)
    status = gateway.add_subparsers().add_parser("status")
    status.add_argument("--deep", action="store_true")
    status.add_argument("--require-rpc", action="store_true")
    status.set_defaults(run=run_status)
    health = commands.add_parser("health", help="ask the running gateway whether it is well")
    health.set_defaults(run=run_health)
    for command in (status, health):
        command.add_argument("--json", action="store_true")
        command.add_argument("--timeout", type=int, default=10_000, metavar="MS")
    doctor = commands.add_parser("doctor", help="check the configuration")
    doctor.add_argument("--non-interactive", action="store_true")
    doctor.set_defaults(run=run_doctor)
    return top


def main(words):
    arguments = parser().parse_args(words)
    return arguments.run(arguments)
