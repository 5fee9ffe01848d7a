// Events in the order of arrival.

import { Connection, type Dialing } from "./connection.js";
import { Cursor } from "./cursor.js";
import type { Patience } from "./patience.js";
import { onAbort } from "./signals.js";
import type { Event, EventNotification, Instance, Snapshot, SubscribeParameters } from "./types.js";
import type { SubscribeResult, SubscriptionEnded, SubscriptionEndReason } from "./types.js";

export interface SubscribeOptions extends SubscribeParameters {
    /** Use it with a `from` that is a `seq`, both from an earlier subscription. */
    epoch?: string;
    /** Ends it early: the iteration throws the signal's reason. */
    signal?: AbortSignal;
}

/** The reason with which `close` ends a subscription. */
const CLOSED = Symbol("closed");

/**
 * The events of a subscription, in order, each once. It has its own connection; if that is lost, it resumes after the
 * last event. While its events are not consumed, it stops reading, and the daemon keeps them.
 */
export class Subscription implements AsyncIterable<Event> {
    private readonly cursor: Cursor;
    private readonly ending = new AbortController();
    private readonly events = this.read();
    private connection: Promise<Connection> | undefined;
    private endReason: SubscriptionEndReason | undefined;
    private instances: Instance[] | undefined;
    /** The pages of an incomplete snapshot. */
    private pages: Instance[] = [];

    /** `closing` ends it as `close` does. */
    constructor(
        private readonly dialing: Dialing, private readonly patience: Patience, options: SubscribeOptions,
        closing: AbortSignal,
    ) {
        const { signal, ...params } = options;
        this.cursor = new Cursor(params);
        const forget = [
            onAbort(signal, (reason) => this.ending.abort(reason)), onAbort(closing, () => this.ending.abort(CLOSED)),
        ];
        // Also without an iteration.
        onAbort(this.ending.signal, () => {
            forget.forEach((each) => each());
            this.connection?.then((connection) => connection.close(), () => {});
        });
    }

    /**
     * The reason why it ended by itself: `terminal`, `maxEvents`, `lagged`, `cursorExpired`; undefined while it has
     * not.
     */
    get reason(): SubscriptionEndReason | undefined {
        return this.endReason;
    }

    /** The `seq` up to which everything was delivered. With `epoch`, another subscription can continue there. */
    get seq(): number {
        return this.cursor.seq;
    }

    /** The history to which `seq` belongs; undefined if the daemon names none. */
    get epoch(): string | undefined {
        return this.cursor.epoch;
    }

    /** Subscribes now, so that a subscription from `"now"` misses nothing from here on. */
    async begin(): Promise<void> {
        try {
            await this.present();
        } catch (failure) {
            if (failure !== CLOSED) throw failure;
        }
    }

    /**
     * Waits for the complete snapshot, and returns the instances at the start of a subscription from `"snapshot"`. The
     * iteration yields the changes since.
     */
    async snapshot(): Promise<Instance[]> {
        while (this.instances === undefined) {
            const heard = await this.next();
            if (isSnapshot(heard)) this.keep(heard);
            else if (isEnd(heard)) throw new Error(`the subscription ended with ${heard.reason} before its snapshot`);
        }
        return this.instances;
    }

    /** Ends the subscription and its iteration. */
    close(): void {
        this.ending.abort(CLOSED);
    }

    /** There is one iteration: another loop continues it. Leaving the loop closes the subscription. */
    [Symbol.asyncIterator](): AsyncIterator<Event> {
        return this.events;
    }

    private async *read(): AsyncGenerator<Event, void, undefined> {
        try {
            while (this.endReason === undefined) {
                const heard = await this.next();
                if (isEnd(heard)) this.endReason = heard.reason;
                else if (isSnapshot(heard)) this.keep(heard);
                else if (this.cursor.take(heard.seq, isEvent(heard)) && isEvent(heard)) yield heard;
            }
        } catch (failure) {
            if (failure !== CLOSED) throw failure;
        } finally {
            this.close();
        }
    }

    private keep(page: Snapshot): void {
        this.pages.push(...page.instances);
        if (!page.complete) return;
        this.instances = this.pages;
        this.pages = [];
        this.cursor.snapshot(page.seq);
    }

    /** Returns the next result, over any number of connections. */
    private async next(): Promise<Heard> {
        const { signal } = this.ending;
        while (true) {
            // Unread notifications are no longer wanted.
            signal.throwIfAborted();
            const connection = await this.present();
            try {
                return (await connection.note(signal)).result;
            } catch (failure) {
                signal.throwIfAborted();
                // Only the end notification was lost.
                if (this.cursor.isFull) return { type: "subscription.ended", reason: "maxEvents", seq: this.cursor.seq };
                this.connection = undefined;
                this.pages = [];
                await this.patience.after(failure, signal);
            }
        }
    }

    private present(): Promise<Connection> {
        return (this.connection ??= this.open());
    }

    private async open(): Promise<Connection> {
        const { signal } = this.ending;
        while (true) {
            signal.throwIfAborted();
            try {
                return await this.subscribe(await Connection.open(this.dialing, signal));
            } catch (failure) {
                await this.patience.after(failure, signal);
            }
        }
    }

    private async subscribe(connection: Connection): Promise<Connection> {
        const { params } = this.cursor;
        try {
            const reply = await connection.call("status.subscribe", params, this.dialing.timeoutMs, this.ending.signal);
            this.cursor.begun(reply as SubscribeResult);
            connection.follow();
            this.patience.renew();
            return connection;
        } catch (failure) {
            connection.close();
            throw failure;
        }
    }
}

type Heard = EventNotification["result"];

function isEnd(heard: Heard): heard is SubscriptionEnded {
    return heard.type === "subscription.ended";
}

function isSnapshot(heard: Heard): heard is Snapshot {
    return heard.type === "subscription.snapshot";
}

function isEvent(heard: Heard): heard is Event {
    return heard.type !== "subscription.bookmark";
}
