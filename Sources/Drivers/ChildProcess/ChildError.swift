/// Why a child process could not be run, or its directory not be made.
public struct ChildError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The program is not there or may not be run.
        case missing
        /// The system gave no process, no pipe or no memory for one.
        case spawn
        /// A file or directory could not be written or locked.
        case file
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
