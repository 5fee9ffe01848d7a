public import JSON

/// Reads JSON from providers and agents, and replaces values that `JSONValue` cannot represent.
///
/// These are integers beyond 64 bits, numbers beyond a double, lone surrogates and `\u0000`. Such a value in an unused
/// member must not make the whole response unreadable.
public enum ForeignJSON {
    /// Reads `bytes` strictly. If that fails because of such a value, reads the bytes again after `softened(_:)` has
    /// replaced such values.
    ///
    /// A number that cannot be represented becomes `null`, so its reader treats it as missing. Lone surrogates and
    /// `\u0000` become U+FFFD. Duplicate names stay an error, because the intended value is unknown.
    /// - Throws: the error of the strict reading.
    public static func read(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(JSONParseError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes, limits: limits)
        } catch {
            switch error.code {
            case .numberOutOfRange, .loneSurrogate, .nulCharacter:
                guard let value = try? JSONValue(parsing: softened(bytes), limits: limits) else { throw error }
                return value
            case .empty, .tooLarge, .tooDeep, .byteOrderMark, .invalidUTF8, .duplicateKey, .unexpectedEnd,
                .trailingBytes, .invalidSyntax, .outOfMemory:
                throw error
            }
        }
    }

    /// Returns the text with `null` and `\ufffd` in place of values that `JSONValue` cannot represent. The result is
    /// never longer.
    ///
    /// The function makes one pass. Text with a syntax error keeps the error.
    static func softened(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        var isInString = false
        while index < bytes.count {
            let byte = bytes[index]
            if isInString, byte == UInt8(ascii: "\\") {
                index = softenEscape(bytes, at: index, into: &output)
            } else if !isInString, byte == UInt8(ascii: "-") || isDigit(byte) {
                let end = bytes[index...].firstIndex { !isNumeric($0) } ?? bytes.count
                output += canBeHeld(bytes[index..<end]) ? bytes[index..<end] : ArraySlice("null".utf8)
                index = end
            } else {
                if byte == UInt8(ascii: "\"") { isInString.toggle() }
                output.append(byte)
                index += 1
            }
        }
        return output
    }

    /// Copies the escape at `index`, or U+FFFD in its place. Returns the index after it.
    private static func softenEscape(_ bytes: [UInt8], at index: Int, into output: inout [UInt8]) -> Int {
        guard let unit = unit(bytes, at: index) else {
            let end = min(index + 2, bytes.count)
            output += bytes[index..<end]
            return end
        }
        switch unit {
        case 0xD800...0xDBFF:
            if let low = self.unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(low) {
                output += bytes[index..<index + 12]
                return index + 12
            }
            output += replacement
        case 0, 0xDC00...0xDFFF: output += replacement
        default: output += bytes[index..<index + 6]
        }
        return index + 6
    }

    private static let replacement = Array(#"\ufffd"#.utf8)

    /// Returns the UTF-16 unit of the escape `\uXXXX` at `index`; `nil` if there is no such escape.
    private static func unit(_ bytes: [UInt8], at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"),
            isDigit(bytes[index + 2]) || bytes[index + 2] > UInt8(ascii: "9")
        else { return nil }
        return UInt16(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
    }

    /// Returns false only for a number that is valid JSON and out of range.
    private static func canBeHeld(_ number: ArraySlice<UInt8>) -> Bool {
        let hasExponent = number.contains { $0 | 0x20 == UInt8(ascii: "e") }
        guard hasExponent || number.count > 15 else { return true }
        do {
            _ = try JSONValue(parsing: number)
            return true
        } catch {
            return error.code != .numberOutOfRange
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: isDigit(byte)
        }
    }
}
