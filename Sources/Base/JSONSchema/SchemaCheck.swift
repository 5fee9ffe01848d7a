import JSON

/// The check of one value against the rules.
struct SchemaCheck {
    let set: SchemaSet
    /// The name of the whole value, such as `params`.
    let root: String
    var violations: [SchemaViolation] = []
    /// The place of the value that is being checked. Its text is only made for a violation.
    private var path: [Place] = []

    private enum Place {
        case member(String)
        case item(Int)
    }

    init(set: SchemaSet, root: String) {
        self.set = set
        self.root = root
    }

    /// The maximum number of reported violations. More do not help the caller.
    private static let limit = 20

    mutating func check(_ value: JSONValue, _ index: Int) {
        guard violations.count < Self.limit else { return }
        let rule = set.rules[index]
        guard isOfType(value, rule), rule.choices?.contains(where: { Self.equals($0, value) }) ?? true else {
            return expected(words(index), value)
        }
        if let reference = rule.reference { check(value, reference) }
        if !rule.alternatives.isEmpty, rule.alternatives.count(where: { fits(value, $0) }) != 1 {
            return expected(words(index), value)
        }
        switch value {
        case .string(let text): checkText(text, rule, index)
        case .integer(let number): checkNumber(Double(number), rule, index, value)
        case .double(let number): checkNumber(number, rule, index, value)
        case .array(let values): checkItems(values, rule)
        case .object(let members): checkMembers(members, rule)
        case .null, .bool: break
        }
    }

    private mutating func checkText(_ text: String, _ rule: Rule, _ index: Int) {
        let fitsLength = rule.length?.contains(text.unicodeScalars.count) ?? true
        guard fitsLength, rule.pattern?.matches(text) ?? true else {
            return expected(words(index), .string(text))
        }
    }

    private mutating func checkNumber(_ number: Double, _ rule: Rule, _ index: Int, _ value: JSONValue) {
        guard rule.range?.contains(number) ?? true else { return expected(words(index), value) }
    }

    private mutating func checkItems(_ values: [JSONValue], _ rule: Rule) {
        if let count = rule.count, !count.contains(values.count) {
            violate("expected \(Self.words(count)) items, found \(values.count)")
        }
        guard let items = rule.items else { return }
        for (index, value) in values.enumerated() { check(value, items, at: .item(index)) }
    }

    private mutating func checkMembers(_ members: JSONObject, _ rule: Rule) {
        for name in rule.required where members[name] == nil { violate("is missing", at: .member(name)) }
        for (name, value) in members {
            // Names are compared byte for byte. Swift's `==` uses Unicode equivalence, so that K equals the kelvin
            // sign.
            if let place = rule.properties.index(forKey: name),
                rule.properties.keys[place].hasSameBytes(as: name)
            {
                check(value, rule.properties.values[place], at: .member(name))
            } else if rule.isClosed {
                violate("is not known here", at: .member(String(name.prefix(64))))
            }
        }
    }

    private mutating func check(_ value: JSONValue, _ index: Int, at place: Place) {
        path.append(place)
        check(value, index)
        path.removeLast()
    }

    private func fits(_ value: JSONValue, _ index: Int) -> Bool {
        var check = SchemaCheck(set: set, root: root)
        check.check(value, index)
        return check.violations.isEmpty
    }

    private mutating func expected(_ words: String, _ value: JSONValue) {
        violate("expected \(words), found \(value.excerpt)")
    }

    /// Records a violation at the present place, or one level below it.
    private mutating func violate(_ reason: String, at place: Place? = nil) {
        guard violations.count < Self.limit else { return }
        let text = (path + [place].compactMap(\.self)).reduce(into: root) { text, place in
            switch place {
            case .member(let name): text += ".\(name)"
            case .item(let index): text += "[\(index)]"
            }
        }
        violations.append(SchemaViolation(path: text, reason: reason))
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
