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

    /// Creates an error of a limit, with `limit`, `actual` and `retryAfterMs` in `data`. A `retryAfterMs` of `nil` is
    /// sent as null.
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

/// The kind of error of a call: the number on the wire and the stable name in `data.code`.
///
/// The numbers of the specification (https://www.jsonrpc.org/specification#error_object) keep their meaning. In the
/// range for server errors, -32000 to -32019 are errors of the protocol and defined in this file. -32020 to -32099 are
/// errors of the methods.
public struct RPCErrorCode: Sendable, Hashable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int
    /// The stable name in `data.code`, camelCase.
    public let name: String
    /// True if the same call may succeed later. It is the default of `data.retryable`.
    public let retryable: Bool

    /// Creates a code.
    public init(_ number: Int, _ name: String, retryable: Bool = false) {
        self.number = number
        self.name = name
        self.retryable = retryable
    }

    /// The name.
    public var description: String { name }
}

extension RPCErrorCode {
    /// The message is not JSON.
    public static let parseError = RPCErrorCode(-32700, "parseError")
    /// The message is JSON but not a request.
    public static let invalidRequest = RPCErrorCode(-32600, "invalidRequest")
    /// The method does not exist.
    public static let methodNotFound = RPCErrorCode(-32601, "methodNotFound")
    /// The parameters do not match the method.
    public static let invalidParams = RPCErrorCode(-32602, "invalidParams")
    /// The daemon failed. Its log has the cause.
    public static let internalError = RPCErrorCode(-32603, "internalError")

    /// The message is longer than `messageBytes`.
    public static let messageTooLarge = RPCErrorCode(-32001, "messageTooLarge")
    /// The message is nested deeper than `depth`.
    public static let messageTooDeep = RPCErrorCode(-32002, "messageTooDeep")
    /// The batch has more items than `batchItems`.
    public static let batchTooLarge = RPCErrorCode(-32003, "batchTooLarge")
    /// The connection has `inFlightPerConnection` calls, or `inFlightBytesPerConnection` bytes of calls, without a
    /// reply.
    public static let tooManyInFlight = RPCErrorCode(-32004, "tooManyInFlight", retryable: true)
    /// All connections of the daemon are in use, except those that are kept for root and the daemon's own user.
    public static let tooManyConnections = RPCErrorCode(-32005, "tooManyConnections", retryable: true)
    /// The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`.
    public static let tooManyConnectionsOfUser = RPCErrorCode(-32006, "tooManyConnectionsOfUser", retryable: true)
    /// The connection has `subscriptionsPerConnection` subscriptions, its user `subscriptionsPerUser`, or the daemon
    /// `subscriptions`.
    public static let tooManySubscriptions = RPCErrorCode(-32007, "tooManySubscriptions", retryable: true)
    /// The reply does not fit the connection's outbound queue: the client does not read, or the reply is larger than
    /// the queue.
    public static let outboundQueueFull = RPCErrorCode(-32008, "outboundQueueFull", retryable: true)
    /// `$/cancelRequest` cancelled the call, or its client closed the connection.
    public static let requestCancelled = RPCErrorCode(-32010, "requestCancelled", retryable: true)
    /// The daemon is shutting down: it refuses new connections and ends calls that only wait.
    public static let shuttingDown = RPCErrorCode(-32011, "shuttingDown", retryable: true)

    /// The connection has not shown who calls, or the proof is not valid.
    public static let unauthenticated = RPCErrorCode(-32012, "unauthenticated")
    /// The caller lacks a scope of the method, or a restriction of its token forbids the call.
    public static let forbidden = RPCErrorCode(-32013, "forbidden")

    /// The token of the connection was revoked, has expired or has lost rights. The connection ends.
    public static let tokenRevoked = RPCErrorCode(-32015, "tokenRevoked")
    /// A limit of calls in 60 seconds is reached.
    public static let tooManyCalls = RPCErrorCode(-32016, "tooManyCalls", retryable: true)

    /// The daemon's budget for calls or their bytes is used up, or the share of this user or network address; see
    /// ``CallBudget``.
    public static let daemonBusy = RPCErrorCode(-32014, "daemonBusy", retryable: true)

    /// All codes of the protocol itself, which this file defines.
    public static let wire: [RPCErrorCode] = [
        .parseError, .invalidRequest, .methodNotFound, .invalidParams, .internalError, .messageTooLarge,
        .messageTooDeep, .batchTooLarge, .tooManyInFlight, .tooManyConnections, .tooManyConnectionsOfUser,
        .tooManySubscriptions, .outboundQueueFull, .requestCancelled, .shuttingDown, .unauthenticated, .forbidden,
        .tokenRevoked, .tooManyCalls, .daemonBusy,
    ]
}
