/// Converts Swift values to JSON bytes and back, in one step.
public enum JSONCoder {
    /// Encodes `value` as compact JSON. Throws `EncodingError` if a number has no JSON form.
    public static func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
        try JSONValueEncoder().encode(value).serialized()
    }

    /// Encodes `value` as compact JSON text; see ``encode(_:)``.
    public static func encodeString<T: Encodable>(_ value: T) throws -> String {
        try JSONValueEncoder().encode(value).serializedString()
    }

    /// Decodes `type` from JSON bytes. Throws ``JSONParseError`` or ``JSONDecodingError``.
    public static func decode<T: Decodable>(
        _ type: T.Type, from bytes: some Sequence<UInt8>, limits: JSONLimits = JSONLimits(),
        rejectsUnknownKeys: Bool = false
    ) throws -> T {
        let value = try JSONValue(parsing: bytes, limits: limits)
        return try JSONValueDecoder(rejectsUnknownKeys: rejectsUnknownKeys).decode(type, from: value)
    }

    /// Decodes `type` from JSON text; see ``decode(_:from:limits:rejectsUnknownKeys:)-swift.type.method``.
    public static func decode<T: Decodable>(
        _ type: T.Type, from text: String, limits: JSONLimits = JSONLimits(), rejectsUnknownKeys: Bool = false
    ) throws -> T {
        try decode(type, from: text.utf8, limits: limits, rejectsUnknownKeys: rejectsUnknownKeys)
    }
}
