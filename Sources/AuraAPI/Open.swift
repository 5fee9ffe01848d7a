public import AuraModel

/// A value of an enumeration that a newer daemon may have made larger; one that this version has no name for is kept as its text.
///
/// The names of the enumeration are its own as well:
///
///     switch event.type {
///     case .jobSucceeded: …
///     case .jobFailed: …
///     default: …            // the others, those that are not known yet among them
///     }
public struct Open<Known>: RawRepresentable, Sendable, Hashable, Codable
where Known: RawRepresentable<String>, Known: Sendable {
    /// As it stands on the wire.
    public let rawValue: String

    /// Takes whatever stands on the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A value that is known.
    public init(_ known: Known) {
        rawValue = known.rawValue
    }

    /// The value of the enumeration; nil where it is none that this version knows.
    public var known: Known? { Known(rawValue: rawValue) }
}

extension Open where Known: OpenName {
    /// The value of the enumeration; nil where it is none that this version knows.
    public var known: Known? {
        let value = Known(rawValue: rawValue)
        return Known.allCases.contains(value) ? value : nil
    }
}

extension Open: CustomStringConvertible {
    /// As it stands on the wire.
    public var description: String { rawValue }
}
