// Errors: the daemon's own, and those of the connection to it.

import type { Job } from "./types.js";

/** The data of an error, in addition to its message. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** An error in JSON-RPC's form. */
export interface ErrorObject {
    code: number;
    message: string;
    data?: ErrorData;
}

/** An error reply of the daemon. Its subclasses, one for each `code`, are in `errors`. */
export class AuraError extends Error {
    /** The stable name: `nameTaken`. */
    readonly code: string;
    /** JSON-RPC's number. */
    readonly number: number;
    /** True if the same call may succeed later. */
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

/** The daemon could not be reached within `patienceMs`, or the client was closed. */
export class ConnectionLost extends Error {
    override readonly name = "ConnectionLost";
}

/** The call was not sent, since every daemon refuses its message: it is too long, or a value in it is out of range. */
export class CannotSend extends Error {
    override readonly name = "CannotSend";
}

/** The daemon sent data that is not JSON-RPC, or a message that is longer than the client accepts. */
export class ProtocolError extends Error {
    override readonly name = "ProtocolError";
}

/** A reply did not arrive in time. */
export class TimeoutError extends Error {
    override readonly name = "TimeoutError";
}

/** A job did not reach the requested state; `job` has the reason. */
export class JobFailed extends Error {
    override readonly name = "JobFailed";

    constructor(readonly job: Job) {
        super(`${job.kind} ${job.state}: ${job.failure?.message ?? job.state}`);
    }
}
