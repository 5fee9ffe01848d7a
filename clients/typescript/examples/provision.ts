// Provisions an agent, shows its progress, and destroys it again: provision.js NAME [REGION [SIZE]]

import { Client } from "@aura/client";

async function main(name: string, region = "eu-central", size = "small"): Promise<void> {
    const aura = new Client();
    try {
        const operation = await aura.provision({ name, region, size });
        for await (const event of aura.follow(operation.job.id)) {
            console.log(`${event.at.slice(11, 19)} ${event.type.padEnd(16)} ${event.message}`);
        }
        const instance = await aura.waitUntilRunning(operation);
        console.log(`${name} runs at ${instance.server?.address ?? "nowhere"}`);
        const destroyed = await aura.destroy({ instance: name });
        console.log(`destroy ${(await aura.wait(destroyed.job.id)).state}`);
    } finally {
        aura.close();
    }
}

const [name, ...others] = process.argv.slice(2);
if (!name || others.length > 2) {
    console.error("usage: provision.js NAME [REGION [SIZE]]");
    process.exitCode = 1;
} else {
    main(name, ...others).catch((failure: Error) => {
        console.error(`cannot go on: ${failure.message}`);
        process.exitCode = 1;
    });
}
