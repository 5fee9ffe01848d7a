// Where a subscription stands.

import type { SubscribeParameters, SubscribeResult } from "./types.js";

/** A subscription goes on behind a lost connection with nothing missing, nothing twice, and no more than was asked for. */
export class Cursor {
    private last: number | undefined;
    private wanted: number | undefined;
    private hasSnapshot = false;

    constructor(private readonly given: SubscribeParameters) {
        this.wanted = given.maxEvents;
    }

    /** The parameters of the next `status.subscribe`. */
    get params(): SubscribeParameters {
        // A snapshot of which a part was lost with its connection is asked for anew.
        const from = this.given.from === "snapshot" && !this.hasSnapshot ? "snapshot" : this.last ?? this.given.from;
        return { ...this.given, from, maxEvents: this.wanted };
    }

    /** The place in the ledger up to which everything has come. */
    get seq(): number {
        return this.last ?? 0;
    }

    /** Whether every event that was asked for has come. */
    get isFull(): boolean {
        return this.wanted === 0;
    }

    /** A subscription from now on begins behind the head that its reply names. */
    begun(reply: SubscribeResult): void {
        if ((this.given.from ?? "now") === "now") this.last ??= reply.head;
    }

    /** A whole snapshot stands for everything up to `seq`. */
    snapshot(seq: number): void {
        this.hasSnapshot = true;
        this.last = seq;
    }

    /** Whether this is news. Only events count, not bookmarks. */
    take(seq: number, isEvent: boolean): boolean {
        if (this.last !== undefined && seq <= this.last) return false;
        this.last = seq;
        if (isEvent && this.wanted !== undefined) this.wanted -= 1;
        return true;
    }
}
