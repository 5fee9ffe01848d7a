// A daemon for the tests, for cases that a real daemon produces only by chance.

import { connect, createServer, type Socket } from "node:net";

import type { WebSocketLike } from "@aura/client";

export interface Call {
    id: number;
    method: string;
    params: any;
}

/** The daemon's side of a connection. */
export class Peer {
    constructor(readonly socket: Socket) {}

    say(message: object): boolean {
        return this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    }

    /** Sends an event of a kilobyte; returns false if the client does not read. */
    event(seq: number): boolean {
        const message = "on it ".repeat(160);
        const result = { seq, at: "2026-11-20T12:00:00.123Z", type: "step.progress", tenant: "default", message };
        return this.say({ method: "status.event", params: { subscription: "s1", result } });
    }
}

/** Serves `answer` on its own port while `story` runs. */
export async function withDaemon(
    answer: (call: Call, peer: Peer, connection: number) => void, story: (address: string) => Promise<void>,
): Promise<void> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
        const peer = new Peer(socket);
        const connection = sockets.push(socket);
        eachLine(socket, (line) => answer(JSON.parse(line), peer, connection));
        // A client that resets the connection does not fail the test.
        socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
        await story(`127.0.0.1:${server.address().port}`);
    } finally {
        server.close();
        sockets.forEach((socket) => socket.destroy());
    }
}

function eachLine(socket: Socket, act: (line: string) => void): void {
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
        const lines = (text + piece).split("\n");
        text = lines.pop()!;
        lines.forEach(act);
    });
}

/** A WebSocket in all but the bytes: each frame is a line of the peer above. Like real ones, it cannot pause. */
export class LineWebSocket implements WebSocketLike {
    onopen: ((event: unknown) => void) | null = null;
    onmessage: ((event: unknown) => void) | null = null;
    onerror: ((event: unknown) => void) | null = null;
    onclose: ((event: unknown) => void) | null = null;
    private readonly socket: Socket;

    constructor(url: string) {
        const { hostname, port } = new URL(url);
        this.socket = connect({ host: hostname, port: Number(port) });
        this.socket.once("connect", () => this.onopen?.({}));
        this.socket.on("error", (error) => this.onerror?.(error));
        this.socket.once("close", () => this.onclose?.({ code: 1006 }));
        eachLine(this.socket, (line) => this.onmessage?.({ data: line }));
    }

    send(message: string): void {
        this.socket.write(`${message}\n`);
    }

    close(): void {
        this.socket.destroy();
    }
}
