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
    """The batch has more items than `batchItems`."""

    number = -32003
    code = "batchTooLarge"


class TooManyInFlight(AuraError):
    """The connection has `inFlightPerConnection` calls, or `inFlightBytesPerConnection` bytes of calls, that are not answered yet."""

    number = -32004
    code = "tooManyInFlight"


class TooManyConnections(AuraError):
    """The daemon has `connections` connections."""

    number = -32005
    code = "tooManyConnections"


class TooManyConnectionsOfUser(AuraError):
    """The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`."""

    number = -32006
    code = "tooManyConnectionsOfUser"


class TooManySubscriptions(AuraError):
    """The connection has `subscriptionsPerConnection` subscriptions, its user `subscriptionsPerUser`, or the daemon `subscriptions`."""

    number = -32007
    code = "tooManySubscriptions"


class OutboundQueueFull(AuraError):
    """The call was carried out, but its reply does not fit the connection's outbound queue: the client does not read, or (`retryable` false) the reply is longer than the whole queue, and less is to be asked for."""

    number = -32008
    code = "outboundQueueFull"


class RequestCancelled(AuraError):
    """`$/cancelRequest` ended the call."""

    number = -32010
    code = "requestCancelled"


class ShuttingDown(AuraError):
    """The daemon is going down and takes no new calls."""

    number = -32011
    code = "shuttingDown"


class DaemonBusy(AuraError):
    """All connections together have as many calls, or bytes of calls, in flight as the daemon admits."""

    number = -32014
    code = "daemonBusy"


class InstanceNotFound(AuraError):
    """There is no such instance."""

    number = -32020
    code = "instanceNotFound"


class JobNotFound(AuraError):
    """There is no such job."""

    number = -32021
    code = "jobNotFound"


class NameTaken(AuraError):
    """A live instance of the tenant has that name; retryable while that instance is being destroyed."""

    number = -32022
    code = "nameTaken"


class InstanceBusy(AuraError):
    """A job is at work on the instance."""

    number = -32023
    code = "instanceBusy"


class PhaseConflict(AuraError):
    """The operation makes no sense in the instance's phase."""

    number = -32024
    code = "phaseConflict"


class IdempotencyMismatch(AuraError):
    """The idempotency key was used with other parameters."""

    number = -32025
    code = "idempotencyMismatch"


class JobTerminal(AuraError):
    """The job has already come to its end."""

    number = -32026
    code = "jobTerminal"


class StorageUnavailable(AuraError):
    """The database cannot be used now."""

    number = -32027
    code = "storageUnavailable"


class SubscriptionExists(AuraError):
    """The connection has a subscription of that id."""

    number = -32028
    code = "subscriptionExists"


class CursorAhead(AuraError):
    """The cursor is ahead of the newest event: it is of another database."""

    number = -32029
    code = "cursorAhead"


class UnknownRegion(AuraError):
    """There is no such region."""

    number = -32030
    code = "unknownRegion"


class UnknownSize(AuraError):
    """There is no such size."""

    number = -32031
    code = "unknownSize"


class QuotaExceeded(AuraError):
    """The tenant has as many instances as it may have."""

    number = -32032
    code = "quotaExceeded"


class CursorExpired(AuraError):
    """The events after the cursor were pruned, or the database was restored since: read the present state, and follow from there."""

    number = -32033
    code = "cursorExpired"


class PivotPassed(AuraError):
    """The job can only go forward by now."""

    number = -32034
    code = "pivotPassed"


class NothingToRetry(AuraError):
    """The job succeeded: nothing is left to be tried again."""

    number = -32035
    code = "nothingToRetry"


class WaitTimeout(AuraError):
    """The wait is over, the job is not."""

    number = -32036
    code = "waitTimeout"


class SweepRunning(AuraError):
    """Another sweep is under way."""

    number = -32037
    code = "sweepRunning"


class Unreadable(AuraError):
    """The daemon cannot read this row: a newer daemon wrote it, or it is damaged."""

    number = -32038
    code = "unreadable"


class InvalidRequest(AuraError):
    """The message is JSON but no request."""

    number = -32600
    code = "invalidRequest"


class MethodNotFound(AuraError):
    """There is no such method."""

    number = -32601
    code = "methodNotFound"


class InvalidParams(AuraError):
    """The parameters do not fit the method."""

    number = -32602
    code = "invalidParams"


class InternalError(AuraError):
    """The daemon failed; its log says why."""

    number = -32603
    code = "internalError"


class ParseError(AuraError):
    """The message is not JSON."""

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
        DaemonBusy,
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
        InvalidRequest,
        MethodNotFound,
        InvalidParams,
        InternalError,
        ParseError,
    )
}
