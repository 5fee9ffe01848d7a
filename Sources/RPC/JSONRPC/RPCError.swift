public import JSON

/// An error as a client sees it.
///
/// All its contents are sent, so it must never hold a secret or the text of an inner error.
public struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error.
    public var code: RPCErrorCode
    /// One sentence in lower case, without a full stop, that names the remedy.
    public var message: String
    /// Further members of `data`. `code` and `retryable` are always added.
    public var data: JSONObject
    /// True if the same call may succeed later.
    public var retryable: Bool

    /// Creates an error. `retryable` defaults to that of the code.
    public init(_ code: RPCErrorCode, _ message: String, data: JSONObject = [:], retryable: Bool? = nil) {
        self.code = code
        self.message = message
        self.data = data
        self.retryable = retryable ?? code.retryable
    }

    /// Creates an error of a limit, with `limit`, `actual` and, if a retry can succeed, `retryAfterMs`.
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

    /// A complete error reply with id null and its line end, for a connection that is refused.
    public var line: [UInt8] { reply + [UInt8(ascii: "\n")] }

    /// A complete error reply with id null.
    public var reply: [UInt8] {
        var bytes: [UInt8] = []
        ReplyWriter.append(.null, .failure(self), to: &bytes)
        return bytes
    }

    /// Returns the error for a message that is longer than the limit.
    public static func messageTooLarge(_ limits: RPCLimits, actual: Int) -> RPCError {
        .limit(
            .messageTooLarge, "cannot take a message of more than \(limits.messageBytes) bytes",
            limit: limits.messageBytes, actual: actual)
    }

    /// Name and message.
    public var description: String { "\(code.name): \(message)" }
}

/// An error with a form for clients. Clients see every other error as an internal error without its text.
public protocol RPCErrorConvertible: Error {
    /// The error as clients see it.
    var rpcError: RPCError { get }
}
