// Against a live daemon: life.js ADDRESS NAME

import assert from "node:assert/strict";
import test from "node:test";

import { AuraError, Client, errors, JobFailed } from "@aura/client";
import type { Event, OperationResult } from "@aura/client";

const [address, name = ""] = process.argv.slice(2);

async function withClient(story: (aura: Client) => Promise<void>): Promise<void> {
    const aura = new Client(address, { timeoutMs: 20_000, patienceMs: 20_000 });
    try {
        await story(aura);
    } finally {
        aura.close();
    }
}

/** Destroys the result of a provision. */
async function clear(aura: Client, { job, instance }: OperationResult): Promise<void> {
    await aura.wait(job.id);
    await aura.wait((await aura.destroy({ instance: instance.id })).job.id);
}

test("from nothing to running and away", () => withClient(async (aura) => {
    const everything = aura.subscribe();
    await everything.begin();
    const operation = await aura.provision({ name, region: "eu-central", size: "small" });
    assert.deepEqual([operation.instance.name, operation.job.kind, operation.job.state], [name, "provision", "queued"]);

    const own: Event[] = [];
    const subscription = aura.follow(operation.job.id);
    for await (const event of subscription) own.push(event);
    assert.equal(subscription.reason, "terminal");
    assert.deepEqual([own[0]?.type, own.at(-1)?.type], ["job.queued", "job.succeeded"]);
    assert.ok(own.every((event) => event.job === operation.job.id));

    const instance = await aura.waitUntilRunning(operation);
    assert.equal(instance.phase, "running");
    assert.ok(instance.server?.address && instance.runningAt! >= instance.createdAt);
    const { job } = await aura.jobGet({ job: operation.job.id });
    assert.ok(job.steps!.length > 0 && job.steps!.every((step) => step.state === "done"));
    assert.ok((await aura.statusList()).instances.some((each) => each.name === name));
    assert.equal((await aura.wait((await aura.destroy({ instance: name })).job.id)).state, "succeeded");

    const seen: number[] = [];
    for await (const event of everything) {
        seen.push(event.seq);
        if (event.seq >= own.at(-1)!.seq) break;
    }
    assert.deepEqual(seen, seen.map((_, place) => seen[0]! + place), "a seq is missing, or came twice");
    assert.ok(own.every((event) => seen.includes(event.seq)));
    assert.equal(everything.reason, undefined);
}));

test("errors are types", () => withClient(async (aura) => {
    const place = { region: "eu-central", size: "small" };
    const operation = await aura.provision({ name, ...place });
    await assert.rejects(aura.provision({ name, ...place }), (failure) =>
        failure instanceof errors.NameTaken && failure instanceof AuraError && failure.name === "NameTaken"
        && failure.code === "nameTaken" && failure.number === -32022 && !failure.retryable && failure.message.includes(name));
    await assert.rejects(aura.provision({ name: "Not A Name", region: "", size: "small", tenant: "?" }), (failure) =>
        failure instanceof errors.InvalidParams
        && failure.data.violations?.map((each) => each.path).sort().join() === "params.name,params.region,params.tenant");
    await assert.rejects(aura.provision({ name: `${name}-b`, region: "the-moon", size: "small" }), (failure) =>
        failure instanceof errors.UnknownRegion && failure.data.allowed!.includes("eu-central"));
    await assert.rejects(aura.call("no.such.method"), (failure) => failure instanceof errors.MethodNotFound);
    await assert.rejects(aura.subscribe({ from: 1e9 }).begin(), (failure) => failure instanceof errors.CursorAhead);
    await assert.rejects(aura.jobWait({ job: operation.job.id, timeoutMs: 0 }), (failure) =>
        failure instanceof errors.WaitTimeout && failure.retryable && failure.data.job === operation.job.id);
    await clear(aura, operation);
}));

test("the same key is the same job", () => withClient(async (aura) => {
    const params = { name, region: "eu-central", size: "small", idempotencyKey: `key-${name}` };
    const [first, second] = await Promise.all([aura.provision(params), aura.provision(params)]);
    assert.equal(first.job.id, second.job.id);
    await assert.rejects(aura.provision({ ...params, size: "medium" }), (failure) =>
        failure instanceof errors.IdempotencyMismatch);
    await clear(aura, first);
}));

test("a hundred calls at once share a connection", () => withClient(async (aura) => {
    const { signal } = new AbortController();
    const pings = await Promise.all(Array.from({ length: 100 }, () => aura.systemPing({ signal })));
    assert.ok(pings.every((ping) => ping.pong));
    assert.ok((await aura.rpcDiscover()).methods instanceof Array);
}));

test("a job that was cancelled is said so", () => withClient(async (aura) => {
    const operation = await aura.provision({ name, region: "eu-central", size: "small" });
    const away = await aura.destroy({ instance: name });
    await assert.rejects(aura.waitUntilRunning(operation), (failure) =>
        failure instanceof JobFailed && failure.job.state === "cancelled" && failure.message.startsWith("provision cancelled"));
    await aura.wait(away.job.id);
}));

test("whoever waits can give up", () => withClient(async (aura) => {
    const stop = new AbortController();
    const operation = await aura.provision({ name, region: "eu-central", size: "small" });
    await clear(aura, operation);
    const endless = aura.subscribe({ filter: { job: operation.job.id }, signal: stop.signal });
    setTimeout(() => stop.abort("enough"), 50);
    await assert.rejects(endless[Symbol.asyncIterator]().next(), (failure) => failure === "enough");

    const closed = aura.subscribe();
    const next = closed[Symbol.asyncIterator]().next();
    closed.close();
    assert.equal((await next).done, true);

    const left = aura.subscribe();
    await left.begin();
    aura.close();
    for await (const event of left) assert.ok(!event, "a closed client delivers nothing");
    await assert.rejects(aura.systemPing(), (failure) => failure.name === "ConnectionLost");
}));

test("a snapshot, and what changes", () => withClient(async (aura) => {
    const operation = await aura.provision({ name, region: "eu-central", size: "small" });
    await aura.waitUntilRunning(operation);
    const changes = aura.subscribe({ from: "snapshot" });
    const found = (await changes.snapshot()).find((instance) => instance.name === name);
    assert.equal(found?.phase, "running");
    const gone = await aura.destroy({ instance: name });
    const types = [];
    for await (const event of changes) {
        if (event.job === gone.job.id) types.push(event.type);
        if (types.at(-1) === "job.succeeded") break;
    }
    assert.equal(types[0], "job.queued");
}));
