// Provisions instances one after the other, and prints the result of each call: provision.js ADDRESS NAME...

import { Client } from "@aura/client";

const [address, ...names] = process.argv.slice(2);
const aura = new Client(address, { timeoutMs: 20_000, patienceMs: 20_000 });
for (const name of names) {
    const { instance, job } = await aura.provision({ name, region: "eu-central", size: "small" });
    console.log(JSON.stringify({ name, instance: instance.id, job: job.id }));
}
aura.close();
