"""The adapter of the command line, for the rules that Tests/CommandLine/test_client_rules.py names."""

import json
import os
import pathlib

from processes import Adapter

PROGRAMS = os.environ.get("AURA_BIN_DIR", pathlib.Path(__file__).resolve().parents[4] / ".build/debug")


def aura(client, *words, text=None):
    variables = {"address": "AURA_SOCKET", "token": "AURA_TOKEN"}
    environment = {variable: client[member] for member, variable in variables.items() if member in client}
    seconds = str(-(-client.get("timeoutMs", 30_000) // 1000))
    return [f"{PROGRAMS}/aura", "--json", *words, "--timeout", seconds], environment, text


def call(client, method, params):
    return aura(client, "rpc", method, "-", text=json.dumps(params))


def patience(client):
    return ["--reconnect", str(-(-client.get("patienceMs", 60_000) // 1000))]


def wait(client, job):
    return aura(client, "job", "wait", job, *patience(client))


def subscribe(client, params):
    instance = params.get("filter", {}).get("instance")
    words = ["watch", instance or "--all", *patience(client)]
    for member in ("from", "until"):
        if member in params:
            words += [f"--{member}", str(params[member])]
    return aura(client, *words)


def error_of(status, complaints):
    last = (complaints.strip().splitlines() or [""])[-1]
    said = json.loads(last) if last.startswith("{") else {"message": complaints, "data": {"code": "unknown"}}
    code, kind = said["data"]["code"], "failed"
    if status == 2:
        kind = "aura" if "code" in said else "refused"
    elif status == 64:
        kind = "refused"
    elif status == 3:
        kind = "timeout" if code == "timeout" else "lost"
    return {"kind": kind, "code": code, "message": said["message"]}


Adapter(call, wait, subscribe, error_of).serve()
