import JSON

/// Generates the reference manual.
struct ManualEmitter {
    let schema: WireSchema

    var files: [GeneratedFile] {
        // Types of parameters are left out, because the tables of their methods describe them.
        let types = schema.types.filter { type in !schema.methods.contains { $0.parameters == type.name } }
        return [
            GeneratedFile(
                path: "docs/reference.md", template: "Manual/reference.md",
                [
                    "methods": schema.methods.map(view), "notifications": schema.notifications.map(view),
                    "types": types.map(view), "errors": schema.errors, "typeCount": schema.types.count,
                ])
        ]
    }

    private func view(of method: MethodSchema) -> View {
        [
            "method": method, "result": link(method.result), "members": rows(of: schema.type(method.parameters)),
            "examples": method.examples.map { example -> View in
                let request: JSONValue = [
                    "jsonrpc": "2.0", "id": 1, "method": .string(method.name), "params": .object(example.parameters),
                ]
                let reply: JSONValue = ["jsonrpc": "2.0", "id": 1, "result": example.result]
                return ["request": request.serializedString(), "reply": reply.serializedString()]
            },
        ]
    }

    private func view(of notification: NotificationSchema) -> View {
        [
            "notification": notification, "isSentByDaemon": notification.sender == "server",
            "parameters": link(notification.parameters),
        ]
    }

    private func view(of type: TypeSchema) -> View {
        let expected = type.choices == nil && type.members.isEmpty ? type.schema["x-expected"]?.stringValue : nil
        return [
            "name": type.name, "description": type.description, "choices": type.choices ?? [],
            "members": rows(of: type), "kind": kind(of: type.schema), "expected": expected.map { [$0] } ?? [],
        ]
    }

    private func rows(of type: TypeSchema?) -> [View] {
        (type?.members ?? []).map { member in
            let type = TypeReference.name(in: member.schema).flatMap { schema.type($0) }
            return [
                "name": member.name, "kind": kind(of: member.schema), "isRequired": member.isRequired,
                "description": member.description ?? type?.description ?? "",
            ]
        }
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
}
