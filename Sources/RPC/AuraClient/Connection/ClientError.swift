/// A failure to communicate with the daemon. An error that the daemon itself sends is an `RPCError` instead.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// The text is not an address of a daemon.
        case invalidAddress
        /// The text or the file of a token cannot be used.
        case invalidToken
        /// The client cannot connect to the address.
        case unreachable
        /// The daemon runs, but its queue of new connections is full.
        case queueFull
        /// This user has no permission to use the address.
        case notPermitted
        /// The call is longer than a daemon accepts; the client did not send it.
        case tooLarge
        /// The connection ended before the reply came.
        case connectionLost
        /// The reply did not come in time.
        case timedOut
        /// The client's retry budget is used up, and the daemon still cannot be used.
        case patienceOver
        /// The daemon sent invalid JSON-RPC, or a result that this client cannot read.
        case invalidReply
        /// The subscription has no snapshot.
        case noSnapshot
        /// The client was closed.
        case closed
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence with the failure and the remedy.
    public var message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
