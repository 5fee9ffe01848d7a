internal import JSON

/// One call that a client asks for; without an id it is a notification.
struct Request: Sendable, Hashable {
    var id: RPCID?
    var method: String
    var params: JSONValue?
    /// The call that a `$/cancelRequest` names, as its sender wrote the id.
    var cancels: RPCID?
    /// The path of the first number in the parameters that is out of range, such as `params.limit`; `params` has a zero there.
    var outOfRange: String?

    static let cancelMethod = "$/cancelRequest"
}

/// One item of a message: a request, or something that should have been one.
enum Item: Sendable, Hashable {
    case request(Request)
    case invalid(RPCID, RPCError)
}

/// What one frame holds.
enum Inbound: Sendable, Hashable {
    case single(Item)
    case batch([Item])
    /// The text is JSON and is refused as a whole, with one error; the id is null if it cannot be read.
    case refused(RPCID, RPCError)
    /// The text is not JSON; the id is null if it cannot be read.
    case notJSON(RPCID, RPCError)
}
