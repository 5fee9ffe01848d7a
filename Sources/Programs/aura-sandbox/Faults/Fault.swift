import Glibc
import JSON

/// A fault that affects matching calls.
struct Fault: Sendable {
    /// The condition that selects calls.
    struct Match: Decodable, Sendable {
        /// The method; any method if absent or `*`.
        var method: String?
        /// A pattern for the path, for `fnmatch`; `*` matches any characters.
        var path: String
        /// Text that the query or the body must contain, for example to select one server.
        var contains: String?
    }

    /// The effect of the fault. Each case names the parameters of `Body` that it reads.
    enum Kind: String, Decodable, Sendable, CaseIterable {
        /// The connection closes without a response. The call takes effect, unless `effect` is false.
        case loseAnswer
        /// An error response with `status`, `code`, `message`, `retryAfter`. With `effect: true` the call still takes
        /// effect.
        case status
        /// The response is 429, as with an empty request budget. Reads `retryAfter` and, for Stripe, `code`.
        case rateLimited
        /// The response is `seconds` late.
        case slow
        /// The body is sent in pieces over `seconds`.
        case trickle
        /// The body ends early.
        case truncate
        /// The response has an HTML body and `status`, 502 by default. Reads `retryAfter` and `effect`.
        case html502
        /// The action of the call ends with an error. `action` names the command; `code` and `message` describe the
        /// error.
        case actionFails
        /// The action of the call never ends. `action` names the command.
        case actionStuck
        /// The action of the call takes `seconds` longer. `action` names the command.
        case actionSlow
        /// The list shows the state of `seconds` ago.
        case staleList
        /// The list is empty.
        case emptyList
        /// The created server runs, but nothing on it ever replies.
        case neverBoots
        /// The created server replies only `seconds` after its status became `running`.
        case bootSlow
        /// The created server has a host key other than the one in the user data.
        case wrongHostKey
        /// The created server ignores ACPI signals.
        case ignoresShutdown
        /// Another client deletes the created server `seconds` later.
        case serverVanishes
        /// The response is 412 `resource_unavailable`.
        case resourceUnavailable
        /// The response is 422 "unsupported location for server type".
        case unsupportedLocation
        /// The response is 403 `resource_limit_exceeded`.
        case limitExceeded
        /// Responses have fields that the documentation of the APIs does not describe.
        case unknownFields
        /// Times in responses end in `+00:00`.
        case offsetTimes
        /// Tailscale's API does not return the registered node for `seconds`.
        case deviceAppearsLate
        /// All OAuth access tokens expire now, including the token of this call.
        case tokenExpired
    }

    /// The body of `POST /_sandbox/faults`.
    struct Body: Decodable, Sendable {
        private enum CodingKeys: String, CodingKey, CaseIterable {
            case match, fault, count, after, probability, effect, status, code, message, retryAfter, seconds, action,
                shouldRetry
        }

        /// The names of all fields.
        static let fields = Set(CodingKeys.allCases.map(\.rawValue))

        var match: Match
        var fault: Kind
        /// The number of matching calls that the fault affects; 0 means all of them, and the default is 1.
        var count: Int?
        /// The number of matching calls that the fault first ignores.
        var after: Int?
        /// The probability that a matching call is affected, 0 to 1; 1 if absent.
        var probability: Double?
        var effect: Bool?
        var status: Int?
        var code: String?
        var message: String?
        var retryAfter: Int?
        var seconds: Double?
        var action: String?
        /// The value of `Stripe-Should-Retry`, for errors of Stripe's API.
        var shouldRetry: Bool?
    }

    let id: Int64
    let body: Body
    /// The number of matching calls so far.
    var seen = 0
    /// The number of affected calls so far.
    var fired = 0

    /// True if the fault affects no more calls.
    var isSpent: Bool {
        let count = body.count ?? 1
        return count > 0 && fired >= count
    }

    /// True if the fault's condition matches a call.
    func matches(_ call: Call) -> Bool {
        guard body.match.method.map({ $0 == call.method || $0 == "*" }) ?? true else { return false }
        guard fnmatch(body.match.path, call.path, FNM_NOESCAPE) == 0 else { return false }
        guard let text = body.match.contains, !text.isEmpty else { return true }
        return call.query.contains { $0.value.contains(text) }
            || String(decoding: call.body, as: UTF8.self).contains(text)
    }

    /// The entry in the state report.
    var json: JSONValue {
        [
            "id": .integer(id), "fault": .string(body.fault.rawValue), "method": .text(body.match.method),
            "path": .string(body.match.path), "count": .count(body.count ?? 1), "after": .count(body.after ?? 0),
            "seen": .count(seen), "fired": .count(fired),
        ]
    }
}
