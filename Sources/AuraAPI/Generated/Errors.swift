// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The errors of operations, by their numbers on the wire.
extension RPCErrorCode {
    /// There is no such instance.
    public static let instanceNotFound = RPCErrorCode(-32020, "instanceNotFound")
    /// There is no such job.
    public static let jobNotFound = RPCErrorCode(-32021, "jobNotFound")
    /// A live instance of the tenant has that name; retryable while that instance is being destroyed.
    public static let nameTaken = RPCErrorCode(-32022, "nameTaken")
    /// A job is at work on the instance.
    public static let instanceBusy = RPCErrorCode(-32023, "instanceBusy", retryable: true)
    /// The operation makes no sense in the instance's phase.
    public static let phaseConflict = RPCErrorCode(-32024, "phaseConflict")
    /// The idempotency key was used with other parameters.
    public static let idempotencyMismatch = RPCErrorCode(-32025, "idempotencyMismatch")
    /// The job has already come to its end.
    public static let jobTerminal = RPCErrorCode(-32026, "jobTerminal")
    /// The database cannot be used now.
    public static let storageUnavailable = RPCErrorCode(-32027, "storageUnavailable", retryable: true)
    /// The connection has a subscription of that id.
    public static let subscriptionExists = RPCErrorCode(-32028, "subscriptionExists")
    /// The cursor is ahead of the newest event: it is of another database.
    public static let cursorAhead = RPCErrorCode(-32029, "cursorAhead")
    /// There is no such region.
    public static let unknownRegion = RPCErrorCode(-32030, "unknownRegion")
    /// There is no such size.
    public static let unknownSize = RPCErrorCode(-32031, "unknownSize")
    /// The tenant has as many instances as it may have.
    public static let quotaExceeded = RPCErrorCode(-32032, "quotaExceeded")
    /// The events after the cursor were pruned, or the database was restored since: read the present state, and
    /// follow from there.
    public static let cursorExpired = RPCErrorCode(-32033, "cursorExpired")
    /// The job can only go forward by now.
    public static let pivotPassed = RPCErrorCode(-32034, "pivotPassed")
    /// The job succeeded: nothing is left to be tried again.
    public static let nothingToRetry = RPCErrorCode(-32035, "nothingToRetry")
    /// The wait is over, the job is not.
    public static let waitTimeout = RPCErrorCode(-32036, "waitTimeout", retryable: true)
    /// Another sweep is under way.
    public static let sweepRunning = RPCErrorCode(-32037, "sweepRunning", retryable: true)
    /// The daemon cannot read this row: a newer daemon wrote it, or it is damaged.
    public static let unreadable = RPCErrorCode(-32038, "unreadable")

    /// Every code that operations answer with.
    public static let operations: [RPCErrorCode] = [
        .instanceNotFound,
        .jobNotFound,
        .nameTaken,
        .instanceBusy,
        .phaseConflict,
        .idempotencyMismatch,
        .jobTerminal,
        .storageUnavailable,
        .subscriptionExists,
        .cursorAhead,
        .unknownRegion,
        .unknownSize,
        .quotaExceeded,
        .cursorExpired,
        .pivotPassed,
        .nothingToRetry,
        .waitTimeout,
        .sweepRunning,
        .unreadable,
    ]
}
