internal import JSON

/// One call of a client. Without an id it is a notification.
struct Request: Sendable, Hashable {
    var id: RPCID?
    var method: String
    var params: JSONValue?
    /// The id of the call that a `$/cancelRequest` names, as the client wrote it.
    var cancels: RPCID?
    /// The path of the first parameter that is a number out of range, such as `params.limit`. `params` has a zero
    /// there.
    var outOfRange: String?

    static let cancelMethod = "$/cancelRequest"
}

/// One item of a message: a valid request, or an invalid one with its error.
enum Item: Sendable, Hashable {
    case request(Request)
    case invalid(RPCID, RPCError)
}

/// The contents of one frame.
enum Inbound: Sendable, Hashable {
    case single(Item)
    case batch([Item])
    /// The text is JSON and is refused as a whole, with one error. The id is null if it cannot be read.
    case refused(RPCID, RPCError)
    /// The text is not JSON. The id is null if it cannot be read.
    case notJSON(RPCID, RPCError)
}
