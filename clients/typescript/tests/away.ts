// Without a daemon, or with one that goes away: away.js ADDRESS
// Prints "begun" once it has subscribed, and exits with 0 if the client reports the daemon's absence.

import assert from "node:assert/strict";

import { Client, ConnectionLost } from "@aura/client";

const aura = new Client(process.argv[2], { patienceMs: 500 });
const isLost = (failure: unknown) => failure instanceof ConnectionLost && failure.message.includes(process.argv[2]!);
const subscription = aura.subscribe();
const events = subscription[Symbol.asyncIterator]();
await subscription.begin().then(() => console.log("begun"), (failure) => assert.ok(isLost(failure)));
const begun = performance.now();
await assert.rejects(events.next(), isLost);
await assert.rejects(aura.systemPing(), isLost);
console.log(`lost after ${Math.round(performance.now() - begun)} ms`);
aura.close();
