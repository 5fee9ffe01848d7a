// One message per text frame, over WebSocket.

import { ProtocolError } from "./failures.js";
import { Broken } from "./patience.js";
import { onAbort } from "./signals.js";
import type { Receiver, Transport } from "./transport.js";

/** The members of a WebSocket that are used: the platform's, or that of a package such as `ws`. */
export interface WebSocketLike {
    onopen: ((event: any) => void) | null;
    onmessage: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    send(message: string): void;
    close(): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

export async function openWebSocket(
    url: string, receiver: Receiver, signal: AbortSignal, given?: WebSocketClass,
): Promise<Transport> {
    const Class = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
    if (!Class) throw new TypeError("there is no WebSocket here: run Node with --experimental-websocket, or give a class");
    const transport = new WebSocketTransport(new Class(url), receiver);
    const forget = onAbort(signal, (reason) => transport.end(reason));
    return transport.opened.finally(forget);
}

class WebSocketTransport implements Transport {
    readonly opened: Promise<Transport>;
    private isOver = false;
    private refuse!: (reason: unknown) => void;

    constructor(private readonly socket: WebSocketLike, private readonly receiver: Receiver) {
        this.opened = new Promise((resolve, reject) => {
            this.refuse = reject;
            socket.onopen = () => resolve(this);
        });
        socket.onmessage = (event) => this.take(event.data);
        // If no connection was made, some implementations report an error and no close.
        socket.onerror = (event) => this.end(new Broken(event.message || "the connection failed"));
        socket.onclose = (event) => this.end(new Broken(`the daemon closed the connection (${event.code})`));
    }

    private take(data: unknown): void {
        if (this.isOver) return;
        this.receiver.heard();
        if (typeof data === "string") this.receiver.message(data);
        else this.end(new ProtocolError("a frame that is no text"));
    }

    /** Ends the transport and reports the reason, once. */
    end(reason: unknown): void {
        if (this.isOver) return;
        this.isOver = true;
        this.socket.close();
        this.refuse(reason);
        this.receiver.closed(reason as Error);
    }

    send(message: string): void {
        if (!this.isOver) this.socket.send(message);
    }

    /** A WebSocket cannot pause, so it is closed. A subscription resumes later after its last event. */
    pause(): void {
        this.end(new Broken("the client read too slowly"));
    }

    resume(): void {}

    close(): void {
        this.end(new Broken("the client closed the connection"));
    }
}
