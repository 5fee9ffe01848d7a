// JSON-RPC 2.0 over a transport.

import type { Address } from "./address.js";
import { messageText } from "./checks.js";
import { errorsByCode } from "./errors.js";
import { AuraError, ProtocolError, TimeoutError, type ErrorObject } from "./failures.js";
import { Broken } from "./patience.js";
import { abortable, within } from "./signals.js";
import { AUTHENTICATE, isOfToken, type Credentials } from "./token.js";
import { openTransport, type Receiver, type Transport } from "./transport.js";
import type { EventNotification } from "./types.js";
import type { WebSocketClass } from "./websocket.js";

/**
 * The maximum number of unread notifications. While there are more, the transport pauses, and the daemon keeps the
 * rest.
 */
const NOTES_LIMIT = 1024;

/** The time limit of a connection attempt, or the client's time limit if that is shorter. */
const LONGEST_CONNECT_MS = 10_000;

/** The parameters of a connection to a daemon. */
export interface Dialing {
    address: Address;
    credentials: Credentials;
    timeoutMs: number;
    silenceMs: number;
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

/** The functions of a waiting promise. */
interface Waiting<Value> {
    resolve(value: Value): void;
    reject(failure: unknown): void;
}

/** A waiting call, and the length of its message. */
interface Call extends Waiting<unknown> {
    characters: number;
}

/** A transport on which any number of calls wait at once. */
export class Connection implements Receiver {
    private transport!: Transport;
    private failure: Error | undefined;
    private lastId = 0;
    private readonly calls = new Map<number, Call>();
    private readonly notes: EventNotification[] = [];
    private reader: Waiting<EventNotification> | undefined;
    private isPaused = false;
    /** True if notifications are awaited. */
    private isFollowed = false;
    /** The time of the last data, and the start of the present silence while something is awaited. */
    private heardAt = performance.now();
    private quietSince = this.heardAt;
    private watch: ReturnType<typeof setTimeout> | undefined;
    /** True if a call timed out, and nothing was received since it was sent. */
    isDoubtful = false;

    /** `onEnd` is called once, when the connection can no longer be used. */
    private constructor(private readonly dialing: Dialing, private readonly onEnd: () => void) {}

    static async open(dialing: Dialing, signal: AbortSignal, onEnd = () => {}): Promise<Connection> {
        const connection = new Connection(dialing, onEnd);
        const { address, credentials, webSocket } = dialing;
        const timeoutMs = Math.min(dialing.timeoutMs, LONGEST_CONNECT_MS);
        credentials.check();
        const token = await credentials.token();
        try {
            connection.transport = await within(timeoutMs, `no connection within ${timeoutMs} ms`, signal, (signal) =>
                openTransport(address, connection, signal, webSocket));
        } catch (failure) {
            // Dropped packets count as an absent daemon, as a closed port does.
            throw failure instanceof TimeoutError ? new Broken(failure.message) : failure;
        }
        connection.lookAgain(dialing.silenceMs);
        if (token) await connection.authenticate(token, timeoutMs, signal);
        return connection;
    }

    /** Shows the daemon who calls, before anything else. */
    private async authenticate(token: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
        try {
            await this.call(AUTHENTICATE, { token }, timeoutMs, signal);
        } catch (failure) {
            this.close();
            if (failure instanceof AuraError) this.dialing.credentials.refused(failure);
            if (failure instanceof TimeoutError) throw new Broken(`no reply to the token within ${timeoutMs} ms`);
            throw failure;
        }
    }

    /** Returns the result of a call; throws the daemon's error, `TimeoutError`, `Broken`, or the signal's reason. */
    async call(method: string, params: object, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
        if (this.failure) throw this.failure;
        signal.throwIfAborted();
        const sentAt = performance.now();
        const id = ++this.lastId;
        const characters = this.send({ id, method, params });
        if (this.calls.size === 0) this.quietSince = sentAt;
        const reply = new Promise((resolve, reject) => this.calls.set(id, { resolve, reject, characters }));
        const words = `${method}: no reply within ${timeoutMs} ms`;
        try {
            return await within(timeoutMs, words, signal, (signal) => abortable(reply, signal));
        } catch (failure) {
            if (failure instanceof TimeoutError && this.heardAt <= sentAt) this.isDoubtful = true;
            throw failure;
        } finally {
            // No caller waits any more for a reply that has not arrived.
            if (this.calls.delete(id)) this.send({ method: "$/cancelRequest", params: { id } });
        }
    }

    /** Returns the next notification. Those that arrived before the connection ended are still delivered. */
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

    /** From now on notifications are awaited, as replies are. */
    follow(): void {
        this.isFollowed = true;
    }

    /** Sends a message; returns its length. */
    private send(message: { id?: number; method: string; params: object }): number {
        const text = messageText(message);
        this.transport.send(text);
        return text.length;
    }

    // Silence.

    private lookAgain(afterMs: number): void {
        if (this.failure) return;
        this.watch = setTimeout(() => void this.look(), Math.max(afterMs, 20));
    }

    /** Pings after a silence, while something is awaited; ends the connection if the ping gets no reply either. */
    private async look(): Promise<void> {
        const { silenceMs, timeoutMs } = this.dialing;
        const quietMs = performance.now() - this.quietSince;
        const isAwaited = this.calls.size > 0 || (this.isFollowed && !this.isPaused);
        if (quietMs < silenceMs || !isAwaited) return this.lookAgain(Math.max(silenceMs - quietMs, silenceMs / 8));
        const askedAt = performance.now();
        try {
            await this.call("system.ping", {}, Math.min(timeoutMs, silenceMs), new AbortController().signal);
        } catch (failure) {
            if (failure instanceof TimeoutError && this.heardAt < askedAt && !this.isPaused) {
                this.closed(new Broken(`the daemon sent nothing for ${Math.round(performance.now() - this.heardAt)} ms`));
                this.transport.close();
            }
        }
        this.lookAgain(silenceMs / 8);
    }

    // Events of the transport.

    heard(): void {
        this.heardAt = this.quietSince = performance.now();
        this.isDoubtful = false;
    }

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
        clearTimeout(this.watch);
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
        const id = message.id ?? this.meant(errorOf(message.error));
        if (id === undefined) return;
        const call = this.calls.get(id);
        this.calls.delete(id);
        if (message.error) call?.reject(errorOf(message.error));
        else call?.resolve(message.result);
    }

    /**
     * Returns the one call that an error without an id can mean, or undefined if there are several; those end by their
     * time limits. Throws the error if it means the connection.
     */
    private meant(error: AuraError): number | undefined {
        if (error.code.startsWith("tooManyConnections") || error.code === "shuttingDown") throw error;
        if (isOfToken(error)) {
            // If the rights of the token were only reduced, another connection gets the present ones.
            if (error.retryable) throw new Broken(error.message, { cause: error });
            this.dialing.credentials.refused(error);
            throw error;
        }
        if (error.data.reason === "brokenFraming") throw error;
        const limit = error.code === "messageTooLarge" && typeof error.data.limit === "number" ? error.data.limit : 0;
        const possible = [...this.calls].filter(([, call]) => call.characters * 3 > limit);
        return possible.length === 1 ? possible[0]![0] : undefined;
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
    // A daemon that is newer than this client may have other codes.
    const Class = classes[String(error.data?.code)] ?? AuraError;
    return new Class(error);
}
