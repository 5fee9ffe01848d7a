import JSON

/// JSON for people: one member per line, short values on one line.
enum JSONText {
    private static let width = 100

    static func pretty(_ value: JSONValue, indent: String = "") -> String {
        let flat = spaced(value)
        if indent.count + flat.count <= width { return flat }
        let deeper = indent + "  "
        switch value {
        case .object(let members):
            let lines = members.map { name, value in
                "\(deeper)\(JSONValue.string(name).serializedString()): \(pretty(value, indent: deeper))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .array(let values):
            let lines = values.map { "\(deeper)\(pretty($0, indent: deeper))" }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
        default: return flat
        }
    }

    /// Returns the value on one line, with a space after each colon and comma.
    private static func spaced(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            let parts = members.map { "\(JSONValue.string($0).serializedString()): \(spaced($1))" }
            return "{\(parts.joined(separator: ", "))}"
        case .array(let values): return "[\(values.map { spaced($0) }.joined(separator: ", "))]"
        default: return value.serializedString()
        }
    }
}
