/// A value that is read from a ``JSONValue`` without `Codable`, which costs several times as much.
public protocol JSONReadable: SendableMetatype {
    /// Reads the value. The path of an error begins at this value.
    init(json: JSONValue) throws(JSONDecodingError)
}

/// The members of one object, to be read by name. A member that is `null` counts as absent.
///
///     let members = try JSONMembers(json)
///     let name: String = try members.required("name")
///     let limit: Int? = try members.optional("limit")
public struct JSONMembers {
    /// All members of the object, with those that are `null`.
    public let all: JSONObject

    /// Throws unless the value is an object.
    public init(_ json: JSONValue) throws(JSONDecodingError) {
        guard case .object(let members) = json else { throw JSONDecodingError(expected: "an object", found: json) }
        all = members
    }

    /// Throws unless the value is an object with no other members than `known`.
    public init(_ json: JSONValue, known: [String]) throws(JSONDecodingError) {
        try self.init(json)
        // Names are compared byte for byte. Swift's `==` uses Unicode equivalence.
        for name in all.keys where !known.contains(where: { $0.hasSameBytes(as: name) }) {
            throw JSONDecodingError(path: name.isEmpty ? "\"\"" : String(name.prefix(64)), reason: "is not known here")
        }
    }

    /// Returns a member, or throws if it is absent or of another type.
    @inlinable
    public func required<Value: JSONReadable>(
        _ name: String, as _: Value.Type = Value.self
    ) throws(JSONDecodingError) -> Value {
        guard let value: Value = try optional(name) else { throw JSONDecodingError(path: name, reason: "is missing") }
        return value
    }

    /// Returns a member, or `nil` if it is absent. Throws if it is of another type.
    @inlinable
    public func optional<Value: JSONReadable>(
        _ name: String, as _: Value.Type = Value.self
    ) throws(JSONDecodingError) -> Value? {
        guard let json = all[name], !json.isNull else { return nil }
        do {
            return try Value(json: json)
        } catch {
            throw error.under(name)
        }
    }
}

extension JSONDecodingError {
    /// The error for a value of another kind than the expected one.
    public init(expected: String, found: JSONValue) {
        self.init(path: "", reason: "expected \(expected), found \(found.excerpt)")
    }

    /// The error with a path that begins one level higher. `name` is a member, or an index such as `[2]`.
    public func under(_ name: String) -> JSONDecodingError {
        guard !path.isEmpty else { return JSONDecodingError(path: name, reason: reason) }
        let isIndex = path.hasPrefix("[") && path.dropFirst().first?.isNumber == true
        return JSONDecodingError(path: isIndex ? name + path : "\(name).\(path)", reason: reason)
    }
}

extension String: JSONReadable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .string(let text) = json else { throw JSONDecodingError(expected: "a string", found: json) }
        self = text
    }
}

extension Bool: JSONReadable {
    /// Reads `true` or `false`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .bool(let value) = json else { throw JSONDecodingError(expected: "a boolean", found: json) }
        self = value
    }
}

extension Int64: JSONReadable {
    /// Reads an integer, or a double with a zero fraction, which JSON Schema counts as an integer.
    public init(json: JSONValue) throws(JSONDecodingError) {
        switch json {
        case .integer(let value): self = value
        case .double(let value):
            guard let exact = Int64(exactly: value) else {
                throw JSONDecodingError(expected: "an integer", found: json)
            }
            self = exact
        case .null, .bool, .string, .array, .object: throw JSONDecodingError(expected: "an integer", found: json)
        }
    }
}

extension Int: JSONReadable {
    /// Reads an integer, or a double with a zero fraction, which JSON Schema counts as an integer.
    public init(json: JSONValue) throws(JSONDecodingError) {
        self = Int(try Int64(json: json))
    }
}

extension Double: JSONReadable {
    /// Reads a number.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard let value = json.doubleValue else { throw JSONDecodingError(expected: "a number", found: json) }
        self = value
    }
}

extension JSONValue: JSONReadable {
    /// Accepts any value.
    public init(json: JSONValue) {
        self = json
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads a list.
    @inlinable
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .array(let values) = json else { throw JSONDecodingError(expected: "an array", found: json) }
        self.init()
        reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            do {
                append(try Element(json: value))
            } catch {
                throw error.under("[\(index)]")
            }
        }
    }
}

extension JSONReadable where Self: RawRepresentable<String> {
    /// Reads the raw value, and throws if it is not a known one.
    @inlinable
    public init(json: JSONValue) throws(JSONDecodingError) {
        let text = try String(json: json)
        guard let value = Self(rawValue: text) else {
            throw JSONDecodingError(path: "", reason: "\(JSONValue.string(text).excerpt) is not known here")
        }
        self = value
    }
}
