// How long a daemon that cannot be reached is tried.

import { AuraError, ConnectionLost } from "./failures.js";
import { sleep } from "./signals.js";

/** A connection could not be made, or ended; another one may serve. */
export class Broken extends Error {
    override readonly name = "Broken";
}

/** After these the same call may be sent again on another connection, since it was not carried out. */
const NOT_CARRIED_OUT = new Set(["daemonBusy", "shuttingDown", "tooManyInFlight"]);

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** The waits from one attempt to the next: each twice as long as the one before, a half of it by chance. */
export class Patience {
    private nextMs = FIRST_WAIT_MS;
    /** When the first of the attempts that failed in a row did so. */
    private lostAt: number | undefined;
    /** From when on the present attempt had the daemon's ear. */
    private heardAt: number | undefined;

    constructor(private readonly limitMs: number, private readonly where: string) {}

    /** There is a connection; whether the daemon answers on it is not known yet. */
    connected(): void {
        this.heardAt = performance.now();
    }

    /** The daemon answered. */
    renew(): void {
        this.nextMs = FIRST_WAIT_MS;
        this.lostAt = undefined;
    }

    /** Returns when it is time for another attempt; throws where none may help, or patience is over. */
    async after(failure: unknown, signal: AbortSignal): Promise<void> {
        if (!isWorthAnother(failure)) throw failure;
        const now = performance.now();
        // A connection that held for so long, as that of a wait for a job may, is no sign of a daemon that stays away.
        if (this.heardAt !== undefined && now - this.heardAt > this.limitMs) this.renew();
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
