// The transports of messages. A connection works with any of them.

import type { Address } from "./address.js";
import { openWebSocket, type WebSocketClass } from "./websocket.js";

/** An open connection to a daemon that carries whole messages. */
export interface Transport {
    send(message: string): void;
    /** Delivers no more until `resume`. A transport that cannot wait ends instead. */
    pause(): void;
    resume(): void;
    close(): void;
}

/** Receives the events of a transport. */
export interface Receiver {
    /** Data was received, possibly not a whole message. */
    heard(): void;
    message(text: string): void;
    /** The last event of a transport. */
    closed(failure: Error): void;
}

/**
 * Opens the transport for an address; `signal` aborts the attempt. Rejects with `Broken` if no daemon can be reached.
 */
export async function openTransport(
    address: Address, receiver: Receiver, signal: AbortSignal, webSocket?: WebSocketClass,
): Promise<Transport> {
    if ("url" in address) return openWebSocket(address.url, receiver, signal, webSocket);
    // Imported only when needed, since browsers have no sockets.
    const { openSocket } = await import("./socket.js");
    return openSocket(address, receiver, signal);
}
