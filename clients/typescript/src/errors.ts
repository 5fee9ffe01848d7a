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
        /** The longest message, in bytes. */
        limit?: number;
        /** The length of the message in bytes, or the number of bytes that were read before the daemon refused it. */
        actual?: number;
        /** Always null: a wait does not help. */
        retryAfterMs?: number | null;
    };
}

/** The message is nested deeper than `depth`. */
export class MessageTooDeep extends AuraError {
    declare readonly code: "messageTooDeep";
    declare readonly number: -32002;
    declare readonly data: ErrorData & {
        /** The maximum depth of nesting. */
        limit?: number;
        /** The nesting at which the reader stopped: one more than the limit. */
        actual?: number;
        /** Always null: a wait does not help. */
        retryAfterMs?: number | null;
    };
}

/** The batch has more items than `batchItems`. None of its calls was carried out. */
export class BatchTooLarge extends AuraError {
    declare readonly code: "batchTooLarge";
    declare readonly number: -32003;
    declare readonly data: ErrorData & {
        /** The maximum number of items of a batch. */
        limit?: number;
        /** The number of items in the batch. */
        actual?: number;
        /** Always null: a wait does not help. */
        retryAfterMs?: number | null;
    };
}

/**
 * The connection has `inFlightPerConnection` calls, or `inFlightBytesPerConnection` bytes of calls, without a
 * reply. The call was not carried out.
 */
