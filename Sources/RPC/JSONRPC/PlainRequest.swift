internal import JSON

/// The fast path of decoding: most requests have four plain members, and only their parameters need jansson.
///
/// It returns `nil` for all other text, valid or not, and ``MessageDecoder`` then takes the general path. Both paths
/// give the same result for every text that the fast path accepts. A test compares them.
enum PlainRequest {
    static func decode(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Request? {
        var cursor = ByteCursor(bytes: bytes)
        var spans = PlainSpans()
        guard spans.fill(from: &cursor, depth: depth - 1), cursor.isAtEnd, let method = spans.method,
            !UnsafeRawBufferPointer(rebasing: bytes[method]).equals("$/cancelRequest")
        else { return nil }
        var params: JSONValue?
        if let span = spans.params {
            params = Self.params(UnsafeRawBufferPointer(rebasing: bytes[span]), depth: depth - 1)
            guard params != nil else { return nil }
        }
        return Request(
            id: spans.id.map { RPCID(raw: UnsafeRawBufferPointer(rebasing: bytes[$0])) },
            method: String(decoding: UnsafeRawBufferPointer(rebasing: bytes[method]), as: UTF8.self), params: params)
    }

    private static func params(_ bytes: UnsafeRawBufferPointer, depth: Int) -> JSONValue? {
        if bytes.equals("{}") { return .object([:]) }
        if bytes.equals("[]") { return .array([]) }
        return try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: bytes.count, depth: depth))
    }
}

/// The ranges of the members of a plain request in its text.
struct PlainSpans {
    private(set) var id: Range<Int>?
    /// The method's name without quotes.
    private(set) var method: Range<Int>?
    private(set) var params: Range<Int>?
    private var hasVersion = false

    /// Finds the members of the object at `cursor` and moves the cursor behind it. Returns false if the object is not
    /// plain.
    mutating func fill(from cursor: inout ByteCursor, depth: Int) -> Bool {
        guard cursor.take(UInt8(ascii: "{")) else { return false }
        repeat {
            cursor.skipSpace()
            guard let key = cursor.plainString() else { return false }
            cursor.skipSpace()
            guard cursor.take(UInt8(ascii: ":")) else { return false }
            cursor.skipSpace()
            guard take(UnsafeRawBufferPointer(rebasing: cursor.bytes[key]), &cursor, depth) else { return false }
            cursor.skipSpace()
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "}")) && hasVersion && method != nil
    }

    private mutating func take(_ key: UnsafeRawBufferPointer, _ cursor: inout ByteCursor, _ depth: Int) -> Bool {
        if key.equals("jsonrpc") {
            guard !hasVersion, let value = cursor.plainString() else { return false }
            hasVersion = UnsafeRawBufferPointer(rebasing: cursor.bytes[value]).equals("2.0")
            return hasVersion
        }
        if key.equals("method") {
            guard method == nil, let value = cursor.plainString() else { return false }
            method = value
            return true
        }
        if key.equals("id") {
            guard id == nil, let value = cursor.identifier(), value.count <= RPCID.longestBytes else { return false }
            id = value
            return true
        }
        guard key.equals("params"), params == nil else { return false }
        guard cursor.current == UInt8(ascii: "{") || cursor.current == UInt8(ascii: "[") else { return false }
        params = cursor.container(depth: depth)
        return params != nil
    }
}

extension UnsafeRawBufferPointer {
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
