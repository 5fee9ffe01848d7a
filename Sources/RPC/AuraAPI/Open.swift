public import AuraModel
public import JSON
public import JSONRPC

/// A value of an enumeration that a newer daemon may extend. A value that this version does not know keeps its text.
///
/// Results and parameters have this type. A client can therefore send a value that only its daemon knows. The daemon
/// refuses unknown values, because its schemas list the known ones.
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

extension Open where Known: CaseIterable {
    /// Returns the value for a daemon's own use. Throws `invalidParams` if this version does not know it.
    public func checked() throws(RPCError) -> Known {
        if let value = Known.allCases.first(where: { $0.rawValue == rawValue }) { return value }
        let names = Known.allCases.map(\.rawValue).joined(separator: ", ")
        throw RPCError(.invalidParams, "cannot use the value \"\(rawValue)\": give one of \(names)")
    }
}

extension Open: JSONReadable {
    /// Reads any text.
    public init(json: JSONValue) throws(JSONDecodingError) { rawValue = try String(json: json) }
}

extension Open: JSONWritable {
    /// Appends the text as a string.
    public func write(to json: inout JSONText) { json.append(rawValue) }
}

extension Open: CustomStringConvertible {
    /// The text on the wire.
    public var description: String { rawValue }
}
