internal import JSON

/// What a handler gives back where more than the result is to be said.
public struct Reply<Result: Encodable & Sendable>: Sendable {
    /// The result that the caller gets.
    public var result: Result
    /// Runs once, right after the reply was queued on the connection; whatever it sends there comes after the reply.
    ///
    /// It must not block. It does not run where the connection closed before.
    public var afterReply: (@Sendable () -> Void)?

    /// Creates a reply.
    public init(_ result: Result, afterReply: (@Sendable () -> Void)? = nil) {
        self.result = result
        self.afterReply = afterReply
    }
}

/// A result that is JSON text already, so that nothing is encoded again; the text is trusted to be one compact value.
public struct EncodedResult: Sendable, Hashable, Encodable {
    let bytes: [UInt8]

    /// Takes one compact JSON value without line ends.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Writes the value through another encoder.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue(parsing: bytes).encode(to: encoder)
    }
}

/// A result on its way out.
struct Answer: Sendable {
    enum Result: Sendable {
        case json(JSONValue)
        case bytes([UInt8])
    }

    var result: Result
    var afterReply: (@Sendable () -> Void)?

    init(json value: JSONValue) {
        result = .json(value)
    }

    /// Takes JSON as it is and encodes everything else.
    init<R: Encodable>(_ value: R, afterReply: (@Sendable () -> Void)? = nil) throws {
        if R.self == JSONValue.self, let value = value as? JSONValue {
            result = .json(value)
        } else if R.self == EncodedResult.self, let text = value as? EncodedResult {
            result = .bytes(text.bytes)
        } else {
            result = .json(try JSONValueEncoder().encode(value))
        }
        self.afterReply = afterReply
    }

    init<R>(_ reply: Reply<R>) throws {
        try self.init(reply.result, afterReply: reply.afterReply)
    }
}

enum Outcome: Sendable {
    case success(Answer)
    case failure(RPCError)

    var afterReply: (@Sendable () -> Void)? {
        switch self {
        case .success(let answer): answer.afterReply
        case .failure: nil
        }
    }
}
