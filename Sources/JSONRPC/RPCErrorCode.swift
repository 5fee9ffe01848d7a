/// What kind of error a call met: the number on the wire and the stable name that stands in `data.code`.
///
/// The numbers of the specification (https://www.jsonrpc.org/specification#error_object) keep their meaning. Of the
/// range a server may use for itself, -32000 to -32019 belong to the wire, here, and -32020 to -32099 to the
/// operations above it.
public struct RPCErrorCode: Sendable, Hashable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int
    /// The stable name in `data.code`, camelCase.
    public let name: String
    /// Whether the same call may succeed later; `data.retryable` unless an error says otherwise.
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
    /// The message is JSON but no request.
    public static let invalidRequest = RPCErrorCode(-32600, "invalidRequest")
    /// No such method.
    public static let methodNotFound = RPCErrorCode(-32601, "methodNotFound")
    /// The parameters do not fit the method.
    public static let invalidParams = RPCErrorCode(-32602, "invalidParams")
    /// The daemon failed; its log says why.
    public static let internalError = RPCErrorCode(-32603, "internalError")

    /// The message is longer than `messageBytes`.
    public static let messageTooLarge = RPCErrorCode(-32001, "messageTooLarge")
    /// The message is nested deeper than `depth`.
    public static let messageTooDeep = RPCErrorCode(-32002, "messageTooDeep")
    /// The batch has more items than `batchItems`.
    public static let batchTooLarge = RPCErrorCode(-32003, "batchTooLarge")
    /// The connection has `inFlightPerConnection` calls that are not answered yet.
    public static let tooManyInFlight = RPCErrorCode(-32004, "tooManyInFlight", retryable: true)
    /// The daemon has `connections` connections.
    public static let tooManyConnections = RPCErrorCode(-32005, "tooManyConnections", retryable: true)
    /// The user has `connectionsPerUser` connections, or the network address `connectionsPerAddress`.
    public static let tooManyConnectionsOfUser = RPCErrorCode(-32006, "tooManyConnectionsOfUser", retryable: true)
    /// The connection has `subscriptionsPerConnection` subscriptions, its user `subscriptionsPerUser`, or the daemon `subscriptions`.
    public static let tooManySubscriptions = RPCErrorCode(-32007, "tooManySubscriptions", retryable: true)
    /// The reply does not fit the connection's outbound queue, since the client does not read.
    public static let outboundQueueFull = RPCErrorCode(-32008, "outboundQueueFull", retryable: true)
    /// `$/cancelRequest` ended the call.
    public static let requestCancelled = RPCErrorCode(-32010, "requestCancelled", retryable: true)
    /// The daemon is going down and takes no new calls.
    public static let shuttingDown = RPCErrorCode(-32011, "shuttingDown", retryable: true)

    /// All connections together have as many calls, or bytes of calls, in flight as the daemon admits.
    public static let daemonBusy = RPCErrorCode(-32014, "daemonBusy", retryable: true)

    /// Every code that the wire itself answers with.
    public static let wire: [RPCErrorCode] = [
        .parseError, .invalidRequest, .methodNotFound, .invalidParams, .internalError, .messageTooLarge,
        .messageTooDeep, .batchTooLarge, .tooManyInFlight, .tooManyConnections, .tooManyConnectionsOfUser,
        .tooManySubscriptions, .outboundQueueFull, .requestCancelled, .shuttingDown, .daemonBusy,
    ]
}
