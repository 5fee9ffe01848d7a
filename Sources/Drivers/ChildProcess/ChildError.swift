/// The reason why a child process could not run, or why its directory could not be created.
public struct ChildError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of the cause.
    public enum Code: String, Sendable, Hashable {
        /// The program does not exist or is not executable.
        case missing
        /// The system could not create a process or a pipe, or has no memory for one.
        case spawn
        /// A file or directory could not be written or locked.
        case file
    }

    /// The kind of the cause.
    public let code: Code
    /// A description for people and for logs.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
