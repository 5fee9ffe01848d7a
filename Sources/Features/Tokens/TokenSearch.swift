/// Finds whole tokens in texts where none belong.
///
/// A part of a token, or a text that only begins like one, is not found.
public enum TokenSearch {
    /// The length of the shortest token, in bytes. A shorter text has none.
    public static let shortestBytes = Token.prefix.utf8.count + 1 + partsLength
    /// The maximum number of tokens of one text that are returned.
    public static let limit = 8

    /// The length of a token after the name of its key: an id and a tag in base64url, each after an underscore.
    private static let partsLength = 1 + 22 + 1 + 43
    private static let prefix = Array(Token.prefix.utf8)
    /// Letters that end a sentence more often than a restriction.
    private static let punctuation = Set(".,:*/-".utf8)

    /// True if the text has a token. Only the form is checked.
    public static func hasToken(_ text: String) -> Bool { !tokens(in: text).isEmpty }

    /// Returns the tokens in a text, at most ``limit``. Each is given by the readings of its place, the longest first:
    /// with the restrictions that follow it, and without. At most one of them is genuine.
    public static func tokens(in text: String) -> [[Token]] {
        var text = text
        return text.withUTF8 { bytes in
            var found: [[Token]] = []
            var index = 0
            while found.count < limit, index + shortestBytes <= bytes.count {
                guard bytes[index] == prefix[0], bytes[index...].starts(with: prefix),
                    let end = bareEnd(bytes, from: index)
                else {
                    index += 1
                    continue
                }
                let readings = readings(bytes, from: index, bareEnd: end)
                if !readings.isEmpty { found.append(readings) }
                index = readings.isEmpty ? index + 1 : end
            }
            return found
        }
    }

    /// Returns the end of a token without restrictions; `nil` if its parts have other lengths.
    private static func bareEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let name = bytes[(start + prefix.count)...].prefix(9).prefix { $0 != UInt8(ascii: "_") }
        let end = name.endIndex + partsLength
        return (1...8).contains(name.count) && end <= bytes.count ? end : nil
    }

    private static func readings(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, bareEnd: Int) -> [Token] {
        func token(_ end: Int) -> Token? { try? Token(String(decoding: bytes[start..<end], as: UTF8.self)) }
        guard let bare = token(bareEnd) else { return [] }
        guard bareEnd < bytes.count, bytes[bareEnd] == UInt8(ascii: "~") else { return [bare] }
        let rest = bytes[bareEnd...].prefix(Token.lengthLimitBytes)
        let end = rest.firstIndex { !isOfRestriction($0) } ?? rest.endIndex
        let trimmed = bytes[..<end].lastIndex { !punctuation.contains($0) }.map { $0 + 1 } ?? end
        return [token(end), token(trimmed), bare].compactMap(\.self)
    }

    private static func isOfRestriction(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "~"), UInt8(ascii: "="), UInt8(ascii: "_"):
            true
        default: punctuation.contains(byte)
        }
    }
}
