// The client with unusual connections and daemons.

import assert from "node:assert/strict";
import test from "node:test";

import { CannotSend, Client, ConnectionLost, errors, ProtocolError, TimeoutError } from "@aura/client";
import { LineWebSocket, withDaemon, type Call, type Peer } from "./peer.js";

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

async function withClient(
    address: string, options: ConstructorParameters<typeof Client>[1], story: (aura: Client) => Promise<void>,
): Promise<void> {
    const aura = new Client(address, options);
    try {
        await story(aura);
    } finally {
        aura.close();
    }
}

/** Sends the events of a long ledger, as fast as the client reads. */
class Flood {
    sent = 0;
    subscribed: number[] = [];

    constructor(readonly length: number) {}

    answer = ({ id, method, params }: Call, peer: Peer) => {
        if (method !== "status.subscribe") return;
        const from = params.from === "start" ? 0 : params.from;
        this.subscribed.push(from);
        peer.say({ id, result: { subscription: "s1", head: this.length } });
        this.send(from + 1, peer);
    };

    /** Waits until no more events are sent; returns how many were sent. */
    async standstill(): Promise<number> {
        let before;
        do {
            before = this.sent;
            await pause(300);
        } while (this.sent > before);
        return before;
    }

    private send(first: number, peer: Peer): void {
        for (let seq = first; seq <= this.length && !peer.socket.destroyed; seq += 1) {
            this.sent += 1;
            if (!peer.event(seq)) return void peer.socket.once("drain", () => this.send(seq + 1, peer));
        }
    }
}

/** Reads a few events, then none until the daemon sends no more, and then the rest: each must arrive once, in order. */
async function dawdle(aura: Client, flood: Flood): Promise<{ sentMeanwhile: number }> {
    let last = 0;
    let sentMeanwhile = 0;
    for await (const event of aura.subscribe({ from: "start" })) {
        assert.equal(event.seq, last + 1);
        last = event.seq;
        if (last === 10) sentMeanwhile = await flood.standstill();
        if (last === flood.length) break;
    }
    return { sentMeanwhile };
}

test("a slow reader makes the daemon wait", async () => {
    const flood = new Flood(40_000);
    await withDaemon(flood.answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const { sentMeanwhile } = await dawdle(aura, flood);
        // Events outside the client's queue are in the kernel's buffers, which hold some megabytes.
        assert.ok(sentMeanwhile < 30_000, `${sentMeanwhile} events were sent to a client that does not read`);
        assert.deepEqual(flood.subscribed, [0]);
    }));
});

test("a slow reader of a WebSocket goes on later where it stood", async () => {
    const flood = new Flood(5000);
    await withDaemon(flood.answer, (address) =>
        withClient(`ws://${address}/ws`, { webSocket: LineWebSocket }, async (aura) => {
            await dawdle(aura, flood);
            const [first, second, ...others] = flood.subscribed;
            assert.equal(first, 0);
            assert.ok(second! >= 1024 && second! <= 1034 && others.length <= 4, `subscribed from ${flood.subscribed}`);
        }));
});

test("as many events as were asked for, over all connections", async () => {
    const asked: unknown[] = [];
    const answer = ({ id, params }: Call, peer: Peer, connection: number) => {
        asked.push([params.from, params.maxEvents]);
        peer.say({ id, result: { subscription: "s1", head: 40 } });
        const first = connection === 1 ? 41 : 44;
        for (let seq = first; seq < first + (connection === 1 ? 3 : 2); seq += 1) peer.event(seq);
        // Without the end notification.
        setTimeout(() => peer.socket.destroy(), 50);
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const subscription = aura.subscribe({ maxEvents: 5 });
        const seen: number[] = [];
        for await (const event of subscription) seen.push(event.seq);
        assert.deepEqual(seen, [41, 42, 43, 44, 45]);
        assert.deepEqual(asked, [[undefined, 5], [43, 2]]);
        assert.equal(subscription.reason, "maxEvents");
    }));
});

test("a bookmark is a place to go on from, and no event", async () => {
    const asked: unknown[] = [];
    const answer = ({ id, params }: Call, peer: Peer, connection: number) => {
        asked.push([params.from, params.maxEvents]);
        peer.say({ id, result: { subscription: "s1", head: 40 } });
        const note = (result: object) => peer.say({ method: "status.event", params: { subscription: "s1", result } });
        if (connection === 1) {
            note({ type: "subscription.bookmark", seq: 70 });
            setTimeout(() => peer.socket.destroy(), 50);
        } else {
            note({ type: "subscription.ended", reason: "lagged", seq: 70 });
        }
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const subscription = aura.subscribe({ maxEvents: 5 });
        for await (const event of subscription) assert.ok(!event, "there was none");
        assert.deepEqual(asked, [[undefined, 5], [70, 5]]);
        assert.equal(subscription.reason, "lagged");
    }));
});

