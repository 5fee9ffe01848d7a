// The addresses of a daemon.

import { environment } from "./environment.js";

const DEFAULT_SOCKET = "/run/aura/aurad.sock";
/** The longest path of a Unix socket, in bytes: `sun_path` less its NUL (unix(7)). */
const LONGEST_PATH = 107;

/** `paths` are candidates: the first that exists when the first connection is made, or else the last. */
export type SocketAddress = { paths: string[] } | { host: string; port: number };
export type Address = (SocketAddress | { url: string }) & {
    /** For messages: it contains nothing that may be a secret in a URL. */
    readonly text: string;
};

/**
 * Reads `unix:PATH`, `tcp:HOST:PORT` (IPv6 in brackets), `ws://HOST:PORT/ws` or a plain path. Without an address it is
 * `AURA_SOCKET`; else `$XDG_RUNTIME_DIR/aura/aurad.sock` if that exists; else `/run/aura/aurad.sock`.
 */
export function parseAddress(given?: string): Address {
    const text = given || environment("AURA_SOCKET");
    if (!text) return defaultAddress();
    if (/^wss?:/.test(text)) return webAddress(text);
    if (text.startsWith("tcp:")) return tcpAddress(text);
    const path = text.replace(/^unix:/, "");
    if (!path || path.includes("\0")) {
        throw new TypeError(`cannot use the address ${text}: expected unix:PATH, tcp:HOST:PORT or a path`);
    }
    if (new TextEncoder().encode(path).length > LONGEST_PATH) {
        throw new TypeError(`cannot use the address ${text}: the path of a socket may have ${LONGEST_PATH} bytes`);
    }
    return { paths: [path], text: `unix:${path}` };
}

function defaultAddress(): Address {
    const runtime = environment("XDG_RUNTIME_DIR");
    const own = runtime ? [`${runtime}/aura/aurad.sock`] : [];
    return { paths: [...own, DEFAULT_SOCKET], text: `unix:${DEFAULT_SOCKET}` };
}

function tcpAddress(text: string): Address {
    const [, bracketed, plain, port] = /^tcp:(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (!host || !port || Number(port) < 1 || Number(port) > 65535) {
        throw new TypeError(`cannot use the address ${text}: expected tcp:HOST:PORT, with an IPv6 address in brackets`);
    }
    return { host, port: Number(port), text };
}

function webAddress(text: string): Address {
    const url = new URL(text);
    return { url: text, text: `${url.protocol}//${url.host}${url.pathname}` };
}
