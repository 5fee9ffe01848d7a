// The replacement of tokenFile.ts in bundles for browsers (`browser` in package.json).

export function readTokenFile(): never {
    throw new TypeError("cannot read a token file in a browser: give the token");
}
