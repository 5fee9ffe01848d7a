// What goes wrong: the daemon's own errors, and those of the way to it.

import type { Job } from "./types.js";

/** What an error carries beside its message. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** An error as JSON-RPC writes it. */
export interface ErrorObject {
    code: number;
    message: string;
    data?: ErrorData;
}

/** An error that the daemon answered. Its subclasses, one for each `code`, are in `errors`. */
export class AuraError extends Error {
    /** The stable name: `nameTaken`. */
    readonly code: string;
    /** JSON-RPC's number. */
    readonly number: number;
    /** Whether the same call may succeed later. */
    readonly retryable: boolean;
    readonly data: ErrorData;

    constructor(error: ErrorObject) {
        super(error.message);
        this.name = new.target.name;
        this.data = error.data ?? {};
        this.code = String(this.data.code ?? "");
        this.number = error.code;
        this.retryable = this.data.retryable === true;
    }
}

/** The daemon could not be reached within the client's patience, or the client was closed. */
export class ConnectionLost extends Error {
    override readonly name = "ConnectionLost";
}

/** The call was not sent, since every daemon refuses its message: it is too long, or a value in it is out of range. */
export class CannotSend extends Error {
    override readonly name = "CannotSend";
}

/** What came was no JSON-RPC, or longer than a client takes. */
export class ProtocolError extends Error {
    override readonly name = "ProtocolError";
}

/** A reply did not come in time. */
export class TimeoutError extends Error {
    override readonly name = "TimeoutError";
}

/** A job that was waited for did not reach what was asked; `job` says why. */
export class JobFailed extends Error {
    override readonly name = "JobFailed";

    constructor(readonly job: Job) {
        super(`${job.kind} ${job.state}: ${job.failure?.message ?? job.state}`);
    }
}
