/// The error of a server that cannot listen at an address.
public struct ListenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// Another process uses the Unix socket or the port.
        case socketInUse
        /// The path names a file that is not a socket.
        case notASocket
        /// The path does not fit a socket address.
        case pathTooLong
        /// The server may listen at this address only with TLS and an authenticator, or not at all.
        case notLoopback
        /// The address uses TLS, and the server has no certificate.
        case noCertificate
        /// The system refused. The message contains the system's error text.
        case systemRefused
        /// The listener ended although the server did not stop it.
        case listenerClosed
    }

    /// The kind of failure.
    public var code: Code
    /// The address of the listener.
    public var address: ListenAddress
    /// One sentence with the failure and its remedy.
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
