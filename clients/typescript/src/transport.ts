// How messages travel. A connection stands on any transport.

import type { Address } from "./address.js";
import { openWebSocket, type WebSocketClass } from "./websocket.js";

/** An open way to a daemon that carries whole messages. */
export interface Transport {
    send(message: string): void;
    /** Delivers no more until `resume`. One that cannot wait ends instead. */
    pause(): void;
    resume(): void;
    close(): void;
}

/** Who is told what comes. */
export interface Receiver {
    /** Something came, maybe not a whole message. */
    heard(): void;
    message(text: string): void;
    /** The last that is told. */
    closed(failure: Error): void;
}

/** Opens what an address calls for; `signal` gives up. Rejects with `Broken` where nobody is there. */
export async function openTransport(
    address: Address, receiver: Receiver, signal: AbortSignal, webSocket?: WebSocketClass,
): Promise<Transport> {
    if ("url" in address) return openWebSocket(address.url, receiver, signal, webSocket);
    // Only where one is needed, since browsers have no sockets.
    const { openSocket } = await import("./socket.js");
    return openSocket(address, receiver, signal);
}
