import FoundationEssentials

/// base64 (RFC 4648) in its canonical form only, so that bytes have exactly one text.
///
/// A lenient decoder ignores the unused bits of the last character, so that several texts stand for the same bytes. Here
/// a text is decoded only if it is exactly what the encoder gives.
public enum Base64 {
    /// Returns the text of some bytes, with padding.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }

    /// Returns the bytes of a text with padding, or `nil` unless ``encode(_:)`` gives the same text for them.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString() == text else { return nil }
        return Array(data)
    }

    /// Returns the text of some bytes in base64url without padding (section 5).
    public static func encodeURL(_ bytes: some Sequence<UInt8>) -> String {
        String(
            encode(bytes).compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// Returns the bytes of a text in base64url, or `nil` unless ``encodeURL(_:)`` gives the same text for them.
    public static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        var standard = text.map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        while standard.count % 4 != 0 { standard.append("=") }
        guard let data = Data(base64Encoded: String(standard)), encodeURL(data) == text else { return nil }
        return Array(data)
    }
}
