// JSON-RPC 2.0 over a transport.

import type { Address } from "./address.js";
import { errorsByCode } from "./errors.js";
import { AuraError, ProtocolError, type ErrorObject } from "./failures.js";
import { Broken } from "./patience.js";
import { abortable, within } from "./signals.js";
import { openTransport, type Receiver, type Transport } from "./transport.js";
import type { EventNotification } from "./types.js";
import type { WebSocketClass } from "./websocket.js";

/** Notifications that wait for their reader. While there are more, the transport pauses, and the daemon keeps the rest. */
const NOTES_LIMIT = 1024;

/** How to reach a daemon. */
export interface Dialing {
    address: Address;
    timeoutMs: number;
    webSocket?: WebSocketClass;
}

interface Reply {
    id: number | null;
    result?: unknown;
    error?: ErrorObject;
}

interface Notification {
    method: string;
    params: EventNotification;
}

/** Whoever waits for something that comes. */
interface Waiting<Value> {
    resolve(value: Value): void;
    reject(failure: unknown): void;
}

/** A transport on which any number of calls wait at once. */
export class Connection implements Receiver {
    private transport!: Transport;
    private failure: Error | undefined;
    private lastId = 0;
    private readonly calls = new Map<number, Waiting<unknown>>();
    private readonly notes: EventNotification[] = [];
    private reader: Waiting<EventNotification> | undefined;
    private isPaused = false;

    /** `onEnd` is called once, when the connection is of no more use. */
    private constructor(private readonly onEnd: () => void) {}

    static async open(dialing: Dialing, signal: AbortSignal, onEnd = () => {}): Promise<Connection> {
        const connection = new Connection(onEnd);
        const { address, timeoutMs, webSocket } = dialing;
        const words = `cannot reach aurad at ${address.text} within ${timeoutMs} ms`;
        connection.transport = await within(timeoutMs, words, signal, (signal) =>
            openTransport(address, connection, signal, webSocket));
        return connection;
    }

    /** The result of a call; it throws the daemon's error, `TimeoutError`, `Broken`, or the signal's reason. */
    async call(method: string, params: object, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
        if (this.failure) throw this.failure;
        signal.throwIfAborted();
        const id = ++this.lastId;
        this.send({ id, method, params });
        const reply = new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
        const words = `${method}: no reply within ${timeoutMs} ms`;
        try {
            return await within(timeoutMs, words, signal, (signal) => abortable(reply, signal));
        } finally {
            // Nobody waits any more for a reply that is still to come.
            if (this.calls.delete(id)) this.send({ method: "$/cancelRequest", params: { id } });
        }
    }

    /** The next notification. Those that came before the connection ended are still delivered. */
    note(signal: AbortSignal): Promise<EventNotification> {
        const note = this.notes.shift();
        if (this.isPaused && this.notes.length <= NOTES_LIMIT / 2) {
            this.isPaused = false;
            this.transport.resume();
        }
        if (note) return Promise.resolve(note);
        if (this.failure) return Promise.reject(this.failure);
        return abortable(new Promise((resolve, reject) => (this.reader = { resolve, reject })), signal);
    }

    close(): void {
        this.closed(new Broken("the client closed the connection"));
        this.transport.close();
    }

    private send(message: { id?: number; method: string; params: object }): void {
        this.transport.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    }

    // What the transport tells.

    message(text: string): void {
        if (this.failure) return;
        try {
            this.take(parse(text));
        } catch (failure) {
            this.closed(failure as Error);
            this.transport.close();
        }
    }

    closed(failure: Error): void {
        if (this.failure) return;
        this.failure = failure;
        for (const call of this.calls.values()) call.reject(failure);
        this.calls.clear();
        this.reader?.reject(failure);
        this.onEnd();
    }

    private take(message: Reply | Notification): void {
        if ("method" in message) {
            if (message.method === "status.event") this.keep(message.params);
            return;
        }
        // The connection itself is refused.
        if (message.id === null) throw errorOf(message.error);
        const call = this.calls.get(message.id);
        this.calls.delete(message.id);
        if (message.error) call?.reject(errorOf(message.error));
        else call?.resolve(message.result);
    }

    private keep(note: EventNotification): void {
        const reader = this.reader;
        this.reader = undefined;
        if (reader) return reader.resolve(note);
        this.notes.push(note);
        if (this.notes.length < NOTES_LIMIT || this.isPaused) return;
        this.isPaused = true;
        this.transport.pause();
    }
}

function parse(text: string): Reply | Notification {
    let message: unknown;
    try {
        message = JSON.parse(text);
    } catch (cause) {
        throw new ProtocolError(`this is no JSON: ${text.slice(0, 80)}`, { cause });
    }
    if (typeof message !== "object" || message === null || (message as { jsonrpc?: unknown }).jsonrpc !== "2.0") {
        throw new ProtocolError(`this is no JSON-RPC 2.0: ${text.slice(0, 80)}`);
    }
    return message as Reply | Notification;
}

function errorOf(error: ErrorObject = { code: 0, message: "the daemon refused the connection" }): AuraError {
    const classes: Record<string, typeof AuraError | undefined> = errorsByCode;
    // A daemon that is newer than this client may know further ones.
    const Class = classes[String(error.data?.code)] ?? AuraError;
    return new Class(error);
}
