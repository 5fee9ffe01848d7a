// The token with which a client shows the daemon who calls.

import { environment } from "./environment.js";
import { type AuraError } from "./failures.js";

/** A token: `aura1_`, then printable ASCII without spaces. */
const TOKEN = /^aura1_[!-~]{1,1018}$/;

export const AUTHENTICATE = "session.authenticate";

/** The token of a client, and the daemon's refusal of it. A refusal is final: no other connection is made. */
export class Credentials {
    // Not shown by an inspection of the client.
    readonly #given: string | undefined;
    readonly #file: string | undefined;
    #found: Promise<string | undefined> | undefined;
    private refusal: AuraError | undefined;

    /**
     * Without a given token it is that of the file `AURA_TOKEN_FILE`, else the text `AURA_TOKEN`. Throws `TypeError` if
     * the text is no token.
     */
    constructor(given?: string) {
        this.#file = given === undefined ? environment("AURA_TOKEN_FILE") || undefined : undefined;
        const text = given ?? (this.#file ? undefined : environment("AURA_TOKEN") || undefined);
        this.#given = text === undefined ? undefined : checked(text, given === undefined ? "AURA_TOKEN" : "the token");
    }

    /** Returns the token, or undefined if there is none. Rejects with `TypeError` if its file cannot be used. */
    token(): Promise<string | undefined> {
        return (this.#found ??= this.find());
    }

    private async find(): Promise<string | undefined> {
        if (!this.#file) return this.#given;
        // Imported only when needed, since browsers have no files.
        const { readTokenFile } = await import("./tokenFile.js");
        return checked(readTokenFile(this.#file), `the file ${this.#file}`);
    }

    /** Throws the refusal, if there was one. */
    check(): void {
        if (this.refusal) throw this.refusal;
    }

    /** Records an error by which the daemon refused or revoked the token; others are ignored. */
    refused(error: AuraError): void {
        if (isOfToken(error) && !error.retryable) this.refusal ??= error;
    }
}

/** True if the daemon refuses the token of the connection, or a connection without one. */
export function isOfToken(error: AuraError): boolean {
    return error.code === "tokenRevoked" || error.code === "unauthenticated";
}

/** Returns the token in a text. The error never has the text, which may be another secret. */
function checked(text: string, source: string): string {
    const token = text.trim();
    if (TOKEN.test(token)) return token;
    throw new TypeError(
        `cannot use ${source}, it has no token: give the text that aura token create showed, which begins with aura1_`);
}
