// Prints the seq of every event until SIGTERM: follow.js ADDRESS

import { Client } from "@aura/client";

const aura = new Client(process.argv[2], { patienceMs: 30_000 });
const subscription = aura.subscribe();
process.once("SIGTERM", () => subscription.close());
await subscription.begin();
console.log("begun");
for await (const event of subscription) console.log(event.seq);
console.log(`ended: ${subscription.reason ?? "closed"}`);
aura.close();
