public import AuraModel

/// Somebody else's words, made fit for a message: one line, no control characters, bounded.
public enum PlainText {
    /// Cut to `limitBytes` at a character's end, with an ellipsis where something was cut.
    public static func clean(_ text: some StringProtocol, limitBytes: Int = 500) -> String {
        var result = ""
        var bytes = 0
        for character in text {
            let isControl = character.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
            let kept: Character = isControl ? " " : character
            bytes += kept.utf8.count
            guard bytes <= limitBytes else { return result + "…" }
            result.append(kept)
        }
        return result
    }

    /// The same, with what was sent along in confidence taken out: who answers may quote it.
    public static func clean(_ text: some StringProtocol, hiding secrets: [Secret], limitBytes: Int = 500) -> String {
        // Shorter texts are likelier to be ordinary words than secrets.
        let hidden = secrets.map { $0.reveal() }.filter { $0.utf8.count >= 8 }
        let text = hidden.reduce(String(text)) { $0.contains($1) ? $0.replacing($1, with: "[secret]") : $0 }
        return clean(text, limitBytes: limitBytes)
    }
}
