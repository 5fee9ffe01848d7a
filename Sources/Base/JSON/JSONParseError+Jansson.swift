internal import CJansson

extension JSONParseError {
    /// Converts jansson's error about `bytes`.
    init(_ failure: json_error_t, in bytes: UnsafeRawBufferPointer) {
        guard bytes.contains(where: { !JSONParseError.isSpace($0) }) else {
            self.init(.empty, at: bytes.count)
            return
        }
        let text = withUnsafeBytes(of: failure.text) { Array($0) }
        self.init(JSONParseError.code(text), at: min(max(Int(failure.position), 0), bytes.count))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// jansson stores its code in the last byte of the text (`json_error_code` in jansson.h, 2.11 and newer).
    private static func code(_ text: [UInt8]) -> Code {
        switch CJansson.json_error_code(rawValue: UInt32(text.last ?? 0)) {
        case json_error_out_of_memory: .outOfMemory
        case json_error_stack_overflow: .tooDeep
        case json_error_invalid_utf8: .invalidUTF8
        case json_error_premature_end_of_input: .unexpectedEnd
        case json_error_end_of_input_expected: .trailingBytes
        case json_error_null_character, json_error_null_byte_in_key: .nulCharacter
        case json_error_duplicate_key: .duplicateKey
        case json_error_numeric_overflow: .numberOutOfRange
        // The code is the same for a lone surrogate and a misplaced comma. Only jansson's text distinguishes them.
        default: text.starts(with: "invalid Unicode '".utf8) ? .loneSurrogate : .invalidSyntax
        }
    }
}
