import JSON

/// Generates a part of the Python client: types, errors and methods.
struct PythonEmitter {
    let schema: WireSchema

    private static let folder = "clients/python/src/aura_client"

    var files: [GeneratedFile] {
        // The handwritten part returns the document of `rpc.discover` as JSON.
        let called = schema.calledMethods.filter { $0.name != "rpc.discover" }
        let enumerations = schema.types.filter { $0.choices != nil }
        return [
            GeneratedFile(
                path: "\(Self.folder)/types.py", template: "Python/types.py",
                [
                    "enumerations": enumerations.map(enumeration),
                    "structures": schema.types.filter(isStructure).map(structure),
                ]),
            GeneratedFile(
                path: "\(Self.folder)/errors.py", template: "Python/errors.py", ["errors": schema.errors]),
            GeneratedFile(
                path: "\(Self.folder)/_methods.py", template: "Python/_methods.py",
                [
                    "classes": [["name": "Methods", "isAsync": false], ["name": "AsyncMethods", "isAsync": true]]
                        as [View],
                    "methods": called.map(function),
                ]),
        ]
    }

    // MARK: - Views

    private func enumeration(_ type: TypeSchema) -> View {
        ["name": type.name, "description": type.description, "choices": type.choices ?? []]
    }

    private func structure(_ type: TypeSchema) -> View {
        let members = type.clientMembers
        return [
            "name": type.name, "description": type.description, "isClosed": type.isClosed, "properties": type.members,
            "fields": (members.filter(\.isRequired) + members.filter { !$0.isRequired }).map(field),
        ]
    }

    private func function(_ method: MethodSchema) -> View {
        let members = schema.clientMembers(of: method)
        return [
            "method": method, "required": members.filter(\.isRequired).map(field),
            "optional": members.filter { !$0.isRequired }.map(field), "parameters": members.map(field),
        ]
    }

    private func field(_ member: Member) -> View {
        [
            "name": member.name, "comment": member.description.map { [$0] } ?? [], "kind": kind(of: member.schema),
            "isRequired": member.isRequired, "isKey": member.isIdempotencyKey, "decoding": decoding(member),
        ]
    }

    // MARK: - Types

    /// True if the type becomes a class. The parameters of a method become arguments, and handwritten code reads the
    /// parameters of a notification.
    private func isStructure(_ type: TypeSchema) -> Bool {
        let isParameters =
            schema.methods.contains { $0.parameters == type.name }
            || schema.notifications.contains { $0.parameters == type.name }
        return !type.members.isEmpty && !isParameters && !type.isOfConnection
    }

    private func decoding(_ member: Member) -> String {
        let decoder = decoder(of: member.schema)
        if member.isRequired {
            return decoder.map { "\($0)(data[\"\(member.name)\"])" } ?? "data[\"\(member.name)\"]"
        }
        let value = "data.get(\"\(member.name)\")"
        return decoder.map { "maybe(\($0), \(value))" } ?? value
    }

    /// Returns the function that converts JSON into the member's type, or `nil` if no conversion is needed.
    private func decoder(of schema: JSONObject) -> String? {
        if let name = TypeReference.name(in: schema) {
            if name == "Timestamp" { return "moment" }
            return self.schema.type(name).flatMap { isStructure($0) ? "\(name).from_json" : nil }
        }
        if let items = schema["items"]?.objectValue, let decoder = decoder(of: items) { return "each(\(decoder))" }
        return nil
    }

    private func kind(of schema: JSONObject) -> String {
        if let name = TypeReference.name(in: schema), let type = self.schema.type(name) {
            if name == "Timestamp" { return "datetime" }
            return type.choices != nil || isStructure(type) ? name : kind(of: type.schema)
        }
        if schema["oneOf"] != nil { return "JSON" }
        switch schema["type"]?.stringValue {
        case "string": return "str"
        case "integer": return "int"
        case "number": return "float"
        case "boolean": return "bool"
        case "array": return "list[\(kind(of: schema["items"]?.objectValue ?? [:]))]"
        default: return "JSON"
        }
    }
}
