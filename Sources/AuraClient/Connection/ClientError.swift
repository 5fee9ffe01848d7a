/// Why a client cannot talk to the daemon; what the daemon itself refuses is an `RPCError` instead.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// The text is no address of a daemon.
        case invalidAddress
        /// Nothing answers at the address.
        case unreachable
        /// The daemon runs, but its queue of new connections is full.
        case queueFull
        /// The address may not be used by this user.
        case notPermitted
        /// The call is longer than a daemon accepts; it was not sent.
        case tooLarge
        /// The connection ended before the answer came.
        case connectionLost
        /// The answer did not come in time.
        case timedOut
        /// The daemon was away for as long as the client's patience lasted.
        case patienceOver
        /// The daemon sent something that is no JSON-RPC, or a result that this client cannot read.
        case invalidReply
        /// The subscription has no snapshot.
        case noSnapshot
        /// The client was closed.
        case closed
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence: what failed and what to do.
    public var message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
