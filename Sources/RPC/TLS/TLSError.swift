/// A certificate, a key or an authority that cannot be used.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// The file cannot be read.
        case unreadable
        /// Others may read the file of a key.
        case notPrivate
        /// The file holds no certificate or key in PEM form, or a chain in the wrong order.
        case malformed
        /// The key does not belong to the certificate.
        case mismatch
        /// The certificate's time is over, or has not begun.
        case notValidNow
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence with the file, the failure and its remedy.
    public var message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
