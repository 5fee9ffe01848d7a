public import AuraModel
public import JSONRPC

/// `status.subscribe`
public struct SubscribeParameters: Sendable, Codable, PositionalParams {
    public var filter: FilterParameters?
    /// `"now"` (where none is given), `"start"`, or a `seq`: events after it.
    public var from: SubscriptionStart?
    /// `"terminal"` ends the stream once every job that the filter matches has come to its end.
    public var until: SubscriptionEnd?
    /// The client's own id for it, 1 to 64 visible characters. One is made where none is given.
    public var subscription: String?

    public static let positions = ["filter", "from", "until", "subscription"]
}

/// Which events: those that match every part that is given.
public struct FilterParameters: Sendable, Codable {
    /// An id or a name.
    public var instance: String?
    public var job: JobID?
    public var tenant: String?
    public var change: ChangeID?
    public var types: [EventType]?
}

/// Where a subscription starts.
public enum SubscriptionStart: Sendable, Codable, Hashable {
    case now
    case start
    /// Events after this place in the ledger.
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
        default:
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: #"expected "now", "start" or a seq (a whole number, 0 or more)"#)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .now: try container.encode("now")
        case .start: try container.encode("start")
        case .after(let seq): try container.encode(seq)
        }
    }
}

/// When a subscription ends by itself.
public enum SubscriptionEnd: String, Sendable, Codable {
    case terminal
}

public struct SubscribeResult: Sendable, Codable {
    public var subscription: String
    /// The `seq` of the newest event now.
    public var head: Int64

    public init(subscription: String, head: Int64) {
        self.subscription = subscription
        self.head = head
    }
}

/// `status.unsubscribe`
public struct UnsubscribeParameters: Sendable, Codable, PositionalParams {
    public var subscription: String

    public static let positions = ["subscription"]
}

public struct UnsubscribeResult: Sendable, Codable {
    /// False where the connection had no such subscription.
    public var ended: Bool

    public init(ended: Bool) {
        self.ended = ended
    }
}
