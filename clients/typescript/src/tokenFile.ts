// The file of a token, which no other user may read.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** The longest token file, in bytes: a token and white space around it. */
const FILE_BYTES = 4096;

/** Returns the text of a token file. Throws `TypeError` with the remedy. */
export function readTokenFile(path: string): string {
    const refuse = (reason: string, cause?: unknown) =>
        new TypeError(`cannot use the token file ${path}, ${reason}`, { cause });
    let file: number;
    try {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer. Windows has no such flag.
        file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (cause) {
        throw refuse(`${(cause as Error).message}: check its path`, cause);
    }
    try {
        const status = fstatSync(file);
        if (!status.isFile()) throw refuse("it is not a regular file: name another one");
        const user = process.geteuid?.();
        if (user !== undefined && status.uid !== user) {
            throw refuse("it belongs to another user: make a copy of your own, with the mode 0600");
        }
        if (user !== undefined && (status.mode & 0o077) !== 0) throw refuse("other users may use it: run chmod 600");
        const bytes = new Uint8Array(FILE_BYTES);
        return new TextDecoder().decode(bytes.subarray(0, readSync(file, bytes, 0, FILE_BYTES, 0)));
    } finally {
        closeSync(file);
    }
}
