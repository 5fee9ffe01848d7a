import JSON

/// The check of one value against the rules.
struct SchemaCheck {
    let set: SchemaSet
    var violations: [SchemaViolation] = []

    /// The maximum number of reported violations. More do not help the caller.
    private static let limit = 20

    mutating func check(_ value: JSONValue, _ index: Int, _ path: String) {
        guard violations.count < Self.limit else { return }
        let rule = set.rules[index]
        guard isOfType(value, rule), rule.choices?.contains(where: { Self.equals($0, value) }) ?? true else {
            return expected(words(index), value, path)
        }
        if let reference = rule.reference { check(value, reference, path) }
        if !rule.alternatives.isEmpty, rule.alternatives.count(where: { fits(value, $0, path) }) != 1 {
            return expected(words(index), value, path)
        }
        switch value {
        case .string(let text): checkText(text, rule, index, path)
        case .integer(let number): checkNumber(Double(number), rule, index, value, path)
        case .double(let number): checkNumber(number, rule, index, value, path)
        case .array(let values): checkItems(values, rule, path)
        case .object(let members): checkMembers(members, rule, path)
        case .null, .bool: break
        }
    }

    private mutating func checkText(_ text: String, _ rule: Rule, _ index: Int, _ path: String) {
        let fitsLength = rule.length?.contains(text.unicodeScalars.count) ?? true
        guard fitsLength, rule.pattern?.matches(text) ?? true else {
            return expected(words(index), .string(text), path)
        }
    }

    private mutating func checkNumber(
        _ number: Double, _ rule: Rule, _ index: Int, _ value: JSONValue, _ path: String
    ) {
        guard rule.range?.contains(number) ?? true else { return expected(words(index), value, path) }
    }

    private mutating func checkItems(_ values: [JSONValue], _ rule: Rule, _ path: String) {
        if let count = rule.count, !count.contains(values.count) {
            violate(path, "expected \(Self.words(count)) items, found \(values.count)")
        }
        guard let items = rule.items else { return }
        for (index, value) in values.enumerated() { check(value, items, "\(path)[\(index)]") }
    }

    private mutating func checkMembers(_ members: JSONObject, _ rule: Rule, _ path: String) {
        for name in rule.required where members[name] == nil { violate("\(path).\(name)", "is missing") }
        for (name, value) in members {
            // Names are compared byte for byte. Swift's `==` uses Unicode equivalence, so that K equals the kelvin
            // sign.
            if let place = rule.properties.index(forKey: name),
                rule.properties.keys[place].utf8.elementsEqual(name.utf8)
            {
                check(value, rule.properties.values[place], "\(path).\(name)")
            } else if rule.isClosed {
                violate("\(path).\(name.prefix(64))", "is not known here")
            }
        }
    }

    private func fits(_ value: JSONValue, _ index: Int, _ path: String) -> Bool {
        var check = SchemaCheck(set: set)
        check.check(value, index, path)
        return check.violations.isEmpty
    }

    private mutating func expected(_ words: String, _ value: JSONValue, _ path: String) {
        violate(path, "expected \(words), found \(value.excerpt)")
    }

    private mutating func violate(_ path: String, _ reason: String) {
        if violations.count < Self.limit { violations.append(SchemaViolation(path: path, reason: reason)) }
    }
}

// MARK: - Meaning of the keywords

extension SchemaCheck {
    private func isOfType(_ value: JSONValue, _ rule: Rule) -> Bool {
        rule.types.isEmpty || rule.types.contains { Self.isOf(type: $0, value) }
    }

    private static func isOf(type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("string", .string), ("boolean", .bool), ("object", .object), ("array", .array), ("null", .null),
            ("integer", .integer), ("number", .integer), ("number", .double):
            true
        // JSON Schema 2020-12, Validation, 6.1.1: any number with a zero fraction is an integer.
        case ("integer", .double(let number)): number.rounded() == number
        default: false
        }
    }

    /// Compares JSON values. An integer and a double are equal if their values are.
    private static func equals(_ one: JSONValue, _ other: JSONValue) -> Bool {
        switch (one, other) {
        case (.integer(let whole), .double(let number)), (.double(let number), .integer(let whole)):
            Double(whole) == number
        default: one == other
        }
    }

    /// Returns a readable description of a rule: its own text, or one made from its keywords.
    private func words(_ index: Int) -> String {
        let rule = set.rules[index]
        if let expected = rule.expected { return expected }
        if let choices = rule.choices {
            let texts = choices.map { $0.stringValue ?? $0.serializedString() }
            return texts.count == 1 ? texts[0] : "one of \(texts.joined(separator: ", "))"
        }
        if let reference = rule.reference { return words(reference) }
        if !rule.alternatives.isEmpty { return rule.alternatives.map { words($0) }.joined(separator: ", or ") }
        let kinds = rule.types.map { Self.kinds[$0] ?? $0 }.joined(separator: " or ")
        if let range = rule.range { return "\(kinds) \(Self.words(range))" }
        if let length = rule.length { return "\(kinds) of \(Self.words(length)) characters" }
        return kinds.isEmpty ? "something else" : kinds
    }

    private static let kinds = [
        "string": "a string", "integer": "an integer", "number": "a number", "boolean": "a boolean",
        "object": "an object", "array": "an array", "null": "null",
    ]

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == Int(Int32.max)
            ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private static func words(_ range: ClosedRange<Double>) -> String {
        func text(_ bound: Double) -> String { bound == bound.rounded() ? "\(Int64(bound))" : "\(bound)" }
        if range.upperBound == .infinity { return "from \(text(range.lowerBound))" }
        if range.lowerBound == -.infinity { return "up to \(text(range.upperBound))" }
        return "from \(text(range.lowerBound)) to \(text(range.upperBound))"
    }
}
