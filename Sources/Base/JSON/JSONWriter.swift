extension JSONValue {
    /// Returns the value as compact JSON: no white space, members in their order, text outside ASCII as UTF-8.
    ///
    /// Parsing the result gives an equal value, with every number equal bit for bit. NaN and the infinities become
    /// `null`.
    public func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        JSONWriter.append(self, to: &bytes)
        return bytes
    }

    /// Returns the value as compact JSON text; see ``serialized()``.
    public func serializedString() -> String {
        String(decoding: serialized(), as: UTF8.self)
    }
}

/// Appends JSON to a byte array.
public enum JSONWriter {
    /// Appends `value` as compact JSON.
    public static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): append(number, to: &bytes)
        case .double(let number): append(number, to: &bytes)
        case .string(let text): append(text, to: &bytes)
        case .array(let values): append(values, to: &bytes)
        case .object(let members): append(members, to: &bytes)
        }
    }

    /// Appends a string literal. Escapes only the characters that RFC 8259 §7 requires.
    public static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            guard let escape = firstEscape(in: utf8, from: 0) else { return append(quoted: utf8, to: &bytes) }
            appendEscaped(utf8, escape, to: &bytes)
        }
    }

    /// Appends text that needs no escapes, in quotes. A short text is put together first, since each change of the array
    /// is checked.
    private static func append(quoted utf8: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard utf8.count <= 254 else {
            bytes.append(quote)
            bytes.append(contentsOf: utf8)
            return bytes.append(quote)
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { quoted in
            quoted[0] = quote
            _ = UnsafeMutableBufferPointer(rebasing: quoted[1...]).update(fromContentsOf: utf8)
            quoted[utf8.count + 1] = quote
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: quoted[..<(utf8.count + 2)]))
        }
    }

    /// Appends text in quotes. The first byte that needs an escape is at `first`.
    private static func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>, _ first: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        var next: Int? = first
        while let index = next {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
            appendEscape(utf8[index], to: &bytes)
            start = index + 1
            next = firstEscape(in: utf8, from: start)
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends an integer.
    public static func append(_ number: Int64, to bytes: inout [UInt8]) {
        guard number >= 10 || number < 0 else {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
            return
        }
        var text = String(number)
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private static func append(_ number: Double, to bytes: inout [UInt8]) {
        // Swift's description is the shortest text that parses to the same double. It is valid JSON if the number is
        // finite.
        bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    }

    private static func append(_ values: [JSONValue], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for value in values {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(_ members: JSONObject, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in members {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            append(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Returns the index of the first byte from `start` on that needs an escape. Eight bytes are examined at a time.
    private static func firstEscape(in utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        let bytes = UnsafeRawBufferPointer(utf8)
        while index + 8 <= bytes.count, !mayNeedEscape(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < utf8.count {
            if needsEscape(utf8[index]) { return index }
            index += 1
        }
        return nil
    }

    /// Returns true if one of the eight bytes needs an escape.
    ///
    /// `(x - n·0x01…) & ~x & 0x80…` is not zero exactly if a byte of `x` is less than `n`, for `n` up to 128.
    private static func mayNeedEscape(_ eight: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = eight ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = eight ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let control = (eight &- ones &* 0x20) & ~eight
        return (control | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & (ones &* 0x80) != 0
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
