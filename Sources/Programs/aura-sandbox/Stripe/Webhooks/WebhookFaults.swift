/// A fault of the deliveries of webhooks, as `POST /_sandbox/stripe/webhook-faults` describes it.
struct WebhookFault: Sendable {
    /// The effect of the fault. Each case names the parameters of ``Body`` that it reads.
    enum Kind: String, Decodable, Sendable, CaseIterable {
        /// The event is delivered `copies` more times, one after the other, `seconds` apart (0.2 if absent).
        case duplicate
        /// The event is delivered `copies` more times at the same time.
        case concurrent
        /// A second event with another id reports the same change.
        case twin
        /// The delivery is `seconds` late (1 if absent).
        case delay
        /// The delivery is late by a random time up to `seconds` (1 if absent), so that the order changes.
        case shuffle
        /// The body has the other value of `livemode`.
        case otherLivemode
        /// The body is a thin event of API v2 (`v2.core.event`).
        case thin
        /// The body has at least `bytes` bytes (1 MiB if absent).
        case oversized
        /// The signature is made with another secret.
        case wrongSecret
        /// The header has only a signature of the scheme `v0`.
        case onlyV0
        /// The header has no `t`.
        case noTime
        /// The signature is not hexadecimal.
        case badHex
        /// `t` is `seconds` in the past (600 if absent). The signature is valid for it.
        case oldTime
        /// `t` is `seconds` in the future (600 if absent). The signature is valid for it.
        case futureTime
        /// The valid signature comes after unknown schemes, a wrong `v1` and a `v0`, and `t` comes last.
        case manyPieces
        /// The body has unusual white space and characters outside ASCII. The signature is valid.
        case whitespace

        /// True if the fault changes when and how often an event is delivered, false if it changes one attempt.
        var isTiming: Bool {
            switch self {
            case .duplicate, .concurrent, .twin, .delay, .shuffle: true
            case .otherLivemode, .thin, .oversized, .wrongSecret, .onlyV0, .noTime, .badHex, .oldTime, .futureTime,
                .manyPieces, .whitespace:
                false
            }
        }
    }

    /// The body of the call.
    struct Body: Decodable, Sendable {
        static let fields: Set<String> = [
            "fault", "type", "count", "after", "probability", "copies", "seconds", "bytes",
        ]

        var fault: Kind
        /// The type of the affected events; all types if absent or `*`.
        var type: String?
        /// The number of affected events or attempts; 0 means all of them, and the default is 1.
        var count: Int?
        /// The number of matching events or attempts that the fault first ignores.
        var after: Int?
        /// The probability that a matching event or attempt is affected, 0 to 1; 1 if absent.
        var probability: Double?
        var copies: Int?
        var seconds: Double?
        var bytes: Int?
    }

    let body: Body
    var seen = 0
    var fired = 0

    /// Returns true if the fault affects this event or attempt, and counts it.
    mutating func takes(_ type: String, _ random: inout SeededRandom) -> Bool {
        guard body.type == nil || body.type == "*" || body.type == type else { return false }
        let count = body.count ?? 1
        guard count == 0 || fired < count else { return false }
        seen += 1
        guard seen > body.after ?? 0, body.probability.map({ random.happens($0) }) ?? true else { return false }
        fired += 1
        return true
    }
}

/// The faults of webhooks in the order in which they were set.
struct WebhookFaults: Sendable {
    /// The deliveries of one event to one endpoint.
    struct Plan: Sendable {
        /// The delay of each delivery.
        var delaysSeconds = [0.0]
        var hasTwin = false
    }

    private(set) var all: [WebhookFault] = []
    private static let limit = 1_000

    /// Adds a fault. Throws 422 for values out of range.
    mutating func add(_ body: WebhookFault.Body) throws {
        guard all.count < Self.limit, (0...100).contains(body.copies ?? 1), (0...86_400).contains(body.seconds ?? 0),
            (0...(64 << 20)).contains(body.bytes ?? 0)
        else {
            throw APIError.invalid(
                "fault",
                "at most \(Self.limit) faults, copies 0 to 100, seconds 0 to 86400, bytes 0 to \(64 << 20)")
        }
        all.append(WebhookFault(body: body))
    }

    /// Removes all faults.
    mutating func removeAll() { all = [] }

    /// Returns when and how often an event is delivered.
    mutating func plan(_ type: String, _ random: inout SeededRandom) -> Plan {
        var plan = Plan()
        for place in all.indices where all[place].body.fault.isTiming && all[place].takes(type, &random) {
            let body = all[place].body
            let spacing = body.fault == .duplicate ? body.seconds ?? 0.2 : 0
            switch body.fault {
            case .duplicate, .concurrent:
                plan.delaysSeconds += (1...max(1, body.copies ?? 1)).map { Double($0) * spacing }
            case .twin: plan.hasTwin = true
            case .delay: plan.delaysSeconds = plan.delaysSeconds.map { $0 + (body.seconds ?? 1) }
            case .shuffle:
                plan.delaysSeconds = plan.delaysSeconds.map {
                    $0 + (body.seconds ?? 1) * Double(random.next() >> 11) / 9_007_199_254_740_992
                }
            case .otherLivemode, .thin, .oversized, .wrongSecret, .onlyV0, .noTime, .badHex, .oldTime, .futureTime,
                .manyPieces, .whitespace:
                break
            }
        }
        return plan
    }

    /// Returns the faults of one attempt.
    mutating func take(_ type: String, _ random: inout SeededRandom) -> [WebhookFault.Body] {
        var taken: [WebhookFault.Body] = []
        for place in all.indices where !all[place].body.fault.isTiming && all[place].takes(type, &random) {
            taken.append(all[place].body)
        }
        return taken
    }
}
