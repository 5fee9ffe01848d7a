// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// What the daemon answers instead of a result: a class for each code.

import { AuraError, type ErrorData } from "./failures.js";
import type {
    JobId,
    JobState,
    SubscriptionId,
} from "./types.js";

/** The message is longer than `messageBytes`. */
export class MessageTooLarge extends AuraError {
    declare readonly code: "messageTooLarge";
    declare readonly number: -32001;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** The message is nested deeper than `depth`. */
export class MessageTooDeep extends AuraError {
    declare readonly code: "messageTooDeep";
    declare readonly number: -32002;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** The batch has more items than `batchItems`. */
export class BatchTooLarge extends AuraError {
    declare readonly code: "batchTooLarge";
    declare readonly number: -32003;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/**
 * The connection has `inFlightPerConnection` calls, or `inFlightBytesPerConnection` bytes of calls, that are not
 * answered yet.
 */
export class TooManyInFlight extends AuraError {
    declare readonly code: "tooManyInFlight";
    declare readonly number: -32004;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** The daemon has `connections` connections. */
export class TooManyConnections extends AuraError {
    declare readonly code: "tooManyConnections";
    declare readonly number: -32005;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`. */
export class TooManyConnectionsOfUser extends AuraError {
    declare readonly code: "tooManyConnectionsOfUser";
    declare readonly number: -32006;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/**
 * The connection has `subscriptionsPerConnection` subscriptions, its user `subscriptionsPerUser`, or the daemon
 * `subscriptions`.
 */
export class TooManySubscriptions extends AuraError {
    declare readonly code: "tooManySubscriptions";
    declare readonly number: -32007;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/**
 * The call was carried out, but its reply does not fit the connection's outbound queue: the client does not read,
 * or (`retryable` false) the reply is longer than the whole queue, and less is to be asked for.
 */
export class OutboundQueueFull extends AuraError {
    declare readonly code: "outboundQueueFull";
    declare readonly number: -32008;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** `$/cancelRequest` ended the call. */
export class RequestCancelled extends AuraError {
    declare readonly code: "requestCancelled";
    declare readonly number: -32010;
}

/** The daemon is going down and takes no new calls. */
export class ShuttingDown extends AuraError {
    declare readonly code: "shuttingDown";
    declare readonly number: -32011;
}

/** All connections together have as many calls, or bytes of calls, in flight as the daemon admits. */
export class DaemonBusy extends AuraError {
    declare readonly code: "daemonBusy";
    declare readonly number: -32014;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** What was found. */
        actual?: number;
        /** When it may be tried again, in milliseconds; null where waiting changes nothing. */
        retryAfterMs?: number | null;
    };
}

/** There is no such instance. */
export class InstanceNotFound extends AuraError {
    declare readonly code: "instanceNotFound";
    declare readonly number: -32020;
}

/** There is no such job. */
export class JobNotFound extends AuraError {
    declare readonly code: "jobNotFound";
    declare readonly number: -32021;
}

/** A live instance of the tenant has that name; retryable while that instance is being destroyed. */
export class NameTaken extends AuraError {
    declare readonly code: "nameTaken";
    declare readonly number: -32022;
    declare readonly data: ErrorData & {
        /** The job that destroys the instance of that name. */
        job?: JobId;
    };
}

/** A job is at work on the instance. */
export class InstanceBusy extends AuraError {
    declare readonly code: "instanceBusy";
    declare readonly number: -32023;
    declare readonly data: ErrorData & {
        job?: JobId;
    };
}

/** The operation makes no sense in the instance's phase. */
export class PhaseConflict extends AuraError {
    declare readonly code: "phaseConflict";
    declare readonly number: -32024;
}

/** The idempotency key was used with other parameters. */
export class IdempotencyMismatch extends AuraError {
    declare readonly code: "idempotencyMismatch";
    declare readonly number: -32025;
}

/** The job has already come to its end. */
export class JobTerminal extends AuraError {
    declare readonly code: "jobTerminal";
    declare readonly number: -32026;
}

/** The database cannot be used now. */
export class StorageUnavailable extends AuraError {
    declare readonly code: "storageUnavailable";
    declare readonly number: -32027;
}

/** The connection has a subscription of that id. */
export class SubscriptionExists extends AuraError {
    declare readonly code: "subscriptionExists";
    declare readonly number: -32028;
    declare readonly data: ErrorData & {
        subscription?: SubscriptionId;
    };
}

/** The cursor is ahead of the newest event: it is of another database. */
export class CursorAhead extends AuraError {
    declare readonly code: "cursorAhead";
    declare readonly number: -32029;
    declare readonly data: ErrorData & {
        /** The newest event's `seq`. */
        head?: number;
    };
}

/** There is no such region. */
export class UnknownRegion extends AuraError {
    declare readonly code: "unknownRegion";
    declare readonly number: -32030;
    declare readonly data: ErrorData & {
        /** What was given. */
        given?: string;
        /** What there is. */
        allowed?: string[];
    };
}

/** There is no such size. */
export class UnknownSize extends AuraError {
    declare readonly code: "unknownSize";
    declare readonly number: -32031;
    declare readonly data: ErrorData & {
        /** What was given. */
        given?: string;
        /** What there is. */
        allowed?: string[];
    };
}

/** The tenant has as many instances as it may have. */
export class QuotaExceeded extends AuraError {
    declare readonly code: "quotaExceeded";
    declare readonly number: -32032;
}

/**
 * The events after the cursor were pruned, or the database was restored since: read the present state, and follow
 * from there.
 */
export class CursorExpired extends AuraError {
    declare readonly code: "cursorExpired";
    declare readonly number: -32033;
    declare readonly data: ErrorData & {
        /** The oldest event that is left. */
        oldest?: number;
        /** The newest event's `seq`. */
        head?: number;
        /** The ledger's epoch now, if the cursor is of another one. */
        epoch?: string;
    };
}

/** The job can only go forward by now. */
export class PivotPassed extends AuraError {
    declare readonly code: "pivotPassed";
    declare readonly number: -32034;
}

/** The job succeeded: nothing is left to be tried again. */
export class NothingToRetry extends AuraError {
    declare readonly code: "nothingToRetry";
    declare readonly number: -32035;
}

/** The wait is over, the job is not. */
export class WaitTimeout extends AuraError {
    declare readonly code: "waitTimeout";
    declare readonly number: -32036;
    declare readonly data: ErrorData & {
        job?: JobId;
        state?: JobState;
        /** When it may be tried again, in milliseconds. */
        retryAfterMs?: number;
    };
}

/** Another sweep is under way. */
export class SweepRunning extends AuraError {
    declare readonly code: "sweepRunning";
    declare readonly number: -32037;
    declare readonly data: ErrorData & {
        /** When it may be tried again, in milliseconds. */
        retryAfterMs?: number;
    };
}

/** The daemon cannot read this row: a newer daemon wrote it, or it is damaged. */
export class Unreadable extends AuraError {
    declare readonly code: "unreadable";
    declare readonly number: -32038;
}

/** The message is JSON but no request. */
export class InvalidRequest extends AuraError {
    declare readonly code: "invalidRequest";
    declare readonly number: -32600;
}

/** There is no such method. */
export class MethodNotFound extends AuraError {
    declare readonly code: "methodNotFound";
    declare readonly number: -32601;
}

/** The parameters do not fit the method. */
export class InvalidParams extends AuraError {
    declare readonly code: "invalidParams";
    declare readonly number: -32602;
    declare readonly data: ErrorData & {
        /** Where the first violation is: `params.size`. */
        path?: string;
        /** What is wrong there. */
        reason?: string;
        /** Everything that is wrong, the first as above. */
        violations?: { path: string; reason: string }[];
    };
}

/** The daemon failed; its log says why. */
export class InternalError extends AuraError {
    declare readonly code: "internalError";
    declare readonly number: -32603;
}

/** The message is not JSON. */
export class ParseError extends AuraError {
    declare readonly code: "parseError";
    declare readonly number: -32700;
    declare readonly data: ErrorData & {
        /** What is wrong with it. */
        reason?: string;
        /** The byte at which it is. */
        position?: number;
    };
}

/** The classes by their code. */
export const errorsByCode = {
    messageTooLarge: MessageTooLarge,
    messageTooDeep: MessageTooDeep,
    batchTooLarge: BatchTooLarge,
    tooManyInFlight: TooManyInFlight,
    tooManyConnections: TooManyConnections,
    tooManyConnectionsOfUser: TooManyConnectionsOfUser,
    tooManySubscriptions: TooManySubscriptions,
    outboundQueueFull: OutboundQueueFull,
    requestCancelled: RequestCancelled,
    shuttingDown: ShuttingDown,
    daemonBusy: DaemonBusy,
    instanceNotFound: InstanceNotFound,
    jobNotFound: JobNotFound,
    nameTaken: NameTaken,
    instanceBusy: InstanceBusy,
    phaseConflict: PhaseConflict,
    idempotencyMismatch: IdempotencyMismatch,
    jobTerminal: JobTerminal,
    storageUnavailable: StorageUnavailable,
    subscriptionExists: SubscriptionExists,
    cursorAhead: CursorAhead,
    unknownRegion: UnknownRegion,
    unknownSize: UnknownSize,
    quotaExceeded: QuotaExceeded,
    cursorExpired: CursorExpired,
    pivotPassed: PivotPassed,
    nothingToRetry: NothingToRetry,
    waitTimeout: WaitTimeout,
    sweepRunning: SweepRunning,
    unreadable: Unreadable,
    invalidRequest: InvalidRequest,
    methodNotFound: MethodNotFound,
    invalidParams: InvalidParams,
    internalError: InternalError,
    parseError: ParseError,
};
