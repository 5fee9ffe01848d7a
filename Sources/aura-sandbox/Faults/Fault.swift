/// Something that goes wrong when a call matches.
struct Fault: Sendable {
    /// Which calls are meant.
    struct Match: Decodable, Sendable {
        /// Any method if absent.
        var method: String?
        /// A pattern over the path in which `*` stands for any characters.
        var path: String
        /// Text that stands in the query or the body, for one server among many.
        var contains: String?
    }

    /// What goes wrong; the parameters of `Body` that each reads stand beside it.
    enum Kind: String, Decodable, Sendable, CaseIterable {
        /// The connection closes without an answer, after the effect or (`effect: false`) before it.
        case loseAnswer
        /// `status`, `code`, `message`, `retryAfter`; with `effect: true` the effect happens all the same.
        case status
        /// 429 as by an empty bucket; `retryAfter`.
        case rateLimited
        /// The answer comes `seconds` late.
        case slow
        /// The body comes in pieces over `seconds`.
        case trickle
        /// The body breaks off.
        case truncate
        /// `status` 502 or 504 with an HTML body; `effect`.
        case html502
        /// The call's action ends in error; `action` names the command, `code` and `message` the error.
        case actionFails
        /// The call's action never ends; `action`.
        case actionStuck
        /// The call's action takes `seconds` longer; `action`.
        case actionSlow
        /// The list shows what was `seconds` ago.
        case staleList
        /// The list is empty.
        case emptyList
        /// The created server runs but nothing on it ever answers.
        case neverBoots
        /// The created server answers only `seconds` after it runs.
        case bootSlow
        /// The created server has another host key than the user data says.
        case wrongHostKey
        /// The created server does not heed ACPI.
        case ignoresShutdown
        /// The created server is deleted by somebody else `seconds` later.
        case serverVanishes
        /// 412 `resource_unavailable`.
        case resourceUnavailable
        /// 422 "unsupported location for server type".
        case unsupportedLocation
        /// 403 `resource_limit_exceeded`.
        case limitExceeded
        /// Answers have fields that no description knows.
        case unknownFields
        /// Times end in `+00:00`.
        case offsetTimes
        /// The node that registers is in no list for `seconds`.
        case deviceAppearsLate
        /// All OAuth access tokens end now, also the one of this call.
        case tokenExpired
    }

    /// What `POST /_sandbox/faults` takes.
    struct Body: Decodable, Sendable {
        private enum CodingKeys: String, CodingKey, CaseIterable {
            case match, fault, count, after, probability, effect, status, code, message, retryAfter, seconds, action
        }

        /// The names of all fields.
        static let fields = Set(CodingKeys.allCases.map(\.rawValue))

        var match: Match
        var fault: Kind
        /// How many matching calls it befalls; 0 is all of them.
        var count: Int?
        /// How many matching calls it lets pass first.
        var after: Int?
        /// Between 0 and 1; always if absent.
        var probability: Double?
        var effect: Bool?
        var status: Int?
        var code: String?
        var message: String?
        var retryAfter: Int?
        var seconds: Double?
        var action: String?
    }

    let id: Int64
    let body: Body
    /// How many matching calls came.
    var seen = 0
    /// How many it befell.
    var fired = 0

    /// Whether it befalls nothing more.
    var isSpent: Bool {
        let count = body.count ?? 1
        return count > 0 && fired >= count
    }

    /// Whether a call is meant.
    func matches(_ call: Call) -> Bool {
        guard body.match.method.map({ $0 == call.method || $0 == "*" }) ?? true else { return false }
        guard Glob.matches(body.match.path, call.path) else { return false }
        guard let text = body.match.contains, !text.isEmpty else { return true }
        return call.query.contains { $0.value.contains(text) }
            || String(decoding: call.body, as: UTF8.self).contains(text)
    }

    /// The state report's entry.
    var json: JSONValue {
        [
            "id": .int(id), "fault": .string(body.fault.rawValue), "method": .text(body.match.method),
            "path": .string(body.match.path), "count": .count(body.count ?? 1), "after": .count(body.after ?? 0),
            "seen": .count(seen), "fired": .count(fired),
        ]
    }
}

/// Patterns with `*`.
enum Glob {
    /// Whether the whole text fits the pattern.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        var rest = text[...]
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return pattern == text }
        for (index, part) in parts.enumerated() {
            if index == 0 {
                guard rest.hasPrefix(part) else { return false }
                rest = rest.dropFirst(part.count)
            } else if index == parts.count - 1 {
                return rest.hasSuffix(part)
            } else {
                guard let range = part.isEmpty ? rest.startIndex..<rest.startIndex : rest.firstRange(of: part) else {
                    return false
                }
                rest = rest[range.upperBound...]
            }
        }
        return true
    }
}
