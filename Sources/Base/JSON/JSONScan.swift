/// Checks a document before jansson allocates memory for it.
enum JSONScan {
    /// Throws if the document is too large, begins with a byte order mark, has a NUL outside strings, or nests deeper
    /// than the limits allow.
    ///
    /// It allocates no memory. A hundred thousand opening brackets are refused at the first one over the limit.
    static func check(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) throws(JSONParseError) {
        guard bytes.count <= limits.bytes else { throw JSONParseError(.tooLarge, at: limits.bytes) }
        guard !startsWithByteOrderMark(bytes) else { throw JSONParseError(.byteOrderMark, at: 0) }
        if let position = try positionBeyond(depth: limits.depth, in: bytes) {
            throw JSONParseError(.tooDeep, at: position)
        }
    }

    private static func startsWithByteOrderMark(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 2 else { return false }
        switch (bytes[0], bytes[1]) {
        case (0xEF, 0xBB): return bytes.count >= 3 && bytes[2] == 0xBF
        case (0xFE, 0xFF), (0xFF, 0xFE): return true
        default: return isWide(bytes)
        }
    }

    /// Returns true if the zero bytes at the start have the positions that UTF-16 or UTF-32 gives them. In a document
    /// of two bytes, one zero byte is enough. Other documents must show the pattern in their first four bytes.
    private static func isWide(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count == 2 { return (bytes[0] == 0) != (bytes[1] == 0) }
        guard bytes.count >= 4 else { return false }
        switch (bytes[0] == 0, bytes[1] == 0, bytes[2] == 0, bytes[3] == 0) {
        case (true, false, true, false), (false, true, false, true): return true
        case (true, true, true, false), (false, true, true, true): return true
        default: return false
        }
    }

    private static func positionBeyond(depth limit: Int, in bytes: UnsafeRawBufferPointer) throws(JSONParseError)
        -> Int?
    {
        var depth = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > limit { return index }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
            case UInt8(ascii: "\""):
                index = endOfString(from: index, in: bytes)
            // jansson treats a NUL after a number or a word as the end of its buffer and drops it.
            case 0: throw JSONParseError(.nulCharacter, at: index)
            default: break
            }
            index += 1
        }
        return nil
    }

    /// Returns the index of the quote that closes the string at `start`, or the end of the bytes.
    private static func endOfString(from start: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }
}
