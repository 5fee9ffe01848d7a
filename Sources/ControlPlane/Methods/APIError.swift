import AuraModel
import JSON
public import JSONRPC
import Storage

/// The errors of operations, by their numbers on the wire. -32020 to -32099 are ours; see ``RPCErrorCode``.
extension RPCErrorCode {
    public static let instanceNotFound = RPCErrorCode(-32020, "instanceNotFound")
    public static let jobNotFound = RPCErrorCode(-32021, "jobNotFound")
    public static let nameTaken = RPCErrorCode(-32022, "nameTaken")
    public static let instanceBusy = RPCErrorCode(-32023, "instanceBusy", retryable: true)
    public static let phaseConflict = RPCErrorCode(-32024, "phaseConflict")
    public static let idempotencyMismatch = RPCErrorCode(-32025, "idempotencyMismatch")
    public static let jobTerminal = RPCErrorCode(-32026, "jobTerminal")
    public static let storageUnavailable = RPCErrorCode(-32027, "storageUnavailable", retryable: true)
    public static let subscriptionExists = RPCErrorCode(-32028, "subscriptionExists")
    public static let cursorAhead = RPCErrorCode(-32029, "cursorAhead")
    public static let unknownRegion = RPCErrorCode(-32030, "unknownRegion")
    public static let unknownSize = RPCErrorCode(-32031, "unknownSize")
    public static let quotaExceeded = RPCErrorCode(-32032, "quotaExceeded")
    public static let cursorExpired = RPCErrorCode(-32033, "cursorExpired")

    /// The job can only go forward by now.
    public static let pivotPassed = RPCErrorCode(-32034, "pivotPassed")
    public static let nothingToRetry = RPCErrorCode(-32035, "nothingToRetry")
    /// The wait is over, the job is not.
    public static let waitTimeout = RPCErrorCode(-32036, "waitTimeout", retryable: true)

    public static let sweepRunning = RPCErrorCode(-32037, "sweepRunning", retryable: true)

    /// Every code that operations answer with.
    public static let operations: [RPCErrorCode] = [
        .instanceNotFound, .jobNotFound, .nameTaken, .instanceBusy, .phaseConflict, .idempotencyMismatch, .jobTerminal,
        .storageUnavailable, .subscriptionExists, .cursorAhead, .unknownRegion, .unknownSize,
        .quotaExceeded, .cursorExpired, .pivotPassed, .nothingToRetry, .waitTimeout,
        .sweepRunning,
    ]
}

/// Errors as callers see them.
enum APIError {
    static func subscriptionExists(_ id: String) -> RPCError {
        RPCError(
            .subscriptionExists,
            "cannot subscribe as \(id), this connection has a subscription of that id: choose another",
            data: ["subscription": .string(id)])
    }

    static func invalid(_ path: String, _ reason: String) -> RPCError {
        RPCError(
            .invalidParams, "cannot read the parameters, params.\(path): \(reason)",
            data: ["path": .string("params.\(path)"), "reason": .string(reason)])
    }

    static func unknown(_ code: RPCErrorCode, _ kind: String, _ given: String, allowed: [String]) -> RPCError {
        RPCError(
            code,
            "cannot provision in \(kind) \"\(given.prefix(64))\": choose one of \(allowed.joined(separator: ", "))",
            data: ["given": .string(String(given.prefix(64))), "allowed": .array(allowed.map { .string($0) })])
    }

    /// What the store refused, as an error of the wire.
    static func from(_ error: StorageError) -> RPCError {
        var data: JSONObject = [:]
        if let job = error.job { data["job"] = .string(job.text) }
        if let bounds = error.bounds {
            data["oldest"] = .integer(bounds.oldest)
            data["head"] = .integer(bounds.head)
        }
        return RPCError(code(error.code), error.message, data: data)
    }

    private static func code(_ code: StorageError.Code) -> RPCErrorCode {
        switch code {
        case .instanceNotFound: .instanceNotFound
        case .jobNotFound: .jobNotFound
        case .nameTaken: .nameTaken
        case .instanceBusy: .instanceBusy
        case .phaseConflict: .phaseConflict
        case .idempotencyMismatch: .idempotencyMismatch
        case .jobTerminal: .jobTerminal
        case .quotaExceeded: .quotaExceeded
        case .cursorExpired: .cursorExpired
        case .unavailable: .storageUnavailable
        case .fenced, .newerSchema, .corrupt: .internalError
        }
    }
}