test("half a snapshot begins anew, a whole one does not", async () => {
    const asked: unknown[] = [];
    const answer = ({ id, params }: Call, peer: Peer, connection: number) => {
        asked.push(params.from);
        peer.say({ id, result: { subscription: "s1", head: 7 } });
        const note = (result: object) => peer.say({ method: "status.event", params: { subscription: "s1", result } });
        const page = (name: string, complete: boolean) =>
            note({ type: "subscription.snapshot", seq: 7, instances: [{ name }], complete });
        const stories = [
            [() => page("lost", false)],
            [() => page("one", false), () => page("two", true)],
            [() => peer.event(8), () => note({ type: "subscription.ended", reason: "terminal", seq: 8 })],
        ];
        for (const tell of stories[connection - 1]!) tell();
        setTimeout(() => peer.socket.destroy(), 50);
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const subscription = aura.subscribe({ from: "snapshot" });
        const names = (await subscription.snapshot()).map((instance) => instance.name);
        const seen: number[] = [];
        for await (const event of subscription) seen.push(event.seq);
        assert.deepEqual([names, seen, asked], [["one", "two"], [8], ["snapshot", "snapshot", 7]]);
    }));
});

test("what only a newer daemon knows is read all the same", async () => {
    const answer = ({ id }: Call, peer: Peer) => {
        peer.say({ id, result: { subscription: "s1", head: 7 } });
        const note = (result: object) => peer.say({ method: "status.event", params: { subscription: "s1", result } });
        const common = { at: "2026-11-20T12:00:00.123Z", tenant: "default", message: "on it" };
        note({ seq: 8, type: "step.dreamt", mood: "blue", ...common });
        note({ seq: 9, type: "job.queued", ...common });
        note({ type: "subscription.ended", reason: "tired", seq: 9 });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const subscription = aura.subscribe();
        const seen: [number, string][] = [];
        for await (const event of subscription) seen.push([event.seq, event.type]);
        assert.deepEqual([seen, subscription.reason], [[[8, "step.dreamt"], [9, "job.queued"]], "tired"]);
    }));
});

test("a wait that outlasts the patience is taken up again", async () => {
    const answer = ({ id }: Call, peer: Peer, connection: number) => {
        if (connection === 1) setTimeout(() => peer.socket.destroy(), 600);
        else peer.say({ id, result: { job: { id: "1", state: "succeeded" } } });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, { patienceMs: 300 }, async (aura) => {
        assert.equal((await aura.wait("1")).state, "succeeded");
    }));
});

test("a wait whose daemon falls silent is sent again on another connection", async () => {
    const heard: string[][] = [];
    const answer = ({ id, method }: Call, peer: Peer, connection: number) => {
        (heard[connection - 1] ??= []).push(method);
        if (connection === 2) peer.say({ id, result: { job: { id: "1", state: "succeeded" } } });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, { silenceMs: 200 }, async (aura) => {
        assert.equal((await aura.wait("1")).state, "succeeded");
        assert.deepEqual(heard, [["job.wait", "system.ping", "$/cancelRequest"], ["job.wait"]]);
    }));
});

test("values that every daemon refuses are not sent", async () => {
    const heard: Call[] = [];
    await withDaemon((call) => heard.push(call), (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        let deep: unknown = 1;
        for (let level = 0; level < 63; level += 1) deep = [deep];
        for (const value of [2 ** 63, NaN, Infinity, "a\0b", "half \ud83d", "\udca9 half", "x".repeat(1 << 20), deep]) {
            await assert.rejects(aura.call("echo", { value }), (failure) => failure instanceof CannotSend);
        }
        assert.equal(heard.length, 0);
    }));
});

test("a connection that is refused for now is tried again", async () => {
    const data = { code: "tooManyConnections", retryable: true, limit: 1 };
    const answer = ({ id }: Call, peer: Peer, connection: number) => {
        if (connection < 3) peer.say({ id: null, error: { code: -32005, message: "full", data } });
        else peer.say({ id, result: { pong: true } });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        assert.equal((await aura.systemPing()).pong, true);
    }));
    await withDaemon((_, peer) => peer.say({ id: null, error: { code: -32005, message: "full", data } }), (address) =>
        withClient(`tcp:${address}`, { patienceMs: 200 }, (aura) =>
            assert.rejects(aura.systemPing(), (failure) =>
                failure.name === "ConnectionLost" && failure.cause instanceof errors.TooManyConnections)));
});

