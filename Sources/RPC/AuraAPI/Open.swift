public import AuraModel
public import JSON

/// A value of an enumeration that a newer daemon may extend. A value that this version does not know keeps its text.
///
/// The cases of the enumeration are also available on this type:
///
///     switch event.type {
///     case .jobSucceeded: …
///     case .jobFailed: …
///     default: …            // other values, also unknown ones
///     }
public struct Open<Known>: RawRepresentable, Sendable, Hashable, Codable
where Known: RawRepresentable<String>, Known: Sendable {
    /// The text on the wire.
    public let rawValue: String

    /// Accepts any text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Wraps a known value.
    public init(_ known: Known) {
        rawValue = known.rawValue
    }

    /// The case of the enumeration, or `nil` if this version does not know the value.
    public var known: Known? { Known(rawValue: rawValue) }
}

extension Open where Known: OpenName {
    /// The value, or `nil` if this version does not know it.
    public var known: Known? {
        let value = Known(rawValue: rawValue)
        return Known.allCases.contains(value) ? value : nil
    }
}

extension Open: JSONWritable {
    /// Appends the text as a string.
    public func write(to json: inout JSONText) { json.append(rawValue) }
}

extension Open: CustomStringConvertible {
    /// The text on the wire.
    public var description: String { rawValue }
}
