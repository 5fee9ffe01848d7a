public import Mustache

/// The forms of a name in templates, such as `{{name.snake}}`.
extension String: @retroactive MustacheParent {
    /// Returns the text in the form with this name, or `nil` if there is no such form.
    public func child(named form: String) -> Any? {
        switch form {
        case "camel": camel
        case "pascal": pascal
        case "snake": snake
        case "word": SwiftSource.word(self)
        default: nil
        }
    }
}

extension String {
    /// A method's name in camel case: `job.get` → `jobGet`.
    var camel: String {
        let parts = split(separator: ".")
        return parts.enumerated().map { $0 == 0 ? String($1) : String($1).pascal }.joined()
    }

    /// The text with its first letter in upper case: `jobNotFound` → `JobNotFound`.
    var pascal: String { prefix(1).uppercased() + dropFirst() }

    /// A name in snake case: `externalId` → `external_id`, `job.get` → `job_get`. A Python keyword gets an underscore
    /// at its end.
    var snake: String {
        var text = ""
        for character in self {
            if character.isUppercase, !text.isEmpty, text.last != "_" { text += "_" }
            text += character == "." ? "_" : character.lowercased()
        }
        return ["class", "for", "from", "in", "is"].contains(text) ? "\(text)_" : text
    }

    /// Splits the text between words into lines of at most `width` characters. A longer word is a line of its own.
    func wrapped(to width: Int) -> [String] {
        split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }
}
