"""The adapter of the shell functions, in bash's strict mode."""

import json
import pathlib

from processes import Adapter

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "clients/shell/aura.sh"
STRICT = f"set -Eeuo pipefail; shopt -s inherit_errexit; IFS=$'\\n\\t'; source '{SCRIPT}'; "


def seconds(milliseconds):
    return str(-(-milliseconds // 1000))


def run(client, script, text=None):
    environment = {"AURA_SOCKET": client["address"]} if "address" in client else {}
    if "token" in client:
        environment["AURA_TOKEN"] = client["token"]
    for variable, member in (("AURA_TIMEOUT", "timeoutMs"), ("AURA_PATIENCE", "patienceMs"), ("AURA_SILENCE", "silenceMs")):
        if member in client:
            environment[variable] = seconds(client[member])
    return ["bash", "-c", STRICT + script], environment, text


def call(client, method, params):
    return run(client, f"params=$(cat); aura_call {method} \"$params\"", json.dumps(params))


def wait(client, job):
    return run(client, f"aura_wait {job}")


def subscribe(client, params):
    # In a pipeline, as scripts use it: the reader at its end closes with this adapter's pipe.
    return run(client, "params=$(cat); aura_subscribe \"$params\"", json.dumps(params))


def error_of(status, complaints):
    last = (complaints.strip().splitlines() or [""])[-1]
    if status in (1, 2) and last.startswith("{"):
        return {"kind": "aura", "code": json.loads(last)["data"]["code"], "message": json.loads(last)["message"]}
    if status == 1 and last.startswith("aura: cannot "):
        return {"kind": "refused", "message": last}
    if status == 3:
        return {"kind": "timeout" if "no reply" in last else "lost", "message": last}
    return {"kind": "failed", "message": f"status {status}: {complaints}"}


Adapter(call, wait, subscribe, error_of).serve()
