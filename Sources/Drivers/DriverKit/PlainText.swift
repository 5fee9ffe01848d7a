public import AuraModel

/// Sanitizes foreign text for messages, events and the ledger: one line, no invisible characters, bounded length.
public enum PlainText {
    /// Returns the text, cut to `limitBytes` at the end of a character. An ellipsis, 3 more bytes, marks a cut.
    ///
    /// Control characters (C0, C1) and line separators become spaces. Format characters (category Cf: bidirectional
    /// overrides, zero-width and tag characters) are removed, because they can make a terminal or a log display a
    /// different text.
    public static func clean(_ text: some StringProtocol, limitBytes: Int = 500) -> String {
        var result = ""
        var bytes = 0
        for character in text {
            let kept = visible(character)
            bytes += kept.utf8.count
            guard bytes <= limitBytes else { return result + "…" }
            result += kept
        }
        return result
    }

    /// Returns the sanitized text without the secrets of the request, because a response may quote them.
    public static func clean(_ text: some StringProtocol, hiding secrets: [Secret], limitBytes: Int = 500) -> String {
        clean(Redactor(secrets).clean(String(text)), limitBytes: limitBytes)
    }

    private static func visible(_ character: Character) -> String {
        if character.isASCII, let value = character.asciiValue, value >= 0x20, value != 0x7F, character != "\r\n" {
            return String(character)
        }
        var result = ""
        for scalar in character.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: if result.last != " " { result += " " }
            case .format: break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
