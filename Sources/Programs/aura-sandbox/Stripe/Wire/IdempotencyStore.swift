import FoundationEssentials
import JSON

/// The responses of earlier `POST` calls by their `Idempotency-Key`.
///
/// The response of a call whose execution began is stored, also if it was a 500. A call that was refused before its
/// execution is not stored.
struct IdempotencyStore: Sendable {
    private struct Entry {
        var path: String
        var parameters: JSONValue
        var answer: Answer
        var requestID: String
        /// The time on the account's clock, in seconds since 1970.
        var created: Int64
        /// The time until which the first response is still being sent.
        var busyUntil: Date
    }

    private var entries: [String: Entry] = [:]
    /// The keys in the order of their first use, for pruning.
    private var order: [String] = []
    private static let lifetimeSeconds: Int64 = 86_400
    private static let limit = 200_000

    /// The number of stored responses.
    var count: Int { entries.count }

    /// Returns the stored response to a call. Throws 400 `idempotency_error` if the key was used for another call, 409
    /// while the first call is in progress, and 400 for a key that is too long.
    func replay(_ key: String, path: String, _ parameters: JSONValue, real: Date, clock: Int64) throws -> Answer? {
        guard (1...255).contains(key.count) else {
            throw StripeError.invalid(nil, "Idempotency-Key must have 1 to 255 characters.")
        }
        guard let entry = entries[key], clock - entry.created <= Self.lifetimeSeconds else { return nil }
        guard entry.path == path, entry.parameters == parameters else {
            throw StripeError(
                status: 400, type: "idempotency_error",
                message: """
                    Keys for idempotent requests can only be used with the same parameters they were first used with. \
                    Try using a key other than '\(key)' if you meant to execute a different request.
                    """)
        }
        guard entry.busyUntil <= real else {
            throw StripeError(
                status: 409, type: "idempotency_error", code: "idempotency_key_in_use",
                message: "There is currently another in-progress request using this Idempotency Key: \(key).",
                shouldRetry: true)
        }
        var answer = entry.answer
        answer.headers.append(("Idempotent-Replayed", "true"))
        answer.headers.append(("Original-Request", entry.requestID))
        return answer
    }

    /// Stores the response to the first call with a key, unless the call was refused before its execution.
    mutating func store(
        _ key: String, path: String, _ parameters: JSONValue, _ answer: Answer, requestID: String, busyUntil: Date,
        clock: Int64
    ) {
        guard answer.status < 400 || answer.status == 402 || answer.status >= 500 else { return }
        if entries[key] == nil { order.append(key) }
        entries[key] = Entry(
            path: path, parameters: parameters, answer: answer, requestID: requestID, created: clock,
            busyUntil: busyUntil)
        if order.count > Self.limit {
            for old in order.prefix(Self.limit / 10) { entries[old] = nil }
            order.removeFirst(Self.limit / 10)
        }
    }
}
