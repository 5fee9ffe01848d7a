// The client: calls that reconnect to a daemon, however often the connection breaks.

import { parseAddress, type Address } from "./address.js";
import type { CallOptions } from "./calls.js";
import { Connection, type Dialing } from "./connection.js";
import { WaitTimeout } from "./errors.js";
import { ConnectionLost, JobFailed } from "./failures.js";
import { Methods } from "./methods.js";
import { Patience } from "./patience.js";
import { abortable, eitherOf } from "./signals.js";
import { Subscription, type SubscribeOptions } from "./subscription.js";
import { Credentials } from "./token.js";
import type { Instance, Job, JobId, OperationResult } from "./types.js";
import type { WebSocketClass } from "./websocket.js";

export interface ClientOptions {
    /**
     * The token that the client shows on each connection, before anything else. Without one it is that of the file
     * `AURA_TOKEN_FILE`, else the text `AURA_TOKEN`; processes on the daemon's Unix socket need none. If the daemon
     * refuses or revokes it, calls and subscriptions throw `errors.Unauthenticated` or `errors.TokenRevoked`, and the
     * client makes no other connection.
     */
    token?: string;
    /** The time limit of one reply, in milliseconds: a minute if not given. */
    timeoutMs?: number;
    /** How long the client tries to reach an unreachable daemon, in milliseconds: a minute if not given. */
    patienceMs?: number;
    /**
     * The silence in milliseconds after which the daemon is pinged, while something is awaited: 30 s if not given.
     * Without a reply to the ping, the client makes a new connection.
     */
    silenceMs?: number;
    /** The class that opens an address that begins with `ws:`: the platform's own `WebSocket` if not given. */
    webSocket?: WebSocketClass;
}

/** The duration of a `job.wait` without `timeoutMs`. */
const DAEMONS_WAIT_MS = 600_000;

/**
 * Calls a daemon. Any number of calls share one connection, which is made when it is needed, and again if it is lost. A
 * call with a broken connection is sent again. Calls that change something carry an idempotency key, so that they take
 * effect once.
 */
export class Client extends Methods {
    private readonly address: Address;
    private readonly timeoutMs: number;
    private readonly patienceMs: number;
    private readonly dialing: Dialing;
    private readonly ending = new AbortController();
    private connection: Promise<Connection> | undefined;

    /**
     * `address` is `unix:PATH`, `tcp:HOST:PORT` (IPv6 in brackets), `ws://HOST:PORT/ws` or a path. Without one it is
     * `AURA_SOCKET`; else `$XDG_RUNTIME_DIR/aura/aurad.sock` if that exists; else `/run/aura/aurad.sock`.
     */
    constructor(address?: string, options: ClientOptions = {}) {
        super();
        this.address = parseAddress(address);
        this.timeoutMs = options.timeoutMs ?? 60_000;
        this.patienceMs = options.patienceMs ?? 60_000;
        const silenceMs = options.silenceMs ?? 30_000;
        this.dialing = {
            address: this.address, credentials: new Credentials(options.token), timeoutMs: this.timeoutMs, silenceMs,
            webSocket: options.webSocket,
        };
    }

    /** Ends the client and its subscriptions; waiting calls are rejected with `ConnectionLost`. */
    close(): void {
        this.ending.abort(new ConnectionLost("the client is closed"));
        this.connection?.then((connection) => connection.close(), () => {});
    }

    async call<Result = unknown>(method: string, params: object = {}, options: CallOptions = {}): Promise<Result> {
        const timeoutMs = replyTime(this.timeoutMs, method, params);
        const patience = this.newPatience();
        const { signal, release } = eitherOf(this.ending.signal, options.signal);
        try {
            while (true) {
                signal.throwIfAborted();
                try {
                    const connection = await abortable(this.present(), signal);
                    if (connection.isDoubtful) {
                        connection.close();
                        continue;
                    }
                    patience.connected();
                    return (await connection.call(method, params, timeoutMs, signal)) as Result;
                } catch (failure) {
                    await patience.after(failure, signal);
                }
            }
        } finally {
            release();
        }
    }

    /** Returns the connection that all calls share. */
    private present(): Promise<Connection> {
        if (!this.connection) {
            let own: Promise<Connection> | undefined;
            const forget = () => {
                if (this.connection === own) this.connection = undefined;
            };
            own = Connection.open(this.dialing, this.ending.signal, forget);
            own.catch(forget);
            this.connection = own;
        }
        return this.connection;
    }

    private newPatience(): Patience {
        return new Patience(this.patienceMs, this.address.text);
    }

    /**
     * Follows the ledger: use `for await` over it. It begins with the first iteration, or with `begin`: await `begin`
     * if no event from then on may be missed.
     */
    subscribe(options: SubscribeOptions = {}): Subscription {
        this.ending.signal.throwIfAborted();
        return new Subscription(this.dialing, this.newPatience(), options, this.ending.signal);
    }

    /** Returns a subscription to all events of a job, from its first to its last. */
    follow(job: JobId, options: CallOptions = {}): Subscription {
        return this.subscribe({ ...options, filter: { job }, from: "start", until: "terminal" });
    }

    /** Waits until the job has ended, in any state; returns the job. */
    async wait(job: JobId, options: CallOptions = {}): Promise<Job> {
        while (true) {
            try {
                return (await this.jobWait({ job }, options)).job;
            } catch (failure) {
                if (!(failure instanceof WaitTimeout)) throw failure;
            }
        }
    }

    /**
     * Waits until the job of an operation has succeeded; returns the instance. Throws `JobFailed` if the job ended
     * otherwise.
     */
    async waitUntilRunning(operation: OperationResult, options: CallOptions = {}): Promise<Instance> {
        const job = await this.wait(operation.job.id, options);
        if (job.state !== "succeeded") throw new JobFailed(job);
        return (await this.statusGet({ instance: operation.instance.id }, options)).instance;
    }
}

/** Returns the time limit of a reply; a reply that waits for a job has that time in addition. */
function replyTime(timeoutMs: number, method: string, params: { timeoutMs?: number }): number {
    return timeoutMs + (method === "job.wait" ? params.timeoutMs ?? DAEMONS_WAIT_MS : 0);
}
