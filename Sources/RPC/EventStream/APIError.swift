import AuraAPI
import AuraModel
import JSON
package import JSONRPC
package import Storage

/// The errors that callers receive.
package enum APIError {
    static func subscriptionExists(_ id: String) -> RPCError {
        RPCError(
            .subscriptionExists,
            "cannot subscribe as \(id), this connection has a subscription of that id: choose another",
            data: ["subscription": .string(id)])
    }

    /// The `cursorExpired` error for a cursor of another ledger epoch than the present one.
    static func otherEpoch(_ epoch: String, _ bounds: LedgerBounds) -> RPCError {
        RPCError(
            .cursorExpired,
            "cannot resume there, the database was restored and counts its events anew: begin with a snapshot",
            data: ["oldest": .integer(bounds.oldest), "head": .integer(bounds.head), "epoch": .string(epoch)])
    }

    static var snapshotOfChange: RPCError {
        let reason = "a snapshot cannot be of a change: filter by instance, job or tenant, or begin elsewhere"
        return RPCError(
            .invalidParams, "cannot subscribe, params.from: \(reason)",
            data: ["path": "params.from", "reason": .string(reason)])
    }

    /// Runs `body` and converts errors of the store: `cancelled` to `CancellationError`, all others to `RPCError`.
    package static func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as StorageError where error.code == .cancelled {
            throw CancellationError()
        } catch let error as StorageError {
            throw from(error)
        }
    }

    /// Runs `body`, which does not wait, and converts its errors in the same way.
    package static func answering<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as StorageError where error.code == .cancelled {
            throw CancellationError()
        } catch let error as StorageError {
            throw from(error)
        }
    }

    /// Converts an error of the store to an RPC error.
    package static func from(_ error: StorageError) -> RPCError {
        var data: JSONObject = [:]
        if let job = error.job { data["job"] = .string(job.text) }
        if let bounds = error.bounds {
            data["oldest"] = .integer(bounds.oldest)
            data["head"] = .integer(bounds.head)
        }
        if let limit = error.limit {
            data["limit"] = .integer(Int64(limit))
            data["actual"] = .integer(Int64(limit) + 1)
            data["retryAfterMs"] = .null
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
        case .unavailable, .replaced: .storageUnavailable
        case .corrupt: .unreadable
        case .cancelled: .requestCancelled
        case .fenced, .newerSchema: .internalError
        case .tenantNotFound: .tenantNotFound
        case .principalNotFound: .principalNotFound
        case .tokenNotFound: .tokenNotFound
        case .conflict: .conflict
        }
    }
}
