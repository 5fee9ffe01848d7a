"""The command line, `tailscale`."""

import json
import os
import socket
import stat
import sys

from . import LINE_LIMIT_BYTES, SOCKET, VERSION, flags
from .prefs import SET_DEFAULTS, UP_DEFAULTS, UP_PASSING

KEY_LIMIT_BYTES = 4096
REPLY_SECONDS = 90.0
NO_DAEMON = ("failed to connect to local tailscaled; it doesn't appear to be running "
             "(sudo systemctl start tailscaled ?)")


class Failed(Exception):
    """The command ends with status 1 and this text."""


def ask(path, document):
    """The daemon's result for one request."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(REPLY_SECONDS)
            channel.connect(path)
            channel.sendall(json.dumps(document).encode() + b"\n")
            with channel.makefile("rb") as replies:
                reply = json.loads(replies.readline(LINE_LIMIT_BYTES))
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise Failed(NO_DAEMON) from error
    except (OSError, ValueError) as error:
        raise Failed(f"cannot speak with tailscaled: {error}") from error
    if "error" in reply:
        raise Failed(reply["error"])
    return reply["result"]


def auth_key(text):
    """The key behind --auth-key. Stricter than the real one: only from a file, and only if nobody else can read it."""
    if not text:
        return ""
    if not text.startswith("file:"):
        raise Failed("cannot take an auth key from the command line, where every process can read it: "
                     "write it to a file with mode 0600 and give --auth-key=file:PATH")
    path = text.removeprefix("file:")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC), encoding="utf-8") as file:
            about = os.fstat(file.fileno())
            mode = stat.S_IMODE(about.st_mode)
            if not stat.S_ISREG(about.st_mode):
                raise Failed(f"cannot read the auth key from {path}: it is no regular file")
            if mode & 0o177:
                raise Failed(f"cannot read the auth key from {path}: its mode is {mode:04o}; make it 0600")
            key = file.read(KEY_LIMIT_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"cannot read the auth key from {path}: {getattr(error, 'strerror', None) or error}") from error
    if not key:
        raise Failed(f"cannot read the auth key from {path}: the file is empty")
    return key


def run_up(path, words):
    values, given, rest = flags.parse(words, {**UP_DEFAULTS, **UP_PASSING})
    if rest:
        raise Failed(f"too many non-flag arguments: {rest}")
    key = auth_key(values.pop("auth-key"))
    ask(path, {
        "command": "up", "values": values, "bare": not given, "given": [name for name in given if name in UP_DEFAULTS],
        "user": os.environ.get("USER", ""), "authKey": key, "timeoutSeconds": flags.seconds(values["timeout"]),
    })
    if values["json"]:
        print(json.dumps({"BackendState": "Running"}))


def run_set(path, words):
    values, given, rest = flags.parse(words, SET_DEFAULTS)
    if rest or not given:
        raise Failed("cannot set anything: flags are expected, such as --operator=NAME")
    ask(path, {"command": "set", "values": values, "given": given})


def run_status(path, words):
    values, _, _ = flags.parse(words, {"json": False, "peers": True, "self": True, "active": False})
    status = ask(path, {"command": "status"})
    own, state = status["Self"], status["BackendState"]
    if values["json"]:
        print(json.dumps(status, indent=2))
    elif state == "Running":
        print(f"{own['TailscaleIPs'][0]:<15} {own['HostName']:<20} tagged-devices linux   -")
    else:
        print({"NeedsLogin": "Logged out.", "Stopped": "Tailscale is stopped.",
               "NeedsMachineAuth": "Machine is not yet approved by tailnet admin."}[state])
        return 1


def run_ip(path, words):
    values, _, _ = flags.parse(words, {"4": False, "6": False, "1": False})
    status = ask(path, {"command": "status"})
    addresses = status["TailscaleIPs"] or []
    if status["BackendState"] != "Running" or not addresses:
        raise Failed(f"no current Tailscale IPs; state: {status['BackendState']}")
    if values["4"] != values["6"]:
        addresses = [address for address in addresses if (":" in address) == values["6"]]
    for address in addresses[:1] if values["1"] else addresses:
        print(address)


def run_down(path, words):
    flags.parse(words, {"accept-risk": ""})
    if not ask(path, {"command": "down"})["was"]:
        print("Tailscale was already stopped.", file=sys.stderr)


def run_logout(path, words):
    flags.parse(words, {})
    ask(path, {"command": "logout"})


def run_version(_path, words):
    values, _, _ = flags.parse(words, {"json": False, "daemon": False})
    print(json.dumps({"short": VERSION, "long": f"{VERSION}-standin"}) if values["json"]
          else f"{VERSION}\n  stand-in of the sandbox of Aura")


COMMANDS = {"up": run_up, "set": run_set, "status": run_status, "ip": run_ip, "down": run_down, "logout": run_logout,
            "version": run_version}


def main(words):
    try:
        values, _, rest = flags.parse(words, {"socket": SOCKET})
        if not rest or rest[0] not in COMMANDS:
            raise Failed(f"cannot run '{' '.join(rest[:1])}': this stand-in knows {', '.join(COMMANDS)}")
        return COMMANDS[rest[0]](values["socket"], rest[1:]) or 0
    except (Failed, flags.FlagError) as error:
        print(error, file=sys.stderr)
        return 1
