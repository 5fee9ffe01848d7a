/// An answer's body before it becomes bytes. Objects keep the order in which their fields were given.
///
/// Encoding goes through this small tree and not through `Encodable`, since lists of ten thousand servers are read
/// every minute and most of a server's text (type, image, location) never changes: it is rendered once, as `raw`.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])
    /// Text that is JSON already.
    case raw([UInt8])

    /// A string, or null.
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    /// A whole number, or null.
    static func whole(_ value: Int64?) -> JSONValue { value.map(JSONValue.int) ?? .null }

    /// A whole number.
    static func count(_ value: Int) -> JSONValue { .int(Int64(value)) }

    /// A time in RFC 3339, or null.
    static func time(_ value: Instant?) -> JSONValue { value.map { .string($0.text) } ?? .null }

    /// Strings in their order.
    static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map(JSONValue.string)) }

    /// An object of strings, sorted by key so that two answers about one thing are equal bytes.
    static func labels(_ values: [String: String]) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// The same value, as bytes that are not rendered again.
    var frozen: JSONValue { .raw(bytes) }

    /// Compact JSON text.
    var bytes: [UInt8] {
        var text = JSONText()
        text.append(self)
        return text.bytes
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral
{
    init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(floatLiteral value: Double) { self = .number(value) }
}
