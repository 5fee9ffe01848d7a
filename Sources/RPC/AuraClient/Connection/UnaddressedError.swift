internal import JSON
internal import JSONRPC

/// Decides which call an error reply with the id null belongs to. It does no IO.
///
/// The daemon replies with id null if it cannot read the request's id. The error fails at most one call.
enum UnaddressedError {
    /// A call that waits for its reply.
    struct Waiting: Sendable, Hashable {
        var id: Int64
        /// The length of its request in bytes.
        var bytes: Int
    }

    enum Meaning: Sendable, Hashable {
        /// The daemon no longer serves this connection.
        case connection
        /// One call failed.
        case call(Int64)
        /// The client cannot identify the call. The failed call ends with its own timeout.
        case unknown
    }

    /// Returns the meaning of an error reply without an id:
    /// - A connection limit, a refused token, a shutdown or broken framing concerns the connection.
    /// - `messageTooLarge` with a limit concerns the oldest waiting call whose request exceeds the limit.
    /// - Any other error concerns the waiting call, if exactly one call waits.
    /// - Otherwise the meaning is unknown.
    static func meaning(of error: RPCError, waiting: [Waiting]) -> Meaning {
        if isAboutConnection(error) { return .connection }
        let oldestFirst = waiting.sorted { $0.id < $1.id }
        if error.code.name == RPCErrorCode.messageTooLarge.name, let limit = error.data["limit"]?.integerValue {
            let tooLarge = oldestFirst.first { $0.bytes > limit }
            return tooLarge.map { .call($0.id) } ?? .unknown
        }
        return waiting.count == 1 ? .call(oldestFirst[0].id) : .unknown
    }

    private static func isAboutConnection(_ error: RPCError) -> Bool {
        // Further connection limits have names with the same prefix.
        error.code.name.hasPrefix(RPCErrorCode.tooManyConnections.name)
            || error.code.name == RPCErrorCode.shuttingDown.name || Refusal.isOfToken(error)
            || (error.code.name == RPCErrorCode.parseError.name && error.data["reason"] == "brokenFraming")
    }
}
