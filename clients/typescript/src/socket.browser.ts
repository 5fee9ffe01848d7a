// What bundlers for browsers take in place of socket.ts (`browser` in package.json).

export function openSocket(): Promise<never> {
    return Promise.reject(new TypeError("cannot open a socket in a browser: use an address that begins with ws: or wss:"));
}
