internal import JSON

/// One call that a client asks for; without an id it is a notification.
struct Request: Sendable, Hashable {
    var id: RPCID?
    var method: String
    var params: JSONValue?
    /// The call that a `$/cancelRequest` names, as its sender wrote the id.
    var cancels: RPCID?

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
    /// Nothing in it can be answered on its own: one error with id null.
    case refused(RPCError)
}
