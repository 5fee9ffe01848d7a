// One message per line, over a Unix socket or TCP.

import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";

import type { SocketAddress } from "./address.js";
import { ProtocolError } from "./failures.js";
import { Broken } from "./patience.js";
import { onAbort } from "./signals.js";
import type { Receiver, Transport } from "./transport.js";

/** A reply may be as long as the daemon's outbound queue; no daemon sends more than this. */
const LONGEST_MESSAGE = 64 << 20;

/** The time without a packet after which the kernel probes the peer. */
const KEEPALIVE_MS = 30_000;

export function openSocket(address: SocketAddress, receiver: Receiver, signal: AbortSignal): Promise<Transport> {
    return new Promise((resolve, reject) => {
        const socket = connect("paths" in address ? { path: chosen(address) } : address);
        // Lets the kernel detect a peer that vanished. A Unix socket ignores it.
        socket.setKeepAlive(true, KEEPALIVE_MS);
        let failure: Error = new Broken("the daemon closed the connection");
        const forget = onAbort(signal, (reason) => {
            socket.destroy();
            reject(reason);
        });
        socket.once("connect", () => {
            forget();
            read(socket, receiver);
            resolve(new SocketTransport(socket));
        });
        socket.on("error", (error) => {
            failure = error instanceof ProtocolError ? error : new Broken(error.message, { cause: error });
        });
        socket.once("close", () => {
            forget();
            reject(failure);
            receiver.closed(failure);
        });
    });
}

/** Returns the same path for every connection, so that calls are not repeated at another daemon. */
function chosen(address: { paths: string[] }): string {
    address.paths = [address.paths.find((path) => existsSync(path)) ?? address.paths.at(-1)!];
    return address.paths[0]!;
}

function read(socket: Socket, receiver: Receiver): void {
    const lines = new Lines();
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
        receiver.heard();
        for (const line of lines.feed(text)) receiver.message(line);
        if (lines.unfinished > LONGEST_MESSAGE) {
            socket.destroy(new ProtocolError(`a message of more than ${LONGEST_MESSAGE} characters`));
        }
    });
}

/** Splits the input into lines. */
class Lines {
    /** The beginning of a line. It is joined once, since a long line arrives in many pieces. */
    private pieces: string[] = [];
    unfinished = 0;

    /** Yields the lines that are complete. */
    *feed(text: string): Generator<string> {
        const [first = "", ...others] = text.split("\n");
        this.keep(first);
        for (const next of others) {
            const line = this.pieces.join("").trim();
            this.pieces = [];
            this.unfinished = 0;
            this.keep(next);
            if (line) yield line;
        }
    }

    private keep(piece: string): void {
        this.pieces.push(piece);
        this.unfinished += piece.length;
    }
}

class SocketTransport implements Transport {
    constructor(private readonly socket: Socket) {}

    send(message: string): void {
        this.socket.write(`${message}\n`);
    }

    pause(): void {
        this.socket.pause();
    }

    resume(): void {
        this.socket.resume();
    }

    close(): void {
        this.socket.destroy();
    }
}
