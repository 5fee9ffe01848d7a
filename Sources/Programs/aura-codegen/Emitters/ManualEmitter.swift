import JSON

/// Generates the reference manual.
struct ManualEmitter {
    let schema: WireSchema

    var files: [GeneratedFile] {
        let parts = [head, methods, notifications, types, errors]
        return [GeneratedFile(path: "docs/reference.md", text: parts.joined(separator: "\n"))]
    }

    private var head: String {
        """
        <!-- \(GeneratedFile.notice) -->
        # Reference

        Everything that `aurad` says and understands: \(schema.methods.count) methods, \(schema.types.count) types, \
        \(schema.errors.count) errors. `rpc.discover` answers the same as an OpenRPC document (`docs/openrpc.json`).

        Parameters go by name or, in the order of the tables, by position. Those that are not required may be left out. A result may
        get further members with a later version; what is here keeps its meaning.

        """
    }

    // MARK: - Methods

    private var methods: String {
        "## Methods\n\n" + schema.methods.map(section).joined(separator: "\n")
    }

    private func section(_ method: MethodSchema) -> String {
        var text = "### `\(method.name)`\n\n\(method.summary)"
        if let description = method.description { text += " \(description)" }
        text += "\n\n"
        if let members = schema.type(method.parameters)?.members, !members.isEmpty {
            text += table("parameter", members) + "\n"
        }
        text += "Result: \(link(method.result)). Scope: \(method.scopes.map { "`\($0)`" }.joined(separator: ", ")). "
        text += "Since \(method.since)."
        if !method.errors.isEmpty {
            text += " Errors: \(method.errors.map { "[`\($0)`](#errors)" }.joined(separator: ", "))."
        }
        return text + "\n" + method.examples.map { example($0, of: method) }.joined()
    }

    private func example(_ example: MethodSchema.Example, of method: MethodSchema) -> String {
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": .string(method.name), "params": .object(example.parameters),
        ]
        let reply: JSONValue = ["jsonrpc": "2.0", "id": 1, "result": example.result]
        return """

            ```
            → \(request.serializedString())
            ← \(reply.serializedString())
            ```

            """
    }

    private var notifications: String {
        let sections = schema.notifications.map { notification in
            let sender = notification.sender == "server" ? "The daemon sends it." : "A client sends it."
            return "### `\(notification.name)`\n\n\(notification.summary) \(notification.description ?? "") \(sender) "
                + "Parameters: \(link(notification.parameters)).\n"
        }
        return "## Notifications\n\n" + sections.joined(separator: "\n")
    }

    // MARK: - Types

    private var types: String {
        let own = schema.types.filter { type in !schema.methods.contains { $0.parameters == type.name } }
        return "## Types\n\n" + own.map(section).joined(separator: "\n")
    }

    private func section(_ type: TypeSchema) -> String {
        var text = "### \(type.name)\n\n\(type.description)\n"
        if let choices = type.choices {
            text += "\n" + choices.map { "- `\($0.value)`: \($0.meaning)" }.joined(separator: "\n") + "\n"
        } else if !type.members.isEmpty {
            text += "\n" + table("member", type.members)
        } else if let expected = type.schema["x-expected"]?.stringValue {
            text += "\nAs JSON: \(kind(of: type.schema)), \(expected).\n"
        }
        return text
    }

    private func table(_ subject: String, _ members: [Member]) -> String {
        var text = "| \(subject) | type | | |\n| --- | --- | --- | --- |\n"
        for member in members {
            let words =
                member.description ?? TypeReference.name(in: member.schema).flatMap { schema.type($0)?.description }
            text += "| `\(member.name)` | \(kind(of: member.schema)) | \(member.isRequired ? "required" : "") "
            text += "| \(words ?? "") |\n"
        }
        return text
    }

    /// Returns the kind of value that a schema describes: `Phase`, `list of Job`, `integer, 1 to 1000`.
    private func kind(of schema: JSONObject) -> String {
        if let name = TypeReference.name(in: schema) { return link(name) }
        if let alternatives = schema["oneOf"]?.arrayValue {
            return alternatives.map { kind(of: $0.objectValue ?? [:]) }.joined(separator: " or ")
        }
        if let constant = schema["const"] { return "`\(constant.serializedString())`" }
        if let items = schema["items"]?.objectValue { return "list of \(kind(of: items))" }
        let names =
            schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? schema["type"]?.stringValue.map { [$0] } ?? []
        let name = names.isEmpty ? "any" : names.joined(separator: " or ")
        switch (schema["minimum"], schema["maximum"]) {
        case (let low?, let high?): return "\(name), \(low.serializedString()) to \(high.serializedString())"
        default: return name
        }
    }

    private func link(_ name: String) -> String { "[\(name)](#\(name.lowercased()))" }

    // MARK: - Errors

    private var errors: String {
        var text = """
            ## Errors

            `error.data.code` is the name, `error.data.retryable` says whether the same call may succeed later.

            | code | name | | again? | further `data` |
            | --- | --- | --- | --- | --- |

            """
        for error in schema.errors {
            let members = error.members.map { "`\($0.name)`" }.joined(separator: ", ")
            text +=
                "| \(error.code) | `\(error.name)` | \(error.description) | \(error.retryable ? "yes" : "") | \(members) |\n"
        }
        return text
    }
}
