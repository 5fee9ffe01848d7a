/// The body of a response before serialization. Objects keep the order of their fields.
///
/// The handlers use this small tree instead of `Encodable` for speed: lists of ten thousand servers are read every
/// minute. Most of a server's JSON (type, image, location) never changes, so it is rendered once, as `raw`.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])
    /// Text that is already JSON.
    case raw([UInt8])

    /// A string, or null.
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    /// An integer, or null.
    static func whole(_ value: Int64?) -> JSONValue { value.map(JSONValue.int) ?? .null }

    /// An integer.
    static func count(_ value: Int) -> JSONValue { .int(Int64(value)) }

    /// A time in RFC 3339, or null.
    static func time(_ value: Instant?) -> JSONValue { value.map { .string($0.text) } ?? .null }

    /// An array of strings.
    static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map(JSONValue.string)) }

    /// An object of strings, sorted by key, so that two responses about one resource have equal bytes.
    static func labels(_ values: [String: String]) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// The same value as rendered bytes.
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