test("replies find their calls in any order", async () => {
    const calls: Call[] = [];
    const answer = (call: Call, peer: Peer) => {
        if (calls.push(call) < 3) return;
        for (const { id, params } of calls.reverse()) peer.say({ id, result: params });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const echoes = await Promise.all([1, 2, 3].map((value) => aura.call("echo", { value })));
        assert.deepEqual(echoes, [{ value: 1 }, { value: 2 }, { value: 3 }]);
    }));
});

test("who gives up tells the daemon", async () => {
    const heard: Call[] = [];
    await withDaemon((call) => heard.push(call), (address) =>
        withClient(`tcp:${address}`, { timeoutMs: 150 }, async (aura) => {
            const stop = new AbortController();
            setTimeout(() => stop.abort(new Error("enough")), 50);
            await assert.rejects(aura.wait("1", { signal: stop.signal }), (failure) => failure.message === "enough");
            await assert.rejects(aura.systemPing(), (failure) => failure instanceof TimeoutError);
            await pause(50);
            assert.deepEqual(heard.map((call) => call.method), ["job.wait", "$/cancelRequest", "system.ping", "$/cancelRequest"]);
            assert.deepEqual([heard[1]!.params.id, heard[3]!.params.id], [heard[0]!.id, heard[2]!.id]);
        }));
});

test("what is no JSON-RPC is said so", async () => {
    for (const line of ["HTTP/1.1 400 Bad Request\n", "[1]\n"]) {
        await withDaemon((_, peer) => peer.socket.write(line), (address) =>
            withClient(`tcp:${address}`, {}, (aura) =>
                assert.rejects(aura.systemPing(), (failure) => failure instanceof ProtocolError)));
    }
});

test("an error that this client does not know is still an error", async () => {
    const error = { code: -32099, message: "too blue", data: { code: "tooBlue", retryable: true } };
    await withDaemon(({ id }, peer) => peer.say({ id, error }), (address) =>
        withClient(`tcp:${address}`, {}, (aura) =>
            assert.rejects(aura.systemPing(), (failure) =>
                failure.name === "AuraError" && failure.code === "tooBlue" && failure.number === -32099 && failure.retryable)));
});

test("a client may be closed at any moment", async () => {
    const options = { webSocket: LineWebSocket };
    await withDaemon(() => {}, async (place) => {
        for (const address of [`tcp:${place}`, `ws://${place}/ws`]) {
            for (const delay of [undefined, 0, 5, 50]) {
                const aura = new Client(address, options);
                const isLost = (failure: Error) => failure instanceof ConnectionLost && failure.message.includes("closed");
                const called = assert.rejects(aura.systemPing(), isLost);
                const begun = aura.subscribe().begin();
                if (delay !== undefined) await pause(delay);
                aura.close();
                await Promise.all([called, begun, assert.rejects(aura.systemPing(), isLost)]);
            }
        }
    });
});

test("a subscription that has ended lets go of its connection", async () => {
    const peers: Peer[] = [];
    const answer = ({ id }: Call, peer: Peer) => {
        peers.push(peer);
        peer.say({ id, result: { subscription: "s1", head: 40 } });
    };
    await withDaemon(answer, (address) => withClient(`tcp:${address}`, {}, async (aura) => {
        const stop = new AbortController();
        const subscriptions = [aura.subscribe(), aura.subscribe({ signal: stop.signal }), aura.subscribe()];
        for (const subscription of subscriptions) await subscription.begin();
        for (const [place, end] of [() => subscriptions[0]!.close(), () => stop.abort(), () => aura.close()].entries()) {
            assert.ok(!peers[place]!.socket.destroyed);
            end();
            while (!peers[place]!.socket.destroyed) await pause(5);
        }
    }));
});

test("an address that is none is refused at once", async () => {
    for (const address of ["tcp:nowhere", "tcp::1", "ws:"]) {
        await assert.rejects(Promise.resolve().then(() => new Client(address)), (failure) => failure instanceof TypeError);
    }
});

test("a connection that lasted five seconds begins a new budget", async () => {
    const now = performance.now;
    let aheadMs = 0;
    performance.now = () => now.call(performance) + aheadMs;
    const answer = ({ id }: Call, peer: Peer, connection: number) => {
        // The second connection lasts almost as long as the whole budget; the others before the last end at once.
        if (connection === 2) aheadMs += 5500;
        if (connection === 8) peer.say({ id, result: { pong: true } });
        else peer.socket.destroy();
    };
    try {
        await withDaemon(answer, (address) => withClient(`tcp:${address}`, { patienceMs: 6000 }, async (aura) => {
            assert.ok((await aura.systemPing()).pong);
        }));
    } finally {
        performance.now = now;
    }
});
