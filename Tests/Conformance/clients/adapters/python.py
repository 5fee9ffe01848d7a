"""The adapter of the synchronous Python client. Each command has its own thread."""

import json
import os
import pathlib
import sys
import threading

# Before the path changes: this file's own directory must not hide modules of Python.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[4] / "clients/python/src")

import aura_client  # noqa: E402

KINDS = [
    (aura_client.CannotSend, "refused"), (aura_client.ClientClosed, "closed"), (aura_client.ConnectionLost, "lost"),
    (aura_client.AuraError, "aura"), (TimeoutError, "timeout"), (ValueError, "refused")]
clients, subscriptions = {}, {}
writing = threading.Lock()


def say(**message):
    with writing:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def error_of(failure):
    kind = next((kind for type, kind in KINDS if isinstance(failure, type)), "failed")
    code = {"code": failure.code} if isinstance(failure, aura_client.AuraError) else {}
    return {"kind": kind, "message": str(failure), **code}


def open_client(command):
    times = {
        name: command[f"{name}Ms"] / 1000 for name in ("timeout", "patience", "silence") if f"{name}Ms" in command}
    clients[command["client"]] = aura_client.Client(command.get("address"), token=command.get("token"), **times)
    return {}


def call(command):
    return clients[command["client"]].call(command["method"], command["params"])


def wait(command):
    job = clients[command["client"]].wait(command["job"])
    return {"id": job.id, "state": job.state}


def subscribe(command):
    params = command["params"]
    options = {"from_": params.get("from", "now"), "until": params.get("until"), "max_events": params.get("maxEvents")}
    filter = aura_client.EventFilter.from_json(params["filter"]) if "filter" in params else None
    subscription = clients[command["client"]].subscribe(filter=filter, on_lag=params.get("onLag"), **options)
    subscriptions[command["as"]] = subscription
    for event in subscription:
        say(**{"as": command["as"], "event": {"seq": event.seq, "type": event.type}})
    return {"reason": subscription.reason}


def leave(command):
    subscriptions[command["call"]].close()
    return {}


def close(command):
    clients[command["client"]].close()
    return {}


def attempt(client, method, params):
    try:
        return client.call(method, params)
    except Exception as failure:
        return {"error": error_of(failure)}


def fork(command):
    client = clients[command["client"]]
    reading, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        results = [attempt(client, command["method"], params) for params in command["child"]]
        with open(writing_end, "w") as pipe:
            json.dump(results, pipe)
        os._exit(0)
    os.close(writing_end)
    results = [attempt(client, command["method"], params) for params in command["parent"]]
    with open(reading) as pipe:
        childs = json.load(pipe)
    os.waitpid(child, 0)
    return {"parent": results, "child": childs}


DO = {
    "open": open_client, "call": call, "wait": wait, "subscribe": subscribe, "leave": leave, "close": close, "fork": fork}


def carry_out(command):
    try:
        say(**{"as": command["as"], "result": DO[command["do"]](command)})
    except Exception as failure:
        say(**{"as": command["as"], "error": error_of(failure)})


def main():
    for line in sys.stdin:
        command = json.loads(line)
        threading.Thread(target=carry_out, args=(command,), daemon=True).start()
    for client in clients.values():
        client.close()
    sys.stdout.flush()
    os._exit(0)


main()
