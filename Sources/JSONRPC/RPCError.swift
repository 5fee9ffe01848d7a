public import JSON

/// An error as a caller sees it.
///
/// Whatever stands in it is sent, so it never holds a secret or the text of an inner error.
public struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error.
    public var code: RPCErrorCode
    /// One sentence: lower case, no full stop, says what to do.
    public var message: String
    /// Further members of `data`; `code` and `retryable` are always added.
    public var data: JSONObject
    /// Whether the same call may succeed later.
    public var retryable: Bool

    /// Creates an error; `retryable` is the code's own unless given.
    public init(_ code: RPCErrorCode, _ message: String, data: JSONObject = [:], retryable: Bool? = nil) {
        self.code = code
        self.message = message
        self.data = data
        self.retryable = retryable ?? code.retryable
    }

    /// An error of a limit, with `limit`, `actual` and, where waiting helps, `retryAfterMs`.
    public static func limit(
        _ code: RPCErrorCode, _ message: String, limit: Int, actual: Int, retryAfterMs: Int? = nil
    ) -> RPCError {
        var data: JSONObject = ["limit": .integer(Int64(limit)), "actual": .integer(Int64(actual))]
        data["retryAfterMs"] = retryAfterMs.map { .integer(Int64($0)) } ?? .null
        return RPCError(code, message, data: data)
    }

    /// The error object of the specification.
    public var json: JSONValue {
        var members: JSONObject = ["code": .string(code.name), "retryable": .bool(retryable)]
        members.merge(data) { own, _ in own }
        return ["code": .integer(Int64(code.number)), "message": .string(message), "data": .object(members)]
    }

    /// A whole error reply with id null and its line end, for a transport that lets nobody in.
    public var line: [UInt8] { reply + [UInt8(ascii: "\n")] }

    /// A whole error reply with id null.
    public var reply: [UInt8] {
        var bytes: [UInt8] = []
        ReplyWriter.append(.null, .failure(self), to: &bytes)
        return bytes
    }

    /// A message that is longer than the limits allow.
    public static func messageTooLarge(_ limits: RPCLimits, actual: Int) -> RPCError {
        .limit(
            .messageTooLarge, "cannot take a message of more than \(limits.messageBytes) bytes",
            limit: limits.messageBytes, actual: actual)
    }

    /// Name and message.
    public var description: String { "\(code.name): \(message)" }
}

/// An error that knows how callers should see it; everything else becomes an internal error without its words.
public protocol RPCErrorConvertible: Error {
    /// The error as callers see it.
    var rpcError: RPCError { get }
}
