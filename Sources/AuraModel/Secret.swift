/// A text that must not be seen: it can be handed on, but not printed, encoded or compared by accident.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let hidden: String

    public init(_ text: String) {
        hidden = text
    }

    /// The text itself, for the one call that needs it.
    public func reveal() -> String { hidden }

    public var isEmpty: Bool { hidden.isEmpty }
    public var description: String { "[secret]" }
    public var debugDescription: String { "[secret]" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
