internal import CJansson

extension JSONValue {
    /// Parses one JSON document strictly.
    ///
    /// The document can be any value. It is refused, with the position, if it contains:
    ///
    /// - duplicate member names
    /// - invalid UTF-8, a byte order mark or lone surrogates
    /// - NUL bytes or `\u0000`
    /// - numbers out of range for 64-bit integers and doubles
    /// - more nesting or bytes than `limits` allows
    /// - text other than white space after the value
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        let contiguous: Result<JSONValue, JSONParseError>? = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONParseError) in try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits)
            }
        }
        if let contiguous {
            self = try contiguous.get()
        } else {
            self = try JSONValue(parsing: Array(bytes), limits: limits)
        }
    }

    /// Parses one JSON document strictly from text; see ``init(parsing:limits:)-swift.init``.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        var text = text
        let parsed = text.withUTF8 { utf8 in
            Result { () throws(JSONParseError) in try JSONValue(parsing: UnsafeRawBufferPointer(utf8), limits: limits) }
        }
        self = try parsed.get()
    }

    /// Parses one JSON document strictly from memory that the caller keeps alive during the call.
    public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        if let plain = PlainParser.value(of: bytes, limits) {
            self = plain
        } else {
            try self.init(general: bytes, limits)
        }
    }

    /// Parses any document with jansson.
    init(general bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) throws(JSONParseError) {
        try JSONScan.check(bytes, limits)
        var failure = json_error_t()
        let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard let start, let root = json_loadb(start, bytes.count, Int(flags), &failure) else {
            throw JSONParseError(failure, in: bytes)
        }
        defer { json_decref(root) }
        do {
            self = try JSONValue(jansson: root)
        } catch {
            throw JSONParseError(.duplicateKey, at: bytes.count)
        }
    }

    /// Two member names are equal to Swift, which compares strings by Unicode equivalence (é as one scalar or as two).
    private struct NamesLookAlike: Error {}

    private init(jansson node: UnsafeMutablePointer<json_t>) throws(NamesLookAlike) {
        switch node.pointee.type {
        case JSON_OBJECT: self = .object(try JSONValue.members(of: node))
        case JSON_ARRAY: self = .array(try JSONValue.elements(of: node))
        case JSON_STRING: self = .string(String(json_string_value(node), json_string_length(node)))
        case JSON_INTEGER: self = .integer(json_integer_value(node))
        case JSON_REAL: self = .double(json_real_value(node))
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        default: self = .null
        }
    }

    private static func members(of node: UnsafeMutablePointer<json_t>) throws(NamesLookAlike) -> JSONObject {
        var members = JSONObject(minimumCapacity: json_object_size(node))
        var iterator = json_object_iter(node)
        while let current = iterator {
            if let value = json_object_iter_value(current) {
                members[String(json_object_iter_key(current), json_object_iter_key_len(current))] = try JSONValue(
                    jansson: value)
            }
            iterator = json_object_iter_next(node, current)
        }
        // It is better to refuse the object than to lose a member silently.
        guard members.count == json_object_size(node) else { throw NamesLookAlike() }
        return members
    }

    private static func elements(of node: UnsafeMutablePointer<json_t>) throws(NamesLookAlike) -> [JSONValue] {
        let count = json_array_size(node)
        var values: [JSONValue] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            if let value = json_array_get(node, index) {
                values.append(try JSONValue(jansson: value))
            }
        }
        return values
    }
}

extension String {
    /// Copies text that jansson has already validated as UTF-8.
    fileprivate init(_ start: UnsafePointer<CChar>?, _ count: Int) {
        self.init(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
    }
}
