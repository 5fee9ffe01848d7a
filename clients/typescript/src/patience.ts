// The retry budget for an unreachable daemon.

import { AuraError, ConnectionLost } from "./failures.js";
import { sleep } from "./signals.js";

/** A connection could not be made, or ended; another one may work. */
export class Broken extends Error {
    override readonly name = "Broken";
}

/** After these errors the same call may be sent again on another connection, since it was not carried out. */
const NOT_CARRIED_OUT = new Set(["daemonBusy", "shuttingDown", "tooManyInFlight"]);

/** A connection that lasted this long, such as that of a wait for a job, does not count as an absent daemon. */
const HELD_MS = 5000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** The waits from one attempt to the next: each twice as long as the one before; half of it is random. */
export class Patience {
    private nextMs = FIRST_WAIT_MS;
    /** The time of the first failure in the present row of failed attempts. */
    private lostAt: number | undefined;
    /** The time at which the present attempt connected. */
    private heardAt: number | undefined;

    constructor(private readonly limitMs: number, private readonly where: string) {}

    /** Records a connection; it is not known yet whether the daemon replies on it. */
    connected(): void {
        this.heardAt = performance.now();
    }

    /** Records a reply of the daemon. */
    renew(): void {
        this.nextMs = FIRST_WAIT_MS;
        this.lostAt = undefined;
    }

    /** Returns when it is time for another attempt; throws if an attempt cannot help, or if the budget is used up. */
    async after(failure: unknown, signal: AbortSignal): Promise<void> {
        if (!isWorthAnother(failure)) throw failure;
        const now = performance.now();
        if (this.heardAt !== undefined && now - this.heardAt > HELD_MS) this.renew();
        this.heardAt = undefined;
        this.lostAt ??= now;
        const waitMs = this.nextMs * (0.5 + Math.random() / 2);
        if (now + waitMs > this.lostAt + this.limitMs) {
            throw new ConnectionLost(`cannot reach aurad at ${this.where}: ${failure.message}`, { cause: failure });
        }
        this.nextMs = Math.min(this.nextMs * 2, LONGEST_WAIT_MS);
        await sleep(waitMs, signal);
    }
}

function isWorthAnother(failure: unknown): failure is Error {
    return failure instanceof Broken || (failure instanceof AuraError && wasNotCarriedOut(failure.code));
}

function wasNotCarriedOut(code: string): boolean {
    return NOT_CARRIED_OUT.has(code) || code.startsWith("tooManyConnections");
}
