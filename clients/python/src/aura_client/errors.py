# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""What the daemon answers instead of a result."""

from __future__ import annotations

from ._errors import AuraError

class MessageTooLarge(AuraError):
    """The message is longer than `messageBytes`."""

    number = -32001
    code = "messageTooLarge"


class MessageTooDeep(AuraError):
    """The message is nested deeper than `depth`."""

    number = -32002
    code = "messageTooDeep"


class BatchTooLarge(AuraError):
    """The batch has more items than `batchItems`. None of its calls was carried out."""

    number = -32003
    code = "batchTooLarge"


class TooManyInFlight(AuraError):
    """The connection has `inFlightPerConnection` calls, or `inFlightBytesPerConnection` bytes of calls, without a reply. The call was not carried out."""

    number = -32004
    code = "tooManyInFlight"


class TooManyConnections(AuraError):
    """The daemon has as many connections as `connections` allows; for most users the limit is `connections` less `connectionsKept`. The daemon closes the new connection."""

    number = -32005
    code = "tooManyConnections"


class TooManyConnectionsOfUser(AuraError):
    """The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`. The daemon closes the new connection."""

    number = -32006
    code = "tooManyConnectionsOfUser"


class TooManySubscriptions(AuraError):
    """The connection has `subscriptionsPerConnection` subscriptions, its user or network address `subscriptionsPerUser`, or the daemon `subscriptions`. Over `POST /rpc` the limit is 0."""

    number = -32007
    code = "tooManySubscriptions"


class OutboundQueueFull(AuraError):
    """The call was carried out, but its reply does not fit the connection's outbound queue. If `retryable` is true, the client does not read fast enough. If it is false, the reply alone is longer than `outboundQueueBytes`: request less."""

    number = -32008
    code = "outboundQueueFull"


class RequestCancelled(AuraError):
    """`$/cancelRequest` ended the call."""

    number = -32010
    code = "requestCancelled"


class ShuttingDown(AuraError):
    """The daemon is shutting down. It accepts no new connections and ends calls that wait."""

    number = -32011
    code = "shuttingDown"


class Unauthenticated(AuraError):
    """The connection has not shown who calls, or the token is not valid."""

    number = -32012
    code = "unauthenticated"


class Forbidden(AuraError):
    """The caller lacks a scope of the method, or a restriction of its token forbids the call."""

    number = -32013
    code = "forbidden"


class DaemonBusy(AuraError):
    """Too many calls or bytes of calls are in flight: of all connections together (`inFlight`, `inFlightBytes`), or of one user or network address. The call was not carried out."""

    number = -32014
    code = "daemonBusy"


class TokenRevoked(AuraError):
    """The token of the connection was revoked, has expired or has lost rights. The connection ends. The id of this error is null."""

    number = -32015
    code = "tokenRevoked"


class TooManyCalls(AuraError):
    """A limit of calls in 60 seconds is reached."""

    number = -32016
    code = "tooManyCalls"


class InstanceNotFound(AuraError):
    """No instance has this id or name."""

    number = -32020
    code = "instanceNotFound"


class JobNotFound(AuraError):
    """No job has this id."""

    number = -32021
    code = "jobNotFound"


class NameTaken(AuraError):
    """A live instance of the tenant has this name. The error is retryable while that instance is being destroyed."""

    number = -32022
    code = "nameTaken"


class InstanceBusy(AuraError):
    """Another job is active on the instance."""

    number = -32023
    code = "instanceBusy"


class PhaseConflict(AuraError):
    """The operation is not possible in the instance's phase, or this daemon does not know the instance's kind."""

    number = -32024
    code = "phaseConflict"


class IdempotencyMismatch(AuraError):
    """The idempotency key was used for a call with another method or other parameters."""

    number = -32025
    code = "idempotencyMismatch"


class JobTerminal(AuraError):
    """The job has already ended."""

    number = -32026
    code = "jobTerminal"


class StorageUnavailable(AuraError):
    """The database is not available now."""

    number = -32027
    code = "storageUnavailable"


class SubscriptionExists(AuraError):
    """The connection already has a subscription with this id."""

    number = -32028
    code = "subscriptionExists"


