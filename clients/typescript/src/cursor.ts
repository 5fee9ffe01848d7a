// Where a subscription stands.

import type { SubscribeParameters, SubscribeResult } from "./types.js";

/** A subscription goes on behind a lost connection with nothing missing, nothing twice, and no more than was asked for. */
export class Cursor {
    private last: number | undefined;
    private wanted: number | undefined;
    private hasSnapshot = false;
    /** The ids that replies named: of the instance that the filter means, and of the ledger's history. */
    private instance: string | undefined;
    private history: string | undefined;

    constructor(private readonly given: SubscribeParameters & { epoch?: string }) {
        this.wanted = given.maxEvents;
        this.history = given.epoch;
    }

    /** The parameters of the next `status.subscribe`. */
    get params(): SubscribeParameters & { epoch?: string } {
        // A snapshot of which a part was lost with its connection is asked for anew.
        const from = this.given.from === "snapshot" && !this.hasSnapshot ? "snapshot" : this.last ?? this.given.from;
        const params = { ...this.given, from, maxEvents: this.wanted, epoch: typeof from === "number" ? this.history : undefined };
        // A name may mean another instance by now.
        if (this.instance) params.filter = { ...this.given.filter, instance: this.instance };
        return params;
    }

    /** The history that `seq` belongs to, if the daemon named one. */
    get epoch(): string | undefined {
        return this.history;
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
    begun(reply: SubscribeResult & { instance?: string; epoch?: string }): void {
        // An older daemon names neither.
        this.instance = reply.instance ?? this.instance;
        this.history = reply.epoch ?? this.history;
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
