// Provisions an instance, and prints the result: wait.js ADDRESS NAME

import { Client, JobFailed } from "@aura/client";

const [address, name = ""] = process.argv.slice(2);
const aura = new Client(address, { timeoutMs: 20_000, patienceMs: 20_000 });
try {
    const operation = await aura.provision({ name, region: "eu-central", size: "small" });
    const instance = await aura.waitUntilRunning(operation);
    console.log(`running at ${instance.server?.address}`);
} catch (failure) {
    if (!(failure instanceof JobFailed)) throw failure;
    console.log(`failed with ${failure.job.failure?.message}`);
} finally {
    aura.close();
}