class CursorAhead(AuraError):
    """The cursor is greater than the `seq` of the newest event: it belongs to another database."""

    number = -32029
    code = "cursorAhead"


class UnknownRegion(AuraError):
    """No region has this name."""

    number = -32030
    code = "unknownRegion"


class UnknownSize(AuraError):
    """No size has this name."""

    number = -32031
    code = "unknownSize"


class QuotaExceeded(AuraError):
    """A limit of the tenant, of the principal or of the installation is reached: live instances, jobs in flight, tokens, secrets or other rows."""

    number = -32032
    code = "quotaExceeded"


class CursorExpired(AuraError):
    """The events after the cursor were pruned, or the database was restored. Read the present state, and subscribe from there."""

    number = -32033
    code = "cursorExpired"


class PivotPassed(AuraError):
    """The job is past its point of no return and cannot be cancelled."""

    number = -32034
    code = "pivotPassed"


class NothingToRetry(AuraError):
    """The job succeeded, so there is nothing to retry."""

    number = -32035
    code = "nothingToRetry"


class WaitTimeout(AuraError):
    """The wait ended before the job did. The job continues."""

    number = -32036
    code = "waitTimeout"


class SweepRunning(AuraError):
    """Another sweep is running."""

    number = -32037
    code = "sweepRunning"


class Unreadable(AuraError):
    """The daemon cannot read a row: a newer daemon wrote it, or it is damaged."""

    number = -32038
    code = "unreadable"


class TenantNotFound(AuraError):
    """No tenant has this id."""

    number = -32040
    code = "tenantNotFound"


class PrincipalNotFound(AuraError):
    """No principal has this id or name."""

    number = -32041
    code = "principalNotFound"


class TokenNotFound(AuraError):
    """No token has this id."""

    number = -32042
    code = "tokenNotFound"


class NoVaultKey(AuraError):
    """The daemon has no key file, which this method needs."""

    number = -32043
    code = "noVaultKey"


class Conflict(AuraError):
    """The object was changed in the meantime, or it excludes the change."""

    number = -32044
    code = "conflict"


class SecretNotFound(AuraError):
    """The tenant has no secret of this name."""

    number = -32045
    code = "secretNotFound"


class SecretSealed(AuraError):
    """The secret is sealed: no method returns its value, and it never becomes exportable."""

    number = -32046
    code = "secretSealed"


class InvalidRequest(AuraError):
    """The message is JSON but not a valid request."""

    number = -32600
    code = "invalidRequest"


class MethodNotFound(AuraError):
    """No method has this name."""

    number = -32601
    code = "methodNotFound"


class InvalidParams(AuraError):
    """The parameters do not match the method's schema or cannot be combined."""

    number = -32602
    code = "invalidParams"


class InternalError(AuraError):
    """The daemon failed; its log has the cause."""

    number = -32603
    code = "internalError"


class ParseError(AuraError):
    """The message is not JSON, or contains JSON that the daemon does not accept, such as a duplicate member."""

    number = -32700
    code = "parseError"


AuraError.known = {
    each.code: each
    for each in (
        MessageTooLarge,
        MessageTooDeep,
        BatchTooLarge,
        TooManyInFlight,
        TooManyConnections,
        TooManyConnectionsOfUser,
        TooManySubscriptions,
        OutboundQueueFull,
        RequestCancelled,
        ShuttingDown,
        Unauthenticated,
        Forbidden,
        DaemonBusy,
        TokenRevoked,
        TooManyCalls,
        InstanceNotFound,
        JobNotFound,
        NameTaken,
        InstanceBusy,
        PhaseConflict,
        IdempotencyMismatch,
        JobTerminal,
        StorageUnavailable,
        SubscriptionExists,
        CursorAhead,
        UnknownRegion,
        UnknownSize,
        QuotaExceeded,
        CursorExpired,
        PivotPassed,
        NothingToRetry,
        WaitTimeout,
        SweepRunning,
        Unreadable,
        TenantNotFound,
        PrincipalNotFound,
        TokenNotFound,
        NoVaultKey,
        Conflict,
        SecretNotFound,
        SecretSealed,
        InvalidRequest,
        MethodNotFound,
        InvalidParams,
        InternalError,
        ParseError,
    )
}
