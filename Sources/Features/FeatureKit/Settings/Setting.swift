/// A setting that a component reads. The component declares it beside the code that reads it.
///
/// A string literal declares a setting of one text: `["socket", .list("origins"), .secret("hetzner.token")]`.
public struct Setting: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The form of a setting's value in a file.
    public enum Shape: Sendable, Hashable {
        /// One text. Numbers, durations and Booleans are texts too.
        case text
        /// A list of texts.
        case list
    }

    /// The path of names in the file, joined by dots, such as `agent.port`.
    public let name: String
    /// The form of the value.
    public let shape: Shape
    /// True if the value is a secret. Instead of the value, a second setting whose name ends in `File` can name a file
    /// that holds it.
    public let isSecret: Bool

    private init(_ name: String, _ shape: Shape, isSecret: Bool) {
        self.name = name
        self.shape = shape
        self.isSecret = isSecret
    }

    /// Declares a setting of one text.
    public init(stringLiteral name: String) {
        self.init(name, .text, isSecret: false)
    }

    /// Declares a setting that is a list of texts.
    public static func list(_ name: String) -> Setting {
        Setting(name, .list, isSecret: false)
    }

    /// Declares a secret, which ``SettingsSource/credential(_:for:check:)`` reads.
    public static func secret(_ name: String) -> Setting {
        Setting(name, .text, isSecret: true)
    }

    /// The names that a file may contain for this setting: its own name, and for a secret also the name for its file.
    public var names: [String] {
        isSecret ? [name, Self.fileName(of: name)] : [name]
    }

    /// Returns the name of the setting that names the file of a secret.
    static func fileName(of secret: String) -> String { secret + "File" }
}
