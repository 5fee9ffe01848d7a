public import AuraModel

/// Why the store did not do what it was asked.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The worker's lease was lost: what it wanted to write changed nothing.
        case fenced
        case instanceNotFound
        case jobNotFound
        /// A live instance of the tenant has this name.
        case nameTaken
        /// The tenant has as many live instances as it may have.
        case quotaExceeded
        /// Another job works on the instance.
        case instanceBusy
        /// The operation makes no sense in the instance's phase.
        case phaseConflict
        /// The idempotency key was used with other parameters.
        case idempotencyMismatch
        /// The job has come to its end.
        case jobTerminal
        /// The events after the cursor were pruned.
        case cursorExpired
        /// The database cannot be opened, read or written.
        case unavailable
        /// The database was made by a newer version.
        case newerSchema
        /// The database was restored under this daemon, which knows events that it has not.
        case replaced
        /// What was read is not what this version writes.
        case corrupt
    }

    public var code: Code
    /// Safe to send.
    public var message: String
    /// The job in the way, for `instanceBusy`.
    public var job: JobID?
    /// What the ledger still has, for `cursorExpired`.
    public var bounds: LedgerBounds?

    public init(_ code: Code, _ message: String, job: JobID? = nil, bounds: LedgerBounds? = nil) {
        self.code = code
        self.message = message
        self.job = job
        self.bounds = bounds
    }

    public var description: String { message }
}

extension StorageError {
    /// A column holds a value that this version does not know: a newer daemon wrote it.
    public static func unknown(_ value: String, as column: String, of subject: String) -> StorageError {
        StorageError(
            .corrupt,
            "\(subject) has the \(column) \"\(value.prefix(64))\", which this version does not know: use the aurad that wrote it, or a newer one"
        )
    }
}
