import FoundationEssentials

/// base64url without padding (RFC 4648, section 5), in its canonical form only.
enum Base64URL {
    /// Returns the text of some bytes.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString()
        return String(
            text.compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// Returns the bytes of a text, or `nil` unless the text is exactly what ``encode(_:)`` gives for them.
    ///
    /// A lenient decoder ignores the unused bits of the last character, so that several texts stand for the same bytes.
    static func decode(_ text: Substring) -> [UInt8]? {
        var standard = text.map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        while standard.count % 4 != 0 { standard.append("=") }
        guard let data = Data(base64Encoded: String(standard)) else { return nil }
        let bytes = Array(data)
        return encode(bytes) == text ? bytes : nil
    }
}
