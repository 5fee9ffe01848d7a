// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSONRPC

/// The errors of operations, by their numbers on the wire.
extension RPCErrorCode {
    /// No instance has this id or name.
    public static let instanceNotFound = RPCErrorCode(-32020, "instanceNotFound")
    /// No job has this id.
    public static let jobNotFound = RPCErrorCode(-32021, "jobNotFound")
    /// A live instance of the tenant has this name. The error is retryable while that instance is being destroyed.
    public static let nameTaken = RPCErrorCode(-32022, "nameTaken")
    /// Another job is active on the instance.
    public static let instanceBusy = RPCErrorCode(-32023, "instanceBusy", retryable: true)
    /// The operation is not possible in the instance's phase, or this daemon does not know the instance's kind.
    public static let phaseConflict = RPCErrorCode(-32024, "phaseConflict")
    /// The idempotency key was used for a call with another method or other parameters.
    public static let idempotencyMismatch = RPCErrorCode(-32025, "idempotencyMismatch")
    /// The job has already ended.
    public static let jobTerminal = RPCErrorCode(-32026, "jobTerminal")
    /// The database is not available now.
    public static let storageUnavailable = RPCErrorCode(-32027, "storageUnavailable", retryable: true)
    /// The connection already has a subscription with this id.
    public static let subscriptionExists = RPCErrorCode(-32028, "subscriptionExists")
    /// The cursor is greater than the `seq` of the newest event: it belongs to another database.
    public static let cursorAhead = RPCErrorCode(-32029, "cursorAhead")
    /// No region has this name.
    public static let unknownRegion = RPCErrorCode(-32030, "unknownRegion")
    /// No size has this name.
    public static let unknownSize = RPCErrorCode(-32031, "unknownSize")
    /// A limit of the tenant, of the principal or of the installation is reached: live instances, jobs in flight,
    /// tokens, secrets or other rows.
    public static let quotaExceeded = RPCErrorCode(-32032, "quotaExceeded")
    /// The events after the cursor were pruned, or the database was restored. Read the present state, and subscribe
    /// from there.
    public static let cursorExpired = RPCErrorCode(-32033, "cursorExpired")
    /// The job is past its point of no return and cannot be cancelled.
    public static let pivotPassed = RPCErrorCode(-32034, "pivotPassed")
    /// The job succeeded, so there is nothing to retry.
    public static let nothingToRetry = RPCErrorCode(-32035, "nothingToRetry")
    /// The wait ended before the job did. The job continues.
    public static let waitTimeout = RPCErrorCode(-32036, "waitTimeout", retryable: true)
    /// Another sweep is running.
    public static let sweepRunning = RPCErrorCode(-32037, "sweepRunning", retryable: true)
    /// The daemon cannot read a row: a newer daemon wrote it, or it is damaged.
    public static let unreadable = RPCErrorCode(-32038, "unreadable")
    /// No tenant has this id.
    public static let tenantNotFound = RPCErrorCode(-32040, "tenantNotFound")
    /// No principal has this id or name.
    public static let principalNotFound = RPCErrorCode(-32041, "principalNotFound")
    /// No token has this id.
    public static let tokenNotFound = RPCErrorCode(-32042, "tokenNotFound")
    /// The daemon has no key file, which this method needs.
    public static let noVaultKey = RPCErrorCode(-32043, "noVaultKey")
    /// The object was changed in the meantime, or it excludes the change.
    public static let conflict = RPCErrorCode(-32044, "conflict", retryable: true)
    /// The tenant has no secret of this name.
    public static let secretNotFound = RPCErrorCode(-32045, "secretNotFound")
    /// The secret is sealed: no method returns its value, and it never becomes exportable.
    public static let secretSealed = RPCErrorCode(-32046, "secretSealed")

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
        .tenantNotFound,
        .principalNotFound,
        .tokenNotFound,
        .noVaultKey,
        .conflict,
        .secretNotFound,
        .secretSealed,
    ]
}
