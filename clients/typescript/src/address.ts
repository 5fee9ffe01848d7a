// Where a daemon listens.

const DEFAULT_SOCKET = "/run/aura/aurad.sock";

export type SocketAddress = { path: string } | { host: string; port: number };
export type Address = (SocketAddress | { url: string }) & {
    /** For people: it holds nothing that a URL may carry as a secret. */
    readonly text: string;
};

/** Reads a Unix socket's path, `tcp:HOST:PORT` or `ws://HOST:PORT/ws`; without one it is `AURA_SOCKET` or the default. */
export function parseAddress(given?: string): Address {
    const text = given || environment("AURA_SOCKET") || DEFAULT_SOCKET;
    if (/^wss?:/.test(text)) return webAddress(text);
    if (text.startsWith("tcp:")) return tcpAddress(text);
    const path = text.replace(/^unix:/, "");
    return { path, text: `unix:${path}` };
}

function tcpAddress(text: string): Address {
    const [, host, port] = /^tcp:(.+):(\d+)$/.exec(text) ?? [];
    if (!host || !port) throw new TypeError(`cannot use the address ${text}: expected tcp:HOST:PORT`);
    return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port), text };
}

function webAddress(text: string): Address {
    const url = new URL(text);
    return { url: text, text: `${url.protocol}//${url.host}${url.pathname}` };
}

/** A browser has no environment. */
function environment(name: string): string | undefined {
    return typeof process === "undefined" ? undefined : process.env[name];
}
