// Checks a message before it is sent. A daemon may refuse such a message with id null, and the error could not be matched to its call.

import { CannotSend } from "./failures.js";

/** The daemon's limits for one message, as `system.limits` reports them. */
const MESSAGE_BYTES = 1 << 20;
const MESSAGE_DEPTH = 64;

/** A NUL, or half of a surrogate pair. */
const NO_TEXT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Returns the text of a message. Throws `CannotSend`. */
export function messageText(message: { method: string; params: object }): string {
    check(message.params, 2);
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    // A UTF-16 unit has three bytes at most.
    const bytes = text.length * 3 > MESSAGE_BYTES ? new TextEncoder().encode(text).length : 0;
    if (bytes > MESSAGE_BYTES) {
        throw new CannotSend(`cannot send a message of ${bytes} bytes: at most ${MESSAGE_BYTES} are allowed, ask for less at once`);
    }
    return text;
}

function check(value: unknown, depth: number): void {
    if (typeof value === "string") {
        if (NO_TEXT.test(value)) throw new CannotSend("cannot send a text with a NUL or half a surrogate pair");
    } else if (typeof value === "number") {
        // JSON.stringify would write null for numbers that are not finite.
        if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
            throw new CannotSend(`cannot send the number ${value}: it is not finite, or beyond ${Number.MAX_SAFE_INTEGER}`);
        }
    } else if (typeof value === "object" && value !== null) {
        if (depth > MESSAGE_DEPTH) throw new CannotSend(`cannot send values nested deeper than ${MESSAGE_DEPTH} levels`);
        for (const [name, each] of Object.entries(value)) {
            check(name, depth);
            check(each, depth + 1);
        }
    }
}
