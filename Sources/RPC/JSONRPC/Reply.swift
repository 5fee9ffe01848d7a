internal import JSON

/// The return value of a handler that needs `afterReply`.
public struct Reply<Result: Encodable & Sendable>: Sendable {
    /// The result that the caller receives.
    public var result: Result
    /// Runs once, directly after the reply was queued on the connection. Messages that it sends there follow the reply.
    ///
    /// It must not block. It does not run if the connection has closed before.
    public var afterReply: (@Sendable () -> Void)?

    /// Creates a reply.
    public init(_ result: Result, afterReply: (@Sendable () -> Void)? = nil) {
        self.result = result
        self.afterReply = afterReply
    }
}

/// A result that is JSON text already and is sent unchanged. The text must be one compact value; it is not checked.
public struct EncodedResult: Sendable, Hashable, Encodable {
    let bytes: [UInt8]

    /// Creates a result from one compact JSON value without line ends.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses the JSON text and encodes the value. Replies do not use this method: they contain `bytes` unchanged.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue(parsing: bytes).encode(to: encoder)
    }
}

/// The result of a call before it is written.
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

    /// Keeps JSON values and JSON text unchanged and encodes all other values.
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

    var error: RPCError? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }

    var afterReply: (@Sendable () -> Void)? {
        switch self {
        case .success(let answer): answer.afterReply
        case .failure: nil
        }
    }
}
