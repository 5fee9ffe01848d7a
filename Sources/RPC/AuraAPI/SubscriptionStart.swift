public import JSON

/// The position at which a subscription starts.
public enum SubscriptionStart: Sendable, Codable, Hashable {
    /// The head of the ledger: only later events.
    case now
    /// The oldest event that the ledger still has.
    case start
    /// A snapshot of the instances, then the events after it.
    case snapshot
    /// Events with a greater `seq`.
    case after(Int64)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seq = try? container.decode(Int64.self), seq >= 0 {
            self = .after(seq)
            return
        }
        switch try? container.decode(String.self) {
        case "now": self = .now
        case "start": self = .start
        case "snapshot": self = .snapshot
        default:
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: #"expected "now", "start", "snapshot" or a seq (a whole number, 0 or more)"#)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .now: try container.encode("now")
        case .start: try container.encode("start")
        case .snapshot: try container.encode("snapshot")
        case .after(let seq): try container.encode(seq)
        }
    }
}

extension SubscriptionStart: JSONReadable {
    /// Reads a word or a `seq`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        switch json {
        case .integer(let seq) where seq >= 0: self = .after(seq)
        case .double(let number) where number >= 0 && Int64(exactly: number) != nil: self = .after(Int64(number))
        case "now": self = .now
        case "start": self = .start
        case "snapshot": self = .snapshot
        default:
            throw JSONDecodingError(
                expected: #""now", "start", "snapshot" or a seq (a whole number, 0 or more)"#, found: json)
        }
    }
}
