/// A configuration that cannot be used. The message names the setting and how to correct it.
public struct SettingsError: Error, CustomStringConvertible {
    /// The description of the problem. It contains no secret.
    public var message: String

    /// Creates an error.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
