/// A label selector: terms joined by commas, all of which must match.
struct Selector: Sendable {
    private enum Term: Sendable {
        case equals(String, String)
        case differs(String, String)
        case has(String)
        case lacks(String)
        case among(String, [String])
        case notAmong(String, [String])
    }

    private let terms: [Term]

    /// Parses `k=v`, `k==v`, `k!=v`, `k`, `!k`, `k in (a,b)` and `k notin (a,b)`. Throws 422 for any other text.
    init(_ text: String) throws {
        terms = try Self.split(text).map { term in
            guard let parsed = Self.term(term) else {
                throw APIError.invalid("label_selector", "label selector '\(text)' is not correctly formatted")
            }
            return parsed
        }
    }

    /// Returns the selector of a call, or `nil` if it has none.
    static func of(_ call: Call) throws -> Selector? {
        guard let text = call.first("label_selector"), !text.isEmpty else { return nil }
        return try Selector(text)
    }

    /// True if a resource with these labels is selected.
    func matches(_ labels: [String: String]) -> Bool {
        terms.allSatisfy { term in
            switch term {
            case .equals(let key, let value): labels[key] == value
            case .differs(let key, let value): labels[key] != value
            case .has(let key): labels[key] != nil
            case .lacks(let key): labels[key] == nil
            case .among(let key, let values): labels[key].map(values.contains) ?? false
            case .notAmong(let key, let values): !(labels[key].map(values.contains) ?? false)
            }
        }
    }

    /// Splits the terms at commas outside parentheses.
    private static func split(_ text: String) -> [String] {
        var terms = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                terms.append("")
            } else {
                terms[terms.count - 1].append(character)
            }
        }
        return terms.map { trimmed($0) }
    }

    private static func term(_ text: String) -> Term? {
        if text.hasSuffix(")") { return set(text) }
        if let (key, value) = pair(text, "!=") { return valid(key, value).map(Term.differs) }
        if let (key, value) = pair(text, "==") ?? pair(text, "=") { return valid(key, value).map(Term.equals) }
        if text.hasPrefix("!") {
            let key = trimmed(text.dropFirst())
            return Labels.isKey(key) ? .lacks(key) : nil
        }
        return Labels.isKey(text) ? .has(text) : nil
    }

    private static func set(_ text: String) -> Term? {
        let sides = text.dropLast().split(separator: "(", omittingEmptySubsequences: false)
        guard sides.count == 2 else { return nil }
        let words = sides[0].split(separator: " ")
        let values = sides[1].split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        guard words.count == 2, Labels.isKey(words[0]), values.allSatisfy({ Labels.isValue($0) }) else { return nil }
        switch words[1] {
        case "in": return .among(String(words[0]), values)
        case "notin": return .notAmong(String(words[0]), values)
        default: return nil
        }
    }

    private static func pair(_ text: String, _ separator: String) -> (String, String)? {
        guard let range = text.firstRange(of: separator) else { return nil }
        return (trimmed(text[..<range.lowerBound]), trimmed(text[range.upperBound...]))
    }

    private static func valid(_ key: String, _ value: String) -> (String, String)? {
        Labels.isKey(key) && Labels.isValue(value) ? (key, value) : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = text[...]
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
