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
        letters(for: Array(bytes))
    }

    private static func letters(for bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        // Of `bits`, the lowest `count` are not written yet.
        var (bits, count) = (UInt32(0), 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(letters[Int(bits >> count & 63)])
            }
        }
        if count > 0 { text.append(letters[Int(bits << (6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns the bytes of a text in base64url, or `nil` unless ``encodeURL(_:)`` gives the same text for them.
    public static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        decodeURL(Array(text.utf8)[...])
    }

    /// Returns the bytes of a text in base64url, or `nil` unless ``encodeURL(_:)`` gives the same text for them.
    public static func decodeURL(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        // A last letter alone has 6 bits, which are less than a byte.
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        // Of `bits`, the lowest `count` belong to no byte yet.
        var (bits, count) = (UInt32(0), 0)
        for letter in text {
            let value = values[Int(letter)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        // The encoder fills the last letter with zeros.
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }

    /// The letters of base64url, by their values.
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// The values of letters, by their bytes; 64 for a byte that is no letter.
    private static let values = (UInt8.min...UInt8.max).map { byte in UInt8(letters.firstIndex(of: byte) ?? 64) }
}
