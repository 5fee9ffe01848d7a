/// A configuration that cannot be used. The message names the setting and how to correct it.
struct SettingsError: Error, CustomStringConvertible {
    var message: String

    init(_ message: String) {
        self.message = message
    }

    var description: String { message }
}
