// The position of a subscription.

import type { SubscribeParameters, SubscribeResult } from "./types.js";

/**
 * Resumes a subscription after a lost connection with nothing missing, nothing twice, and no more than was requested.
 */
export class Cursor {
    private last: number | undefined;
    private wanted: number | undefined;
    private hasSnapshot = false;
    /** The ids that replies named: of the instance in the filter, and of the ledger's history. */
    private instance: string | undefined;
    private history: string | undefined;

    constructor(private readonly given: SubscribeParameters & { epoch?: string }) {
        this.wanted = given.maxEvents;
        this.history = given.epoch;
    }

    /** The parameters of the next `status.subscribe`. */
    get params(): SubscribeParameters & { epoch?: string } {
        // A snapshot that lost a part with its connection is requested again.
        const from = this.given.from === "snapshot" && !this.hasSnapshot ? "snapshot" : this.last ?? this.given.from;
        const params = { ...this.given, from, maxEvents: this.wanted, epoch: typeof from === "number" ? this.history : undefined };
        // The name may belong to another instance now.
        if (this.instance) params.filter = { ...this.given.filter, instance: this.instance };
        return params;
    }

    /** The history to which `seq` belongs, if the daemon named one. */
    get epoch(): string | undefined {
        return this.history;
    }

    /** The `seq` up to which everything was received. */
    get seq(): number {
        return this.last ?? 0;
    }

    /** True if every requested event was received. */
    get isFull(): boolean {
        return this.wanted === 0;
    }

    /** Records a reply: a subscription from now on begins after the reply's head. */
    begun(reply: SubscribeResult & { instance?: string; epoch?: string }): void {
        // An older daemon names neither.
        this.instance = reply.instance ?? this.instance;
        this.history = reply.epoch ?? this.history;
        if ((this.given.from ?? "now") === "now") this.last ??= reply.head;
    }

    /** Records a complete snapshot, which covers everything up to `seq`. */
    snapshot(seq: number): void {
        this.hasSnapshot = true;
        this.last = seq;
    }

    /** Records a `seq`; returns true if it is new. Only events count, not bookmarks. */
    take(seq: number, isEvent: boolean): boolean {
        if (this.last !== undefined && seq <= this.last) return false;
        this.last = seq;
        if (isEvent && this.wanted !== undefined) this.wanted -= 1;
        return true;
    }
}
