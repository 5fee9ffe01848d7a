"""The adapter of the asyncio Python client. Each command is a task."""

import asyncio
import json
import os
import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[4] / "clients/python/src")

import aura_client  # noqa: E402

KINDS = [
    (aura_client.CannotSend, "refused"), (aura_client.ClientClosed, "closed"), (aura_client.ConnectionLost, "lost"),
    (aura_client.AuraError, "aura"), (TimeoutError, "timeout"), (asyncio.CancelledError, "cancelled"), (ValueError, "refused")]
clients, subscriptions, tasks = {}, {}, {}


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def error_of(failure):
    kind = next((kind for type, kind in KINDS if isinstance(failure, type)), "failed")
    code = {"code": failure.code} if isinstance(failure, aura_client.AuraError) else {}
    return {"kind": kind, "message": str(failure), **code}


async def open_client(command):
    times = {
        name: command[f"{name}Ms"] / 1000 for name in ("timeout", "patience", "silence") if f"{name}Ms" in command}
    clients[command["client"]] = aura_client.AsyncClient(command.get("address"), token=command.get("token"), **times)
    return {}


async def call(command):
    return await clients[command["client"]].call(command["method"], command["params"])


async def wait(command):
    job = await clients[command["client"]].wait(command["job"])
    return {"id": job.id, "state": job.state}


async def subscribe(command):
    params = command["params"]
    options = {"from_": params.get("from", "now"), "until": params.get("until"), "max_events": params.get("maxEvents")}
    filter = aura_client.EventFilter.from_json(params["filter"]) if "filter" in params else None
    subscription = clients[command["client"]].subscribe(filter=filter, on_lag=params.get("onLag"), **options)
    subscriptions[command["as"]] = subscription
    async for event in subscription:
        say(**{"as": command["as"], "event": {"seq": event.seq, "type": event.type}})
    return {"reason": subscription.reason}


async def cancel(command):
    task = tasks[command["call"]]
    task.cancel()
    await asyncio.wait([task])
    return {}


async def leave(command):
    await subscriptions[command["call"]].close()
    return {}


async def close(command):
    await clients[command["client"]].close()
    return {}


async def attempt_all(client, method, many):
    async def attempt(params):
        try:
            return await client.call(method, params)
        except Exception as failure:
            return {"error": error_of(failure)}
    return [await attempt(params) for params in many]


async def fork(command):
    """Forks on another thread, which has no running event loop, so that the child can run its own."""
    client, method = clients[command["client"]], command["method"]
    reading, writing = os.pipe()

    def fork_there():
        child = os.fork()
        if child == 0:
            results = asyncio.run(attempt_all(client, method, command["child"]))
            with open(writing, "w") as pipe:
                json.dump(results, pipe)
            os._exit(0)
        os.close(writing)
        return child

    child = await asyncio.to_thread(fork_there)
    results = await attempt_all(client, method, command["parent"])

    def collect():
        with open(reading) as pipe:
            said = json.load(pipe)
        os.waitpid(child, 0)
        return said
    return {"parent": results, "child": await asyncio.to_thread(collect)}


DO = {
    "open": open_client, "call": call, "wait": wait, "subscribe": subscribe, "cancel": cancel, "leave": leave, "close": close, "fork": fork}


async def carry_out(command):
    try:
        say(**{"as": command["as"], "result": await DO[command["do"]](command)})
    except (Exception, asyncio.CancelledError) as failure:
        say(**{"as": command["as"], "error": error_of(failure)})


async def main():
    reader = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        tasks[command["as"]] = asyncio.ensure_future(carry_out(command))
    for client in clients.values():
        await client.close()
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


asyncio.run(main())