export class TooManyInFlight extends AuraError {
    declare readonly code: "tooManyInFlight";
    declare readonly number: -32004;
    declare readonly data: ErrorData & {
        /** The limit, in calls or in bytes. */
        limit?: number;
        /** The number of calls or bytes, the refused call included. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number | null;
    };
}

/**
 * The daemon has as many connections as `connections` allows; for most users the limit is `connections` less
 * `connectionsKept`. The daemon closes the new connection.
 */
export class TooManyConnections extends AuraError {
    declare readonly code: "tooManyConnections";
    declare readonly number: -32005;
    declare readonly data: ErrorData & {
        /** The maximum number of connections for this client. */
        limit?: number;
        /** The number of connections, the refused one included. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number | null;
    };
}

/**
 * The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`. The daemon closes
 * the new connection.
 */
export class TooManyConnectionsOfUser extends AuraError {
    declare readonly code: "tooManyConnectionsOfUser";
    declare readonly number: -32006;
    declare readonly data: ErrorData & {
        /** The maximum number of connections of the user or the network address. */
        limit?: number;
        /** The number of connections, the refused one included. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number | null;
    };
}

/**
 * The connection has `subscriptionsPerConnection` subscriptions, its user or network address
 * `subscriptionsPerUser`, or the daemon `subscriptions`. Over `POST /rpc` the limit is 0.
 */
export class TooManySubscriptions extends AuraError {
    declare readonly code: "tooManySubscriptions";
    declare readonly number: -32007;
    declare readonly data: ErrorData & {
        /** The limit that was reached. */
        limit?: number;
        /** The number of subscriptions, the refused one included. */
        actual?: number;
        /**
         * The time to wait before a retry, in milliseconds; null if only the end of a subscription on this
         * connection helps.
         */
        retryAfterMs?: number | null;
    };
}

/**
 * The call was carried out, but its reply does not fit the connection's outbound queue. If `retryable` is true, the
 * client does not read fast enough. If it is false, the reply alone is longer than `outboundQueueBytes`: request
 * less.
 */
export class OutboundQueueFull extends AuraError {
    declare readonly code: "outboundQueueFull";
    declare readonly number: -32008;
    declare readonly data: ErrorData & {
        /** The limit `outboundQueueBytes`. */
        limit?: number;
        /** The number of bytes in the queue, the reply included. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds; null if `retryable` is false. */
        retryAfterMs?: number | null;
    };
}

/** `$/cancelRequest` ended the call. */
export class RequestCancelled extends AuraError {
    declare readonly code: "requestCancelled";
    declare readonly number: -32010;
}

/** The daemon is shutting down. It accepts no new connections and ends calls that wait. */
export class ShuttingDown extends AuraError {
    declare readonly code: "shuttingDown";
    declare readonly number: -32011;
}

/** The connection has not shown who calls, or the token is not valid. */
export class Unauthenticated extends AuraError {
    declare readonly code: "unauthenticated";
    declare readonly number: -32012;
    declare readonly data: ErrorData & {
        /**
         * The time to wait before another token is shown, in milliseconds, after many wrong ones. The connection is
         * closed.
         */
        retryAfterMs?: number;
    };
}

/** The caller lacks a scope of the method, or a restriction of its token forbids the call. */
export class Forbidden extends AuraError {
    declare readonly code: "forbidden";
    declare readonly number: -32013;
    declare readonly data: ErrorData & {
        /** The scope that the caller lacks. */
        scope?: string;
    };
}

/**
 * Too many calls or bytes of calls are in flight: of all connections together (`inFlight`, `inFlightBytes`), or of
 * one user or network address. The call was not carried out.
 */
export class DaemonBusy extends AuraError {
    declare readonly code: "daemonBusy";
    declare readonly number: -32014;
    declare readonly data: ErrorData & {
        /** The limit, in calls or in bytes. */
        limit?: number;
        /** The number of calls or bytes, the refused call included. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number | null;
    };
}

/**
 * The token of the connection was revoked, has expired or has lost rights. The connection ends. The id of this
 * error is null.
 */
export class TokenRevoked extends AuraError {
    declare readonly code: "tokenRevoked";
    declare readonly number: -32015;
}

/** A limit of calls in 60 seconds is reached. */
export class TooManyCalls extends AuraError {
    declare readonly code: "tooManyCalls";
    declare readonly number: -32016;
    declare readonly data: ErrorData & {
        /** The limit, in calls per 60 seconds. */
        limit?: number;
        /** One more than the limit. */
        actual?: number;
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number | null;
    };
}

/** No instance has this id or name. */
export class InstanceNotFound extends AuraError {
    declare readonly code: "instanceNotFound";
    declare readonly number: -32020;
}

/** No job has this id. */
export class JobNotFound extends AuraError {
    declare readonly code: "jobNotFound";
    declare readonly number: -32021;
}

/** A live instance of the tenant has this name. The error is retryable while that instance is being destroyed. */
export class NameTaken extends AuraError {
    declare readonly code: "nameTaken";
    declare readonly number: -32022;
    declare readonly data: ErrorData & {
        /** The job that destroys the other instance; absent if that instance is not being destroyed. */
        job?: JobId;
    };
}

/** Another job is active on the instance. */
export class InstanceBusy extends AuraError {
    declare readonly code: "instanceBusy";
    declare readonly number: -32023;
    declare readonly data: ErrorData & {
        /** The active job; absent if it is not known. */
        job?: JobId;
    };
}

/** The operation is not possible in the instance's phase, or this daemon does not know the instance's kind. */
export class PhaseConflict extends AuraError {
    declare readonly code: "phaseConflict";
    declare readonly number: -32024;
}

/** The idempotency key was used for a call with another method or other parameters. */
export class IdempotencyMismatch extends AuraError {
    declare readonly code: "idempotencyMismatch";
    declare readonly number: -32025;
}

/** The job has already ended. */
export class JobTerminal extends AuraError {
    declare readonly code: "jobTerminal";
    declare readonly number: -32026;
}

/** The database is not available now. */
export class StorageUnavailable extends AuraError {
    declare readonly code: "storageUnavailable";
    declare readonly number: -32027;
}

/** The connection already has a subscription with this id. */
export class SubscriptionExists extends AuraError {
    declare readonly code: "subscriptionExists";
    declare readonly number: -32028;
    declare readonly data: ErrorData & {
        /** The id that is in use. */
        subscription?: SubscriptionId;
    };
}

/** The cursor is greater than the `seq` of the newest event: it belongs to another database. */
export class CursorAhead extends AuraError {
    declare readonly code: "cursorAhead";
    declare readonly number: -32029;
    declare readonly data: ErrorData & {
        /** The `seq` of the newest event. */
        head?: number;
    };
}

/** No region has this name. */
export class UnknownRegion extends AuraError {
    declare readonly code: "unknownRegion";
    declare readonly number: -32030;
    declare readonly data: ErrorData & {
        /** The name that was given, at most 64 characters of it. */
        given?: string;
        /** The names of all regions. */
        allowed?: string[];
    };
}

/** No size has this name. */
export class UnknownSize extends AuraError {
    declare readonly code: "unknownSize";
    declare readonly number: -32031;
    declare readonly data: ErrorData & {
        /** The name that was given, at most 64 characters of it. */
        given?: string;
        /** The names of all sizes. */
        allowed?: string[];
    };
}

/**
 * A limit of the tenant, of the principal or of the installation is reached: live instances, jobs in flight,
 * tokens, secrets or other rows.
 */
export class QuotaExceeded extends AuraError {
    declare readonly code: "quotaExceeded";
    declare readonly number: -32032;
    declare readonly data: ErrorData & {
        /** The limit. */
        limit?: number;
        /** One more than the limit. */
        actual?: number;
        /** Null: nothing ends by itself at a known time. */
        retryAfterMs?: number | null;
    };
}

/**
 * The events after the cursor were pruned, or the database was restored. Read the present state, and subscribe from
 * there.
 */
export class CursorExpired extends AuraError {
    declare readonly code: "cursorExpired";
    declare readonly number: -32033;
    declare readonly data: ErrorData & {
        /** The `seq` of the oldest event that is left; `head` + 1 if no event is left. */
        oldest?: number;
        /** The `seq` of the newest event. */
        head?: number;
        /** The ledger's present epoch; absent unless the call gave another one. */
        epoch?: string;
    };
}

/** The job is past its point of no return and cannot be cancelled. */
export class PivotPassed extends AuraError {
    declare readonly code: "pivotPassed";
    declare readonly number: -32034;
}

/** The job succeeded, so there is nothing to retry. */
export class NothingToRetry extends AuraError {
    declare readonly code: "nothingToRetry";
    declare readonly number: -32035;
}

/** The wait ended before the job did. The job continues. */
export class WaitTimeout extends AuraError {
    declare readonly code: "waitTimeout";
    declare readonly number: -32036;
    declare readonly data: ErrorData & {
        /** The job that was waited for. */
        job?: JobId;
        /** The state of the job at the end of the wait. */
        state?: JobState;
        /** The time to wait before a retry, in milliseconds: always 0. */
        retryAfterMs?: number;
    };
}

/** Another sweep is running. */
export class SweepRunning extends AuraError {
    declare readonly code: "sweepRunning";
    declare readonly number: -32037;
    declare readonly data: ErrorData & {
        /** The time to wait before a retry, in milliseconds. */
        retryAfterMs?: number;
    };
}

/** The daemon cannot read a row: a newer daemon wrote it, or it is damaged. */
export class Unreadable extends AuraError {
    declare readonly code: "unreadable";
    declare readonly number: -32038;
}

/** No tenant has this id. */
export class TenantNotFound extends AuraError {
    declare readonly code: "tenantNotFound";
    declare readonly number: -32040;
}

/** No principal has this id or name. */
export class PrincipalNotFound extends AuraError {
    declare readonly code: "principalNotFound";
    declare readonly number: -32041;
}

/** No token has this id. */
export class TokenNotFound extends AuraError {
    declare readonly code: "tokenNotFound";
    declare readonly number: -32042;
}

/** The daemon has no key file, which this method needs. */
export class NoVaultKey extends AuraError {
    declare readonly code: "noVaultKey";
    declare readonly number: -32043;
}

/** The object was changed in the meantime, or it excludes the change. */
export class Conflict extends AuraError {
    declare readonly code: "conflict";
    declare readonly number: -32044;
}

/** The tenant has no secret of this name. */
export class SecretNotFound extends AuraError {
    declare readonly code: "secretNotFound";
    declare readonly number: -32045;
}

/** The secret is sealed: no method returns its value, and it never becomes exportable. */
export class SecretSealed extends AuraError {
    declare readonly code: "secretSealed";
    declare readonly number: -32046;
}

/** The message is JSON but not a valid request. */
export class InvalidRequest extends AuraError {
    declare readonly code: "invalidRequest";
    declare readonly number: -32600;
}

/** No method has this name. */
export class MethodNotFound extends AuraError {
    declare readonly code: "methodNotFound";
    declare readonly number: -32601;
}

/** The parameters do not match the method's schema or cannot be combined. */
export class InvalidParams extends AuraError {
    declare readonly code: "invalidParams";
    declare readonly number: -32602;
    declare readonly data: ErrorData & {
        /** The place of the first violation: `params.size`. */
        path?: string;
        /** The first violation, as text for people. */
        reason?: string;
        /** All violations; the first one is that of `path` and `reason`. Absent if the schema is not violated. */
        violations?: { path: string; reason: string }[];
    };
}

/** The daemon failed; its log has the cause. */
export class InternalError extends AuraError {
    declare readonly code: "internalError";
    declare readonly number: -32603;
}

/** The message is not JSON, or contains JSON that the daemon does not accept, such as a duplicate member. */
export class ParseError extends AuraError {
    declare readonly code: "parseError";
    declare readonly number: -32700;
    declare readonly data: ErrorData & {
        /** The kind of error, such as `invalidSyntax`, `duplicateKey` or `brokenFraming`. */
        reason?: string;
        /** The byte of the message at which the reader stopped, from 0. */
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
    unauthenticated: Unauthenticated,
    forbidden: Forbidden,
    daemonBusy: DaemonBusy,
    tokenRevoked: TokenRevoked,
    tooManyCalls: TooManyCalls,
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
    tenantNotFound: TenantNotFound,
    principalNotFound: PrincipalNotFound,
    tokenNotFound: TokenNotFound,
    noVaultKey: NoVaultKey,
    conflict: Conflict,
    secretNotFound: SecretNotFound,
    secretSealed: SecretSealed,
    invalidRequest: InvalidRequest,
    methodNotFound: MethodNotFound,
    invalidParams: InvalidParams,
    internalError: InternalError,
    parseError: ParseError,
};
