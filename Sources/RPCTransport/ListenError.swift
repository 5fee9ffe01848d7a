/// Why a server cannot listen where it was told to.
public struct ListenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// Another process serves the Unix socket or the port.
        case socketInUse
        /// The path names something that is no socket.
        case notASocket
        /// The path does not fit a socket address.
        case pathTooLong
        /// The address is not one of this machine's loopback interface.
        case notLoopback
        /// The system refused; the message has its words.
        case systemRefused
        /// The listener ended although nobody asked it to.
        case listenerClosed
    }

    /// The kind of failure.
    public var code: Code
    /// Where it was to listen.
    public var address: ListenAddress
    /// One sentence: what failed and what to do.
    public var message: String

    /// Creates an error.
    public init(_ code: Code, _ address: ListenAddress, _ message: String) {
        self.code = code
        self.address = address
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
