public import AuraModel

/// The error of a store's operation. Each store converts the errors of its database at one place.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public enum Code: String, Sendable {
        /// The worker's lease was lost. Nothing was written.
        case fenced
        /// No instance of the tenant and of the caller's scope has the id or name.
        case instanceNotFound
        /// No job of the caller's scope has the id.
        case jobNotFound
        /// No tenant of the caller's scope has the id.
        case tenantNotFound
        /// No principal has the id.
        case principalNotFound
        /// No token has the id, or the token is not valid any more.
        case tokenNotFound
        /// A live instance of the tenant has this name, or a tenant or principal has it.
        case nameTaken
        /// The tenant, or the whole installation, already has the maximum number of live instances, jobs in flight or other
        /// rows.
        case quotaExceeded
        /// The row has changed since the caller read it, or it excludes the change.
        case conflict
        /// Another job is active on the instance.
        case instanceBusy
        /// The operation is not possible in the instance's phase.
        case phaseConflict
        /// The idempotency key was used for another request.
        case idempotencyMismatch
        /// The job has ended.
        case jobTerminal
        /// The events after the cursor were pruned.
        case cursorExpired
        /// The database cannot be opened, read or written.
        case unavailable
        /// A newer version created or migrated the database.
        case newerSchema
        /// The database was restored while this daemon ran: it lacks events that the daemon knows.
        case replaced
        /// This version cannot read a stored value, or the server refused a statement.
        case corrupt
        /// The caller's task was cancelled before the read began. Only SQLite's reads that wait for a thread throw this.
        case cancelled
    }

    /// The kind of error.
    public var code: Code
    /// The description for clients; it contains no secret.
    public var message: String
    /// The active job, for `instanceBusy`.
    public var job: JobID?
    /// The events that the ledger has, for `cursorExpired`.
    public var bounds: LedgerBounds?
    /// The limit that would be exceeded, for `quotaExceeded`.
    public var limit: Int?

    /// Creates an error.
    public init(
        _ code: Code, _ message: String, job: JobID? = nil, bounds: LedgerBounds? = nil, limit: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.job = job
        self.bounds = bounds
        self.limit = limit
    }

    /// The same text as ``message``.
    public var description: String { message }
}

extension StorageError {
    /// Returns a `corrupt` error for a column value that this version does not know, because a newer daemon wrote it.
    public static func unknown(_ value: String, as column: String, of subject: String) -> StorageError {
        StorageError(
            .corrupt,
            "\(subject) has the \(column) \"\(value.prefix(64))\", which this version does not know: use the aurad that wrote it, or a newer one"
        )
    }
}

/// The continuation of a caller that waits for a store. It resumes with a `Result`, since continuations cannot throw
/// typed errors.
package typealias StorageContinuation<Value> = CheckedContinuation<Result<Value, StorageError>, Never>

extension Error {
    /// True if the caller's task was cancelled: for `CancellationError`, and for a ``StorageError`` with the code
    /// `cancelled`.
    public var isCancellation: Bool {
        self is CancellationError || (self as? StorageError)?.code == .cancelled
    }
}
