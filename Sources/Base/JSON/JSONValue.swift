/// The members of a JSON object, in the order in which they were written.
public typealias JSONObject = OrderedDictionary<String, JSONValue>

/// One JSON value.
///
/// A number that was written without fraction and exponent is an `integer`. Every other number is a `double`. Neither
/// is converted to the other, so a value round-trips exactly. Objects keep the order of their members, but comparison
/// ignores it, as in RFC 8259.
public enum JSONValue: Sendable {
    /// The literal `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction or exponent.
    case integer(Int64)
    /// A number with a fraction or an exponent. NaN and the infinities have no JSON form and are written as `null`.
    case double(Double)
    /// A string.
    case string(String)
    /// A list of values.
    case array([JSONValue])
    /// Members by name, in the order in which they were written.
    case object(JSONObject)
}

extension JSONValue: Hashable {
    /// Compares two values. The order of an object's members does not count.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && a.allSatisfy { name, value in b[name] == value }
        case (.null, _), (.bool, _), (.integer, _), (.double, _), (.string, _), (.array, _), (.object, _): false
        }
    }

    /// Hashes the value. Equal values have equal hashes.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .array(let values): hasher.combine(values)
        case .object(let members):
            var folded = 0
            for (name, value) in members {
                var member = Hasher()
                member.combine(name)
                member.combine(value)
                folded ^= member.finalize()
            }
            hasher.combine(members.count)
            hasher.combine(folded)
        }
    }
}

extension JSONValue {
    /// The kind of the value, for error messages: "a string", "null", "an object".
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
