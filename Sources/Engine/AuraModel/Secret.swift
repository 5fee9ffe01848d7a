/// A text that must not be shown. It cannot be printed, encoded or compared by accident.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let hidden: String

    /// Wraps the text.
    public init(_ text: String) {
        hidden = text
    }

    /// Returns the text, for the one call that needs it.
    public func reveal() -> String { hidden }

    /// True if the text is empty.
    public var isEmpty: Bool { hidden.isEmpty }
    /// `[secret]`, never the text.
    public var description: String { "[secret]" }
    /// `[secret]`, never the text.
    public var debugDescription: String { "[secret]" }
    /// A mirror without children, so that `dump` does not show the text.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
