// The replacement of socket.ts in bundles for browsers (`browser` in package.json).

export function openSocket(): Promise<never> {
    return Promise.reject(new TypeError("cannot open a socket in a browser: use an address that begins with ws: or wss:"));
}
