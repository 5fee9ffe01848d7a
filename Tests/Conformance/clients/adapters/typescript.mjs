// The adapter of the TypeScript client, compiled by `tsc -p clients/typescript`. AURA_CLIENT_BUILD names its directory
// if it is elsewhere.

import { createInterface } from "node:readline";

const package_ = process.env.AURA_CLIENT_BUILD ?? new URL("../../../../clients/typescript", import.meta.url).pathname;
const { AuraError, CannotSend, Client, ConnectionLost, TimeoutError } = await import(`${package_}/dist/index.js`);

const clients = new Map();
const subscriptions = new Map();
const running = new Map();
const GIVEN_UP = Symbol("given up");

function say(message) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
}

function errorOf(failure) {
    if (failure === GIVEN_UP) return { kind: "cancelled", message: "given up" };
    const message = String(failure.message);
    if (failure instanceof AuraError) return { kind: "aura", code: failure.code, message };
    if (failure instanceof CannotSend || failure instanceof TypeError) return { kind: "refused", message };
    if (failure instanceof TimeoutError) return { kind: "timeout", message };
    if (failure instanceof ConnectionLost) return { kind: message === "the client is closed" ? "closed" : "lost", message };
    return { kind: "failed", message: `${failure.name}: ${message}` };
}

const DO = {
    async open({ client, address, token, timeoutMs, patienceMs, silenceMs }) {
        clients.set(client, new Client(address, { token, timeoutMs, patienceMs, silenceMs }));
        return {};
    },

    call({ client, method, params }, signal) {
        return clients.get(client).call(method, params, { signal });
    },

    wait({ client, job }, signal) {
        return clients.get(client).wait(job, { signal });
    },

    async subscribe({ as, client, params }) {
        const subscription = clients.get(client).subscribe(params);
        subscriptions.set(as, subscription);
        for await (const event of subscription) say({ as, event: { seq: event.seq, type: event.type } });
        return { reason: subscription.reason ?? null };
    },

    async cancel({ call }) {
        const { stop, ended } = running.get(call);
        stop.abort(GIVEN_UP);
        await ended;
        return {};
    },

    async leave({ call }) {
        subscriptions.get(call).close();
        return {};
    },

    async close({ client }) {
        clients.get(client).close();
        return {};
    },
};

async function carryOut(command, signal) {
    const { as } = command;
    try {
        say({ as, result: await DO[command.do](command, signal) });
    } catch (failure) {
        say({ as, error: errorOf(failure) });
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    const stop = new AbortController();
    running.set(command.as, { stop, ended: carryOut(command, stop.signal) });
}
clients.forEach((client) => client.close());
