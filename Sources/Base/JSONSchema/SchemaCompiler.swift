import JSON

/// Compiles schemas to rules, and refuses keywords that the checks do not support.
struct SchemaCompiler {
    var set: SchemaSet
    let reference: String

    private static let annotations: Set<String> = [
        "$schema", "$id", "title", "description", "examples", "default", "format", "deprecated",
    ]
    private static let types: Set<String> = ["string", "integer", "number", "boolean", "object", "array", "null"]

    mutating func rule(_ schema: JSONValue, at place: String) throws(SchemaError) -> Rule {
        guard case .object(let members) = schema else { throw SchemaError(place, "expected an object") }
        var rule = Rule()
        for (keyword, value) in members where !Self.annotations.contains(keyword) {
            try take(keyword, value, members, place, &rule)
        }
        return rule
    }

    private mutating func take(
        _ keyword: String, _ value: JSONValue, _ all: JSONObject, _ place: String, _ rule: inout Rule
    ) throws(SchemaError) {
        let here = "\(place).\(keyword)"
        switch keyword {
        case "$ref": rule.reference = try target(value, here)
        case "type": rule.types = try types(value, here)
        case "enum": rule.choices = try list(value, here)
        case "const": rule.choices = [value]
        case "pattern": rule.pattern = try pattern(value, here)
        case "minLength", "maxLength": rule.length = try bounds("Length", all, here)
        case "minItems", "maxItems": rule.count = try bounds("Items", all, here)
        case "minimum", "maximum":
            rule.range = (number(all["minimum"]) ?? -.infinity)...(number(all["maximum"]) ?? .infinity)
        case "items": rule.items = try add(value, here)
        case "properties":
            guard case .object(let members) = value else { throw SchemaError(here, "expected an object") }
            for (name, schema) in members { rule.properties[name] = try add(schema, "\(here).\(name)") }
        case "required": rule.required = try list(value, here).compactMap(\.stringValue)
        case "additionalProperties":
            guard value == .bool(false) else { throw SchemaError(here, "expected false") }
            rule.isClosed = true
        case "oneOf":
            for (index, schema) in try list(value, here).enumerated() {
                rule.alternatives.append(try add(schema, "\(here)[\(index)]"))
            }
        case "x-expected": rule.expected = value.stringValue
        default:
            guard keyword.hasPrefix("x-") else { throw SchemaError(here, "this keyword is not known here") }
        }
    }

    /// Compiles a schema that is part of another schema. Returns the index of its rule.
    private mutating func add(_ schema: JSONValue, _ place: String) throws(SchemaError) -> Int {
        let made = try rule(schema, at: place)
        set.rules.append(made)
        return set.rules.count - 1
    }

    private func target(_ value: JSONValue, _ place: String) throws(SchemaError) -> Int {
        guard let text = value.stringValue, text.hasPrefix(reference),
            let index = set.index(of: String(text.dropFirst(reference.count)))
        else { throw SchemaError(place, "\(value.serializedString()) is none of the schemas here") }
        return index
    }

    private func types(_ value: JSONValue, _ place: String) throws(SchemaError) -> [String] {
        let names = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty, Self.types.isSuperset(of: names) else {
            throw SchemaError(place, "expected one or some of \(Self.types.sorted().joined(separator: ", "))")
        }
        return names
    }

    private func pattern(_ value: JSONValue, _ place: String) throws(SchemaError) -> Pattern {
        do {
            return try Pattern(value.stringValue ?? "(")
        } catch {
            throw SchemaError(place, "this is no regular expression: \(error)")
        }
    }

    private func list(_ value: JSONValue, _ place: String) throws(SchemaError) -> [JSONValue] {
        guard let values = value.arrayValue else { throw SchemaError(place, "expected an array") }
        return values
    }

    private func bounds(
        _ subject: String, _ all: JSONObject, _ place: String
    ) throws(SchemaError) -> ClosedRange<Int> {
        let (low, high) = (number(all["min\(subject)"]) ?? 0, number(all["max\(subject)"]) ?? Double(Int32.max))
        guard low >= 0, low <= high else { throw SchemaError(place, "no value can be so") }
        return Int(low)...Int(high)
    }

    private func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}
